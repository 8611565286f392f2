//! The last step when there are mistakes: the messages, and an implementation that compiles, so that the user
//! sees the mistakes and not the errors of everything that uses the struct.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::attrs::lakeorm;
use crate::generics::{Impl, Parts, owned};

pub(crate) fn lake_row(
    input: &DeriveInput,
    krate: Option<&syn::Path>,
    messages: &TokenStream,
) -> TokenStream {
    let implementation = Impl::new(input, Vec::new());
    let Parts { ident, impl_generics, ty_generics, where_clause, .. } = implementation.parts();
    let (owned, value) = (owned(input), value(&implementation));
    let items = quote! {
        #[automatically_derived]
        impl #impl_generics __lake::LakeRow<'__b> for #ident #ty_generics #where_clause {
            type Readers = ();
            const NAME: &'static __lake::str = "";

            fn columns(_: &mut __lake::Columns) {}

            fn bind(
                _: &mut __lake::ColumnCursor<'__b, '_>,
            ) -> __lake::Result<(), __lake::ReadError> {
                loop {}
            }

            fn read(_: &(), _: __lake::usize) -> __lake::Result<Self, __lake::ReadError> {
                loop {}
            }
        }

        #owned
        #value
    };
    stand_in(krate, messages, &items)
}

/// The same for a row that is written.
pub(crate) fn lake_table(
    input: &DeriveInput,
    krate: Option<&syn::Path>,
    messages: &TokenStream,
) -> TokenStream {
    let (row, column, literal, table) =
        (written_row(input), written_column(input), literal(input), table(input));
    let items = quote! {
        #row
        #column
        #literal
        #table
    };
    stand_in(krate, messages, &items)
}

fn written_row(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics __lake::ToRow for #ident #ty_generics #where_clause {
            type Encoders = ();
            const NAME: &'static __lake::str = "";

            fn fields(_: &mut __lake::Fields) {}

            fn encoders(_: __lake::usize) {}

            fn encode(&self, _: &mut ()) -> __lake::Result<(), __lake::WriteError> {
                loop {}
            }

            fn push_null(_: &mut ()) {}

            fn finish(
                _: (),
                _: &mut __lake::Arrays<'_>,
            ) -> __lake::Result<(), __lake::WriteError> {
                loop {}
            }
        }

        #[automatically_derived]
        impl #impl_generics __lake::FlatRow for #ident #ty_generics #where_clause {}
    }
}

fn written_column(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics __lake::ToColumn for #ident #ty_generics #where_clause {
            type Encoder = __lake::Structs<Self>;

            fn data_type(_: __lake::ColumnOptions) -> __lake::SparkType {
                loop {}
            }

            fn encoder(_: __lake::ColumnOptions, _: __lake::usize) -> __lake::Structs<Self> {
                loop {}
            }

            fn encode(&self, _: &mut __lake::Structs<Self>) -> __lake::Result<(), __lake::WriteError> {
                loop {}
            }
        }
    }
}

fn literal(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics __lake::ToLiteral for #ident #ty_generics #where_clause {
            fn data_type() -> __lake::SparkType {
                loop {}
            }

            fn to_literal(&self) -> __lake::Result<__lake::Literal, __lake::LiteralError> {
                loop {}
            }
        }
    }
}

fn table(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics __lake::LakeTable for #ident #ty_generics #where_clause {
            fn definition() -> __lake::TableDefinition {
                loop {}
            }
        }
    }
}

/// The same for a value, and for a row where it is one.
pub(crate) fn lake_value(
    input: &DeriveInput,
    krate: Option<&syn::Path>,
    messages: &TokenStream,
) -> TokenStream {
    stand_in(krate, messages, &value(&Impl::new(input, Vec::new())))
}

fn value(implementation: &Impl<'_>) -> TokenStream {
    let Parts { ident, impl_generics, ty_generics, where_clause, .. } = implementation.parts();
    quote! {
        #[automatically_derived]
        impl #impl_generics __lake::FromColumn<'__b> for #ident #ty_generics #where_clause {
            type Reader = ();

            fn accepts(_: &__lake::DataType) -> __lake::Result<__lake::Shape, __lake::Refusal> {
                loop {}
            }

            fn bind(
                _: &'__b dyn __lake::Array,
                _: &__lake::Shape,
            ) -> __lake::Result<(), __lake::ReadError> {
                loop {}
            }

            fn read(_: &(), _: __lake::usize) -> __lake::Result<Self, __lake::ReadError> {
                loop {}
            }
        }
    }
}

/// The messages, and the implementations beside them.
fn stand_in(krate: Option<&syn::Path>, messages: &TokenStream, items: &TokenStream) -> TokenStream {
    let krate = lakeorm(krate);
    quote! {
        #messages

        #[allow(unreachable_code, clippy::all, reason = "stands in for what has mistakes")]
        const _: () = {
            use #krate::__private as __lake;

            #items
        };
    }
}
