//! Step 3: the rules that need more than one attribute or more than one field.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{GenericArgument, Lifetime, PathArguments, Type, TypeReference};

use super::ast::{Container, Field};
use crate::attrs::Derive;
use crate::ctxt::Ctxt;
use crate::ty::{is_unsized, only_argument, option_of, ungrouped};

/// Reports every broken rule.
pub(crate) fn check(container: &Container<'_>, derive: Derive, ctxt: &mut Ctxt) {
    for field in &container.fields {
        skip_reads_no_column(field, ctxt);
        flatten_has_no_column_of_its_own(field, ctxt);
        flatten_has_names(field, ctxt);
        one_conversion(field, ctxt);
        does_not_contain_itself(container, field, ctxt);
        has_a_size(field, ctxt);
        if derive == Derive::Row {
            borrows_from_the_batch(field, ctxt);
        }
    }
    columns_are_distinct(container, ctxt);
    has_a_column(container, derive, ctxt);
}

fn skip_reads_no_column(field: &Field<'_>, ctxt: &mut Ctxt) {
    if field.attrs.skip.is_none() {
        return;
    }
    for (key, span) in field.attrs.naming() {
        ctxt.error(span, format!("`{key}` names a column, but `skip` reads none; remove one of them"));
    }
    let flatten = field.attrs.flatten.as_ref().map(|flatten| ("flatten", flatten.span));
    for (key, span) in field.attrs.conversions().into_iter().chain(flatten) {
        ctxt.error(span, format!("`{key}` reads a column, but `skip` reads none; remove one of them"));
    }
}

fn flatten_has_no_column_of_its_own(field: &Field<'_>, ctxt: &mut Ctxt) {
    if field.attrs.flatten.is_none() || field.attrs.skip.is_some() {
        return;
    }
    for (key, span) in field.attrs.naming() {
        ctxt.error(
            span,
            format!("`{key}` names one column, but `flatten` reads several; remove one of them"),
        );
    }
    for (key, span) in field.attrs.conversions() {
        ctxt.error(
            span,
            format!("`{key}` converts one column, but `flatten` reads several; remove one of them"),
        );
    }
    if let Some(default) = &field.attrs.default {
        ctxt.error(
            default.span,
            "`default` is about one missing column, but `flatten` reads several: put it on the fields of the \
             flattened struct, or make this field an `Option` for rows without any of them",
        );
    }
}

/// A type that is a tuple by another name is refused when it is read.
fn flatten_has_names(field: &Field<'_>, ctxt: &mut Ctxt) {
    if field.attrs.flatten.is_none() || field.attrs.skip.is_some() {
        return;
    }
    let mut ty = field.ty;
    while let Some(inner) = option_of(ty) {
        ty = inner;
    }
    if matches!(ungrouped(ty), Type::Tuple(_)) {
        ctxt.error(ty.span(), "a tuple cannot be flattened, because its values have no names: use a struct");
    }
}

fn one_conversion(field: &Field<'_>, ctxt: &mut Ctxt) {
    if let [(first, _), (second, span), ..] = field.attrs.conversions().as_slice() {
        ctxt.error(
            *span,
            format!("`{second}` and `{first}` both say how to read the column; remove one of them"),
        );
    }
}

/// Spark has no type for a STRUCT that holds itself.
fn does_not_contain_itself(container: &Container<'_>, field: &Field<'_>, ctxt: &mut Ctxt) {
    if field.attrs.skip.is_some() || !field.attrs.conversions().is_empty() {
        return;
    }
    let mut ty = field.ty;
    while let Some((outer, inner)) = only_argument(ty) {
        if !["Option", "Vec", "Box", "Rc", "Arc"].iter().any(|known| outer == known) {
            return;
        }
        ty = inner;
    }
    if matches!(ungrouped(ty), Type::Path(path) if path.path.is_ident(&container.input.ident)) {
        ctxt.error(
            ty.span(),
            "a row cannot contain itself: Spark has no recursive STRUCT; read the key of the other row, or a STRING of \
             JSON with `#[lake(json)]`",
        );
    }
}

fn borrows_from_the_batch(field: &Field<'_>, ctxt: &mut Ctxt) {
    let read_as_it_is = field.attrs.skip.is_none() && field.attrs.conversions().is_empty();
    match borrow(field.ty) {
        Borrow::WithoutLifetime(reference) => ctxt.error(
            reference.and_token.span(),
            "a borrow needs a lifetime: give the struct one, `struct Row<'a>`, and write `&'a` here, or use a type that \
             owns its data, such as `String`",
        ),
        Borrow::For(lifetime) if lifetime.ident == "static" && read_as_it_is => ctxt.error(
            lifetime.span(),
            "a row borrows from its batch, which does not live for `'static`: give the struct a lifetime, \
             `struct Row<'a>`, and write `'a` here, or use a type that owns its data, such as `String`",
        ),
        Borrow::For(_) | Borrow::None => {}
    }
}

enum Borrow<'a> {
    None,
    WithoutLifetime(&'a TypeReference),
    For(&'a Lifetime),
}

/// Whether a type is a borrow, or holds one. A lifetime inside of another type than `Option` is not looked at.
fn borrow(ty: &Type) -> Borrow<'_> {
    let ty = ungrouped(ty);
    match (ty, only_argument(ty)) {
        (Type::Reference(reference), _) => match &reference.lifetime {
            Some(lifetime) => Borrow::For(lifetime),
            None => Borrow::WithoutLifetime(reference),
        },
        (_, Some((outer, inner))) => match borrow(inner) {
            Borrow::For(_) if outer != "Option" => Borrow::None,
            found => found,
        },
        _ => lifetime_of_cow(ty).map_or(Borrow::None, Borrow::For),
    }
}

/// The lifetime of a `Cow<'a, …>`. One without it may be a type of the user's own, which borrows nothing.
fn lifetime_of_cow(ty: &Type) -> Option<&Lifetime> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Cow")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Lifetime(lifetime)) => Some(lifetime),
        _ => None,
    }
}

fn has_a_size(field: &Field<'_>, ctxt: &mut Ctxt) {
    if is_unsized(field.ty) {
        ctxt.error(
            field.ty.span(),
            "a field of this type has no size: own the value, as `String` and `Vec` do, or borrow it from the batch, \
             as `&'a str` and `&'a [u8]` do",
        );
    }
}

fn columns_are_distinct(container: &Container<'_>, ctxt: &mut Ctxt) {
    let mut seen: Vec<(String, String)> = Vec::new();
    for field in container.fields.iter().filter(|field| field.attrs.reads_one_column()) {
        for (name, span) in names(container, field) {
            match seen.iter().find(|(other, _)| *other == name) {
                Some((_, first)) if field.ident == first => ctxt.error(
                    span,
                    format!("column \"{name}\" is what `{first}` is read from anyway; remove this `alias`"),
                ),
                Some((_, first)) => ctxt.error(
                    span,
                    format!(
                        "column \"{name}\" is already read by the field `{first}`; give this one another name"
                    ),
                ),
                None => seen.push((name, field.ident.to_string())),
            }
        }
    }
}

fn names(container: &Container<'_>, field: &Field<'_>) -> Vec<(String, Span)> {
    let span = field.attrs.rename.as_ref().map_or_else(|| field.ident.span(), |rename| rename.value.span());
    let aliases = field.attrs.aliases.iter().map(|alias| (alias.value.value(), alias.value.span()));
    std::iter::once((container.column_name(field), span)).chain(aliases).collect()
}

fn has_a_column(container: &Container<'_>, derive: Derive, ctxt: &mut Ctxt) {
    let named = matches!(&container.input.data, syn::Data::Struct(data) if matches!(data.fields, syn::Fields::Named(_)));
    if named && container.fields.iter().all(|field| field.attrs.skip.is_some()) {
        ctxt.error(
            container.input.ident.span(),
            format!(
                "{} needs at least one field that has a column: a row needs at least one column",
                derive.name()
            ),
        );
    }
}
