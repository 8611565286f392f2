//! The null check: data-driven, once per batch, before any of its rows is handed out.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, NullBuffer};

use super::error::DecodeError;
use super::layout::{Found, Slot};
use crate::column::{ReadError, Shape, ShapeKind, short_type_name, sql_name};

#[cfg(test)]
mod tests;

/// A NULL where the row has no room for one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnexpectedNull {
    /// The index in the batch.
    pub(super) row: usize,
    /// The path inside the column, empty for the column itself: `[]`, `.lines[].sku`.
    pub(super) path: String,
}

/// The first NULL of the column that its shape has no room for. A child under a NULL parent does not count, nor
/// does a list element that no list reaches.
pub(super) fn first_unexpected(array: &ArrayRef, shape: &Shape) -> Option<UnexpectedNull> {
    if shape.is_nullable() && matches!(shape.kind(), ShapeKind::Leaf) {
        return None;
    }
    first_in(array, shape, None)
}

#[cold]
pub(super) fn error(
    row_type: &'static str,
    slot: &Slot,
    found: &Found,
    null: &UnexpectedNull,
) -> DecodeError {
    let reason = if null.path.is_empty() {
        format!(
            "the value is NULL; make the field Option<{}>, or use COALESCE({}, …) in the query",
            short_type_name(slot.type_name),
            sql_name(&found.name),
        )
    } else {
        "a nested value is NULL; make that value an Option, or replace the NULL in the query".to_owned()
    };
    let field = format!("{}{}", slot.field, null.path);
    DecodeError::new(row_type, ReadError::new(reason).in_field(field)).with_column(&found.name)
}

/// `live` marks the elements whose parents are all present; `None` says that all are.
fn first_in(array: &ArrayRef, shape: &Shape, live: Option<&BooleanBuffer>) -> Option<UnexpectedNull> {
    let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
    let own = match &nulls {
        Some(nulls) if !shape.is_nullable() => first_null(nulls, live),
        _ => None,
    };
    let own = own.map(|row| UnexpectedNull { row, path: String::new() });
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
    array: &ArrayRef,
    shape: &Shape,
    nulls: Option<&NullBuffer>,
    live: Option<&BooleanBuffer>,
) -> Option<UnexpectedNull> {
    if matches!(shape.kind(), ShapeKind::Leaf) {
        return None;
    }
    let live = match (nulls, live) {
        (Some(nulls), Some(live)) => Some(nulls.inner() & live),
        (Some(nulls), None) => Some(nulls.inner().clone()),
        (None, live) => live.cloned(),
    };
    match shape.kind() {
        ShapeKind::Leaf => None,
        ShapeKind::Struct(children) => {
            let columns = array.as_struct_opt()?.columns();
            let found = children.iter().filter_map(|child| {
                let mut null = first_in(columns.get(child.index())?, child.shape(), live.as_ref())?;
                null.path.insert_str(0, &format!(".{}", child.label()));
                Some(null)
            });
            found.min_by_key(|null| null.row)
        }
        ShapeKind::List(child) => {
            let (offsets, values) = list_parts(array)?;
            first_in_lists(&offsets, values.len(), live.as_ref(), |reached| {
                let mut null = first_in(&values, child, Some(reached))?;
                null.path.insert_str(0, "[]");
                Some(null)
            })
        }
        ShapeKind::Map(key, value) => {
            let map = array.as_map_opt()?;
            let offsets: Vec<usize> =
                map.offsets().iter().map(|o| usize::try_from(*o).unwrap_or(0)).collect();
            first_in_lists(&offsets, map.entries().len(), live.as_ref(), |reached| {
                let found = [("{key}", map.keys(), key), ("{value}", map.values(), value)];
                let found = found.into_iter().filter_map(|(label, array, shape)| {
                    let mut null = first_in(array, shape, Some(reached))?;
                    null.path.insert_str(0, label);
                    Some(null)
                });
                found.min_by_key(|null| null.row)
            })
        }
    }
}

fn list_parts(array: &ArrayRef) -> Option<(Vec<usize>, ArrayRef)> {
    if let Some(list) = array.as_list_opt::<i32>() {
        let offsets = list.offsets().iter().map(|o| usize::try_from(*o).unwrap_or(0)).collect();
        return Some((offsets, ArrayRef::clone(list.values())));
    }
    let list = array.as_list_opt::<i64>()?;
    let offsets = list.offsets().iter().map(|o| usize::try_from(*o).unwrap_or(0)).collect();
    Some((offsets, ArrayRef::clone(list.values())))
}

/// Runs `first` over the elements that present lists reach, and maps its answer back to the list's index.
fn first_in_lists(
    offsets: &[usize],
    values: usize,
    live: Option<&BooleanBuffer>,
    first: impl Fn(&BooleanBuffer) -> Option<UnexpectedNull>,
) -> Option<UnexpectedNull> {
    let mut reached = BooleanBufferBuilder::new(values);
    reached.append_n(offsets.first().copied().unwrap_or(0), false);
    for (row, (start, end)) in offsets.iter().zip(offsets.iter().skip(1)).enumerate() {
        let present = live.is_none_or(|live| row < live.len() && live.value(row));
        reached.append_n(end.saturating_sub(*start), present);
    }
    // The last list may end before the values do.
    reached.append_n(values.saturating_sub(reached.len()), false);
    let mut null = first(&reached.finish())?;
    null.row = offsets.partition_point(|offset| *offset <= null.row).saturating_sub(1);
    Some(null)
}
