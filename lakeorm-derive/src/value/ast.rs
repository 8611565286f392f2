//! The input as the derive reads it: variants, and the rules between them.

use syn::spanned::Spanned;
use syn::{Data, DataEnum, DeriveInput, Expr, Fields, Ident, Member, Type};

use super::attrs::{Attrs, VariantAttrs};
use crate::attrs::lake_metas;
use crate::ctxt::Ctxt;
use crate::ty::ungrouped;

/// The shape of the type.
pub(crate) enum Shape<'a> {
    /// A struct with one field, beside markers that hold nothing.
    Newtype { field: Member, ty: &'a Type, markers: Vec<Member> },
    /// An enum of variants without fields, and perhaps one for everything else.
    Enum { variants: Vec<Variant<'a>>, other: Option<Other<'a>> },
}

/// A variant without fields.
pub(crate) struct Variant<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) text: String,
    pub(crate) discriminant: Option<&'a Expr>,
}

/// The variant for every value that no other has.
pub(crate) struct Other<'a> {
    pub(crate) ident: &'a Ident,
    /// The type that holds the value.
    pub(crate) holds: Option<&'a Type>,
    /// How many of the other variants stand before it.
    pub(crate) place: usize,
    pub(crate) discriminant: Option<&'a Expr>,
}

impl<'a> Shape<'a> {
    /// The readable parts of the input; mistakes go to `ctxt`.
    pub(crate) fn from_input(input: &'a DeriveInput, attrs: &Attrs, ctxt: &mut Ctxt) -> Option<Self> {
        match &input.data {
            Data::Enum(data) => Some(enumeration(input, data, attrs, ctxt)),
            Data::Struct(data) => newtype(input, &data.fields, attrs, ctxt),
            Data::Union(data) => {
                let span = data.union_token.span();
                ctxt.error(span, "LakeValue needs an enum, or a struct with one field");
                None
            }
        }
    }
}

fn newtype<'a>(input: &DeriveInput, fields: &'a Fields, attrs: &Attrs, ctxt: &mut Ctxt) -> Option<Shape<'a>> {
    for (key, span) in [
        ("rename_all", attrs.rename_all.as_ref().map(|case| case.span)),
        ("integer", attrs.integer.as_ref().map(|integer| integer.span)),
    ] {
        if let Some(span) = span {
            ctxt.error(span, format!("`{key}` is about variants, and a newtype has none; remove it"));
        }
    }
    for meta in fields.iter().flat_map(|field| lake_metas(&field.attrs, ctxt)).collect::<Vec<_>>() {
        ctxt.error(meta.path().span(), "the field of a newtype takes no attributes: it is read as it is");
    }
    let all = fields.members().zip(fields.iter().map(|field| &field.ty));
    let (markers, held): (Vec<_>, Vec<_>) = all.partition(|(_, ty)| is_marker(ty));
    match <[_; 1]>::try_from(held) {
        Ok([(field, ty)]) => {
            let markers = markers.into_iter().map(|(marker, _)| marker).collect();
            Some(Shape::Newtype { field, ty, markers })
        }
        Err(_) => {
            ctxt.error(
                input.ident.span(),
                "LakeValue needs an enum, or a struct with exactly one field beside any PhantomData; a struct of \
                 several columns derives LakeRow",
            );
            None
        }
    }
}

/// A `PhantomData`, by its name: a macro sees no types.
fn is_marker(ty: &Type) -> bool {
    match ungrouped(ty) {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "PhantomData"),
        _ => false,
    }
}

fn enumeration<'a>(input: &DeriveInput, data: &'a DataEnum, attrs: &Attrs, ctxt: &mut Ctxt) -> Shape<'a> {
    let (mut variants, mut other): (Vec<Variant<'a>>, Option<Other<'a>>) = (Vec::new(), None);
    for variant in &data.variants {
        let found = VariantAttrs::parse(&variant.attrs, ctxt);
        let discriminant = variant.discriminant.as_ref().map(|(_, value)| value);
        if let Some(marked) = &found.other {
            if other.is_some() {
                ctxt.error(marked.span, "only one variant can take every other value");
            }
            if let Some(rename) = &found.rename {
                ctxt.error(rename.span, "`other` has no text of its own; remove `rename`");
            }
            let holds = held(&variant.fields, ctxt);
            other = Some(Other { ident: &variant.ident, holds, place: variants.len(), discriminant });
            continue;
        }
        // An attribute that was not understood may have been meant as `other`.
        if !matches!(variant.fields, Fields::Unit) && !found.unknown {
            ctxt.error(
                variant.fields.span(),
                "a variant of a LakeValue has no fields, but for one with `#[lake(other)]`, which may hold the value",
            );
        }
        if let (Some(rename), true) = (&found.rename, attrs.is_integer()) {
            ctxt.error(
                rename.span,
                "`rename` is about texts, but `integer` reads numbers; remove one of them",
            );
        }
        let (text, span) = found.text(&variant.ident, attrs);
        if let Some(first) = variants.iter().find(|known| known.text == text && !attrs.is_integer()) {
            ctxt.error(
                span,
                format!("the text \"{text}\" is already that of `{}`; give this one another", first.ident),
            );
        }
        variants.push(Variant { ident: &variant.ident, text, discriminant });
    }
    if variants.is_empty() {
        ctxt.error(input.ident.span(), "LakeValue needs at least one variant with a value of its own");
    }
    Shape::Enum { variants, other }
}

/// The type that the catch-all variant holds.
fn held<'a>(fields: &'a Fields, ctxt: &mut Ctxt) -> Option<&'a Type> {
    for meta in fields.iter().flat_map(|field| lake_metas(&field.attrs, ctxt)).collect::<Vec<_>>() {
        ctxt.error(
            meta.path().span(),
            "what `other` holds takes no attributes: it is made of the value with `From`, and bound as it is",
        );
    }
    match fields {
        Fields::Unit => None,
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first().map(|field| &field.ty),
        fields => {
            ctxt.error(
                fields.span(),
                "`other` holds nothing, or the value: write `Other` or `Other(String)`",
            );
            None
        }
    }
}
