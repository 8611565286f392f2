//! Encoded columns (dictionaries, runs, lists of views) become plain ones, at every depth, once per batch and in one
//! place, so that no value type has to know the encodings.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type, RunEndIndexType};
use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, GenericListArray, GenericListViewArray, LargeListArray, MapArray,
    OffsetSizeTrait, RecordBatch, RunArray, StructArray, UInt64Array,
};
use arrow_buffer::{ArrowNativeType, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, Schema};

use super::error::DecodeError;
use super::size::total;
use crate::column::{ReadError, is_plain};
use gather::{behind_keys, elements_of, gather};

mod gather;

/// The most rows of a batch and the most elements of its lists, which Spark counts in 32 bits.
const MAX_COUNT: usize = 0x7fff_ffff;

/// The batch with its encoded columns unpacked; the same batch if it has none.
///
/// # Errors
/// An encoded column that its own keys do not fit, or one that claims more values than could be.
pub(super) fn unpack(batch: RecordBatch) -> Result<RecordBatch, DecodeError> {
    if batch.num_rows() > MAX_COUNT {
        return Err(DecodeError::new("batch", claims(batch.num_rows(), "rows")));
    }
    let schema = batch.schema();
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        check_length(array).map_err(|error| DecodeError::new("batch", error).with_column(field.name()))?;
    }
    if batch.columns().iter().all(|array| is_plain(array.data_type())) {
        return Ok(batch);
    }
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut arrays = Vec::with_capacity(batch.num_columns());
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        check_room(array).map_err(|error| failed(field, &error))?;
        let array = plain(array).map_err(|error| failed(field, &error))?;
        fields.push(field_of(field, &array));
        arrays.push(array);
    }
    let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
    RecordBatch::try_new(schema, arrays).map_err(|error| DecodeError::of_arrow(error.to_string()))
}

/// Unpacks until the type is plain: a run-end column may hold dictionaries of lists of runs. What is inside goes
/// first, because Arrow panics where a key points to a NULL and the field says that it has none.
fn plain(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if is_plain(array.data_type()) {
        return Ok(ArrayRef::clone(array));
    }
    match array.data_type() {
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            behind_keys(dictionary, &plain(dictionary.values())?)
        }
        DataType::RunEndEncoded(ends, _) => match ends.data_type() {
            DataType::Int16 => runs(array.as_run::<Int16Type>()),
            DataType::Int32 => runs(array.as_run::<Int32Type>()),
            _ => runs(array.as_run::<Int64Type>()),
        },
        DataType::Struct(fields) => structure(array.as_struct(), fields),
        DataType::List(child) => list(array.as_list::<i32>(), child),
        DataType::LargeList(child) => list(array.as_list::<i64>(), child),
        DataType::FixedSizeList(child, width) => {
            let array = array.as_fixed_size_list();
            let values = plain(array.values())?;
            let child = field_of(child, &values);
            let array = FixedSizeListArray::try_new_with_length(
                child,
                *width,
                values,
                array.nulls().cloned(),
                array.len(),
            );
            Ok(Arc::new(array?))
        }
        DataType::ListView(child) => views(array.as_list_view::<i32>(), child),
        DataType::LargeListView(child) => views(array.as_list_view::<i64>(), child),
        DataType::Map(entries, sorted) => map(array.as_map(), entries, *sorted),
        _ => Ok(ArrayRef::clone(array)),
    }
}

fn runs<R: RunEndIndexType>(array: &RunArray<R>) -> Result<ArrayRef, ArrowError> {
    let ends = array.run_ends();
    let mut runs = room::<u64>(ends.len())?;
    for (run, end) in (0..).zip(ends.values()).skip(ends.get_start_physical_index()) {
        let end = end.as_usize().saturating_sub(ends.offset()).min(ends.len());
        runs.resize(end.max(runs.len()), run);
    }
    gather(&plain(array.values())?, &UInt64Array::from(runs))
}

/// Refuses an encoded column that would not fit the memory when it is unpacked, for which Arrow would abort the
/// program.
fn check_room(array: &ArrayRef) -> Result<(), ArrowError> {
    if is_plain(array.data_type()) {
        return Ok(());
    }
    Vec::<u8>::new()
        .try_reserve_exact(total(array))
        .map_err(|_| ArrowError::MemoryError("it has more values than fit the memory".to_owned()))
}

/// A vector with room for `len` values. A few bytes can stand for very many.
fn room<T>(len: usize) -> Result<Vec<T>, ArrowError> {
    let mut room = Vec::new();
    match room.try_reserve_exact(len) {
        Ok(()) => Ok(room),
        Err(_) => Err(ArrowError::MemoryError("it has more values than fit the memory".to_owned())),
    }
}

fn structure(array: &StructArray, fields: &Fields) -> Result<ArrayRef, ArrowError> {
    let columns = array.columns().iter().map(plain).collect::<Result<Vec<_>, _>>()?;
    let fields: Fields = fields.iter().zip(&columns).map(|(field, column)| field_of(field, column)).collect();
    Ok(Arc::new(StructArray::try_new_with_length(fields, columns, array.nulls().cloned(), array.len())?))
}

fn list<O: OffsetSizeTrait>(array: &GenericListArray<O>, child: &FieldRef) -> Result<ArrayRef, ArrowError> {
    let values = plain(array.values())?;
    let child = field_of(child, &values);
    let list = GenericListArray::try_new(child, array.offsets().clone(), values, array.nulls().cloned())?;
    Ok(Arc::new(list))
}

/// Views may overlap and stand in any order, so the elements are gathered.
fn views<O: OffsetSizeTrait>(
    array: &GenericListViewArray<O>,
    child: &FieldRef,
) -> Result<ArrayRef, ArrowError> {
    let present = |row: usize| array.is_valid(row);
    let spans = array.offsets().iter().zip(array.sizes()).enumerate();
    let spans: Vec<(usize, usize)> = spans
        .map(|(row, (start, size))| (start.as_usize(), if present(row) { size.as_usize() } else { 0 }))
        .collect();
    let values = gather(&plain(array.values())?, &elements_of(&spans)?)?;
    let offsets = OffsetBuffer::<i64>::from_lengths(spans.iter().map(|(_, size)| *size));
    let child = field_of(child, &values);
    Ok(Arc::new(LargeListArray::try_new(child, offsets, values, array.nulls().cloned())?))
}

fn map(array: &MapArray, entries: &FieldRef, sorted: bool) -> Result<ArrayRef, ArrowError> {
    let (DataType::Struct(fields), keys) = (entries.data_type(), plain(array.keys())?) else {
        return Err(ArrowError::SchemaError("the entries of a map are not a struct".to_owned()));
    };
    let columns = vec![keys, plain(array.values())?];
    // A key is never NULL, and Arrow sees to it that its field says so.
    let key = |(i, field): (usize, FieldRef)| {
        if i == 0 { Arc::new(Field::clone(&field).with_nullable(false)) } else { field }
    };
    let fields = fields.iter().zip(&columns).map(|(field, column)| field_of(field, column));
    let fields: Fields = fields.enumerate().map(key).collect();
    let nulls = array.entries().nulls().cloned();
    let structs = StructArray::try_new(fields, columns, nulls)?;
    let entries = entries.as_ref().clone().with_data_type(structs.data_type().clone());
    let map = MapArray::try_new(
        Arc::new(entries),
        array.offsets().clone(),
        structs,
        array.nulls().cloned(),
        sorted,
    )?;
    Ok(Arc::new(map))
}

/// Refuses a number of NULLs or of equal values that a server only claims. Of other types each value takes room in the
/// message, so that the message's limit is theirs.
fn check_length(array: &dyn Array) -> Result<(), ReadError> {
    match array.data_type() {
        DataType::Null | DataType::RunEndEncoded(..) if array.len() > MAX_COUNT => {
            Err(claims(array.len(), "values"))
        }
        DataType::Struct(_) => array.as_struct().columns().iter().try_for_each(|column| check_length(column)),
        DataType::List(_) => check_length(array.as_list::<i32>().values()),
        DataType::LargeList(_) => check_length(array.as_list::<i64>().values()),
        DataType::FixedSizeList(..) => check_length(array.as_fixed_size_list().values()),
        DataType::ListView(_) => check_length(array.as_list_view::<i32>().values()),
        DataType::LargeListView(_) => check_length(array.as_list_view::<i64>().values()),
        DataType::Map(..) => check_length(array.as_map().entries()),
        DataType::Dictionary(..) => check_length(array.as_any_dictionary().values()),
        _ => Ok(()),
    }
}

#[cold]
fn claims(count: usize, what: &str) -> ReadError {
    ReadError::new(format!(
        "the batch claims {count} {what}, more than Spark sends; this is a fault of the server"
    ))
}

/// The field of an unpacked column. A dictionary's field may say that no key is NULL while a value is.
fn field_of(field: &Field, array: &ArrayRef) -> FieldRef {
    if field.data_type() == array.data_type() {
        return Arc::new(field.clone());
    }
    Arc::new(field.clone().with_data_type(array.data_type().clone()).with_nullable(true))
}

#[cold]
fn failed(field: &Field, error: &ArrowError) -> DecodeError {
    let reason = format!("the encoded column could not be unpacked: {error}");
    DecodeError::of_arrow(reason).with_column(field.name())
}
