//! The implementation. It only quotes; every question has been answered before.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{WherePredicate, parse_quote};

use super::columns::{Column, columns};
use super::definition;
use crate::attrs::lakeorm;
use crate::generics::{asking, parameters, with_predicates};
use crate::lints::allowed;
use crate::row::ast::Container;
use crate::row::bounds::told_apart;
use crate::ty::unraw;

pub(super) fn implementation(container: &Container<'_>) -> TokenStream {
    let krate = lakeorm(container.attrs.krate.as_ref().map(|path| &path.value));
    let columns = columns(container);
    let asked = assertions(container, &columns);
    let encoders = encoders(container, &columns);
    let as_row = as_row(container, &columns);
    let as_flat_row = as_flat_row(container, &columns);
    let as_value = as_value(container);
    let as_table = definition::implementation(container);
    let allowed = allowed(container.input);
    quote! {
        #allowed
        const _: () = {
            use #krate::__private as __lake;

            #asked
            #encoders
            #as_row
            #as_flat_row
            #as_value
            #as_table
        };
    }
}

/// The one place where each field's type is asked whether a column is made of it.
fn assertions(container: &Container<'_>, columns: &[Column<'_>]) -> TokenStream {
    let parameters = parameters(container.input);
    asking(container.input, &columns.iter().filter_map(|column| column.assertion(&parameters)).collect())
}

/// The bounds of the fields' types.
fn predicates(container: &Container<'_>, columns: &[Column<'_>]) -> Vec<WherePredicate> {
    told_apart(container, columns.iter().flat_map(Column::predicates).collect())
}

/// An encoder for each column. The struct is public, and so the row may be, whose fields are of private types: a tuple of
/// these types would be private.
fn encoders(container: &Container<'_>, columns: &[Column<'_>]) -> TokenStream {
    let generics = with_predicates(container.input, predicates(container, columns));
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let ident = &container.input.ident;
    let encoders = columns.iter().map(Column::declared_encoder);
    quote! {
        #[doc(hidden)]
        pub struct __Encoders #impl_generics #where_clause {
            #(#encoders,)*
            marker: __lake::PhantomData<fn() -> #ident #ty_generics>,
        }
    }
}

/// The struct as a row.
fn as_row(container: &Container<'_>, columns: &[Column<'_>]) -> TokenStream {
    let generics = with_predicates(container.input, predicates(container, columns));
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let ident = &container.input.ident;
    let name = unraw(ident);
    let declarations = columns.iter().map(Column::declaration);
    let encoders = columns.iter().map(Column::encoder);
    let encodes = columns.iter().map(Column::encode);
    let unstamped = unstamped(columns);
    let nulls = columns.iter().map(Column::push_null);
    let finishes = columns.iter().map(Column::finish);
    quote! {
        #[automatically_derived]
        impl #impl_generics __lake::ToRow for #ident #ty_generics #where_clause {
            type Encoders = __Encoders #ty_generics;
            const NAME: &'static __lake::str = #name;

            fn fields(__fields: &mut __lake::Fields) {
                #(#declarations)*
            }

            fn encoders(__rows: __lake::usize) -> Self::Encoders {
                __Encoders { #(#encoders,)* marker: __lake::PhantomData }
            }

            fn encode(&self, __encoders: &mut Self::Encoders) -> __lake::Result<(), __lake::WriteError> {
                #(#encodes)*
                __lake::Ok(())
            }

            #unstamped

            fn push_null(__encoders: &mut Self::Encoders) {
                #(#nulls)*
            }

            fn finish(
                __encoders: Self::Encoders,
                __arrays: &mut __lake::Arrays<'_>,
            ) -> __lake::Result<(), __lake::WriteError> {
                #(#finishes)*
                __lake::Ok(())
            }
        }
    }
}

/// That the row may be flattened into that of a table, unless it says itself what only the table's own struct can.
fn as_flat_row(container: &Container<'_>, columns: &[Column<'_>]) -> Option<TokenStream> {
    if container.says_of_a_table().next().is_some() {
        return None;
    }
    let is_row: WherePredicate = parse_quote!(for<'__any> Self: __lake::ToRow);
    let rows = told_apart(container, columns.iter().filter_map(Column::flat_predicate).collect());
    let generics = with_predicates(container.input, std::iter::once(is_row).chain(rows));
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let ident = &container.input.ident;
    Some(quote! {
        #[automatically_derived]
        impl #impl_generics __lake::FlatRow for #ident #ty_generics #where_clause {}
    })
}

/// How the row is encoded where its stamped columns are left out, if it has some.
fn unstamped(columns: &[Column<'_>]) -> Option<TokenStream> {
    columns.iter().any(Column::is_stamped).then(|| {
        let encodes = columns.iter().map(Column::encode_unstamped);
        quote! {
            fn encode_unstamped(&self, __encoders: &mut Self::Encoders) -> __lake::Result<(), __lake::WriteError> {
                #(#encodes)*
                __lake::Ok(())
            }
        }
    })
}

/// The same struct as the value of a STRUCT column, and of a parameter.
fn as_value(container: &Container<'_>) -> TokenStream {
    let is_row: WherePredicate = parse_quote!(for<'__any> Self: __lake::ToRow);
    let generics = with_predicates(container.input, [is_row]);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let ident = &container.input.ident;
    quote! {
        #[automatically_derived]
        impl #impl_generics __lake::ToColumn for #ident #ty_generics #where_clause {
            type Encoder = __lake::Structs<Self>;

            fn data_type(_: __lake::ColumnOptions) -> __lake::SparkType {
                __lake::struct_type::<Self>()
            }

            fn encoder(_: __lake::ColumnOptions, __rows: __lake::usize) -> Self::Encoder {
                __lake::Structs::new(__rows)
            }

            fn encode(&self, __encoder: &mut Self::Encoder) -> __lake::Result<(), __lake::WriteError> {
                __encoder.push(self)
            }
        }

        #[automatically_derived]
        impl #impl_generics __lake::ToLiteral for #ident #ty_generics #where_clause {
            fn data_type() -> __lake::SparkType {
                __lake::struct_type::<Self>()
            }

            fn to_literal(&self) -> __lake::Result<__lake::Literal, __lake::LiteralError> {
                __lake::struct_literal(self)
            }
        }
    }
}
