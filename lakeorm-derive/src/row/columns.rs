//! The columns of a row, each with the code that declares, binds and reads it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, LitStr, Path};

use super::ast::{Container, Field};
use super::attrs::DefaultValue;
use crate::ty::{at, option_of, unraw};

/// A field that is read from a column.
pub(super) struct Column<'a> {
    field: &'a Field<'a>,
    name: String,
    /// The reader's name in the struct of readers.
    reader: Ident,
}

pub(super) fn columns<'a>(container: &'a Container<'a>) -> Vec<Column<'a>> {
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
        self.field.attrs.default.is_some() && self.field.attrs.flatten.is_none()
    }

    pub(super) fn reader(&self) -> TokenStream {
        let Self { field, reader, .. } = self;
        let ty = field.ty;
        if field.attrs.flatten.is_some() {
            return quote_spanned!(at(ty)=> #reader: __lake::BoundRow<'__b, #ty>);
        }
        let ty = column_type(field);
        let bound = quote_spanned!(at(field.ty)=> __lake::Bound<'__b, #ty>);
        if self.is_optional() { quote!(#reader: __lake::Option<#bound>) } else { quote!(#reader: #bound) }
    }

    pub(super) fn declaration(&self) -> TokenStream {
        let Self { field, name, .. } = self;
        let rust_name = unraw(field.ident);
        if let Some(flatten) = &field.attrs.flatten {
            let ty = field.ty;
            let prefix = flatten.value.prefix.as_ref().map(LitStr::value).unwrap_or_default();
            return quote_spanned!(at(ty)=> __columns.flatten::<#ty>(#rust_name, #prefix););
        }
        let ty = column_type(field);
        let optional = self.is_optional().then(|| quote!(.optional()));
        let aliases = field.attrs.aliases.iter().map(|alias| &alias.value);
        quote_spanned!(at(field.ty)=> __columns.named::<#ty>(#rust_name, #name)#optional #(.alias(#aliases))*;)
    }

    /// Whether the field can always be read: a conversion may fail.
    pub(super) fn infallible(&self) -> TokenStream {
        let Self { field, .. } = self;
        let (attrs, ty) = (&field.attrs, field.ty);
        if attrs.json.is_some() || attrs.try_from.is_some() || attrs.with.is_some() {
            return quote!(false);
        }
        match attrs.flatten {
            Some(_) => quote_spanned!(at(ty)=> <#ty as __lake::LakeRow<'__b>>::INFALLIBLE),
            None => quote_spanned!(at(ty)=> <#ty as __lake::FromColumn<'__b>>::INFALLIBLE),
        }
    }

    pub(super) fn bind(&self) -> TokenStream {
        let reader = &self.reader;
        let at = at(self.field.ty);
        if self.field.attrs.flatten.is_some() {
            quote_spanned!(at=> #reader: __cursor.row()?)
        } else if self.is_optional() {
            quote_spanned!(at=> #reader: __cursor.next_or_default()?)
        } else {
            quote_spanned!(at=> #reader: __cursor.next()?)
        }
    }
}

impl Column<'_> {
    pub(super) fn fast_rows(&self) -> TokenStream {
        let reader = &self.reader;
        if self.is_optional() {
            quote!(match &__readers.#reader {
                __lake::Some(__column) => __column.fast_rows(__rows),
                __lake::None => __rows,
            })
        } else {
            quote!(__readers.#reader.fast_rows(__rows))
        }
    }
}

/// The type that the column decodes into, before the field's conversion.
pub(crate) fn column_type(field: &Field<'_>) -> TokenStream {
    let ty = field.ty;
    let optional = option_of(ty);
    let plain = match (&field.attrs.json, &field.attrs.try_from, &field.attrs.with) {
        (Some(_), ..) => {
            let target = optional.unwrap_or(ty);
            quote_spanned!(at(ty)=> __lake::Json<#target>)
        }
        (_, Some(from), _) => from.value.to_token_stream(),
        (.., Some(with)) => return item_of(&with.value, "Column"),
        _ => return ty.to_token_stream(),
    };
    if optional.is_some() { quote_spanned!(at(ty)=> __lake::Option<#plain>) } else { plain }
}

pub(super) fn read(field: &Field<'_>, columns: &[Column<'_>]) -> TokenStream {
    let ident = field.ident;
    let column = columns.iter().find(|column| std::ptr::eq(column.field, field));
    let Some(column) = column else {
        let default = default(field);
        return quote!(#ident: #default);
    };
    let reader = &column.reader;
    if column.is_optional() {
        let default = default(field);
        let value = value(field, &quote!(__column));
        quote! {
            #ident: match &self.#reader {
                __lake::Some(__column) => #value,
                __lake::None => #default,
            }
        }
    } else {
        let value = value(field, &quote!(&self.#reader));
        quote!(#ident: #value)
    }
}

/// Reads the field's value from its column. The types are written out: where the compiler takes a column type for
/// granted, it would infer that one. The row's index has a name that no function has which a `default` names.
fn value(field: &Field<'_>, column: &TokenStream) -> TokenStream {
    let (at, ty) = (at(field.ty), field.ty);
    let optional = option_of(ty);
    let target = optional.unwrap_or(ty);
    let attrs = &field.attrs;
    if attrs.flatten.is_some() {
        return quote_spanned!(at=> __lake::read_row::<__M, #ty>(#column, __row)?);
    }
    if let Some(with) = &attrs.with {
        let (decode, from) = (item_of(&with.value, "decode"), column_type(field));
        return quote_spanned!(at=> __lake::read_with::<__M, #from, #ty>(#column, __row, #decode)?);
    }
    let from = attrs.try_from.as_ref().map(|from| &from.value);
    match (attrs.json.is_some(), from, optional) {
        (true, _, None) => quote_spanned!(at=> __lake::read_json::<__M, #target>(#column, __row)?),
        (true, _, Some(_)) => quote_spanned!(at=> __lake::read_json_option::<__M, #target>(#column, __row)?),
        (_, Some(from), None) => {
            quote_spanned!(at=> __lake::read_try_from::<__M, #from, #target>(#column, __row)?)
        }
        (_, Some(from), Some(_)) => {
            quote_spanned!(at=> __lake::read_try_from_option::<__M, #from, #target>(#column, __row)?)
        }
        _ => quote_spanned!(at=> __lake::read::<__M, #ty>(#column, __row)?),
    }
}

fn default(field: &Field<'_>) -> TokenStream {
    match field.attrs.default.as_ref().map(|default| &default.value) {
        Some(DefaultValue::Function(path)) => {
            let at = Span::call_site().located_at(path.span());
            quote_spanned!(at=> #path())
        }
        Some(DefaultValue::Trait) | None => {
            let ty = field.ty;
            quote_spanned!(at(ty)=> <#ty as __lake::Default>::default())
        }
    }
}

/// An item of a module that the user names: where it is missing, the module is the place to look.
pub(crate) fn item_of(module: &Path, name: &str) -> TokenStream {
    let item = Ident::new(name, Span::call_site().located_at(module.span()));
    quote!(#module::#item)
}
