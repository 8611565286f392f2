//! The values at given positions. Arrow makes room for lists by their average length, which is any number where a long list
//! stands beside those that are asked for, and panics where there is not so much memory. So the elements of lists are
//! counted here, and only what holds no list is left to it.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    AnyDictionaryArray, Array, ArrayRef, FixedSizeListArray, GenericListArray, MapArray, OffsetSizeTrait,
    StructArray, UInt64Array,
};
use arrow_buffer::{ArrowNativeType, NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, FieldRef};
use arrow_select::take::take;

use super::room;

/// The values that the keys of a dictionary point to, whose own values these are, unpacked.
pub(super) fn behind_keys(
    dictionary: &dyn AnyDictionaryArray,
    values: &ArrayRef,
) -> Result<ArrayRef, ArrowError> {
    let keys = dictionary.keys();
    if !holds_lists(values.data_type()) {
        return take(values, keys, None);
    }
    let positions = match dictionary.values().is_empty() {
        true => vec![0; keys.len()],
        false => dictionary.normalized_keys(),
    };
    let positions: Vec<u64> =
        positions.into_iter().map(|key| u64::try_from(key).unwrap_or(u64::MAX)).collect();
    gather(values, &UInt64Array::try_new(positions.into(), keys.nulls().cloned())?)
}

/// The values at these positions, and NULL where a position is.
pub(super) fn gather(values: &ArrayRef, positions: &UInt64Array) -> Result<ArrayRef, ArrowError> {
    if !holds_lists(values.data_type()) {
        return take(values, positions, None);
    }
    match values.data_type() {
        DataType::List(child) => list(values.as_list::<i32>(), child, positions),
        DataType::LargeList(child) => list(values.as_list::<i64>(), child, positions),
        DataType::FixedSizeList(child, width) => {
            fixed_list(values.as_fixed_size_list(), child, *width, positions)
        }
        DataType::Map(entries, sorted) => {
            let map = values.as_map();
            let (offsets, nulls, elements) = elements(map, map.offsets(), positions)?;
            let structs = structure(map.entries(), &elements)?;
            Ok(Arc::new(MapArray::try_new(Arc::clone(entries), offsets, structs, nulls, *sorted)?))
        }
        DataType::Struct(_) => Ok(Arc::new(structure(values.as_struct(), positions)?)),
        _ => Err(ArrowError::NotYetImplemented("lists inside of a union".to_owned())),
    }
}

/// The positions of the elements of lists, each given as its start and its length.
pub(super) fn elements_of(spans: &[(usize, usize)]) -> Result<UInt64Array, ArrowError> {
    let total = spans.iter().fold(0_usize, |total, (_, count)| total.saturating_add(*count));
    let mut elements = room::<u64>(total)?;
    for (start, count) in spans {
        elements.extend((0..).skip(*start).take(*count));
    }
    Ok(UInt64Array::from(elements))
}

/// Whether a value of the type is a list, or has one inside.
fn holds_lists(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) | DataType::Map(..) => true,
        DataType::Struct(fields) => fields.iter().any(|field| holds_lists(field.data_type())),
        DataType::Union(fields, _) => fields.iter().any(|(_, field)| holds_lists(field.data_type())),
        _ => false,
    }
}

fn list<O: OffsetSizeTrait>(
    lists: &GenericListArray<O>,
    child: &FieldRef,
    positions: &UInt64Array,
) -> Result<ArrayRef, ArrowError> {
    let (offsets, nulls, elements) = elements(lists, lists.offsets(), positions)?;
    let values = gather(lists.values(), &elements)?;
    Ok(Arc::new(GenericListArray::try_new(Arc::clone(child), offsets, values, nulls)?))
}

/// Where the lists at these positions end, which of them are NULL, and the positions of their elements.
fn elements<O: OffsetSizeTrait>(
    lists: &dyn Array,
    offsets: &[O],
    positions: &UInt64Array,
) -> Result<(OffsetBuffer<O>, Option<NullBuffer>, UInt64Array), ArrowError> {
    let nulls = nulls_at(lists, positions);
    let mut spans = room::<(usize, usize)>(positions.len())?;
    for (row, position) in positions.values().iter().enumerate() {
        let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        spans.push(if is_null { (0, 0) } else { span(offsets, position.as_usize())? });
    }
    let elements = elements_of(&spans)?;
    let offsets = OffsetBuffer::try_from_lengths(spans.iter().map(|(_, count)| *count));
    Ok((offsets.map_err(|_| ArrowError::OffsetOverflowError(elements.len()))?, nulls, elements))
}

/// Where one list begins, and how many elements it has.
fn span<O: OffsetSizeTrait>(offsets: &[O], position: usize) -> Result<(usize, usize), ArrowError> {
    match (offsets.get(position), offsets.get(position.saturating_add(1))) {
        (Some(start), Some(end)) => Ok((start.as_usize(), end.as_usize().saturating_sub(start.as_usize()))),
        _ => Err(ArrowError::InvalidArgumentError("a key stands for no value".to_owned())),
    }
}

fn fixed_list(
    lists: &FixedSizeListArray,
    child: &FieldRef,
    width: i32,
    positions: &UInt64Array,
) -> Result<ArrayRef, ArrowError> {
    let (nulls, count) = (nulls_at(lists, positions), width.as_usize());
    let mut elements = room::<u64>(positions.len().saturating_mul(count))?;
    for (row, position) in positions.values().iter().enumerate() {
        // A NULL has its elements too, which are NULL.
        let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        let start = if is_null { 0 } else { position.as_usize().saturating_mul(count) };
        elements.extend((0..).skip(start).take(count));
    }
    let below = nulls.as_ref().map(|nulls| nulls.expand(count));
    let values = gather(lists.values(), &UInt64Array::try_new(elements.into(), below)?)?;
    let list =
        FixedSizeListArray::try_new_with_length(Arc::clone(child), width, values, nulls, positions.len());
    Ok(Arc::new(list?))
}

fn structure(structs: &StructArray, positions: &UInt64Array) -> Result<StructArray, ArrowError> {
    let columns = structs.columns().iter().map(|column| gather(column, positions));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let nulls = nulls_at(structs, positions);
    StructArray::try_new_with_length(structs.fields().clone(), columns, nulls, positions.len())
}

/// Which values are NULL at these positions.
fn nulls_at(values: &dyn Array, positions: &UInt64Array) -> Option<NullBuffer> {
    let nulls = values.nulls();
    if nulls.is_none() && positions.nulls().is_none() {
        return None;
    }
    let is_valid =
        |position: usize| nulls.is_none_or(|nulls| position < nulls.len() && nulls.is_valid(position));
    let present =
        positions.iter().map(|position| position.is_some_and(|position| is_valid(position.as_usize())));
    Some(present.collect())
}
