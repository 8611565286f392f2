//! The definition of the struct's table, as code.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::LitStr;

use super::valid::column_of;
use crate::attrs::{Named, Partition, Transform};
use crate::generics::with_predicates;
use crate::row::ast::{Container, Field};

/// The implementation of a table, where the struct names one.
pub(super) fn implementation(container: &Container<'_>) -> Option<TokenStream> {
    let name = &container.attrs.table.name.as_ref()?.value;
    let is_row = syn::parse_quote!(for<'__any> Self: __lake::ToRow);
    let generics = with_predicates(container.input, [is_row]);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let ident = &container.input.ident;
    let parts = parts(container);
    let violations = container.attrs.table.validate.as_ref().map(|validate| {
        // At the attribute, where the compiler says what the rules lack.
        quote_spanned! {validate.span=>
            fn violations(&self) -> __lake::List<__lake::Violation> {
                __lake::violations(self)
            }
        }
    });
    Some(quote! {
        #[automatically_derived]
        impl #impl_generics __lake::LakeTable for #ident #ty_generics #where_clause {
            fn definition() -> __lake::TableDefinition {
                __lake::TableDefinition::of::<Self>(#name) #(#parts)*
            }
            #violations
        }
    })
}

fn parts(container: &Container<'_>) -> Vec<TokenStream> {
    let table = &container.attrs.table;
    let comment = table.comment.iter().map(|comment| {
        let text = &comment.value;
        quote!(.comment(#text))
    });
    let partitions = table.partition_by.iter().flat_map(|given| &given.value);
    let partitions = partitions.map(|partition| partitioned(container, partition));
    let sorted = table.sort_by.iter().flat_map(|given| &given.value).map(|column| {
        let name = name(container, column);
        quote!(.sort_by(#name))
    });
    let fields = container.fields.iter().flat_map(|field| of_field(container, field));
    comment.chain(partitions).chain(sorted).chain(fields).collect()
}

fn partitioned(container: &Container<'_>, partition: &Partition) -> TokenStream {
    let name = name(container, &partition.column);
    let transform = match partition.transform {
        Transform::Identity => quote!(Identity),
        Transform::Year => quote!(Year),
        Transform::Month => quote!(Month),
        Transform::Day => quote!(Day),
        Transform::Hour => quote!(Hour),
        Transform::Bucket(count) => quote!(Bucket(#count)),
        Transform::Truncate(width) => quote!(Truncate(#width)),
    };
    quote!(.partition_by(__lake::Transform::#transform, #name))
}

/// Of the column that `valid` has found.
fn name(container: &Container<'_>, column: &Named) -> String {
    column_of(container, column).unwrap_or_default()
}

fn of_field(container: &Container<'_>, field: &Field<'_>) -> Vec<TokenStream> {
    let table = &field.attrs.table;
    let name = container.column_name(field);
    let flags = [
        (table.primary_key.as_ref(), quote!(primary_key)),
        (table.merge_key.as_ref(), quote!(merge_key)),
        (table.created_at.as_ref(), quote!(created_at)),
        (table.updated_at.as_ref(), quote!(updated_at)),
    ];
    let flags = flags.into_iter().filter_map(|(given, method)| given.map(|_| quote!(.#method(#name))));
    let texts = [
        (table.comment.as_ref(), quote!(column_comment)),
        (table.sql_default.as_ref(), quote!(column_default)),
    ];
    let texts = texts.into_iter().filter_map(|(given, method)| {
        let text: &LitStr = &given?.value;
        Some(quote_spanned!(text.span()=> .#method(#name, #text)))
    });
    flags.chain(texts).collect()
}
