//! The implementation of `FromColumn`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Path, WherePredicate, parse_quote};

use super::ast::{Other, Shape, Variant};
use super::attrs::Attrs;
use super::numbers::constants;
use super::other::Known;
use super::reader::{Reader, has_its_own};
use super::written;
use crate::attrs::lakeorm;
use crate::generics::{Impl, Parts, assertion};
use crate::lints::allowed;
use crate::ty::{at, unraw};

pub(crate) fn implementation(
    input: &DeriveInput,
    krate: Option<&Path>,
    attrs: &Attrs,
    shape: &Shape<'_>,
) -> TokenStream {
    let krate = lakeorm(krate);
    let asked = match shape {
        Shape::Newtype { ty, .. } => assertion(input, ty),
        Shape::Enum { .. } => None,
    };
    let literal = literal(input, attrs, shape);
    let written = written::implementation(input, attrs, shape);
    let as_column = match shape {
        Shape::Newtype { field, ty, markers } => {
            let bound: WherePredicate = parse_quote!(#ty: __lake::FromColumn<'__b>);
            let source = quote_spanned!(at(ty)=> #ty);
            let infallible = quote! {
                const INFALLIBLE: __lake::bool = <#source as __lake::FromColumn<'__b>>::INFALLIBLE;
            };
            let read = quote!(__lake::Ok(Self { #field: __value #(, #markers: __lake::PhantomData)* }));
            let implementation = Impl::new(input, vec![bound]);
            let reader = match has_its_own(input, ty) {
                true => Reader::in_a_struct(&implementation, &source),
                false => Reader::of_column(&source),
            };
            as_column(&implementation, &source, &reader, &infallible, &read)
        }
        Shape::Enum { variants, other } => {
            let (source, read) = if attrs.is_integer() {
                (quote!(__lake::i64), integers(input, variants, other.as_ref()))
            } else {
                (quote!(&'__b __lake::str), texts(input, variants, other.as_ref()))
            };
            let reader = Reader::of_column(&source);
            as_column(&Impl::new(input, Vec::new()), &source, &reader, &TokenStream::new(), &read)
        }
    };
    let allowed = allowed(input);
    quote! {
        #allowed
        const _: () = {
            use #krate::__private as __lake;

            #asked
            #literal
            #as_column
            #written
        };
    }
}

/// The type as one column decodes into it: `read` makes it of a `__value` of the type `source`.
fn as_column(
    implementation: &Impl<'_>,
    source: &TokenStream,
    reader: &Reader,
    infallible: &TokenStream,
    read: &TokenStream,
) -> TokenStream {
    let Parts { ident, ty_generics, impl_generics, where_clause, .. } = implementation.parts();
    let Reader { definition, ty, bind, column } = reader;
    // Not `Self::Reader`, which an enum may have as a variant.
    let reader = quote!(<Self as __lake::FromColumn<'__b>>::Reader);
    quote! {
        #definition

        #[automatically_derived]
        impl #impl_generics __lake::FromColumn<'__b> for #ident #ty_generics #where_clause {
            type Reader = #ty;
            #infallible

            #[inline]
            fn accepts(__found: &__lake::DataType) -> __lake::Result<__lake::Shape, __lake::Refusal> {
                <#source as __lake::FromColumn<'__b>>::accepts(__found)
            }

            #[inline]
            fn bind(
                __array: &'__b dyn __lake::Array,
                __shape: &__lake::Shape,
            ) -> __lake::Result<#reader, __lake::ReadError> {
                #bind
            }

            #[inline]
            fn fast_rows(__reader: &#reader, __rows: __lake::usize) -> __lake::usize {
                <#source as __lake::FromColumn<'__b>>::fast_rows(#column, __rows)
            }

            fn read(__reader: &#reader, __row: __lake::usize) -> __lake::Result<Self, __lake::ReadError> {
                let __value = <#source as __lake::FromColumn<'__b>>::read(#column, __row)?;
                #read
            }

            #[inline]
            fn read_fast(
                __reader: &#reader,
                __row: __lake::usize,
            ) -> __lake::Result<Self, __lake::ReadError> {
                let __value = <#source as __lake::FromColumn<'__b>>::read_fast(#column, __row)?;
                #read
            }
        }
    }
}

/// The way back, as a parameter: what the column holds.
fn literal(input: &DeriveInput, attrs: &Attrs, shape: &Shape<'_>) -> TokenStream {
    let (data_type, held, to_literal) = match shape {
        Shape::Newtype { field, ty, .. } => {
            let to_literal = quote!(<#ty as __lake::ToLiteral>::to_literal(&self.#field));
            (quote!(<#ty as __lake::ToLiteral>::data_type()), Some(*ty), to_literal)
        }
        Shape::Enum { variants, other } => {
            let known = Known::of(attrs, variants);
            let (data_type, constants, arms) = if attrs.is_integer() {
                let (constants, names) = constants(input, variants, other.as_ref());
                let arms = variants.iter().zip(&names).map(
                    |(Variant { ident, .. }, name)| quote!(Self::#ident => __lake::Literal::long(#name)),
                );
                (quote!(__lake::SparkType::Long), constants, arms.collect::<Vec<_>>())
            } else {
                let arms = variants.iter().map(
                    |Variant { ident, text, .. }| quote!(Self::#ident => __lake::Literal::string(#text)),
                );
                (quote!(__lake::SparkType::String), Vec::new(), arms.collect())
            };
            let rest = other.as_ref().map(|other| other_literal(input, other, &known));
            let to_literal = quote! {
                #(#constants)*
                __lake::Ok(match self {
                    #(#arms,)*
                    #rest
                })
            };
            (data_type, other.as_ref().and_then(|other| other.holds), to_literal)
        }
    };
    let mut generics = input.generics.clone();
    if let Some(ty) = held {
        // With a lifetime, so that the bound is checked where the value is bound and not here.
        let predicate: WherePredicate = parse_quote!(for<'__any> #ty: __lake::ToLiteral);
        generics.make_where_clause().predicates.push(predicate);
    }
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics __lake::ToLiteral for #ident #ty_generics #where_clause {
            fn data_type() -> __lake::SparkType {
                #data_type
            }

            fn to_literal(&self) -> __lake::Result<__lake::Literal, __lake::LiteralError> {
                #to_literal
            }
        }
    }
}

fn texts(input: &DeriveInput, variants: &[Variant<'_>], other: Option<&Other<'_>>) -> TokenStream {
    let arms = variants.iter().map(|Variant { ident, text, .. }| quote!(#text => Self::#ident));
    let list = variants.iter().map(|variant| format!("'{}'", variant.text)).collect::<Vec<_>>().join(", ");
    let rest = rest(input, other, &list, &quote!(&__lake::str));
    quote! {
        __lake::Ok(match __value {
            #(#arms,)*
            #rest
        })
    }
}

fn integers(input: &DeriveInput, variants: &[Variant<'_>], other: Option<&Other<'_>>) -> TokenStream {
    let (constants, names) = constants(input, variants, other);
    let arms = variants.iter().zip(&names).map(|(Variant { ident, .. }, name)| quote!(#name => Self::#ident));
    let list = variants.iter().map(|variant| unraw(variant.ident)).collect::<Vec<_>>().join(", ");
    let rest = rest(input, other, &list, &quote!(__lake::i64));
    quote! {
        #(#constants)*
        __lake::Ok(match __value {
            #(#arms,)*
            #rest
        })
    }
}

/// The literal of a value that no variant has.
fn other_literal(input: &DeriveInput, other: &Other<'_>, known: &Known) -> TokenStream {
    let ident = other.ident;
    match other.holds {
        Some(ty) => {
            let (literal, values) = (&known.literal, &known.values);
            quote!(Self::#ident(__held) => return __lake::#literal::<#ty>(__held, &[#(#values),*]))
        }
        None => {
            let (enumeration, variant, held) = (unraw(&input.ident), unraw(ident), known.held);
            let reason = format!(
                "{enumeration}::{variant} is the catch-all and has no value to bind: give it one, `{variant}({held})`"
            );
            quote!(Self::#ident => return __lake::Err(__lake::LiteralError::new(#reason)))
        }
    }
}

/// The arm for a value that no variant has.
fn rest(input: &DeriveInput, other: Option<&Other<'_>>, list: &str, source: &TokenStream) -> TokenStream {
    match other {
        Some(Other { ident, holds: None, .. }) => quote!(_ => Self::#ident),
        Some(Other { ident, holds: Some(ty), .. }) => {
            quote_spanned!(at(ty)=> __other => Self::#ident(<#ty as __lake::From<#source>>::from(__other)))
        }
        None => {
            let reason = format!(
                "the value matches no variant of {}: expected {list}; add a variant with #[lake(other)] to accept others",
                unraw(&input.ident)
            );
            quote!(_ => return __lake::Err(__lake::ReadError::new(#reason)))
        }
    }
}
