//! A batch whose types, encodings, NULLs and values are chosen by the fuzzer's bytes.

use std::sync::Arc;

use arrow_array::types::{Int8Type, Int16Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, DictionaryArray, FixedSizeListArray, GenericListArray,
    GenericListViewArray, Int8Array, Int16Array, LargeBinaryArray, LargeStringArray, MapArray, NullArray,
    OffsetSizeTrait, RecordBatch, RunArray, StringArray, StringViewArray, StructArray, make_array,
};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_data::ArrayDataBuilder;
use arrow_schema::{DataType, Field, FieldRef, Fields, IntervalUnit, Schema, TimeUnit};

const NAMES: [&str; 6] = ["a", "b", "c", "d_a", "d_b", "e"];

/// The batch, unless the choices are of one that Arrow refuses.
pub(crate) fn batch(bytes: &[u8]) -> Option<RecordBatch> {
    let choices = &mut Choices(bytes);
    let rows = choices.below(9);
    let mut columns = Vec::new();
    for name in NAMES.iter().take(1 + choices.below(NAMES.len())) {
        let whole = array(choices, rows + 2, 3)?;
        let column = whole.slice(choices.below(3), rows);
        columns.push((*name, column));
    }
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    RecordBatch::try_new(
        Arc::new(Schema::new(fields)),
        columns.into_iter().map(|(_, column)| column).collect(),
    )
    .ok()
}

/// The fuzzer's bytes, each a choice; zeros behind their end.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.byte()).collect()
    }

    /// NULLs, often none.
    fn nulls(&mut self, len: usize) -> Option<NullBuffer> {
        if self.byte() % 2 == 0 {
            return None;
        }
        Some((0..len).map(|_| self.byte() % 4 != 0).collect::<Vec<bool>>().into())
    }

    fn text(&mut self) -> Option<String> {
        let length = self.below(20);
        (length != 19).then(|| String::from_utf8_lossy(&self.bytes(length)).into_owned())
    }

    fn blob(&mut self) -> Option<Vec<u8>> {
        let length = self.below(20);
        (length != 19).then(|| self.bytes(length))
    }

    /// Where lists end, one after the other.
    fn lengths(&mut self, lists: usize) -> Vec<usize> {
        (0..lists).map(|_| self.below(4)).collect()
    }
}

fn array(choices: &mut Choices<'_>, len: usize, depth: usize) -> Option<ArrayRef> {
    let kinds = if depth == 0 { 40 } else { 52 };
    Some(match choices.below(kinds) {
        0..=29 => plain(choices, len)?,
        30 => Arc::new(NullArray::new(len)),
        31..=32 => Arc::new((0..len).map(|_| choices.text()).collect::<StringArray>()),
        33 => Arc::new((0..len).map(|_| choices.text()).collect::<LargeStringArray>()),
        34 => Arc::new((0..len).map(|_| choices.text()).collect::<StringViewArray>()),
        35..=36 => Arc::new((0..len).map(|_| choices.blob()).collect::<BinaryArray>()),
        37 => Arc::new((0..len).map(|_| choices.blob()).collect::<LargeBinaryArray>()),
        38..=39 => Arc::new((0..len).map(|_| choices.blob()).collect::<BinaryViewArray>()),
        40..=41 => structure(choices, len, depth)?,
        42..=43 => list::<i32>(choices, len, depth)?,
        44 => list::<i64>(choices, len, depth)?,
        45 => views(choices, len, depth)?,
        46 => fixed(choices, len, depth)?,
        47..=48 => map(choices, len, depth)?,
        49 => runs(choices, len, depth)?,
        _ => dictionary(choices, len, depth)?,
    })
}

/// A type whose values have one width, its values any bytes, or small numbers.
fn plain(choices: &mut Choices<'_>, len: usize) -> Option<ArrayRef> {
    use DataType as D;
    let unit = [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];
    let unit = unit[choices.below(4)];
    let scale = i8::try_from(choices.below(12)).ok()? - 1;
    let zone = (choices.byte() % 2 == 0).then(|| "Europe/Berlin".into());
    let (data_type, width) = match choices.below(24) {
        0 => (D::Boolean, 1),
        1 => (D::Int8, 1),
        2 => (D::Int16, 2),
        3 => (D::Int32, 4),
        4 => (D::Int64, 8),
        5 => (D::Float32, 4),
        6 => (D::Float64, 8),
        7 => (D::Decimal32(9, scale.min(9)), 4),
        8 => (D::Decimal64(18, scale), 8),
        9 => (D::Decimal128(38, scale), 16),
        10 => (D::Decimal256(76, scale), 32),
        11 => (D::Date32, 4),
        12..=13 => (D::Timestamp(unit, zone), 8),
        14 => match unit {
            TimeUnit::Second | TimeUnit::Millisecond => (D::Time32(unit), 4),
            _ => (D::Time64(unit), 8),
        },
        15 => (D::Duration(unit), 8),
        16 => (D::Interval(IntervalUnit::YearMonth), 4),
        17 => (D::Interval(IntervalUnit::MonthDayNano), 16),
        18 => (D::Date64, 8),
        19 => (D::UInt32, 4),
        20 => (D::UInt64, 8),
        21 => (D::Float16, 2),
        22 => (D::Interval(IntervalUnit::DayTime), 8),
        _ => (D::FixedSizeBinary(3), 3),
    };
    let is_small = choices.byte() % 2 == 0;
    let mut values = Vec::with_capacity(len * width);
    for _ in 0..len {
        let mut value = if is_small { choices.bytes(1) } else { choices.bytes(width) };
        value.resize(width, 0);
        values.extend(value);
    }
    let nulls = choices.nulls(len);
    let data = ArrayDataBuilder::new(data_type).len(len).nulls(nulls).add_buffer(Buffer::from_vec(values));
    Some(make_array(data.align_buffers(true).build().ok()?))
}

fn structure(choices: &mut Choices<'_>, len: usize, depth: usize) -> Option<ArrayRef> {
    let columns: Vec<ArrayRef> =
        (0..=choices.below(3)).map(|_| array(choices, len, depth - 1)).collect::<Option<_>>()?;
    let names: &[&str] =
        if choices.byte() % 2 == 0 { &["a", "b", "c"] } else { &["value", "metadata", "srid"] };
    let fields: Fields = names.iter().zip(&columns).map(|(name, column)| field_of(name, column)).collect();
    Some(Arc::new(StructArray::try_new(fields, columns, choices.nulls(len)).ok()?))
}

fn list<O: OffsetSizeTrait>(choices: &mut Choices<'_>, len: usize, depth: usize) -> Option<ArrayRef> {
    let lengths = choices.lengths(len);
    let values = array(choices, lengths.iter().sum::<usize>() + 1, depth - 1)?;
    let offsets = OffsetBuffer::<O>::from_lengths(lengths);
    let list = GenericListArray::try_new(field_of("item", &values), offsets, values, choices.nulls(len));
    Some(Arc::new(list.ok()?))
}

fn views(choices: &mut Choices<'_>, len: usize, depth: usize) -> Option<ArrayRef> {
    let values = array(choices, 5, depth - 1)?;
    let (starts, sizes): (Vec<i32>, Vec<i32>) =
        (0..len).map(|_| (i32::from(choices.byte() % 3), i32::from(choices.byte() % 4))).unzip();
    let list = GenericListViewArray::<i32>::try_new(
        field_of("item", &values),
        ScalarBuffer::from(starts),
        ScalarBuffer::from(sizes),
        values,
        choices.nulls(len),
    );
    Some(Arc::new(list.ok()?))
}

fn fixed(choices: &mut Choices<'_>, len: usize, depth: usize) -> Option<ArrayRef> {
    let width = choices.below(3);
    let values = array(choices, width * len, depth - 1)?;
    let width = i32::try_from(width).ok()?;
    let (field, nulls) = (field_of("item", &values), choices.nulls(len));
    Some(Arc::new(FixedSizeListArray::try_new_with_length(field, width, values, nulls, len).ok()?))
}

fn map(choices: &mut Choices<'_>, len: usize, depth: usize) -> Option<ArrayRef> {
    let lengths = choices.lengths(len);
    let entries = lengths.iter().sum();
    let columns = vec![keys(choices, entries)?, array(choices, entries, depth - 1)?];
    // Arrow takes no map whose keys may be NULL.
    let key = Arc::new(Field::new("k", columns[0].data_type().clone(), false));
    let fields = Fields::from(vec![key, field_of("v", &columns[1])]);
    let entries = StructArray::try_new(fields, columns, None).ok()?;
    let field = Arc::new(Field::new("entries", entries.data_type().clone(), false));
    Some(Arc::new(
        MapArray::try_new(field, OffsetBuffer::from_lengths(lengths), entries, choices.nulls(len), false)
            .ok()?,
    ))
}

/// Of any type without children, without NULLs.
fn keys(choices: &mut Choices<'_>, len: usize) -> Option<ArrayRef> {
    let keys = array(choices, len, 0)?;
    if keys.logical_null_count() == 0 {
        return Some(keys);
    }
    Some(Arc::new((0..len).map(|_| Some(choices.byte() as i8)).collect::<Int8Array>()))
}

fn dictionary(choices: &mut Choices<'_>, len: usize, depth: usize) -> Option<ArrayRef> {
    let values = array(choices, 4, depth - 1)?;
    let keys: Int8Array =
        (0..len).map(|_| (choices.byte() % 5 != 0).then(|| (choices.byte() % 4) as i8)).collect();
    Some(Arc::new(DictionaryArray::<Int8Type>::try_new(keys, values).ok()?))
}

fn runs(choices: &mut Choices<'_>, len: usize, depth: usize) -> Option<ArrayRef> {
    let middle = 1 + choices.below(len.max(2) - 1);
    let ends: Vec<i16> = [middle, len].iter().map(|end| *end as i16).collect();
    let values = array(choices, 2, depth - 1)?;
    Some(Arc::new(RunArray::<Int16Type>::try_new(&Int16Array::from(ends), &values).ok()?))
}

fn field_of(name: &str, array: &ArrayRef) -> FieldRef {
    Arc::new(Field::new(name, array.data_type().clone(), true))
}
