//! The memory of a batch whose encodings are unpacked and whose texts are copied, counted before it is taken: a few
//! bytes of a dictionary, of runs or of views can stand for any number.

use arrow_array::cast::AsArray;
use arrow_array::types::{ByteViewType, Int16Type, Int32Type, Int64Type, RunEndIndexType};
use arrow_array::{
    AnyDictionaryArray, Array, ArrayRef, GenericByteViewArray, OffsetSizeTrait, RecordBatch, RunArray,
    StructArray,
};
use arrow_buffer::ArrowNativeType;
use arrow_schema::DataType;

/// A value takes at least this much in a program, whatever it takes in the batch.
const MIN_VALUE_BYTES: usize = 16;

/// The bytes that the columns of a batch stand for where these are more than are in it; no more than `usize::MAX`.
#[must_use]
pub(crate) fn unpacked_bytes(batch: &RecordBatch) -> usize {
    let columns = batch.columns().iter().filter(|column| multiplies(column.data_type()));
    columns.map(total).fold(0, usize::saturating_add)
}

/// Whether values of the type, or inside it, may share bytes.
fn multiplies(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(..)
        | DataType::RunEndEncoded(..)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::Utf8View
        | DataType::BinaryView => true,
        DataType::List(child)
        | DataType::LargeList(child)
        | DataType::FixedSizeList(child, _)
        | DataType::Map(child, _) => multiplies(child.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| multiplies(field.data_type())),
        _ => false,
    }
}

/// The bytes that all values of an array stand for.
pub(super) fn total(array: &ArrayRef) -> usize {
    match array.data_type() {
        DataType::RunEndEncoded(ends, _) => match ends.data_type() {
            DataType::Int16 => runs(array.as_run::<Int16Type>()),
            DataType::Int32 => runs(array.as_run::<Int32Type>()),
            _ => runs(array.as_run::<Int64Type>()),
        },
        _ => Sizes::of(array).span(0, array.len()),
    }
}

fn runs<R: RunEndIndexType>(array: &RunArray<R>) -> usize {
    let (ends, values) = (array.run_ends(), Sizes::of(array.values()));
    let (mut begin, mut total) = (0, 0_usize);
    for (run, end) in (0..).zip(ends.values()).skip(ends.get_start_physical_index()) {
        let end = end.as_usize().saturating_sub(ends.offset()).min(ends.len()).max(begin);
        total = total.saturating_add(values.span(run, 1).saturating_mul(end - begin));
        begin = end;
    }
    total
}

/// How many bytes each value of an array stands for.
enum Sizes {
    /// As many as any other.
    Same(usize),
    /// Of the values from the first to this one together; so one entry more than there are values.
    Sums(Vec<usize>),
    /// More than could be counted.
    Overflow,
}

impl Sizes {
    /// Of `count` values from number `start`.
    fn span(&self, start: usize, count: usize) -> usize {
        match self {
            Self::Same(size) => size.saturating_mul(count),
            Self::Sums(sums) => {
                let end = start.saturating_add(count).min(sums.len().saturating_sub(1));
                match (sums.get(start), sums.get(end)) {
                    (Some(before), Some(after)) => after.saturating_sub(*before),
                    _ => 0,
                }
            }
            Self::Overflow => usize::MAX,
        }
    }

    fn of(array: &ArrayRef) -> Self {
        match array.data_type() {
            DataType::Utf8 => Self::lengths(array.as_string::<i32>().offsets()),
            DataType::LargeUtf8 => Self::lengths(array.as_string::<i64>().offsets()),
            DataType::Binary => Self::lengths(array.as_binary::<i32>().offsets()),
            DataType::LargeBinary => Self::lengths(array.as_binary::<i64>().offsets()),
            DataType::Utf8View => Self::views(array.as_string_view()),
            DataType::BinaryView => Self::views(array.as_binary_view()),
            DataType::List(_) => {
                Self::lists(array.as_list::<i32>().offsets(), array.as_list::<i32>().values())
            }
            DataType::LargeList(_) => {
                Self::lists(array.as_list::<i64>().offsets(), array.as_list::<i64>().values())
            }
            DataType::Map(..) => {
                let entries: ArrayRef = std::sync::Arc::new(array.as_map().entries().clone());
                Self::lists(array.as_map().offsets(), &entries)
            }
            DataType::ListView(_) => {
                let views = array.as_list_view::<i32>();
                Self::list_views(views.offsets(), views.sizes(), views.values())
            }
            DataType::LargeListView(_) => {
                let views = array.as_list_view::<i64>();
                Self::list_views(views.offsets(), views.sizes(), views.values())
            }
            DataType::FixedSizeList(_, width) => Self::arrays(array, width.as_usize()),
            DataType::Struct(_) => Self::structs(array.as_struct()),
            DataType::Dictionary(..) => Self::dictionary(array.as_any_dictionary()),
            DataType::RunEndEncoded(ends, _) => match ends.data_type() {
                DataType::Int16 => Self::of_runs(array.as_run::<Int16Type>()),
                DataType::Int32 => Self::of_runs(array.as_run::<Int32Type>()),
                _ => Self::of_runs(array.as_run::<Int64Type>()),
            },
            DataType::FixedSizeBinary(width) => Self::Same(width.as_usize().saturating_add(MIN_VALUE_BYTES)),
            other => Self::Same(other.primitive_width().unwrap_or_default().max(MIN_VALUE_BYTES)),
        }
    }

    fn lengths<O: OffsetSizeTrait>(offsets: &[O]) -> Self {
        Self::sums(offsets.windows(2).map(|pair| span_of(pair).1))
    }

    fn views<T: ByteViewType>(array: &GenericByteViewArray<T>) -> Self {
        Self::sums(array.lengths().map(|length| length as usize))
    }

    fn lists<O: OffsetSizeTrait>(offsets: &[O], values: &ArrayRef) -> Self {
        let values = Self::of(values);
        Self::sums(offsets.windows(2).map(|pair| {
            let (start, count) = span_of(pair);
            values.span(start, count)
        }))
    }

    fn list_views<O: OffsetSizeTrait>(starts: &[O], counts: &[O], values: &ArrayRef) -> Self {
        let values = Self::of(values);
        let spans = starts.iter().zip(counts);
        Self::sums(spans.map(|(start, count)| values.span(start.as_usize(), count.as_usize())))
    }

    fn arrays(array: &ArrayRef, width: usize) -> Self {
        match Self::of(array.as_fixed_size_list().values()) {
            Self::Same(size) => Self::Same(size.saturating_mul(width).saturating_add(MIN_VALUE_BYTES)),
            values => Self::sums((0..array.len()).map(|row| values.span(row.saturating_mul(width), width))),
        }
    }

    fn structs(array: &StructArray) -> Self {
        let columns: Vec<_> = array.columns().iter().map(Self::of).collect();
        let all_same = |sum: usize, sizes: &Self| match sizes {
            Self::Same(size) => Some(sum.saturating_add(*size)),
            _ => None,
        };
        match columns.iter().try_fold(MIN_VALUE_BYTES, all_same) {
            Some(size) => Self::Same(size),
            None => {
                let of_row =
                    |row| columns.iter().map(|sizes| sizes.span(row, 1)).fold(0, usize::saturating_add);
                Self::sums((0..array.len()).map(of_row))
            }
        }
    }

    fn dictionary(array: &dyn AnyDictionaryArray) -> Self {
        match Self::of(array.values()) {
            Self::Same(size) => Self::Same(size),
            _ if array.values().is_empty() => Self::Same(MIN_VALUE_BYTES),
            values => {
                let keys = array.keys();
                let valid = (0..keys.len()).map(|row| keys.is_valid(row));
                let keys = valid.zip(array.normalized_keys());
                Self::sums(keys.map(|(valid, key)| if valid { values.span(key, 1) } else { 0 }))
            }
        }
    }

    fn of_runs<R: RunEndIndexType>(array: &RunArray<R>) -> Self {
        let (values, ends) = (Self::of(array.values()), array.run_ends());
        match values {
            Self::Same(size) => Self::Same(size),
            values => Self::sums((0..ends.len()).map(|row| values.span(ends.get_physical_index(row), 1))),
        }
    }

    fn sums(sizes: impl ExactSizeIterator<Item = usize>) -> Self {
        let mut sums = Vec::new();
        if sums.try_reserve_exact(sizes.len().saturating_add(1)).is_err() {
            return Self::Overflow;
        }
        sums.push(0);
        let mut sum = 0_usize;
        sums.extend(sizes.map(|size| {
            sum = sum.saturating_add(size).saturating_add(MIN_VALUE_BYTES);
            sum
        }));
        Self::Sums(sums)
    }
}

/// Where a list or a text begins, and its length.
fn span_of<O: OffsetSizeTrait>(pair: &[O]) -> (usize, usize) {
    match pair {
        [start, end] => (start.as_usize(), end.as_usize().saturating_sub(start.as_usize())),
        _ => (0, 0),
    }
}
