//! The columns of a row that is written, each with the code that declares, gathers and hands it over.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Ident, LitStr, WherePredicate, parse_quote};

use crate::generics::{mentions, parameters};
use crate::row::ast::{Container, Field};
use crate::row::attrs::Digits;
use crate::row::columns::{column_type, item_of};
use crate::ty::{at, option_of, unraw};

/// A field that is written to a column, or to those of its own row.
pub(super) struct Column<'a> {
    field: &'a Field<'a>,
    name: String,
    /// The encoder's name in the struct of encoders.
    encoder: Ident,
    /// Whether the row is that of a table.
    of_a_table: bool,
    /// Whether the field's type has a parameter, or what it is converted into.
    is_generic: bool,
}

pub(super) fn columns<'a>(container: &'a Container<'a>) -> Vec<Column<'a>> {
    let parameters = parameters(container.input);
    let is_generic = |field: &Field<'_>| {
        mentions(field.ty.to_token_stream(), &parameters) || mentions(column_type(field), &parameters)
    };
    let written = container.fields.iter().filter(|field| field.attrs.skip.is_none());
    written
        .enumerate()
        .map(|(i, field)| Column {
            field,
            name: container.column_name(field),
            encoder: format_ident!("f{i}", span = at(field.ty)),
            of_a_table: container.attrs.table.name.is_some(),
            is_generic: is_generic(field),
        })
        .collect()
}

impl Column<'_> {
    fn is_row(&self) -> bool {
        self.field.attrs.flatten.is_some()
    }

    /// The field of the struct of encoders: the encoder, or the encoders of the field's own row.
    pub(super) fn declared_encoder(&self) -> TokenStream {
        let (at, ty, encoder) = (at(self.field.ty), self.field.ty, &self.encoder);
        if self.is_row() {
            return quote_spanned!(at=> #encoder: <#ty as __lake::ToRow>::Encoders);
        }
        let ty = column_type(self.field);
        quote_spanned!(at=> #encoder: <#ty as __lake::ToColumn>::Encoder)
    }

    /// The bounds of the field's types: with a lifetime, so that a type that does not meet them is one error, in the
    /// assertion. A converted field bounds what the conversion needs in the place of the column's type, whose encoder
    /// the compiler would not know then.
    pub(super) fn predicates(&self) -> Vec<WherePredicate> {
        let (ty, attrs) = (self.field.ty, &self.field.attrs);
        if self.is_row() {
            return vec![match self.of_a_table {
                true => parse_quote!(for<'__any> #ty: __lake::FlatRow),
                false => parse_quote!(for<'__any> #ty: __lake::ToRow),
            }];
        }
        let target = option_of(ty).unwrap_or(ty);
        match (self.is_generic, &attrs.json, &attrs.try_from) {
            (true, Some(_), _) => vec![parse_quote!(#target: __lake::Serialize)],
            (true, None, Some(into)) => {
                let column = &into.value;
                vec![
                    parse_quote!(for<'__any> #column: __lake::ToColumn),
                    parse_quote!(#target: __lake::Clone + __lake::TryInto<#column>),
                ]
            }
            _ => {
                let column = column_type(self.field);
                vec![parse_quote!(for<'__any> #column: __lake::ToColumn)]
            }
        }
    }

    /// The bound of a row's type for the row around it to be flattened itself.
    pub(super) fn flat_predicate(&self) -> Option<WherePredicate> {
        let ty = self.field.ty;
        self.is_row().then(|| parse_quote!(for<'__any> #ty: __lake::FlatRow))
    }

    /// The one place where the type is asked, if it has no parameter.
    pub(super) fn assertion(&self, parameters: &[&Ident]) -> Option<TokenStream> {
        let (at, ty) = (at(self.field.ty), self.field.ty);
        let asked = if self.is_row() { ty.to_token_stream() } else { column_type(self.field) };
        if mentions(asked.clone(), parameters) {
            return None;
        }
        Some(match (self.is_row(), self.of_a_table) {
            (true, true) => quote_spanned!(at=> __lake::is_flat_row::<#asked>();),
            (true, false) => quote_spanned!(at=> __lake::is_written_row::<#asked>();),
            (false, _) => quote_spanned!(at=> __lake::is_written_column::<#asked>();),
        })
    }

    fn options(&self) -> TokenStream {
        // By the trait's name, which a crate without a prelude does not have in scope.
        let options = quote!(<__lake::ColumnOptions as __lake::Default>::default());
        match self.field.attrs.digits() {
            Some(Digits { precision, scale }) => quote!(#options.with_decimal(#precision, #scale)),
            None => options,
        }
    }

    pub(super) fn declaration(&self) -> TokenStream {
        let (at, ty, name) = (at(self.field.ty), self.field.ty, &self.name);
        if let Some(flatten) = &self.field.attrs.flatten {
            let prefix = flatten.value.prefix.as_ref().map(LitStr::value).unwrap_or_default();
            return quote_spanned!(at=> __fields.row::<#ty>(#prefix););
        }
        let (ty, options) = (column_type(self.field), self.options());
        quote_spanned!(at=> __fields.column::<#ty>(#name, #options);)
    }

    pub(super) fn encoder(&self) -> TokenStream {
        let (at, ty, encoder) = (at(self.field.ty), self.field.ty, &self.encoder);
        if self.is_row() {
            return quote_spanned!(at=> #encoder: <#ty as __lake::ToRow>::encoders(__rows));
        }
        let (ty, options) = (column_type(self.field), self.options());
        quote_spanned!(at=> #encoder: <#ty as __lake::ToColumn>::encoder(#options, __rows))
    }

    pub(super) fn encode(&self) -> TokenStream {
        let (field, encoder) = (self.field, &self.encoder);
        let (at, ty, ident) = (at(field.ty), field.ty, field.ident);
        let name = unraw(ident);
        let place = quote!(&self.#ident, &mut __encoders.#encoder, #name);
        let optional = option_of(ty);
        let target = optional.unwrap_or(ty);
        let attrs = &field.attrs;
        if self.is_row() {
            return quote_spanned!(at=> __lake::encode_row::<#ty>(#place)?;);
        }
        if let Some(with) = &attrs.with {
            let (encode, column) = (item_of(&with.value, "encode"), column_type(field));
            return quote_spanned!(at=> __lake::encode_with::<#column, #ty>(#place, #encode)?;);
        }
        let into = attrs.try_from.as_ref().map(|column| &column.value);
        match (attrs.json.is_some(), into, optional) {
            (true, _, None) => quote_spanned!(at=> __lake::encode_json::<#target>(#place)?;),
            (true, _, Some(_)) => quote_spanned!(at=> __lake::encode_json_option::<#target>(#place)?;),
            (_, Some(column), None) => {
                quote_spanned!(at=> __lake::encode_into::<#column, #target>(#place)?;)
            }
            (_, Some(column), Some(_)) => {
                quote_spanned!(at=> __lake::encode_into_option::<#column, #target>(#place)?;)
            }
            _ => quote_spanned!(at=> __lake::encode::<#ty>(#place)?;),
        }
    }

    pub(super) fn is_stamped(&self) -> bool {
        !self.field.attrs.table.stamps().is_empty()
    }

    /// The same without what a stamped field holds.
    pub(super) fn encode_unstamped(&self) -> TokenStream {
        if self.is_stamped() { self.push_null() } else { self.encode() }
    }

    pub(super) fn push_null(&self) -> TokenStream {
        let (ty, encoder) = (self.field.ty, &self.encoder);
        if self.is_row() {
            return quote_spanned!(at(ty)=> <#ty as __lake::ToRow>::push_null(&mut __encoders.#encoder););
        }
        quote!(__lake::Encoder::push_null(&mut __encoders.#encoder);)
    }

    pub(super) fn finish(&self) -> TokenStream {
        let (ty, encoder) = (self.field.ty, &self.encoder);
        if self.is_row() {
            let name = unraw(self.field.ident);
            return quote_spanned!(at(ty)=> __lake::finish_row::<#ty>(__encoders.#encoder, __arrays, #name)?;);
        }
        quote!(__arrays.push(__encoders.#encoder)?;)
    }
}
