//! Generics: the struct's own, a lifetime for the batch, and the bounds that the fields need.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    DeriveInput, GenericParam, Generics, Ident, ImplGenerics, LifetimeParam, Type, TypeGenerics,
    TypeParamBound, WhereClause, WherePredicate, parse_quote,
};

use crate::ty::at;

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
        // A row borrows from the batch.
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

/// The type's own generics, with these predicates beside its own.
pub(crate) fn with_predicates(
    input: &DeriveInput,
    predicates: impl IntoIterator<Item = WherePredicate>,
) -> Generics {
    let mut generics = input.generics.clone();
    generics.make_where_clause().predicates.extend(predicates);
    generics
}

/// A struct without a lifetime owns its data.
pub(crate) fn owned(input: &DeriveInput) -> Option<TokenStream> {
    if input.generics.lifetimes().next().is_some() {
        return None;
    }
    let (ident, mut generics) = (&input.ident, input.generics.clone());
    let (_, ty_generics, _) = input.generics.split_for_impl();
    // With a lifetime, so that the bound is checked where it is used and not here.
    let predicate: WherePredicate =
        parse_quote!(for<'__any> #ident #ty_generics: __lake::LakeRow<'__any> + __lake::Send + 'static);
    generics.make_where_clause().predicates.push(predicate);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    Some(quote! {
        impl #impl_generics __lake::LakeRowOwned for #ident #ty_generics #where_clause {}
    })
}

/// The one place where a newtype's field is asked whether a column decodes into it: a function that nothing calls.
pub(crate) fn assertion(input: &DeriveInput, ty: &Type) -> Option<TokenStream> {
    let generic = mentions(ty.to_token_stream(), &parameters(input));
    (!generic).then(|| asking(input, &quote_spanned!(at(ty)=> __lake::is_column::<#ty>();)))
}

/// A function that nothing calls, in which the types without a parameter are asked. Its name begins with an underscore and
/// its lifetimes are declared at the derive, so that no lint has a word about it: a crate may forbid to allow one.
pub(crate) fn asking(input: &DeriveInput, asked: &TokenStream) -> TokenStream {
    let parameters = parameters(input);
    let params = input.generics.lifetimes().map(declared);
    let lifetimes = input.generics.lifetimes().map(|param| &param.lifetime);
    let clauses = input.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let known: Vec<&WherePredicate> =
        clauses.filter(|clause| !mentions(clause.to_token_stream(), &parameters)).collect();
    let known = (!known.is_empty()).then(|| quote!(where #(#known,)*));
    quote! {
        fn __columns<#(#params,)* '__b: #(#lifetimes +)*>() #known {
            #asked
        }
    }
}

/// A lifetime with its bounds, declared at the derive.
fn declared(param: &LifetimeParam) -> LifetimeParam {
    let mut param = param.clone();
    let at = Span::call_site().located_at(param.lifetime.span());
    param.lifetime.set_span(at);
    param.attrs.clear();
    param
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

/// The parameters that a type may be made of, constants among them: which columns it has, the arguments decide.
pub(crate) fn parameters(input: &DeriveInput) -> Vec<&Ident> {
    let named = input.generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    });
    named.collect()
}

pub(crate) fn mentions(tokens: TokenStream, parameters: &[&Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => parameters.contains(&&ident),
        TokenTree::Group(group) => mentions(group.stream(), parameters),
        _ => false,
    })
}
