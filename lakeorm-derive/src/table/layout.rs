//! Checks of stamps, partitions and sort orders against the fields' types, as far as the names of the types tell: a
//! number cannot hold the time of a write, and no table is partitioned by a list.

use crate::attrs::{Named, Partition, Transform};
use crate::ctxt::Ctxt;
use crate::row::ast::{Container, Field};
use crate::ty::Known;

use super::valid::column_of;

/// Reports columns that are named twice, and those of types that the transform or the order does not have.
pub(super) fn check(container: &Container<'_>, ctxt: &mut Ctxt) {
    let table = &container.attrs.table;
    let partitions: Vec<&Partition> = table.partition_by.iter().flat_map(|given| &given.value).collect();
    let parts = partitions.iter().map(|part| (kind(part.transform), &part.column));
    named_once(container, parts, "`partition_by` lists this column twice; remove one of them", ctxt);
    let sorted: Vec<&Named> = table.sort_by.iter().flat_map(|given| &given.value).collect();
    let once = sorted.iter().map(|column| ("", *column));
    named_once(container, once, "`sort_by` names this column twice; remove one of them", ctxt);
    for part in partitions {
        transform_fits(container, part, ctxt);
    }
    for column in sorted {
        sorts_single_values(container, column, ctxt);
    }
}

/// Reports a stamp whose field can hold no time.
pub(super) fn stamp_is_an_instant(field: &Field<'_>, ctxt: &mut Ctxt) {
    let Some(known) = known(field) else { return };
    for (key, span) in field.attrs.table.stamps() {
        ctxt.error(
            span,
            format!(
                "`{key}` sets the time of the write, and {known} holds no TIMESTAMP: give the field a type that does, such \
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
    let Some(known) = known_column(container, &part.column) else { return };
    let is_refused = |name: &str| matches!(name, "bool" | "f32" | "f64" | "i8" | "i16");
    let wanted = match (&known, kind(part.transform)) {
        (Known::Nested(_), _) => "a table is partitioned by single values",
        (Known::Plain(_), "time") => "the transform applies to a date or a timestamp",
        (Known::Plain(name), "bucket") if is_refused(name) => {
            "`bucket` applies to integers of 32 and 64 bits, strings, binary, decimals, dates and timestamps"
        }
        (Known::Plain(name), "truncate") if is_refused(name) => {
            "`truncate` applies to integers of 32 and 64 bits, strings, binary and decimals"
        }
        _ => return,
    };
    let remedy = "partition by another column, or change the field's type";
    ctxt.error(part.column.span(), format!("{wanted}, and the field is {known}: {remedy}"));
}

fn sorts_single_values(container: &Container<'_>, column: &Named, ctxt: &mut Ctxt) {
    if let Some(known @ Known::Nested(_)) = known_column(container, column) {
        let remedy = "sort by another column, or change the field's type";
        let message = format!("rows are sorted by single values, and the field is {known}: {remedy}");
        ctxt.error(column.span(), message);
    }
}

/// What a column of the struct's own is written from, where the tokens say it.
fn known_column(container: &Container<'_>, column: &Named) -> Option<Known> {
    let name = column_of(container, column).ok()?;
    let mut own = container.fields.iter().filter(|field| field.attrs.reads_one_column());
    own.find(|field| container.column_name(field) == name).and_then(known)
}

/// What the column of a field is written from, where the tokens say it.
fn known(field: &Field<'_>) -> Option<Known> {
    match field.attrs.json {
        Some(_) => Some(Known::Plain("json".to_owned())),
        None => Known::of(field.written_type()?),
    }
}
