//! The implementation. It only quotes; every question has been answered before.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{WherePredicate, parse_quote};

use super::columns::{Column, columns};
use super::definition;
use crate::attrs::lakeorm;
use crate::generics::{asking, mentions, parameters, with_predicates};
use crate::lints::allowed;
use crate::row::ast::Container;
use crate::ty::unraw;

pub(super) fn implementation(container: &Container<'_>) -> TokenStream {
    let krate = lakeorm(container.attrs.krate.as_ref().map(|path| &path.value));
    let columns = columns(container);
    let asked = assertions(container, &columns);
    let encoders = encoders(container, &columns);
    let as_row = as_row(container, &columns);
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

/// An encoder for each column. The struct is public, and so the row may be, whose fields are of private types: a tuple of
/// these types would be private.
fn encoders(container: &Container<'_>, columns: &[Column<'_>]) -> TokenStream {
    let generics = with_predicates(container.input, columns.iter().map(Column::predicate));
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
    let generics = with_predicates(container.input, columns.iter().map(Column::predicate));
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

            fn fields(fields: &mut __lake::Fields) {
                #(#declarations)*
            }

            fn encoders(rows: __lake::usize) -> Self::Encoders {
                __Encoders { #(#encoders,)* marker: __lake::PhantomData }
            }

            fn encode(&self, encoders: &mut Self::Encoders) -> __lake::Result<(), __lake::WriteError> {
                #(#encodes)*
                __lake::Ok(())
            }

            #unstamped

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

/// How the row is encoded where its stamped columns are left out, if it has some.
fn unstamped(columns: &[Column<'_>]) -> Option<TokenStream> {
    columns.iter().any(Column::is_stamped).then(|| {
        let encodes = columns.iter().map(Column::encode_unstamped);
        quote! {
            fn encode_unstamped(&self, encoders: &mut Self::Encoders) -> __lake::Result<(), __lake::WriteError> {
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
