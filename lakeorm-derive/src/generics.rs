//! Generics: the struct's own, a lifetime for the batch, and the bounds that the fields need.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    DeriveInput, Generics, Ident, ImplGenerics, TypeGenerics, WhereClause, WherePredicate, parse_quote,
};

use crate::ast::{Container, Field};
use crate::attr::DefaultValue;
use crate::expand::{at, column_type, option_of};

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
        let mut all = outlives.into_iter().chain(predicates).peekable();
        if all.peek().is_some() {
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

/// What the fields need. That of types without a parameter is known, but saying it makes a type that no column
/// decodes into an error in one place, [`assertions`], and not in all that follows from it.
pub(crate) fn predicates(container: &Container<'_>) -> Vec<WherePredicate> {
    let parameters = parameters(container);
    let all = container.fields.iter().flat_map(|field| {
        let generic = is_generic(field, &parameters);
        // A module's type is not the field's, and one that the module lacks is said to be missing.
        let column = if generic || field.attrs.with.is_none() { column_predicate(field) } else { None };
        let more = if generic { conversion_predicates(field) } else { Vec::new() };
        column.into_iter().chain(more)
    });
    all.collect()
}

/// The one place where a field's type is asked whether a column decodes into it: a function that nothing calls.
pub(crate) fn assertions(container: &Container<'_>) -> TokenStream {
    let parameters = parameters(container);
    let lifetimes = container.input.generics.lifetimes().map(|param| &param.lifetime).collect::<Vec<_>>();
    let fields = container.fields.iter().filter(|field| !is_generic(field, &parameters));
    let asked =
        fields.filter(|field| field.attrs.skip.is_none() && field.attrs.with.is_none()).map(|field| {
            let (at, ty) = (at(field.ty), field.ty);
            match field.attrs.flatten {
                Some(_) => quote_spanned!(at=> __lake::is_row::<#ty>();),
                None => {
                    let column = column_type(field);
                    quote_spanned!(at=> __lake::is_column::<#column>();)
                }
            }
        });
    quote! {
        #[allow(dead_code, unused_lifetimes, reason = "asks the compiler")]
        fn columns<#(#lifetimes,)* '__b: #(#lifetimes +)*>() {
            #(#asked)*
        }
    }
}

fn parameters<'a>(container: &'a Container<'_>) -> Vec<&'a Ident> {
    container.input.generics.type_params().map(|param| &param.ident).collect()
}

fn is_generic(field: &Field<'_>, parameters: &[&Ident]) -> bool {
    mentions(field.ty.to_token_stream(), parameters)
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

fn mentions(tokens: TokenStream, parameters: &[&Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => parameters.contains(&&ident),
        TokenTree::Group(group) => mentions(group.stream(), parameters),
        _ => false,
    })
}
