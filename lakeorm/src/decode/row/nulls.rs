//! The null check: data-driven, once per batch, before any of its rows is handed out.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, NullBuffer};
use spark_connect::types::quote_identifier;

use super::error::DecodeError;
use crate::column::{Child, ReadError, Shape, ShapeKind, Spans, joined, parts, short_type_name};

#[cfg(test)]
mod tests;

/// A NULL where the row has no room for one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnexpectedNull {
    /// The index in the batch.
    pub(super) row: usize,
    /// The path, which at first starts inside the column: `[]`, `lines[].sku`.
    pub(super) path: String,
    /// Whether the NULL is inside the column's value.
    pub(super) is_nested: bool,
}

/// The first column of the row, in the row's order, with a NULL that its shape has no room for, and the first such
/// NULL in it.
pub(super) fn first_in_row<'s>(
    columns: &'s [Child],
    arrays: &[ArrayRef],
) -> Option<(&'s Child, UnexpectedNull)> {
    first_in_columns(columns, arrays, None)
}

fn first_in_columns<'s>(
    columns: &'s [Child],
    arrays: &[ArrayRef],
    live: Option<&BooleanBuffer>,
) -> Option<(&'s Child, UnexpectedNull)> {
    columns.iter().find_map(|column| {
        let (child, mut null) = match column.shape().kind() {
            ShapeKind::Flat(inner) => {
                let present = if column.shape().is_nullable() { present(inner, arrays) } else { None };
                let live = both(present.as_ref(), live);
                first_in_columns(inner, arrays, live.as_ref())?
            }
            _ => (column, first_unexpected_among(arrays.get(column.index()?)?, column.shape(), live)?),
        };
        null.path = joined(column.label(), &null.path);
        Some((child, null))
    })
}

/// Which rows have a value in one of these columns; `None` where all have.
fn present(columns: &[Child], arrays: &[ArrayRef]) -> Option<BooleanBuffer> {
    let mut any: Option<BooleanBuffer> = None;
    for column in leaves(columns) {
        let Some(array) = column.index().and_then(|index| arrays.get(index)) else { continue };
        let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0)?;
        any = Some(match any {
            Some(any) => &any | nulls.inner(),
            None => nulls.into_inner(),
        });
    }
    any
}

/// The columns of a row, those of the rows that share them included.
pub(super) fn leaves(columns: &[Child]) -> Vec<&Child> {
    columns
        .iter()
        .flat_map(|column| match column.shape().kind() {
            ShapeKind::Flat(inner) => leaves(inner),
            _ => vec![column],
        })
        .collect()
}

fn both(left: Option<&BooleanBuffer>, right: Option<&BooleanBuffer>) -> Option<BooleanBuffer> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left & right),
        (one, other) => one.or(other).cloned(),
    }
}

/// The first NULL of the column that its shape has no room for. A child under a NULL parent does not count, nor
/// does a list element that no list reaches.
#[cfg(test)]
fn first_unexpected(array: &ArrayRef, shape: &Shape) -> Option<UnexpectedNull> {
    first_unexpected_among(array, shape, None)
}

fn first_unexpected_among(
    array: &ArrayRef,
    shape: &Shape,
    live: Option<&BooleanBuffer>,
) -> Option<UnexpectedNull> {
    if may_hold_one(array, shape) { first_in(array, shape, live) } else { None }
}

/// Whether a NULL stands anywhere that has no room for one, even under a NULL parent or outside every list. Arrays know
/// how many NULLs they have, so that most batches need no closer look.
fn may_hold_one(array: &dyn Array, shape: &Shape) -> bool {
    if !shape.is_nullable() && array.logical_null_count() > 0 {
        return true;
    }
    match shape.kind() {
        ShapeKind::Leaf => false,
        ShapeKind::Flat(_) => true,
        ShapeKind::Struct(children) => {
            let arrays = array.as_struct_opt().map(StructArray::columns).unwrap_or_default();
            leaves(children).into_iter().any(|child| {
                let array = child.index().and_then(|index| arrays.get(index));
                array.is_some_and(|array| may_hold_one(array, child.shape()))
            })
        }
        ShapeKind::List(child) => parts(array).ok().is_none_or(|(_, values)| may_hold_one(values, child)),
        ShapeKind::Map(key, value) => array.as_map_opt().is_none_or(|map| {
            map.entries().null_count() > 0
                || may_hold_one(map.keys(), key)
                || may_hold_one(map.values(), value)
        }),
    }
}

/// The error of such a NULL, in a column of this name.
#[cold]
pub(super) fn error(
    row_type: &'static str,
    column: &Child,
    name: &str,
    null: &UnexpectedNull,
) -> DecodeError {
    let reason = if null.is_nested {
        "a nested value is NULL; make that value an Option, or replace the NULL in the query".to_owned()
    } else {
        let optional = format!("Option<{}>", short_type_name(column.type_name()));
        let change = match column.label() {
            // A value by itself.
            "" => format!("ask for query_scalar::<{optional}>"),
            _ => format!("make the field {optional}"),
        };
        format!("the value is NULL; {change}, or use COALESCE({}, …) in the query", quote_identifier(name))
    };
    DecodeError::new(row_type, ReadError::new(reason).in_field(&null.path)).with_column(name)
}

/// `live` marks the elements whose parents are all present; `None` says that all are.
fn first_in(array: &dyn Array, shape: &Shape, live: Option<&BooleanBuffer>) -> Option<UnexpectedNull> {
    let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
    let own = match &nulls {
        Some(nulls) if !shape.is_nullable() => first_null(nulls, live),
        _ => None,
    };
    let own = own.map(|row| UnexpectedNull { row, path: String::new(), is_nested: false });
    let nested = first_nested(array, shape, nulls.as_ref(), live);
    match (own, nested) {
        (Some(own), Some(nested)) if nested.row < own.row => Some(nested),
        (Some(own), _) => Some(own),
        (None, nested) => nested,
    }
}

fn first_null(nulls: &NullBuffer, live: Option<&BooleanBuffer>) -> Option<usize> {
    let null = !nulls.inner();
    match live {
        Some(live) => (&null & live).set_indices().next(),
        None => null.set_indices().next(),
    }
}

fn first_nested(
    array: &dyn Array,
    shape: &Shape,
    nulls: Option<&NullBuffer>,
    live: Option<&BooleanBuffer>,
) -> Option<UnexpectedNull> {
    if matches!(shape.kind(), ShapeKind::Leaf) {
        return None;
    }
    let live = both(nulls.map(NullBuffer::inner), live);
    let live = live.as_ref();
    match shape.kind() {
        ShapeKind::Leaf => None,
        // Only a row has one, and `first_in_columns` looks after it; here is no row.
        ShapeKind::Flat(_) => None,
        ShapeKind::Struct(children) => {
            let arrays = array.as_struct_opt()?.columns();
            let found = children
                .iter()
                .filter_map(|child| Some(first_in_columns(std::slice::from_ref(child), arrays, live)?.1));
            found.min_by_key(|null| null.row).map(|null| UnexpectedNull { is_nested: true, ..null })
        }
        ShapeKind::List(child) => {
            let (spans, values) = parts(array).ok()?;
            first_in_lists(&spans, values.len(), live, |reached| {
                first_in(values, child, Some(reached)).map(|null| null.under("[]"))
            })
        }
        ShapeKind::Map(key, value) => {
            let map = array.as_map_opt()?;
            first_in_lists(&Spans::Small(map.offsets()), map.entries().len(), live, |reached| {
                let parts = [("{key}", map.keys(), key), ("{value}", map.values(), value)];
                let in_parts = parts.into_iter().filter_map(|(label, array, shape)| {
                    first_in(array, shape, Some(reached)).map(|null| null.under(label))
                });
                // No map has room for an entry that is NULL.
                let entry = map.entries().nulls().and_then(|nulls| first_null(nulls, Some(reached)));
                let entry = entry.map(|row| UnexpectedNull { row, path: "[]".to_owned(), is_nested: true });
                entry.into_iter().chain(in_parts).min_by_key(|null| null.row)
            })
        }
    }
}

impl UnexpectedNull {
    fn under(mut self, step: &str) -> Self {
        self.path = joined(step, &self.path);
        self.is_nested = true;
        self
    }
}

/// Runs `first` over the elements that present lists reach, and maps its answer back to the list's index.
fn first_in_lists(
    spans: &Spans<'_>,
    values: usize,
    live: Option<&BooleanBuffer>,
    first: impl Fn(&BooleanBuffer) -> Option<UnexpectedNull>,
) -> Option<UnexpectedNull> {
    let lists = || (0..).map_while(move |row| spans.get(row).ok());
    let mut reached = BooleanBufferBuilder::new(values);
    reached.append_n(lists().next().map_or(0, |list| list.start), false);
    for (row, list) in lists().enumerate() {
        let present = live.is_none_or(|live| row < live.len() && live.value(row));
        reached.append_n(list.len(), present);
    }
    // The last list may end before the values do.
    reached.append_n(values.saturating_sub(reached.len()), false);
    let mut null = first(&reached.finish())?;
    null.row = lists().position(|list| list.contains(&null.row))?;
    Some(null)
}
