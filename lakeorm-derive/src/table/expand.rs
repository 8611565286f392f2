//! The implementation. It only quotes; every question has been answered before.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{WherePredicate, parse_quote};

use super::columns::{Column, columns};
use super::definition;
use crate::attrs::lakeorm;
use crate::generics::{asking, mentions, parameters, with_predicates};
use crate::row::ast::Container;
use crate::ty::unraw;

pub(super) fn implementation(container: &Container<'_>) -> TokenStream {
    let krate = lakeorm(container.attrs.krate.as_ref().map(|path| &path.value));
    let columns = columns(container);
    let asked = assertions(container, &columns);
    let as_row = as_row(container, &columns);
    let as_value = as_value(container);
    let as_table = definition::implementation(container);
    quote! {
        #[allow(deprecated, missing_docs, private_bounds, reason = "generated")]
        const _: () = {
            use #krate::__private as __lake;

            #asked
            #as_row
            #as_value
            #as_table
        };
    }
}

/// The one place where each field's type is asked whether a column is made of it.
fn assertions(container: &Container<'_>, columns: &[Column<'_>]) -> TokenStream {
    let parameters = parameters(container.input);
    let known = columns.iter().filter(|column| !mentions(column.predicate().to_token_stream(), &parameters));
    asking(container.input, &known.map(Column::assertion).collect())
}

/// The struct as a row.
fn as_row(container: &Container<'_>, columns: &[Column<'_>]) -> TokenStream {
    let generics = with_predicates(container.input, columns.iter().map(Column::predicate));
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let ident = &container.input.ident;
    let name = unraw(ident);
    let types = columns.iter().map(Column::encoder_type);
    let declarations = columns.iter().map(Column::declaration);
    let encoders = columns.iter().map(Column::encoder);
    let encodes = columns.iter().map(Column::encode);
    let nulls = columns.iter().map(Column::push_null);
    let finishes = columns.iter().map(Column::finish);
    quote! {
        #[automatically_derived]
        impl #impl_generics __lake::ToRow for #ident #ty_generics #where_clause {
            type Encoders = (#(#types,)*);
            const NAME: &'static __lake::str = #name;

            fn fields(fields: &mut __lake::Fields) {
                #(#declarations)*
            }

            fn encoders(rows: __lake::usize) -> Self::Encoders {
                (#(#encoders,)*)
            }

            fn encode(&self, encoders: &mut Self::Encoders) -> __lake::Result<(), __lake::WriteError> {
                #(#encodes)*
                __lake::Ok(())
            }

            fn push_null(encoders: &mut Self::Encoders) {
                #(#nulls)*
            }

            fn finish(
                encoders: Self::Encoders,
                arrays: &mut __lake::Arrays<'_>,
            ) -> __lake::Result<(), __lake::WriteError> {
                #(#finishes)*
                __lake::Ok(())
            }
        }
    }
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

            fn encoder(_: __lake::ColumnOptions, rows: __lake::usize) -> Self::Encoder {
                __lake::Structs::new(rows)
            }

            fn encode(&self, encoder: &mut Self::Encoder) -> __lake::Result<(), __lake::WriteError> {
                encoder.push(self)
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
