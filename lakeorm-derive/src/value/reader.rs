//! The reader of a type that one column decodes into.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Type, Visibility};

use crate::generics::{Impl, Parts};
use crate::ty::plain_name;

/// Whether the reader and the encoder of a newtype are structs of its own. Those of its field's type are as private as that
/// type is, which the compiler refuses in an implementation for a type that more may see.
pub(super) fn has_its_own(input: &DeriveInput, ty: &Type) -> bool {
    !matches!(input.vis, Visibility::Inherited) && plain_name(ty).is_none()
}

/// How the type's reader holds that of its column.
pub(super) struct Reader {
    /// The struct that holds it, if one does.
    pub(super) definition: Option<TokenStream>,
    pub(super) ty: TokenStream,
    /// Makes it of an `__array` and its `__shape`.
    pub(super) bind: TokenStream,
    /// The column's reader in a `__reader`.
    pub(super) column: TokenStream,
}

impl Reader {
    /// The reader of the column's type `source` itself.
    pub(super) fn of_column(source: &TokenStream) -> Self {
        Self {
            definition: None,
            ty: quote!(<#source as __lake::FromColumn<'__b>>::Reader),
            bind: quote!(<#source as __lake::FromColumn<'__b>>::bind(__array, __shape)),
            column: quote!(__reader),
        }
    }

    /// The same in a struct.
    pub(super) fn in_a_struct(implementation: &Impl<'_>, source: &TokenStream) -> Self {
        let Parts { ident, ty_generics, impl_generics, reader_generics, where_clause } =
            implementation.parts();
        let Self { ty, bind, .. } = Self::of_column(source);
        let definition = quote! {
            #[doc(hidden)]
            pub struct __Reader #impl_generics (
                #ty,
                __lake::PhantomData<fn(&'__b ()) -> #ident #ty_generics>,
            ) #where_clause;
        };
        Self {
            definition: Some(definition),
            ty: quote!(__Reader #reader_generics),
            bind: quote!(__lake::Ok(__Reader(#bind?, __lake::PhantomData))),
            column: quote!(&__reader.0),
        }
    }
}
