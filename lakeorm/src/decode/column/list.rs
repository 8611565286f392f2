//! ARRAY, as `Vec<T>` and `[T; N]`. `Vec<(K, V)>` takes a MAP too, as the list of its entries.

use std::ops::Range;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Field};

use super::map::are_void;
use super::opaque::opaque;
use super::read_mode::{Fast, Inline, ReadMode};
use super::{FromColumn, ReadError, Refusal, Shape, ShapeKind, infallible};

/// Where each list of one batch has its elements.
#[derive(Debug)]
pub enum Spans<'b> {
    /// Between two offsets of 32 bits.
    Small(&'b [i32]),
    /// Between two offsets of 64 bits.
    Large(&'b [i64]),
    /// The same number of elements in each of the lists.
    Fixed {
        /// How many lists there are.
        len: usize,
        /// How many elements each has.
        width: usize,
    },
}

impl Spans<'_> {
    /// The elements of one list.
    ///
    /// # Errors
    /// The index is outside the batch.
    #[inline]
    pub fn get(&self, row: usize) -> Result<Range<usize>, ReadError> {
        match self {
            Self::Small(offsets) => between(offsets, row),
            Self::Large(offsets) => between(offsets, row),
            Self::Fixed { len, width } if row < *len => Ok(row * width..(row + 1) * width),
            Self::Fixed { .. } => Err(ReadError::outside(row)),
        }
    }

    /// How many of the first `rows` lists there are.
    fn fast_rows(&self, rows: usize) -> usize {
        rows.min(match self {
            Self::Small(offsets) => offsets.len().saturating_sub(1),
            Self::Large(offsets) => offsets.len().saturating_sub(1),
            Self::Fixed { len, .. } => *len,
        })
    }

    /// How many of the first `rows` lists there are whose elements `fast_rows`, the elements' own answer, allows: all
    /// or none.
    pub(super) fn fast_rows_with(&self, rows: usize, fast_rows: impl FnOnce(usize) -> usize) -> usize {
        let rows = self.fast_rows(rows);
        // Offsets do not fall, so the last list ends last.
        let end = rows.checked_sub(1).map_or(Ok(0), |last| self.get(last).map(|range| range.end));
        match end {
            Ok(end) if fast_rows(end) >= end => rows,
            _ => 0,
        }
    }
}

#[inline]
fn between<O: Copy + TryInto<usize>>(offsets: &[O], row: usize) -> Result<Range<usize>, ReadError> {
    // By the next index: of the last one there is none.
    let end = row.checked_add(1).and_then(|next| offsets.get(next));
    match (offsets.get(row), end) {
        // Arrow's offsets are not negative; one that were would lie outside every array.
        (Some(start), Some(end)) => {
            Ok((*start).try_into().unwrap_or(usize::MAX)..(*end).try_into().unwrap_or(usize::MAX))
        }
        _ => Err(ReadError::outside(row)),
    }
}

/// Lists of one batch, and the reader of their elements.
pub struct Lists<'b, R> {
    spans: Spans<'b>,
    /// `None` where the lists are empty, as their type is that of `array()` or `map()`. The null check has seen to it.
    elements: Option<R>,
}

opaque!(Lists<'b, R>);

impl<R> Lists<'_, R> {
    fn fast_rows<'b, T: FromColumn<'b, Reader = R>>(&self, rows: usize) -> usize {
        match &self.elements {
            Some(elements) => self.spans.fast_rows_with(rows, |end| T::fast_rows(elements, end)),
            None => 0,
        }
    }

    #[inline]
    fn read<'b, M: ReadMode, T: FromColumn<'b, Reader = R>>(&self, row: usize) -> Result<Vec<T>, ReadError> {
        let range = self.spans.get(row)?;
        let Some(elements) = &self.elements else {
            return if range.is_empty() { Ok(Vec::new()) } else { Err(void()) };
        };
        if const { M::FAST && T::INFALLIBLE } {
            return Ok(range.map(|element| infallible(T::read_fast(elements, element))).collect());
        }
        let mut list = room(range.len())?;
        for element in range {
            match M::read::<T>(elements, element) {
                Ok(value) => list.push(value),
                Err(error) => return Err(error.in_field("[]")),
            }
        }
        Ok(list)
    }
}

#[cold]
fn void() -> ReadError {
    ReadError::new("the value is NULL; make it an Option").in_field("[]")
}

/// A vector with room for `len` values. Elements that take no bytes, as NULLs of the type VOID, can be more than the
/// memory holds values, which is no reason to abort the program.
#[inline]
pub(super) fn room<T>(len: usize) -> Result<Vec<T>, ReadError> {
    let mut list = Vec::new();
    match list.try_reserve_exact(len) {
        Ok(()) => Ok(list),
        Err(_) => Err(too_long()),
    }
}

#[cold]
pub(super) fn too_long() -> ReadError {
    ReadError::new("the value has more elements than fit the memory")
}

impl<'b, T: FromColumn<'b>> FromColumn<'b> for Vec<T> {
    type Reader = Lists<'b, T::Reader>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        let element = element(data_type).ok_or_else(Refusal::new)?.data_type();
        match T::accepts(element) {
            Ok(shape) => Ok(Shape::list(shape)),
            // The column is no list, and its own type says more than that of its entries.
            Err(refusal) if matches!(data_type, DataType::Map(..)) && refusal.inside().is_empty() => {
                Err(Refusal::new())
            }
            Err(_) if is_void(data_type) => Ok(Shape::list(Shape::leaf())),
            Err(refusal) => Err(refusal.of_child::<T>("[]", element)),
        }
    }

    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
        let ShapeKind::List(element) = shape.kind() else { return Err(ReadError::unexpected(array)) };
        let (spans, values) = parts(array)?;
        let elements = match T::bind(values, element) {
            Ok(reader) => Some(reader),
            Err(_) if is_void(array.data_type()) => None,
            Err(error) => return Err(error.in_field("[]")),
        };
        Ok(Lists { spans, elements })
    }

    fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
        reader.fast_rows::<T>(rows)
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        reader.read::<Inline, T>(row)
    }

    #[inline]
    fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        reader.read::<Fast, T>(row)
    }
}

impl<'b, T: FromColumn<'b>, const N: usize> FromColumn<'b> for [T; N] {
    type Reader = Lists<'b, T::Reader>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        Vec::<T>::accepts(data_type)
    }

    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
        Vec::<T>::bind(array, shape)
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        match reader.spans.get(row)?.len() {
            len if len == N => {
                let list = reader.read::<Inline, T>(row)?;
                list.try_into().map_err(|list: Vec<T>| wrong_length(list.len(), N))
            }
            len => Err(wrong_length(len, N)),
        }
    }
}

#[cold]
fn wrong_length(len: usize, wanted: usize) -> ReadError {
    let elements = if len == 1 { "element" } else { "elements" };
    ReadError::new(format!("the list has {len} {elements}, the Rust array has {wanted}; use a Vec"))
}

/// The element of a list, or of a map: its entries.
pub(crate) fn element(data_type: &DataType) -> Option<&Field> {
    match data_type {
        DataType::List(child)
        | DataType::LargeList(child)
        | DataType::FixedSizeList(child, _)
        | DataType::Map(child, _) => Some(child),
        _ => None,
    }
}

/// Whether the elements have the type VOID, as those of `array()` and the entries of `map()` have: there are none.
fn is_void(list: &DataType) -> bool {
    match (list, element(list)) {
        (DataType::Map(..), Some(entries)) => are_void(entries.data_type()),
        (_, Some(element)) => *element.data_type() == DataType::Null,
        (_, None) => false,
    }
}

/// Where the lists are, and the array of their elements.
pub(crate) fn parts(array: &dyn Array) -> Result<(Spans<'_>, &dyn Array), ReadError> {
    if let Some(list) = array.as_list_opt::<i32>() {
        return Ok((Spans::Small(list.offsets()), list.values().as_ref()));
    }
    if let Some(list) = array.as_list_opt::<i64>() {
        return Ok((Spans::Large(list.offsets()), list.values().as_ref()));
    }
    if let Some(map) = array.as_map_opt() {
        return Ok((Spans::Small(map.offsets()), map.entries()));
    }
    let list = array.as_fixed_size_list_opt().ok_or_else(|| ReadError::unexpected(array))?;
    let width = usize::try_from(list.value_length()).map_err(|_| ReadError::unexpected(array))?;
    Ok((Spans::Fixed { len: list.len(), width }, list.values().as_ref()))
}

#[cfg(test)]
mod tests {
    use arrow_array::types::Int64Type;
    use arrow_array::{FixedSizeListArray, LargeListArray, ListArray};

    use super::*;

    #[test]
    fn a_list_outside_of_the_batch_is_an_error() {
        let small = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)])]);
        let large = LargeListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)])]);
        let fixed = FixedSizeListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)])], 1);
        for array in [&small as &dyn Array, &large, &fixed] {
            let (spans, _) = parts(array).unwrap();
            assert_eq!(spans.get(0).unwrap(), 0..1);
            for row in [1, usize::MAX - 1, usize::MAX] {
                let error = spans.get(row).unwrap_err().to_string();
                assert_eq!(error, ReadError::outside(row).to_string());
            }
        }
    }
}
