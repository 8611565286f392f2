//! The lints that generated code allows. They are next to none: a crate that forbids a lint does not compile where it
//! is allowed, and the compiler does not lint most of a derive's code.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{Attribute, Data, DeriveInput, GenericParam, Meta};

/// The attribute for generated code that names the type again, and its fields and variants, where one of them may be
/// deprecated.
pub(crate) fn allowed(input: &DeriveInput) -> Option<TokenStream> {
    let deprecated = attributes(input).into_iter().any(is_about_deprecation);
    deprecated.then(|| quote!(#[allow(deprecated, reason = "generated")]))
}

/// The attributes of the type, its parameters, variants and fields.
fn attributes(input: &DeriveInput) -> Vec<&Attribute> {
    let (variants, fields): (Vec<_>, Vec<_>) = match &input.data {
        Data::Struct(data) => (Vec::new(), data.fields.iter().collect()),
        Data::Enum(data) => {
            let fields = data.variants.iter().flat_map(|variant| &variant.fields);
            (data.variants.iter().collect(), fields.collect())
        }
        Data::Union(data) => (Vec::new(), data.fields.named.iter().collect()),
    };
    let parameters = input.generics.params.iter().map(|param| match param {
        GenericParam::Type(param) => &param.attrs,
        GenericParam::Const(param) => &param.attrs,
        GenericParam::Lifetime(param) => &param.attrs,
    });
    let of_variants = variants.into_iter().map(|variant| &variant.attrs);
    let of_fields = fields.into_iter().map(|field| &field.attrs);
    std::iter::once(&input.attrs).chain(parameters).chain(of_variants).chain(of_fields).flatten().collect()
}

/// Whether the attribute says that something is deprecated, or may be used though it is.
fn is_about_deprecation(attribute: &Attribute) -> bool {
    let path = attribute.path();
    match &attribute.meta {
        Meta::List(list) if path.is_ident("allow") || path.is_ident("expect") => {
            let mut words = list.tokens.clone().into_iter();
            words.any(
                |word| matches!(word, TokenTree::Ident(lint) if lint == "deprecated" || lint == "warnings"),
            )
        }
        _ => path.is_ident("deprecated"),
    }
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
    fn a_field_may_be_called_as_a_lint_is() {
        let row = quote! {
            #[lake(table = "t", partition_by(deprecated), sort_by(warnings))]
            /// None is deprecated.
            struct Row {
                deprecated: bool,
                warnings: Vec<warnings::Warning>,
            }
        };
        for output in [lake_row(row.clone()), lake_table(row)] {
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
