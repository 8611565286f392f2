//! The implementation of `FromColumn`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{DeriveInput, Path, WherePredicate, parse_quote};

use super::ast::{Attrs, Other, Shape, Variant};
use crate::expand::{at, default_crate, unraw};
use crate::generics::{Impl, Parts};

pub(crate) fn implementation(
    input: &DeriveInput,
    krate: Option<&Path>,
    attrs: &Attrs,
    shape: &Shape<'_>,
) -> TokenStream {
    let krate = krate.map_or_else(default_crate, |path| quote!(#path));
    let (source, predicates, read) = match shape {
        Shape::Newtype { field } => {
            let ty = &field.ty;
            let member = field.ident.as_ref().map_or_else(|| quote!(0), |ident| quote!(#ident));
            let bound: WherePredicate = parse_quote!(#ty: __lake::FromColumn<'__b>);
            let read = quote!(__lake::Ok(Self { #member: value }));
            (quote_spanned!(at(ty)=> #ty), vec![bound], read)
        }
        Shape::Enum { variants, other } if attrs.is_integer() => {
            (quote!(__lake::i64), Vec::new(), integers(input, variants, other.as_ref()))
        }
        Shape::Enum { variants, other } => {
            (quote!(&'__b __lake::str), Vec::new(), texts(input, variants, other.as_ref()))
        }
    };
    let implementation = Impl::new(input, predicates);
    let Parts { ident, ty_generics, impl_generics, where_clause, .. } = implementation.parts();
    quote! {
        const _: () = {
            use #krate::__private as __lake;

            #[automatically_derived]
            impl #impl_generics __lake::FromColumn<'__b> for #ident #ty_generics #where_clause {
                type Reader = <#source as __lake::FromColumn<'__b>>::Reader;

                #[inline]
                fn accepts(found: &__lake::DataType) -> __lake::Result<__lake::Shape, __lake::Refusal> {
                    <#source as __lake::FromColumn<'__b>>::accepts(found)
                }

                #[inline]
                fn bind(
                    array: &'__b dyn __lake::Array,
                    shape: &__lake::Shape,
                ) -> __lake::Result<Self::Reader, __lake::ReadError> {
                    <#source as __lake::FromColumn<'__b>>::bind(array, shape)
                }

                #[inline]
                fn read(reader: &Self::Reader, row: __lake::usize) -> __lake::Result<Self, __lake::ReadError> {
                    let value = <#source as __lake::FromColumn<'__b>>::read(reader, row)?;
                    #read
                }
            }
        };
    }
}

fn texts(input: &DeriveInput, variants: &[Variant<'_>], other: Option<&Other<'_>>) -> TokenStream {
    let arms = variants.iter().map(|Variant { ident, text, .. }| quote!(#text => Self::#ident));
    let list = variants.iter().map(|variant| format!("'{}'", variant.text)).collect::<Vec<_>>().join(", ");
    let rest = rest(input, other, &list);
    quote! {
        __lake::Ok(match value {
            #(#arms,)*
            #rest
        })
    }
}

/// A discriminant that is not written is one more than that of the variant before.
fn integers(input: &DeriveInput, variants: &[Variant<'_>], other: Option<&Other<'_>>) -> TokenStream {
    let names: Vec<_> = (0..variants.len()).map(|i| format_ident!("__V{i}")).collect();
    let mut before = None;
    let constants: Vec<TokenStream> = variants
        .iter()
        .zip(&names)
        .map(|(variant, name)| {
            let value = match (variant.discriminant, before.replace(name)) {
                (Some(value), _) => quote!(#value),
                (None, Some(before)) => quote!(#before + 1),
                (None, None) => quote!(0),
            };
            quote!(const #name: __lake::i64 = #value;)
        })
        .collect();
    let arms = variants.iter().zip(&names).map(|(Variant { ident, .. }, name)| quote!(#name => Self::#ident));
    let list = variants.iter().map(|variant| unraw(variant.ident)).collect::<Vec<_>>().join(", ");
    let rest = rest(input, other, &list);
    quote! {
        #(#constants)*
        __lake::Ok(match value {
            #(#arms,)*
            #rest
        })
    }
}

/// What becomes of a value that no variant has.
fn rest(input: &DeriveInput, other: Option<&Other<'_>>, list: &str) -> TokenStream {
    match other {
        Some(Other { ident, holds: None }) => quote!(_ => Self::#ident),
        Some(Other { ident, holds: Some(ty) }) => {
            quote_spanned!(at(ty)=> other => Self::#ident(<#ty as __lake::From<_>>::from(other)))
        }
        None => {
            let reason = format!("the value is none of {}'s: {list}", unraw(&input.ident));
            quote!(_ => return __lake::Err(__lake::ReadError::new(#reason)))
        }
    }
}
