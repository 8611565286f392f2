//! Generics: the struct's own, a lifetime for the batch, and the bounds that the fields need.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    DeriveInput, GenericParam, Generics, Ident, ImplGenerics, TypeGenerics, WhereClause, WherePredicate,
    parse_quote,
};

use crate::ast::{Container, Field};
use crate::attr::DefaultValue;
use crate::expand::{column_type, option_of};

/// The header of an implementation for batches of the lifetime `'__b`.
pub(crate) struct Impl<'a> {
    input: &'a DeriveInput,
    generics: Generics,
}

/// The pieces of the header.
pub(crate) struct Parts<'a> {
    pub(crate) ident: &'a Ident,
    /// `<'a, T>`, the struct's own.
    pub(crate) ty_generics: TypeGenerics<'a>,
    /// `<'__b, 'a, T: Bound>`
    pub(crate) impl_generics: ImplGenerics<'a>,
    /// `<'__b, 'a, T>`
    pub(crate) reader_generics: TypeGenerics<'a>,
    pub(crate) where_clause: Option<&'a WhereClause>,
}

impl<'a> Impl<'a> {
    pub(crate) fn new(input: &'a DeriveInput, predicates: Vec<WherePredicate>) -> Self {
        let mut generics = input.generics.clone();
        // What a row borrows, it borrows from the batch.
        let outlives: Vec<WherePredicate> = input
            .generics
            .lifetimes()
            .map(|param| {
                let lifetime = &param.lifetime;
                parse_quote!('__b: #lifetime)
            })
            .collect();
        generics.params.insert(0, parse_quote!('__b));
        let all = outlives.into_iter().chain(predicates);
        if !input.generics.params.is_empty() {
            generics.make_where_clause().predicates.extend(all);
        }
        Self { input, generics }
    }

    pub(crate) fn parts(&self) -> Parts<'_> {
        let (_, ty_generics, _) = self.input.generics.split_for_impl();
        let (impl_generics, reader_generics, where_clause) = self.generics.split_for_impl();
        Parts { ident: &self.input.ident, ty_generics, impl_generics, reader_generics, where_clause }
    }
}

/// What the fields need of the type parameters. Fields without one need no predicate: the compiler checks them
/// where they are used, and points at them.
pub(crate) fn predicates(container: &Container<'_>) -> Vec<WherePredicate> {
    let parameters: Vec<&Ident> = container
        .input
        .generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Type(param) => Some(&param.ident),
            _ => None,
        })
        .collect();
    let generic = container.fields.iter().filter(|field| mentions(field.ty.to_token_stream(), &parameters));
    generic.flat_map(field_predicates).collect()
}

fn field_predicates(field: &Field<'_>) -> Vec<WherePredicate> {
    let ty = field.ty;
    let reads = field.attrs.skip.is_none();
    let calls_default = match &field.attrs.default {
        Some(default) => matches!(default.value, DefaultValue::Trait),
        None => !reads,
    };
    let column = match &field.attrs.flatten {
        Some(_) => quote!(#ty: __lake::LakeRow<'__b>),
        None => {
            let column = column_type(field);
            quote!(#column: __lake::FromColumn<'__b>)
        }
    };
    let column = reads.then_some(column);
    let converts = field.attrs.try_from.as_ref().map(|from| {
        let (from, target) = (&from.value, option_of(ty).unwrap_or(ty));
        quote!(#target: __lake::TryFrom<#from>)
    });
    let default = calls_default.then(|| quote!(#ty: __lake::Default));
    [column, converts, default].into_iter().flatten().map(|predicate| parse_quote!(#predicate)).collect()
}

fn mentions(tokens: TokenStream, parameters: &[&Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => parameters.contains(&&ident),
        TokenTree::Group(group) => mentions(group.stream(), parameters),
        _ => false,
    })
}
