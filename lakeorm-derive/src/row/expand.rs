//! Step 4: the implementation. It only quotes; every question has been answered before.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse_quote;

use super::ast::Container;
use super::bounds::{assertions, predicates};
use super::columns::{Column, columns, read};
use crate::attrs::lakeorm;
use crate::generics::{Impl, Parts, owned};
use crate::lints::allowed;
use crate::ty::unraw;

pub(super) fn implementation(container: &Container<'_>) -> TokenStream {
    let krate = lakeorm(container.attrs.krate.as_ref().map(|path| &path.value));
    let implementation = Impl::new(container.input, predicates(container));
    let columns: Vec<Column<'_>> = columns(container);
    let asked = assertions(container);
    let readers = readers(container, &implementation, &columns);
    let as_row = as_row(container, &implementation, &columns);
    let owned = owned(container.input);
    let as_value = as_value(container);
    let allowed = allowed(container.input);
    quote! {
        #allowed
        const _: () = {
            use #krate::__private as __lake;

            #asked
            #readers
            #as_row
            #owned
            #as_value
        };
    }
}

/// A reader for each column, and the row that they read. The struct is public, and so the row may be, whose fields are of
/// private types.
fn readers(container: &Container<'_>, implementation: &Impl<'_>, columns: &[Column<'_>]) -> TokenStream {
    let Parts { ident, ty_generics, impl_generics, reader_generics, where_clause } = implementation.parts();
    let readers = columns.iter().map(Column::reader);
    let reads = container.fields.iter().map(|field| read(field, columns));
    quote! {
        #[doc(hidden)]
        pub struct __Readers #impl_generics #where_clause {
            #(#readers,)*
            marker: __lake::PhantomData<fn(&'__b ()) -> #ident #ty_generics>,
        }

        impl #impl_generics __Readers #reader_generics #where_clause {
            #[inline(always)]
            fn read<__M: __lake::RowReadMode>(
                &self,
                __row: __lake::usize,
            ) -> __lake::Result<#ident #ty_generics, __lake::ReadError> {
                __lake::Ok(#ident { #(#reads,)* })
            }
        }
    }
}

/// The struct as a row.
fn as_row(container: &Container<'_>, implementation: &Impl<'_>, columns: &[Column<'_>]) -> TokenStream {
    let Parts { ident, ty_generics, impl_generics, reader_generics, where_clause } = implementation.parts();
    let name = unraw(ident);
    let deny_unknown =
        container.attrs.deny_unknown_columns.is_some().then(|| quote!(__columns.deny_unknown();));
    let declarations = columns.iter().map(Column::declaration);
    let binds = columns.iter().map(Column::bind);
    let fast_rows = columns.iter().map(Column::fast_rows);
    let infallible = columns.iter().map(Column::infallible);
    let reads = as_row_reads();
    quote! {
        #[automatically_derived]
        impl #impl_generics __lake::LakeRow<'__b> for #ident #ty_generics #where_clause {
            type Readers = __Readers #reader_generics;
            const NAME: &'static __lake::str = #name;
            const INFALLIBLE: __lake::bool = #(#infallible)&&*;

            fn columns(__columns: &mut __lake::Columns) {
                #(#declarations)*
                #deny_unknown
            }

            fn bind(
                __cursor: &mut __lake::ColumnCursor<'__b, '_>,
            ) -> __lake::Result<Self::Readers, __lake::ReadError> {
                __lake::Ok(__Readers { #(#binds,)* marker: __lake::PhantomData })
            }

            #[inline(always)]
            fn fast_rows(__readers: &Self::Readers, __rows: __lake::usize) -> __lake::usize {
                #(let __rows = #fast_rows;)*
                __rows
            }

            #reads
        }
    }
}

/// The ways to read a row, which the readers know in each mode.
fn as_row_reads() -> TokenStream {
    quote! {
        #[inline(always)]
        fn read(__readers: &Self::Readers, __row: __lake::usize) -> __lake::Result<Self, __lake::ReadError> {
            __readers.read::<__lake::Inline>(__row)
        }

        fn read_out_of_line(
            __readers: &Self::Readers,
            __row: __lake::usize,
        ) -> __lake::Result<Self, __lake::ReadError> {
            __readers.read::<__lake::OutOfLine>(__row)
        }

        #[inline(always)]
        fn read_fast(
            __readers: &Self::Readers,
            __row: __lake::usize,
        ) -> __lake::Result<Self, __lake::ReadError> {
            __readers.read::<__lake::Fast>(__row)
        }
    }
}

/// The same struct as the value of a STRUCT column. Only calls, so that a struct which is never nested costs next to
/// nothing to compile.
fn as_value(container: &Container<'_>) -> TokenStream {
    // One bound instead of the fields': a field of a type that does not exist would be taken for any type.
    let implementation = Impl::new(container.input, vec![parse_quote!(Self: __lake::LakeRow<'__b>)]);
    let Parts { ident, ty_generics, impl_generics, where_clause, .. } = implementation.parts();
    quote! {
        #[automatically_derived]
        impl #impl_generics __lake::FromColumn<'__b> for #ident #ty_generics #where_clause {
            type Reader = <Self as __lake::LakeRow<'__b>>::Readers;
            const INFALLIBLE: __lake::bool = <Self as __lake::LakeRow<'__b>>::INFALLIBLE;

            #[inline]
            fn accepts(__found: &__lake::DataType) -> __lake::Result<__lake::Shape, __lake::Refusal> {
                __lake::accept_struct::<Self>(__found)
            }

            #[inline]
            fn bind(
                __array: &'__b dyn __lake::Array,
                __shape: &__lake::Shape,
            ) -> __lake::Result<Self::Reader, __lake::ReadError> {
                __lake::bind_struct::<Self>(__array, __shape)
            }

            #[inline]
            fn fast_rows(__reader: &Self::Reader, __rows: __lake::usize) -> __lake::usize {
                <Self as __lake::LakeRow<'__b>>::fast_rows(__reader, __rows)
            }

            #[inline]
            fn read(__reader: &Self::Reader, __row: __lake::usize) -> __lake::Result<Self, __lake::ReadError> {
                <Self as __lake::LakeRow<'__b>>::read(__reader, __row)
            }

            #[inline(always)]
            fn read_fast(
                __reader: &Self::Reader,
                __row: __lake::usize,
            ) -> __lake::Result<Self, __lake::ReadError> {
                <Self as __lake::LakeRow<'__b>>::read_fast(__reader, __row)
            }
        }
    }
}
