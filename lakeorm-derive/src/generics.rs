//! Generics: the struct's own, a lifetime for the batch, and the bounds that the fields need.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    DeriveInput, Generics, Ident, ImplGenerics, Type, TypeGenerics, TypeParamBound, WhereClause,
    WherePredicate, parse_quote,
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
        let predicates = predicates.into_iter().filter(|wanted| !is_said(&input.generics, wanted));
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
    let parameters = parameters(container.input);
    let all = container.fields.iter().flat_map(|field| {
        let more = if is_generic(field, &parameters) { conversion_predicates(field) } else { Vec::new() };
        column_predicate(field).into_iter().chain(more)
    });
    all.collect()
}

/// The one place where a field's type is asked whether a column decodes into it: a function that nothing calls.
pub(crate) fn assertions(container: &Container<'_>) -> TokenStream {
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

/// The same for the one field of a newtype.
pub(crate) fn assertion(input: &DeriveInput, ty: &Type) -> Option<TokenStream> {
    let generic = mentions(ty.to_token_stream(), &parameters(input));
    (!generic).then(|| asking(input, &quote_spanned!(at(ty)=> __lake::is_column::<#ty>();)))
}

fn asking(input: &DeriveInput, asked: &TokenStream) -> TokenStream {
    let lifetimes = input.generics.lifetimes().map(|param| &param.lifetime).collect::<Vec<_>>();
    quote! {
        #[allow(dead_code, unused_lifetimes, reason = "asks the compiler")]
        fn columns<#(#lifetimes,)* '__b: #(#lifetimes +)*>() {
            #asked
        }
    }
}

/// Whether the struct itself bounds that type by that trait. The same bound for another lifetime beside it is what
/// the compiler cannot choose between.
fn is_said(generics: &Generics, wanted: &WherePredicate) -> bool {
    let WherePredicate::Type(wanted) = wanted else { return false };
    let ty = wanted.bounded_ty.to_token_stream().to_string();
    let names = |bound: &TypeParamBound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    };
    let Some(wanted) = wanted.bounds.first().and_then(names) else { return false };
    let says = |bound: &TypeParamBound| {
        names(bound).is_some_and(|said| said == wanted || (wanted == "LakeRow" && said == "LakeRowOwned"))
    };
    let beside = generics.type_params().any(|param| param.ident == ty && param.bounds.iter().any(says));
    let clauses = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    beside
        || clauses.into_iter().any(|clause| match clause {
            WherePredicate::Type(clause) => {
                clause.bounded_ty.to_token_stream().to_string() == ty && clause.bounds.iter().any(says)
            }
            _ => false,
        })
}

fn parameters(input: &DeriveInput) -> Vec<&Ident> {
    input.generics.type_params().map(|param| &param.ident).collect()
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

fn mentions(tokens: TokenStream, parameters: &[&Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => parameters.contains(&&ident),
        TokenTree::Group(group) => mentions(group.stream(), parameters),
        _ => false,
    })
}
