//! The bounds that the fields of a row need.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{Ident, WherePredicate, parse_quote};

use super::ast::{Container, Field};
use super::attrs::DefaultValue;
use super::columns::column_type;
use crate::generics::{asking, mentions, parameters};
use crate::ty::{at, may_be_alias, option_of};

/// The bounds that the fields need. Those of types without a parameter are known, but stating them makes a type that no
/// column decodes into an error in one place, [`assertions`], and not in all that follows from it.
pub(super) fn predicates(container: &Container<'_>) -> Vec<WherePredicate> {
    let parameters = parameters(container.input);
    let all = container.fields.iter().flat_map(|field| {
        let more = if is_generic(field, &parameters) { conversion_predicates(field) } else { Vec::new() };
        column_predicate(field).into_iter().chain(more)
    });
    told_apart(container, all.collect())
}

/// The bounds that the compiler can tell apart. It takes the bound of one type for that of another which differs from it
/// in a lifetime alone, and then refuses both. So where the types name two lifetimes, the bounds of those without a
/// parameter are left out: their implementations are known.
pub(crate) fn told_apart(
    container: &Container<'_>,
    mut predicates: Vec<WherePredicate>,
) -> Vec<WherePredicate> {
    let mut named = BTreeSet::new();
    for predicate in &predicates {
        lifetimes(predicate.to_token_stream(), &mut named);
    }
    let parameters = parameters(container.input);
    // The column of a module may be a `&'static str`, which its path does not say, and so may what an alias names.
    let is_with = container.fields.iter().any(|field| field.attrs.with.is_some());
    if is_with || predicates.iter().any(|predicate| is_of_an_alias(predicate, &parameters)) {
        named.insert("static".to_owned());
    }
    if named.len() > 1 {
        predicates.retain(|predicate| mentions(predicate.to_token_stream(), &parameters));
    }
    predicates
}

/// Whether the type of the bound, or one in it, may be an alias.
fn is_of_an_alias(predicate: &WherePredicate, parameters: &[&Ident]) -> bool {
    match predicate {
        WherePredicate::Type(predicate) => may_be_alias(&predicate.bounded_ty, parameters),
        _ => false,
    }
}

/// The names of the lifetimes, but for those that the derive has added.
fn lifetimes(tokens: TokenStream, named: &mut BTreeSet<String>) {
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                let name = tokens.next().map(|name| name.to_string());
                named.extend(name.filter(|name| !matches!(name.as_str(), "__b" | "__any")));
            }
            TokenTree::Group(group) => lifetimes(group.stream(), named),
            _ => {}
        }
    }
}

/// The one place where a field's type is asked whether a column decodes into it: a function that nothing calls.
pub(super) fn assertions(container: &Container<'_>) -> TokenStream {
    let parameters = parameters(container.input);
    let fields = container.fields.iter().filter(|field| !is_generic(field, &parameters));
    let asked = fields.filter(|field| field.attrs.skip.is_none()).map(|field| {
        let (at, ty) = (at(field.ty), field.ty);
        match field.attrs.flatten {
            Some(_) => quote_spanned!(at=> __lake::is_row::<#ty>();),
            None => {
                let column = column_type(field);
                quote_spanned!(at=> __lake::is_column::<#column>();)
            }
        }
    });
    asking(container.input, &asked.collect())
}

fn is_generic(field: &Field<'_>, parameters: &[&Ident]) -> bool {
    mentions(field.ty.to_token_stream(), parameters) || mentions(column_type(field), parameters)
}

fn column_predicate(field: &Field<'_>) -> Option<WherePredicate> {
    let ty = field.ty;
    field.attrs.skip.is_none().then(|| match &field.attrs.flatten {
        Some(_) => parse_quote!(#ty: __lake::LakeRow<'__b>),
        None => {
            let column = column_type(field);
            parse_quote!(#column: __lake::FromColumn<'__b>)
        }
    })
}

fn conversion_predicates(field: &Field<'_>) -> Vec<WherePredicate> {
    let ty = field.ty;
    let calls_default = match &field.attrs.default {
        Some(default) => matches!(default.value, DefaultValue::Trait),
        None => field.attrs.skip.is_some(),
    };
    let converts = field.attrs.try_from.as_ref().map(|from| {
        let (from, target) = (&from.value, option_of(ty).unwrap_or(ty));
        parse_quote!(#target: __lake::TryFrom<#from>)
    });
    let default = calls_default.then(|| parse_quote!(#ty: __lake::Default));
    converts.into_iter().chain(default).collect()
}
