//! The implementation of `ToColumn`: the way back into a column.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Type, WherePredicate, parse_quote};

use super::ast::{Other, Shape, Variant};
use super::attrs::Attrs;
use super::expand::constants;
use crate::generics::with_predicates;
use crate::ty::unraw;

pub(super) fn implementation(input: &DeriveInput, attrs: &Attrs, shape: &Shape<'_>) -> TokenStream {
    match shape {
        Shape::Newtype { field, ty, .. } => {
            let predicate = parse_quote!(for<'__any> #ty: __lake::ToColumn);
            let encode = quote!(<#ty as __lake::ToColumn>::encode(&self.#field, encoder));
            as_column(input, &quote!(#ty), Some(predicate), &encode)
        }
        Shape::Enum { variants, other } => {
            let predicate = other.as_ref().and_then(|other| other.holds).map(is_literal);
            let (column, encode) = if attrs.is_integer() {
                (quote!(__lake::i64), integers(input, variants, other.as_ref()))
            } else {
                (quote!(__lake::str), texts(input, variants, other.as_ref()))
            };
            as_column(input, &column, predicate, &encode)
        }
    }
}

/// Behind a lifetime, so that a type that cannot be written is no error before it is.
fn is_literal(ty: &Type) -> WherePredicate {
    parse_quote!(for<'__any> #ty: __lake::ToLiteral)
}

/// The type as a column of the type `column`, to whose encoder `encode` appends.
fn as_column(
    input: &DeriveInput,
    column: &TokenStream,
    predicate: Option<WherePredicate>,
    encode: &TokenStream,
) -> TokenStream {
    let generics = with_predicates(input, predicate);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let ident = &input.ident;
    quote! {
        #[automatically_derived]
        impl #impl_generics __lake::ToColumn for #ident #ty_generics #where_clause {
            type Encoder = <#column as __lake::ToColumn>::Encoder;
            const NULLABLE: __lake::bool = <#column as __lake::ToColumn>::NULLABLE;

            fn data_type(options: __lake::ColumnOptions) -> __lake::SparkType {
                <#column as __lake::ToColumn>::data_type(options)
            }

            fn encoder(options: __lake::ColumnOptions, rows: __lake::usize) -> Self::Encoder {
                <#column as __lake::ToColumn>::encoder(options, rows)
            }

            #[inline]
            fn encode(&self, encoder: &mut Self::Encoder) -> __lake::Result<(), __lake::WriteError> {
                #encode
            }
        }
    }
}

fn texts(input: &DeriveInput, variants: &[Variant<'_>], other: Option<&Other<'_>>) -> TokenStream {
    let arms = variants.iter().map(|Variant { ident, text, .. }| quote!(Self::#ident => #text));
    let rest = other.map(|other| rest(input, other, &quote!(encode_text)));
    quote! {
        let text = match self {
            #(#arms,)*
            #rest
        };
        <__lake::str as __lake::ToColumn>::encode(text, encoder)
    }
}

fn integers(input: &DeriveInput, variants: &[Variant<'_>], other: Option<&Other<'_>>) -> TokenStream {
    let (constants, names) = constants(input, variants);
    let arms = variants.iter().zip(&names).map(|(Variant { ident, .. }, name)| quote!(Self::#ident => #name));
    let rest = other.map(|other| rest(input, other, &quote!(encode_integer)));
    quote! {
        #(#constants)*
        let number = match self {
            #(#arms,)*
            #rest
        };
        <__lake::i64 as __lake::ToColumn>::encode(&number, encoder)
    }
}

/// What is written of a value that no variant has.
fn rest(input: &DeriveInput, other: &Other<'_>, encode: &TokenStream) -> TokenStream {
    let ident = other.ident;
    match other.holds {
        Some(ty) => quote!(Self::#ident(held) => return __lake::#encode::<#ty>(held, encoder),),
        None => {
            let reason = format!(
                "{}::{} stands for every other value and has none of its own to write",
                unraw(&input.ident),
                unraw(ident)
            );
            quote!(Self::#ident => return __lake::Err(__lake::WriteError::new(#reason)),)
        }
    }
}
