//! Rows in the types that servers read, where nothing of them is lost by it.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, ListArray, MapArray, PrimitiveArray, RecordBatch,
    StringArray, StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType as ArrowType, FieldRef, Fields, Schema, TimeUnit};

use super::unsendable;
use crate::plan::PlanError;

/// The same rows with texts and bytes in place of views, and with timestamps of microseconds.
pub(super) fn readable(rows: RecordBatch) -> Result<RecordBatch, PlanError> {
    let schema = rows.schema();
    let fields: Fields = schema.fields().iter().map(readable_field).collect();
    if fields == *schema.fields() {
        return Ok(rows);
    }
    let columns = rows.columns().iter().zip(schema.fields());
    let columns =
        columns.map(|(values, field)| cast(values, None, field.name())).collect::<Result<_, _>>()?;
    let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
    RecordBatch::try_new(Arc::new(schema), columns).map_err(|error| unsendable(&error))
}

fn readable_field(field: &FieldRef) -> FieldRef {
    Arc::new(field.as_ref().clone().with_data_type(readable_type(field.data_type())))
}

fn readable_type(data_type: &ArrowType) -> ArrowType {
    match data_type {
        ArrowType::Utf8View => ArrowType::Utf8,
        ArrowType::BinaryView => ArrowType::Binary,
        ArrowType::Timestamp(_, zone) => ArrowType::Timestamp(TimeUnit::Microsecond, zone.clone()),
        ArrowType::List(element) => ArrowType::List(readable_field(element)),
        ArrowType::Map(entries, is_sorted) => ArrowType::Map(readable_field(entries), *is_sorted),
        ArrowType::Struct(fields) => ArrowType::Struct(fields.iter().map(readable_field).collect()),
        other => other.clone(),
    }
}

/// The values in the type that servers read. One that is not `held`, as a row above it is NULL or was sliced away, may be
/// any, and becomes an empty one.
fn cast(values: &ArrayRef, held: Option<&NullBuffer>, column: &str) -> Result<ArrayRef, PlanError> {
    let data_type = readable_type(values.data_type());
    if data_type == *values.data_type() {
        return Ok(Arc::clone(values));
    }
    let is_held = |row: usize| held.is_none_or(|held| held.is_valid(row));
    match (values.data_type(), data_type) {
        (ArrowType::Utf8View, _) => {
            let texts = values.as_string_view().iter().enumerate();
            let texts = texts.map(|(row, text)| text.map(|text| if is_held(row) { text } else { "" }));
            check_size(texts.clone().flatten().map(str::len).sum(), column)?;
            Ok(Arc::new(texts.collect::<StringArray>()))
        }
        (ArrowType::BinaryView, _) => {
            let bytes = values.as_binary_view().iter().enumerate();
            let bytes = bytes.map(|(row, bytes)| bytes.map(|bytes| if is_held(row) { bytes } else { &[] }));
            check_size(bytes.clone().flatten().map(<[u8]>::len).sum(), column)?;
            Ok(Arc::new(bytes.collect::<BinaryArray>()))
        }
        (ArrowType::Timestamp(unit, _), ArrowType::Timestamp(_, zone)) => {
            let micros = match unit {
                TimeUnit::Second => micros::<TimestampSecondType>(values, held, seconds),
                TimeUnit::Millisecond => micros::<TimestampMillisecondType>(values, held, millis),
                TimeUnit::Microsecond => micros::<TimestampMicrosecondType>(values, held, Ok),
                TimeUnit::Nanosecond => micros::<TimestampNanosecondType>(values, held, nanos),
            };
            let micros = micros.map_err(|fault| {
                let data_type = values.data_type();
                PlanError::new(format!("column `{column}` of the batches is {data_type}, and {fault}"))
            })?;
            Ok(Arc::new(micros.with_timezone_opt(zone)))
        }
        (_, data_type) => cast_inside(values, held, data_type, column),
    }
}

/// The same lists, maps or structs with other values in them.
fn cast_inside(
    values: &ArrayRef,
    held: Option<&NullBuffer>,
    data_type: ArrowType,
    column: &str,
) -> Result<ArrayRef, PlanError> {
    let nulls = values.nulls().cloned();
    let held = NullBuffer::union(values.nulls(), held);
    let array = match data_type {
        ArrowType::List(field) => {
            let lists = values.as_list::<i32>();
            let held = held_in(lists.offsets(), lists.values().len(), held.as_ref());
            let elements = cast(lists.values(), Some(&held), column)?;
            ListArray::try_new(field, lists.offsets().clone(), elements, nulls)
                .map(|lists| Arc::new(lists) as ArrayRef)
        }
        ArrowType::Map(field, is_sorted) => {
            let maps = values.as_map();
            let entries: ArrayRef = Arc::new(maps.entries().clone());
            let held = held_in(maps.offsets(), entries.len(), held.as_ref());
            let entries = cast(&entries, Some(&held), column)?.as_struct().clone();
            let maps = MapArray::try_new(field, maps.offsets().clone(), entries, nulls, is_sorted);
            maps.map(|maps| Arc::new(maps) as ArrayRef)
        }
        ArrowType::Struct(fields) => {
            let members = values.as_struct().columns().iter();
            let members =
                members.map(|member| cast(member, held.as_ref(), column)).collect::<Result<_, _>>()?;
            StructArray::try_new(fields, members, nulls).map(|structs| Arc::new(structs) as ArrayRef)
        }
        _ => Ok(Arc::clone(values)),
    };
    array.map_err(|error| unsendable(&error))
}

/// Which of the elements of lists are in a list that is held.
fn held_in(offsets: &OffsetBuffer<i32>, elements: usize, lists: Option<&NullBuffer>) -> NullBuffer {
    let mut held = vec![false; elements];
    for (row, bounds) in offsets.windows(2).enumerate() {
        let [start, end] = bounds else { continue };
        let (Ok(start), Ok(end)) = (usize::try_from(*start), usize::try_from(*end)) else { continue };
        let is_held = lists.is_none_or(|lists| lists.is_valid(row));
        if let Some(elements) = held.get_mut(start..end) {
            elements.fill(is_held);
        }
    }
    NullBuffer::from(held)
}

/// Arrow's texts and bytes have offsets of 32 bits, and views have not.
fn check_size(bytes: usize, column: &str) -> Result<(), PlanError> {
    match i32::try_from(bytes) {
        Ok(_) => Ok(()),
        Err(_) => Err(PlanError::new(format!(
            "column `{column}` of the batches holds more than 2 GiB: make a frame of fewer rows"
        ))),
    }
}

/// The fault of a value that is no number of microseconds.
type Fault = &'static str;

const FRACTION: Fault =
    "a value of it has a fraction of a microsecond, which servers do not hold: cast it to microseconds";

const RANGE: Fault = "a value of it is outside of the range of TIMESTAMP, which is 64 bits of microseconds, from the year \
                      -290308 to 294247: leave such rows out";

fn micros<T: ArrowPrimitiveType<Native = i64>>(
    values: &ArrayRef,
    held: Option<&NullBuffer>,
    exact: fn(i64) -> Result<i64, Fault>,
) -> Result<PrimitiveArray<TimestampMicrosecondType>, Fault> {
    let held = NullBuffer::union(values.nulls(), held);
    let counted = PrimitiveArray::<T>::new(values.as_primitive::<T>().values().clone(), held);
    let micros = counted.try_unary::<_, TimestampMicrosecondType, _>(exact)?;
    Ok(PrimitiveArray::new(micros.values().clone(), values.nulls().cloned()))
}

fn seconds(value: i64) -> Result<i64, Fault> {
    value.checked_mul(1_000_000).ok_or(RANGE)
}

fn millis(value: i64) -> Result<i64, Fault> {
    value.checked_mul(1_000).ok_or(RANGE)
}

fn nanos(value: i64) -> Result<i64, Fault> {
    (value % 1_000 == 0).then_some(value / 1_000).ok_or(FRACTION)
}

#[cfg(test)]
mod tests {
    use arrow_array::types::Int32Type;
    use arrow_array::{
        BinaryViewArray, StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
        TimestampNanosecondArray, TimestampSecondArray,
    };
    use arrow_schema::Field;

    use super::*;

    fn cast_of(values: impl Array + 'static) -> ArrayRef {
        let rows =
            RecordBatch::try_from_iter_with_nullable([("a", Arc::new(values) as ArrayRef, true)]).unwrap();
        let cast = readable(rows).unwrap();
        assert_eq!(cast.schema().field(0).data_type(), cast.column(0).data_type());
        Arc::clone(cast.column(0))
    }

    fn refusal(values: impl Array + 'static) -> String {
        cast(&(Arc::new(values) as ArrayRef), None, "a").unwrap_err().to_string()
    }

    #[test]
    fn views_become_texts_and_bytes_at_any_depth() {
        let texts = [Some("a"), None, Some("longer than twelve bytes")];
        let read = cast_of(StringViewArray::from_iter(texts));
        assert_eq!(read.as_string::<i32>(), &StringArray::from_iter(texts));
        let read = cast_of(BinaryViewArray::from_iter([Some(b"\xff".as_slice()), None]));
        assert_eq!(read.as_binary::<i32>(), &BinaryArray::from_iter([Some(b"\xff".as_slice()), None]));
        let view = Arc::new(Field::new("element", ArrowType::Utf8View, true));
        let elements = Arc::new(StringViewArray::from_iter(texts));
        let lists = ListArray::new(view, OffsetBuffer::from_lengths([2, 0, 1]), elements, None);
        let field = Arc::new(Field::new("xs", lists.data_type().clone(), true));
        let structs = StructArray::new(vec![field].into(), vec![Arc::new(lists)], None);
        // The second and the third row.
        let read = cast_of(structs.slice(1, 2));
        let lists = read.as_struct().column(0).as_list::<i32>().clone();
        assert_eq!((lists.len(), lists.value(0).len()), (2, 0));
        assert_eq!(lists.value(1).as_string::<i32>().value(0), "longer than twelve bytes");
    }

    #[test]
    fn a_map_keeps_its_entries() {
        let keys = StringViewArray::from_iter_values(["a", "b"]);
        let values = PrimitiveArray::<Int32Type>::from_iter_values([1, 2]);
        let fields: Fields =
            vec![Field::new("key", ArrowType::Utf8View, false), Field::new("value", ArrowType::Int32, true)]
                .into();
        let entries = StructArray::new(fields.clone(), vec![Arc::new(keys), Arc::new(values)], None);
        let field = Arc::new(Field::new("entries", ArrowType::Struct(fields), false));
        let maps = MapArray::new(field, OffsetBuffer::from_lengths([1, 1]), entries, None, false);
        let read = cast_of(maps);
        let maps = read.as_map();
        assert_eq!(maps.keys().as_string::<i32>(), &StringArray::from_iter_values(["a", "b"]));
        assert_eq!((maps.len(), maps.values().as_primitive::<Int32Type>().value(1)), (2, 2));
    }

    #[test]
    fn a_timestamp_becomes_one_of_microseconds_or_is_refused() {
        let micros = |values: [i64; 1]| TimestampMicrosecondArray::from(values.to_vec());
        let read = cast_of(TimestampSecondArray::from(vec![-7]).with_timezone("+02:00"));
        assert_eq!(
            read.as_primitive::<TimestampMicrosecondType>(),
            &micros([-7_000_000]).with_timezone("+02:00")
        );
        let read = cast_of(TimestampMillisecondArray::from(vec![-7]));
        assert_eq!(read.as_primitive::<TimestampMicrosecondType>(), &micros([-7_000]));
        let read = cast_of(TimestampNanosecondArray::from(vec![-7_000]));
        assert_eq!(read.as_primitive::<TimestampMicrosecondType>(), &micros([-7]));
        let range = "from the year -290308 to 294247: leave such rows out";
        for (refusal, end) in [
            (refusal(TimestampSecondArray::from(vec![i64::MAX / 1_000_000 + 1])), range),
            (refusal(TimestampMillisecondArray::from(vec![i64::MIN / 1_000 - 1])), range),
            (refusal(TimestampNanosecondArray::from(vec![0, 7_001])), "cast it to microseconds"),
        ] {
            assert!(refusal.starts_with("column `a` of the batches is Timestamp("), "{refusal}");
            assert!(refusal.ends_with(end), "{refusal}");
        }
    }

    /// Each row of the array in one row of the whole, which is NULL where told.
    fn nested(values: ArrayRef, valid: &[bool]) -> [ArrayRef; 3] {
        let (nulls, lengths) = (Some(NullBuffer::from(valid)), vec![1; valid.len()]);
        let field = |name| Arc::new(Field::new(name, values.data_type().clone(), false));
        let structs: ArrayRef =
            Arc::new(StructArray::new(vec![field("x")].into(), vec![Arc::clone(&values)], nulls.clone()));
        let offsets = OffsetBuffer::from_lengths(lengths);
        let lists = ListArray::new(field("element"), offsets.clone(), Arc::clone(&values), nulls.clone());
        let fields: Fields = vec![field("key"), field("value")].into();
        let entries = StructArray::new(fields, vec![Arc::clone(&values), values], None);
        let entry = Arc::new(Field::new("entries", entries.data_type().clone(), false));
        let maps = MapArray::new(entry, offsets, entries, nulls, false);
        [structs, Arc::new(lists), Arc::new(maps)]
    }

    #[test]
    fn a_value_that_no_row_holds_refuses_no_rows() {
        let nanos: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1, 2_000, 3, 4_000]));
        for whole in nested(nanos, &[true, true, false, true]) {
            assert!(cast(&whole, None, "a").is_err(), "{whole:?}");
            let read = cast(&whole.slice(1, 3), None, "a").unwrap();
            let outer: ArrayRef = Arc::new(ListArray::new(
                Arc::new(Field::new("element", whole.data_type().clone(), true)),
                OffsetBuffer::from_lengths([1, 3]),
                Arc::clone(&whole),
                Some(NullBuffer::from(vec![false, true])),
            ));
            assert!(cast(&outer, None, "a").is_ok());
            assert_eq!((read.len(), read.null_count(), read.is_null(1)), (3, 1, true));
            let values = match read.data_type() {
                ArrowType::Struct(_) => read.as_struct().column(0).slice(2, 1),
                ArrowType::List(_) => read.as_list::<i32>().value(2),
                _ => Arc::clone(read.as_map().value(2).column(1)),
            };
            assert_eq!(values.as_primitive::<TimestampMicrosecondType>().value(0), 4);
        }
    }

    #[test]
    fn a_text_or_bytes_that_no_row_holds_are_not_sent() {
        let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values(["before", "held", "below NULL"]));
        let bytes: ArrayRef = Arc::new(BinaryViewArray::from_iter_values([b"before", b"held!!", b"behind"]));
        let [_, lists, _] = nested(texts, &[true, true, false]);
        let read = cast(&lists.slice(1, 2), None, "a").unwrap();
        let values = read.as_list::<i32>().values();
        assert_eq!(values.as_string::<i32>(), &StringArray::from_iter_values(["", "held", ""]));
        let [_, lists, _] = nested(bytes, &[true, true, false]);
        let read = cast(&lists.slice(1, 2), None, "a").unwrap();
        let values = read.as_list::<i32>().values();
        assert_eq!(values.as_binary::<i32>().value_data(), b"held!!");
    }
}
