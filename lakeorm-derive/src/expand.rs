//! Step 4: the implementation. It only quotes; every question has been answered before.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Ident, Type};

use crate::ast::{Container, Field};
use crate::attr::DefaultValue;
use crate::ctxt::Ctxt;
use crate::generics::{Impl, Parts, predicates};
use crate::{fallback, valid};

/// The whole derive.
pub(crate) fn lake_row(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut ctxt = Ctxt::default();
    let container = Container::from_input(&input, &mut ctxt);
    valid::check(&container, &mut ctxt);
    match ctxt.finish() {
        Ok(()) => implementation(&container),
        Err(errors) => {
            let krate = container.attrs.krate.as_ref().map(|path| &path.value);
            fallback::lake_row(&input, krate, &errors)
        }
    }
}

pub(crate) fn default_crate() -> TokenStream {
    quote!(::lakeorm)
}

impl Container<'_> {
    /// The name of the column that a field is read from.
    pub(crate) fn column_name(&self, field: &Field<'_>) -> String {
        if let Some(rename) = &field.attrs.rename {
            return rename.value.value();
        }
        let name = unraw(field.ident);
        match &self.attrs.rename_all {
            Some(case) => case.value.apply(&name),
            None => name,
        }
    }
}

fn implementation(container: &Container<'_>) -> TokenStream {
    let krate = container.attrs.krate.as_ref().map_or_else(default_crate, |path| {
        let path = &path.value;
        quote!(#path)
    });
    let implementation = Impl::new(container.input, predicates(container));
    let Parts { ident, ty_generics, impl_generics, reader_generics, where_clause } = implementation.parts();
    let name = unraw(ident);
    let columns: Vec<Column<'_>> = columns(container);
    let readers = columns.iter().map(Column::reader);
    let declarations = columns.iter().map(Column::declaration);
    let binds = columns.iter().map(Column::bind);
    let reads = container.fields.iter().map(|field| read(field, &columns));
    quote! {
        #[allow(missing_docs, missing_debug_implementations, unreachable_pub, reason = "generated")]
        const _: () = {
            use #krate::__private as __lake;

            pub struct __Readers #impl_generics #where_clause {
                #(#readers,)*
                marker: __lake::PhantomData<fn(&'__b ()) -> #ident #ty_generics>,
            }

            #[automatically_derived]
            impl #impl_generics __lake::LakeRow<'__b> for #ident #ty_generics #where_clause {
                type Readers = __Readers #reader_generics;
                const NAME: &'static __lake::str = #name;

                fn columns(columns: &mut __lake::Columns) {
                    #(#declarations)*
                }

                fn bind(
                    slots: &mut __lake::Slots<'__b, '_>,
                ) -> __lake::Result<Self::Readers, __lake::ReadError> {
                    __lake::Ok(__Readers { #(#binds,)* marker: __lake::PhantomData })
                }

                #[inline]
                fn read(readers: &Self::Readers, row: __lake::usize) -> __lake::Result<Self, __lake::ReadError> {
                    __lake::Ok(Self { #(#reads,)* })
                }
            }
        };
    }
}

/// A field that is read from a column.
struct Column<'a> {
    field: &'a Field<'a>,
    name: String,
    /// The reader's name in the struct of readers.
    reader: Ident,
}

fn columns<'a>(container: &'a Container<'a>) -> Vec<Column<'a>> {
    let read = container.fields.iter().filter(|field| field.attrs.skip.is_none());
    read.enumerate()
        .map(|(i, field)| Column {
            field,
            name: container.column_name(field),
            reader: format_ident!("f{i}", span = at(field.ty)),
        })
        .collect()
}

impl Column<'_> {
    fn is_optional(&self) -> bool {
        self.field.attrs.default.is_some()
    }

    fn reader(&self) -> TokenStream {
        let Self { field, reader, .. } = self;
        let ty = field.ty;
        let bound = quote_spanned!(at(ty)=> __lake::Bound<'__b, #ty>);
        if self.is_optional() { quote!(#reader: __lake::Option<#bound>) } else { quote!(#reader: #bound) }
    }

    fn declaration(&self) -> TokenStream {
        let Self { field, name, .. } = self;
        let ty = field.ty;
        let rust_name = unraw(field.ident);
        let optional = self.is_optional().then(|| quote!(.optional()));
        let aliases = field.attrs.aliases.iter().map(|alias| &alias.value);
        quote_spanned!(at(ty)=> columns.named::<#ty>(#rust_name, #name)#optional #(.alias(#aliases))*;)
    }

    fn bind(&self) -> TokenStream {
        let reader = &self.reader;
        let at = at(self.field.ty);
        if self.is_optional() {
            quote_spanned!(at=> #reader: slots.next_or_default()?)
        } else {
            quote_spanned!(at=> #reader: slots.next()?)
        }
    }
}

fn read(field: &Field<'_>, columns: &[Column<'_>]) -> TokenStream {
    let ident = field.ident;
    let column = columns.iter().find(|column| std::ptr::eq(column.field, field));
    let Some(column) = column else {
        let default = default(field);
        return quote!(#ident: #default);
    };
    let reader = &column.reader;
    if column.is_optional() {
        let default = default(field);
        quote! {
            #ident: match &readers.#reader {
                __lake::Some(column) => __lake::read(column, row)?,
                __lake::None => #default,
            }
        }
    } else {
        quote_spanned!(at(field.ty)=> #ident: __lake::read(&readers.#reader, row)?)
    }
}

fn default(field: &Field<'_>) -> TokenStream {
    match field.attrs.default.as_ref().map(|default| &default.value) {
        Some(DefaultValue::Function(path)) => quote!(#path()),
        Some(DefaultValue::Trait) | None => {
            let ty = field.ty;
            quote_spanned!(at(ty)=> <#ty as __lake::Default>::default())
        }
    }
}

/// The place of a field's type, with the names of the generated code in scope.
fn at(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}

/// The name as it is read, `type` for `r#type`.
fn unraw(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}
