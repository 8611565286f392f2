//! What generated code has to be allowed. It is next to nothing: a crate that forbids a lint does not compile where it is
//! allowed, and the compiler passes over most of what a derive writes.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::DeriveInput;

/// The attribute for generated code that names the type again, and its fields and variants, where one of them may be
/// deprecated.
pub(crate) fn allowed(input: &DeriveInput) -> Option<TokenStream> {
    let deprecated = says_deprecated(input.to_token_stream());
    deprecated.then(|| quote!(#[allow(deprecated, reason = "generated")]))
}

/// Whether something is deprecated, or may be used though it is.
fn says_deprecated(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "deprecated" || ident == "warnings",
        TokenTree::Group(group) => says_deprecated(group.stream()),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::row::lake_row;
    use crate::table::lake_table;
    use crate::value::lake_value;

    use super::*;

    #[test]
    fn nothing_is_allowed_where_nothing_is_deprecated() {
        let row = quote! {
            pub struct Row<'a> { id: i64, text: &'a str, inner: Option<Inner> }
        };
        let value = quote! {
            pub struct Id(Inner);
        };
        for output in [lake_row(row.clone()), lake_table(row), lake_value(value)] {
            let output = output.to_string();
            assert!(!output.contains("# [allow"), "{output}");
        }
    }

    #[test]
    fn what_is_deprecated_may_be_named_by_what_is_derived() {
        let row = quote! {
            struct Row {
                #[deprecated]
                id: i64,
            }
        };
        let value = quote! {
            enum Kind {
                #[allow(deprecated)]
                Old,
            }
        };
        for output in [lake_row(row.clone()), lake_table(row), lake_value(value)] {
            let output = output.to_string();
            assert!(output.contains("# [allow (deprecated"), "{output}");
        }
    }
}
