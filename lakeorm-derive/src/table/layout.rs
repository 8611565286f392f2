//! Checks of the layout by the names of the fields' types, where these are the language's own: no instant is in a
//! number.

use crate::attrs::{Named, Partition, Transform};
use crate::ctxt::Ctxt;
use crate::row::ast::{Container, Field};
use crate::ty::{option_of, plain_name};

use super::valid::column_of;

/// Reports columns that are named twice, and transforms that their types do not have.
pub(super) fn check(container: &Container<'_>, ctxt: &mut Ctxt) {
    let table = &container.attrs.table;
    let partitions: Vec<&Partition> = table.partition_by.iter().flat_map(|given| &given.value).collect();
    let parts = partitions.iter().map(|part| (kind(part.transform), &part.column));
    named_once(container, parts, "`partition_by` lists this column twice; remove one of them", ctxt);
    let sorted = table.sort_by.iter().flat_map(|given| &given.value).map(|column| ("", column));
    named_once(container, sorted, "`sort_by` names this column twice; remove one of them", ctxt);
    for part in partitions {
        transform_fits(container, part, ctxt);
    }
}

/// Reports a stamp whose field can hold no time.
pub(super) fn stamp_is_an_instant(field: &Field<'_>, ctxt: &mut Ctxt) {
    let Some(name) = plain(field) else { return };
    for (key, span) in field.attrs.table.stamps() {
        ctxt.error(
            span,
            format!(
                "`{key}` sets the time of the write, and `{name}` holds no TIMESTAMP: give the field a type that does, such \
                 as `DateTime<Utc>`"
            ),
        );
    }
}

fn named_once<'n>(
    container: &Container<'_>,
    parts: impl Iterator<Item = (&'static str, &'n Named)>,
    message: &str,
    ctxt: &mut Ctxt,
) {
    let mut seen = Vec::new();
    for (kind, column) in parts {
        let Ok(name) = column_of(container, column) else { continue };
        if seen.contains(&(kind, name.clone())) {
            ctxt.error(column.span(), message);
        }
        seen.push((kind, name));
    }
}

/// Of two parts of one kind a column has no more than one: those of a time say each other.
fn kind(transform: Transform) -> &'static str {
    match transform {
        Transform::Identity => "identity",
        Transform::Year | Transform::Month | Transform::Day | Transform::Hour => "time",
        Transform::Bucket(_) => "bucket",
        Transform::Truncate(_) => "truncate",
    }
}

fn transform_fits(container: &Container<'_>, part: &Partition, ctxt: &mut Ctxt) {
    let Ok(column) = column_of(container, &part.column) else { return };
    let field = container
        .fields
        .iter()
        .find(|field| field.attrs.reads_one_column() && container.column_name(field) == column);
    let Some(name) = field.and_then(plain) else { return };
    let is_inexact = matches!(name.as_str(), "bool" | "f32" | "f64");
    let wanted = match kind(part.transform) {
        "time" => "the transform applies to a date or a timestamp",
        "bucket" if is_inexact => {
            "`bucket` applies to integers, strings, binary, decimals, dates and timestamps"
        }
        "truncate" if is_inexact => "`truncate` applies to integers, strings, binary and decimals",
        _ => return,
    };
    ctxt.error(part.column.span(), format!("{wanted}, and the field is `{name}`"));
}

/// The type of a field's column, where its name says it.
fn plain(field: &Field<'_>) -> Option<String> {
    let attrs = &field.attrs;
    let is_converted = attrs.with.is_some() || attrs.try_from.is_some() || attrs.json.is_some();
    if is_converted || !attrs.reads_one_column() {
        return None;
    }
    plain_name(option_of(field.ty).unwrap_or(field.ty))
}
