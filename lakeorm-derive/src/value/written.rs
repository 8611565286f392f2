//! The implementation of `ToColumn`: the way back into a column.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Generics, Type, WherePredicate, parse_quote};

use super::ast::{Other, Shape, Variant};
use super::attrs::Attrs;
use super::numbers::constants;
use super::other::Known;
use super::reader::has_its_own;
use crate::generics::with_predicates;
use crate::ty::{at, unraw};

pub(super) fn implementation(input: &DeriveInput, attrs: &Attrs, shape: &Shape<'_>) -> TokenStream {
    match shape {
        Shape::Newtype { field, ty, .. } => {
            let predicate = parse_quote!(for<'__any> #ty: __lake::ToColumn);
            let generics = with_predicates(input, [predicate]);
            let encoder = match has_its_own(input, ty) {
                true => Encoder::in_a_struct(input, &generics, ty),
                false => Encoder::of_column(&quote!(#ty)),
            };
            let column = &encoder.column;
            let encode = quote!(<#ty as __lake::ToColumn>::encode(&self.#field, #column));
            // Not distinct, whatever the field is: a newtype around a pointer may compare addresses.
            let writes_null = quote! {
                #[inline]
                fn writes_null(&self) -> __lake::bool {
                    <#ty as __lake::ToColumn>::writes_null(&self.#field)
                }
            };
            as_column(input, &generics, &quote!(#ty), &encoder, &encode, Some(&writes_null))
        }
        Shape::Enum { variants, other } => {
            let held = other.as_ref().and_then(|other| other.holds);
            // A value that is held may have an equality of its own.
            let distinct = held.is_none().then(|| quote! { const DISTINCT: __lake::bool = true; });
            let (column, encode) = if attrs.is_integer() {
                (quote!(__lake::i64), integers(input, variants, other.as_ref()))
            } else {
                (quote!(__lake::str), texts(input, variants, other.as_ref()))
            };
            let generics = with_predicates(input, held.map(is_literal));
            as_column(input, &generics, &column, &Encoder::of_column(&column), &encode, distinct.as_ref())
        }
    }
}

/// With a lifetime, so that the bound is checked where the type is written and not here.
fn is_literal(ty: &Type) -> WherePredicate {
    parse_quote!(for<'__any> #ty: __lake::ToLiteral)
}

/// How the type's encoder holds that of its column.
struct Encoder {
    /// The struct that holds it, if one does.
    definition: Option<TokenStream>,
    ty: TokenStream,
    /// Makes it of `__options`, with room for `__rows` values.
    new: TokenStream,
    /// The column's encoder in an `__encoder`.
    column: TokenStream,
}

impl Encoder {
    /// The encoder of the type `column` itself.
    fn of_column(column: &TokenStream) -> Self {
        Self {
            definition: None,
            ty: quote!(<#column as __lake::ToColumn>::Encoder),
            new: quote!(<#column as __lake::ToColumn>::encoder(__options, __rows)),
            column: quote!(__encoder),
        }
    }

    /// That of a newtype's field, in a struct.
    fn in_a_struct(input: &DeriveInput, generics: &Generics, field: &Type) -> Self {
        let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
        let ident = &input.ident;
        let Self { ty, new, .. } = Self::of_column(&quote_spanned!(at(field)=> #field));
        let definition = quote! {
            #[doc(hidden)]
            pub struct __Encoder #impl_generics (
                #ty,
                __lake::PhantomData<fn() -> #ident #ty_generics>,
            ) #where_clause;

            #[automatically_derived]
            impl #impl_generics __lake::Encoder for __Encoder #ty_generics #where_clause {
                #[inline]
                fn push_null(&mut self) {
                    __lake::Encoder::push_null(&mut self.0);
                }

                fn finish(
                    self,
                    __data_type: &__lake::DataType,
                ) -> __lake::Result<__lake::ArrayRef, __lake::WriteError> {
                    __lake::Encoder::finish(self.0, __data_type)
                }
            }
        };
        Self {
            definition: Some(definition),
            ty: quote!(__Encoder #ty_generics),
            new: quote!(__Encoder(#new, __lake::PhantomData)),
            column: quote!(&mut __encoder.0),
        }
    }
}

/// The type as a column of the type `column`, to whose `__encoder` `encode` appends. `more` is what else it says of its
/// values.
fn as_column(
    input: &DeriveInput,
    generics: &Generics,
    column: &TokenStream,
    encoder: &Encoder,
    encode: &TokenStream,
    more: Option<&TokenStream>,
) -> TokenStream {
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let ident = &input.ident;
    let Encoder { definition, ty, new, .. } = encoder;
    // Not `Self::Encoder`, which an enum may have as a variant.
    let encoder = quote!(<Self as __lake::ToColumn>::Encoder);
    quote! {
        #definition

        #[automatically_derived]
        impl #impl_generics __lake::ToColumn for #ident #ty_generics #where_clause {
            type Encoder = #ty;
            const NULLABLE: __lake::bool = <#column as __lake::ToColumn>::NULLABLE;
            #more

            fn data_type(__options: __lake::ColumnOptions) -> __lake::SparkType {
                <#column as __lake::ToColumn>::data_type(__options)
            }

            fn encoder(__options: __lake::ColumnOptions, __rows: __lake::usize) -> #encoder {
                #new
            }

            #[inline]
            fn encode(&self, __encoder: &mut #encoder) -> __lake::Result<(), __lake::WriteError> {
                #encode
            }
        }
    }
}

fn texts(input: &DeriveInput, variants: &[Variant<'_>], other: Option<&Other<'_>>) -> TokenStream {
    let arms = variants.iter().map(|Variant { ident, text, .. }| quote!(Self::#ident => #text));
    let rest = other.map(|other| rest(input, other, &Known::texts(variants)));
    quote! {
        let __text = match self {
            #(#arms,)*
            #rest
        };
        <__lake::str as __lake::ToColumn>::encode(__text, __encoder)
    }
}

fn integers(input: &DeriveInput, variants: &[Variant<'_>], other: Option<&Other<'_>>) -> TokenStream {
    let (constants, names) = constants(input, variants, other);
    let arms = variants.iter().zip(&names).map(|(Variant { ident, .. }, name)| quote!(Self::#ident => #name));
    let rest = other.map(|other| rest(input, other, &Known::integers(variants)));
    quote! {
        #(#constants)*
        let __number = match self {
            #(#arms,)*
            #rest
        };
        <__lake::i64 as __lake::ToColumn>::encode(&__number, __encoder)
    }
}

/// The arm that writes a value that no variant has.
fn rest(input: &DeriveInput, other: &Other<'_>, known: &Known) -> TokenStream {
    let ident = other.ident;
    match other.holds {
        Some(ty) => {
            let (encode, values) = (&known.encode, &known.values);
            quote! {
                Self::#ident(__held) => {
                    return __lake::#encode::<#ty>(__held, __encoder, &[#(#values),*]);
                }
            }
        }
        None => {
            let (enumeration, variant, held) = (unraw(&input.ident), unraw(ident), known.held);
            let reason = format!(
                "{enumeration}::{variant} is the catch-all and has no value to write: give it one, `{variant}({held})`"
            );
            quote!(Self::#ident => return __lake::Err(__lake::WriteError::new(#reason)),)
        }
    }
}
