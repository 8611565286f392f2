//! Step 1: from syn's tree to ours, which knows only rows and keeps the tokens to point at.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, FieldsNamed, Type};

use super::attrs::{ContainerAttrs, FieldAttrs};
use crate::attrs::Derive;
use crate::ctxt::Ctxt;
use crate::ty::unraw;

/// A struct that is to become a row.
pub(crate) struct Container<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) attrs: ContainerAttrs,
    pub(crate) fields: Vec<Field<'a>>,
}

/// One of its fields.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a syn::Ident,
    pub(crate) ty: &'a Type,
    pub(crate) attrs: FieldAttrs,
}

impl Field<'_> {
    /// The type of the values in its column, where they are not what a module or JSON makes of the field's.
    pub(crate) fn written_type(&self) -> Option<&Type> {
        let attrs = &self.attrs;
        let is_converted = attrs.with.is_some() || attrs.json.is_some();
        let ty = attrs.try_from.as_ref().map_or(self.ty, |from| &from.value);
        (attrs.reads_one_column() && !is_converted).then_some(ty)
    }
}

impl<'a> Container<'a> {
    /// The readable parts of the input; mistakes go to `ctxt`.
    pub(crate) fn from_input(input: &'a DeriveInput, derive: Derive, ctxt: &mut Ctxt) -> Self {
        let attrs = ContainerAttrs::parse(&input.attrs, derive, ctxt);
        let fields = named_fields(input, derive, ctxt)
            .into_iter()
            .flat_map(|fields| &fields.named)
            .filter_map(|field| {
                let ident = field.ident.as_ref()?;
                Some(Field { ident, ty: &field.ty, attrs: FieldAttrs::parse(&field.attrs, derive, ctxt) })
            })
            .collect();
        Self { input, attrs, fields }
    }

    /// The attributes of the table and its columns that would be dropped where the row is flattened into another: all
    /// but the name of the table and what it is.
    pub(crate) fn says_of_a_table(&self) -> impl Iterator<Item = (&'static str, Span)> {
        let table = self.attrs.table.given().into_iter().filter(|(key, _)| *key != "comment");
        table.chain(self.fields.iter().flat_map(|field| field.attrs.table.given()))
    }

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

fn named_fields<'a>(input: &'a DeriveInput, derive: Derive, ctxt: &mut Ctxt) -> Option<&'a FieldsNamed> {
    let derive = derive.name();
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(fields),
            Fields::Unnamed(fields) => ctxt.error(
                fields.span(),
                format!(
                    "{derive} needs named fields, because columns are matched by name: write `struct Row {{ id: i64 }}`; \
                     a row that is read by position is a plain tuple, `(i64, String)`"
                ),
            ),
            Fields::Unit => ctxt.error(
                input.ident.span(),
                format!(
                    "{derive} needs a struct with at least one named field: a row needs at least one column"
                ),
            ),
        },
        Data::Enum(data) => ctxt.error(
            data.enum_token.span(),
            format!(
                "{derive} needs a struct with named fields: a row has one shape; an enum that is the value of one \
                 column derives LakeValue; where the rows differ, convert between the enum and a struct"
            ),
        ),
        Data::Union(data) => ctxt.error(
            data.union_token.span(),
            format!(
                "{derive} needs a struct with named fields: a union does not say which of its fields holds the value"
            ),
        ),
    }
    None
}
