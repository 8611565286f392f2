//! The numbers of an enum's variants.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Expr, Ident, Lit, UnOp};

use super::ast::{Other, Variant};
use crate::attrs::ungrouped;

/// A constant for each variant's number, and the names of those that variants are read from. A discriminant that is not
/// written is one more than that of the variant before, be that one the variant for every other value: so it has a
/// constant too.
pub(super) fn constants(
    input: &DeriveInput,
    variants: &[Variant<'_>],
    other: Option<&Other<'_>>,
) -> (Vec<TokenStream>, Vec<Ident>) {
    let names = names(variants);
    let own = variants.iter().zip(&names).map(|(variant, name)| (name.clone(), variant.discriminant));
    let mut all: Vec<(Ident, Option<&Expr>)> = own.collect();
    if let Some(other) = other {
        all.insert(other.place.min(all.len()), (format_ident!("__OTHER"), other.discriminant));
    }
    let repr = repr(input);
    let mut before = None;
    let constants = all.iter().map(|(name, discriminant)| {
        let value = match (*discriminant, before.replace(name)) {
            (Some(value), _) if is_literal(value) => quote!(#value),
            (Some(value), _) => of_expression(value, &repr),
            (None, Some(before)) => quote!(#before + 1),
            (None, None) => quote!(0),
        };
        quote!(const #name: __lake::i64 = #value;)
    });
    (constants.collect(), names)
}

/// The names of the constants of variants.
pub(super) fn names(variants: &[Variant<'_>]) -> Vec<Ident> {
    (0..variants.len()).map(|i| format_ident!("__V{i}")).collect()
}

/// A number, or a negative one, which is the same whatever its type. Another operator's outcome is not: `!0`.
fn is_literal(value: &Expr) -> bool {
    match ungrouped(value) {
        Expr::Lit(literal) => matches!(&literal.lit, Lit::Int(number) if number.suffix().is_empty()),
        Expr::Unary(unary) => matches!(unary.op, UnOp::Neg(_)) && is_literal(&unary.expr),
        _ => false,
    }
}

/// The type of the enum's discriminants: that of `repr`, or `isize`.
fn repr(input: &DeriveInput) -> Ident {
    const TYPES: [&str; 12] =
        ["i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize"];
    let reprs = input.attrs.iter().filter(|attr| attr.path().is_ident("repr"));
    let words = reprs.filter_map(|attr| attr.meta.require_list().ok()).flat_map(|list| list.tokens.clone());
    let mut types = words.filter_map(|word| match word {
        TokenTree::Ident(ident) if TYPES.iter().any(|ty| ident == *ty) => Some(ident),
        _ => None,
    });
    types.next().unwrap_or_else(|| Ident::new("isize", Span::call_site()))
}

/// The number of an expression, which is of the enum's type. One of a type that is wider than BIGINT has to be there too.
fn of_expression(value: &Expr, repr: &Ident) -> TokenStream {
    let fits = match repr.to_string().as_str() {
        "i128" => quote!(__NUMBER as #repr == __VALUE),
        "u64" | "u128" | "usize" => quote!(__NUMBER >= 0 && __NUMBER as #repr == __VALUE),
        _ => return quote!({ const __VALUE: #repr = #value; __VALUE as __lake::i64 }),
    };
    let at = Span::call_site().located_at(value.span());
    let refusal = quote_spanned!(at=> ::core::panic!("the discriminant does not fit in an i64"));
    quote!({
        const __VALUE: #repr = #value;
        const __NUMBER: __lake::i64 = __VALUE as __lake::i64;
        if #fits { __NUMBER } else { #refusal }
    })
}
