//! Keeps the catch-all variant from holding a value of another variant, which would be read as that one.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::ast::Variant;
use super::attrs::Attrs;
use super::numbers::names;

/// The values of the other variants, and the functions that write or bind any but them.
pub(super) struct Known {
    pub(super) values: Vec<TokenStream>,
    pub(super) encode: TokenStream,
    pub(super) literal: TokenStream,
    /// The type that an error suggests for a catch-all without a value.
    pub(super) held: &'static str,
}

impl Known {
    pub(super) fn of(attrs: &Attrs, variants: &[Variant<'_>]) -> Self {
        if attrs.is_integer() { Self::integers(variants) } else { Self::texts(variants) }
    }

    pub(super) fn texts(variants: &[Variant<'_>]) -> Self {
        Self {
            values: variants.iter().map(|variant| variant.text.to_token_stream()).collect(),
            encode: quote!(encode_text),
            literal: quote!(text_literal),
            held: "String",
        }
    }

    /// Named by the constants that the same function declares.
    pub(super) fn integers(variants: &[Variant<'_>]) -> Self {
        Self {
            values: names(variants).into_iter().map(ToTokens::into_token_stream).collect(),
            encode: quote!(encode_integer),
            literal: quote!(integer_literal),
            held: "i64",
        }
    }
}
