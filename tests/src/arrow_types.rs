//! A column of every Arrow type, each of a value, a NULL and another value at the end of the type's range.

#![expect(clippy::unwrap_used, reason = "a test whose arrays cannot be made must fail")]

use std::sync::Arc;

use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, FieldRef, Fields, UnionFields, UnionMode};

const ROWS: i32 = 3;

fn primitive<T: ArrowPrimitiveType>() -> PrimitiveArray<T> {
    let values = [Some(T::Native::MIN_TOTAL_ORDER), None, Some(T::Native::MAX_TOTAL_ORDER)];
    PrimitiveArray::from_iter(values)
}

macro_rules! primitives {
    ($($name:ident)+) => {
        vec![$(Arc::new(primitive::<$name>()) as ArrayRef),+]
    };
}

/// The types without children.
///
/// # Panics
///
/// If Arrow does not take what is made here.
#[must_use]
pub fn scalars() -> Vec<ArrayRef> {
    let mut columns = primitives! {
        Int8Type Int16Type Int32Type Int64Type UInt8Type UInt16Type UInt32Type UInt64Type
        Date32Type Date64Type Time32SecondType Time32MillisecondType Time64MicrosecondType Time64NanosecondType
        TimestampSecondType TimestampMillisecondType TimestampMicrosecondType TimestampNanosecondType
        DurationSecondType DurationMillisecondType DurationMicrosecondType DurationNanosecondType
        IntervalYearMonthType IntervalDayTimeType IntervalMonthDayNanoType
        Decimal32Type Decimal64Type Decimal128Type Decimal256Type
    };
    columns.push(Arc::new(primitive::<TimestampSecondType>().with_timezone("PST")));
    columns.push(Arc::new(primitive::<TimestampNanosecondType>().with_timezone("+02:00")));
    columns.push(Arc::new(primitive::<Decimal128Type>().with_precision_and_scale(38, -2).unwrap()));
    columns.push(Arc::new(primitive::<Decimal256Type>().with_precision_and_scale(76, 76).unwrap()));
    let halves = [Some(ArrowNativeTypeOp::ONE), None, Some(ArrowNativeTypeOp::ZERO)];
    columns.push(Arc::new(PrimitiveArray::<Float16Type>::from_iter(halves)));
    columns.push(Arc::new(Float32Array::from_iter([Some(f32::MIN), None, Some(f32::INFINITY)])));
    columns.push(Arc::new(Float64Array::from_iter([Some(f64::MIN), None, Some(f64::INFINITY)])));
    columns.push(Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])));
    columns.push(Arc::new(NullArray::new(3)));
    let texts = vec![Some("a text longer than twelve bytes"), None, Some("")];
    columns.push(Arc::new(StringArray::from(texts.clone())));
    columns.push(Arc::new(LargeStringArray::from(texts.clone())));
    columns.push(Arc::new(StringViewArray::from(texts)));
    let bytes: Vec<Option<&[u8]>> = vec![Some(&[0xff; 20]), None, Some(b"")];
    columns.push(Arc::new(BinaryArray::from(bytes.clone())));
    columns.push(Arc::new(LargeBinaryArray::from(bytes.clone())));
    columns.push(Arc::new(BinaryViewArray::from(bytes)));
    let nulls = NullBuffer::from(vec![true, false, true]);
    columns.push(Arc::new(FixedSizeBinaryArray::new(2, Buffer::from_vec(vec![1_u8; 6]), Some(nulls))));
    columns
}

/// Every type with children, of this column.
///
/// # Panics
///
/// If Arrow does not take what is made here.
#[must_use]
pub fn around(column: &ArrayRef) -> Vec<ArrayRef> {
    let child: FieldRef = Arc::new(Field::new("element", column.data_type().clone(), true));
    let (child, values) = (|| Arc::clone(&child), || Arc::clone(column));
    let nulls = || Some(NullBuffer::from(vec![true, false, true]));
    let small = OffsetBuffer::<i32>::from_lengths([1, 0, 2]);
    let large = OffsetBuffer::<i64>::from_lengths([1, 0, 2]);
    let (starts, sizes) = (ScalarBuffer::from(vec![1_i32, 0, 0]), ScalarBuffer::from(vec![2_i32, 0, 3]));
    let (wide_starts, wide_sizes) =
        (ScalarBuffer::from(vec![1_i64, 0, 0]), ScalarBuffer::from(vec![2_i64, 0, 3]));
    vec![
        Arc::new(ListArray::new(child(), small.clone(), values(), nulls())),
        Arc::new(LargeListArray::new(child(), large, values(), nulls())),
        Arc::new(ListViewArray::new(child(), starts, sizes, values(), nulls())),
        Arc::new(LargeListViewArray::new(child(), wide_starts, wide_sizes, values(), nulls())),
        Arc::new(FixedSizeListArray::new(child(), 1, values(), nulls())),
        Arc::new(StructArray::new(Fields::from(vec![child()]), vec![values()], nulls())),
        Arc::new(map(&child(), values(), small, nulls())),
        Arc::new(DictionaryArray::<Int8Type>::new(Int8Array::from(vec![Some(2), None, Some(0)]), values())),
        Arc::new(RunArray::<Int16Type>::try_new(&Int16Array::from(vec![1, 2, 3]), column).unwrap()),
        Arc::new(union(&child(), values(), UnionMode::Sparse)),
        Arc::new(union(&child(), values(), UnionMode::Dense)),
    ]
}

fn map(child: &Field, values: ArrayRef, offsets: OffsetBuffer<i32>, nulls: Option<NullBuffer>) -> MapArray {
    let keys: ArrayRef = Arc::new(Int32Array::from_iter_values(0..ROWS));
    let key = Field::new("key", DataType::Int32, false);
    let fields = Fields::from(vec![key, child.clone().with_name("value")]);
    let entries = StructArray::new(fields, vec![keys, values], None);
    let field = Field::new("entries", entries.data_type().clone(), false);
    MapArray::new(Arc::new(field), offsets, entries, nulls, false)
}

fn union(child: &Field, values: ArrayRef, mode: UnionMode) -> UnionArray {
    let fields: UnionFields = [(4_i8, Arc::new(child.clone()))].into_iter().collect();
    let offsets = (mode == UnionMode::Dense).then(|| ScalarBuffer::from(vec![0_i32, 1, 2]));
    UnionArray::try_new(fields, ScalarBuffer::from(vec![4_i8; 3]), offsets, vec![values]).unwrap()
}
