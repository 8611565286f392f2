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
    let columns = columns.map(|(values, field)| cast(values, field.name())).collect::<Result<_, _>>()?;
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

fn cast(values: &ArrayRef, column: &str) -> Result<ArrayRef, PlanError> {
    let data_type = readable_type(values.data_type());
    if data_type == *values.data_type() {
        return Ok(Arc::clone(values));
    }
    match (values.data_type(), data_type) {
        (ArrowType::Utf8View, _) => {
            let texts = values.as_string_view();
            check_size(texts.iter().flatten().map(str::len).sum(), column)?;
            Ok(Arc::new(texts.iter().collect::<StringArray>()))
        }
        (ArrowType::BinaryView, _) => {
            let bytes = values.as_binary_view();
            check_size(bytes.iter().flatten().map(<[u8]>::len).sum(), column)?;
            Ok(Arc::new(bytes.iter().collect::<BinaryArray>()))
        }
        (ArrowType::Timestamp(unit, _), ArrowType::Timestamp(_, zone)) => {
            let micros = match unit {
                TimeUnit::Second => micros::<TimestampSecondType>(values, seconds, column),
                TimeUnit::Millisecond => micros::<TimestampMillisecondType>(values, millis, column),
                TimeUnit::Microsecond => micros::<TimestampMicrosecondType>(values, Some, column),
                TimeUnit::Nanosecond => micros::<TimestampNanosecondType>(values, nanos, column),
            };
            Ok(Arc::new(micros?.with_timezone_opt(zone)))
        }
        (_, data_type) => cast_inside(values, data_type, column),
    }
}

/// The same lists, maps or structs with other values in them.
fn cast_inside(values: &ArrayRef, data_type: ArrowType, column: &str) -> Result<ArrayRef, PlanError> {
    let nulls = values.nulls().cloned();
    let array = match data_type {
        ArrowType::List(field) => {
            let lists = values.as_list::<i32>();
            let elements = cast(lists.values(), column)?;
            ListArray::try_new(field, lists.offsets().clone(), elements, nulls)
                .map(|lists| Arc::new(lists) as ArrayRef)
        }
        ArrowType::Map(field, is_sorted) => {
            let maps = values.as_map();
            let entries: ArrayRef = Arc::new(maps.entries().clone());
            let entries = cast(&entries, column)?.as_struct().clone();
            let maps = MapArray::try_new(field, maps.offsets().clone(), entries, nulls, is_sorted);
            maps.map(|maps| Arc::new(maps) as ArrayRef)
        }
        ArrowType::Struct(fields) => {
            let members = values.as_struct().columns().iter();
            let members = members.map(|member| cast(member, column)).collect::<Result<_, _>>()?;
            StructArray::try_new(fields, members, nulls).map(|structs| Arc::new(structs) as ArrayRef)
        }
        _ => Ok(Arc::clone(values)),
    };
    array.map_err(|error| unsendable(&error))
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

fn micros<T: ArrowPrimitiveType<Native = i64>>(
    values: &ArrayRef,
    exact: fn(i64) -> Option<i64>,
    column: &str,
) -> Result<PrimitiveArray<TimestampMicrosecondType>, PlanError> {
    let inexact = || {
        PlanError::new(format!(
            "column `{column}` of the batches is {}, and a value of it is no whole number of microseconds in 64 bits, \
             which servers read: cast it to microseconds",
            values.data_type()
        ))
    };
    values.as_primitive::<T>().try_unary(|value| exact(value).ok_or_else(inexact))
}

fn seconds(value: i64) -> Option<i64> {
    value.checked_mul(1_000_000)
}

fn millis(value: i64) -> Option<i64> {
    value.checked_mul(1_000)
}

fn nanos(value: i64) -> Option<i64> {
    (value % 1_000 == 0).then_some(value / 1_000)
}

#[cfg(test)]
mod tests {
    use arrow_array::types::Int32Type;
    use arrow_array::{
        BinaryViewArray, StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
        TimestampNanosecondArray, TimestampSecondArray,
    };
    use arrow_buffer::OffsetBuffer;
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
        cast(&(Arc::new(values) as ArrayRef), "a").unwrap_err().to_string()
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
        for refusal in [
            refusal(TimestampSecondArray::from(vec![i64::MAX / 1_000_000 + 1])),
            refusal(TimestampMillisecondArray::from(vec![i64::MIN / 1_000 - 1])),
            refusal(TimestampNanosecondArray::from(vec![0, 7_001])),
        ] {
            assert!(refusal.starts_with("column `a` of the batches is Timestamp("), "{refusal}");
            assert!(refusal.ends_with("cast it to microseconds"), "{refusal}");
        }
    }
}
