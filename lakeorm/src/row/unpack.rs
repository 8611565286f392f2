//! Encoded columns (dictionaries, runs, lists of views) become plain ones, at every depth, once per batch and in one
//! place, so that no value type has to know the encodings.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type, RunEndIndexType};
use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, GenericListArray, GenericListViewArray, LargeListArray, MapArray,
    OffsetSizeTrait, RecordBatch, RunArray, StructArray, UInt64Array,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, Schema};
use arrow_select::take::take;

use super::error::DecodeError;
use crate::column::{ReadError, is_plain};

/// The batch with its encoded columns unpacked; the same batch if it has none.
///
/// # Errors
/// An encoded column that its own keys do not fit.
pub fn unpack(batch: RecordBatch) -> Result<RecordBatch, DecodeError> {
    if batch.columns().iter().all(|array| is_plain(array.data_type())) {
        return Ok(batch);
    }
    let schema = batch.schema();
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut arrays = Vec::with_capacity(batch.num_columns());
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        let array = plain(array).map_err(|error| failed(field, &error))?;
        fields.push(field_of(field, &array));
        arrays.push(array);
    }
    let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
    RecordBatch::try_new(schema, arrays)
        .map_err(|error| DecodeError::new("batch", ReadError::new(error.to_string())))
}

/// Unpacks until the type is plain: a run-end column may hold dictionaries of lists of runs.
fn plain(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if is_plain(array.data_type()) {
        return Ok(ArrayRef::clone(array));
    }
    match array.data_type() {
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            plain(&take(dictionary.values(), dictionary.keys(), None)?)
        }
        DataType::RunEndEncoded(ends, _) => plain(&match ends.data_type() {
            DataType::Int16 => runs(array.as_run::<Int16Type>())?,
            DataType::Int32 => runs(array.as_run::<Int32Type>())?,
            _ => runs(array.as_run::<Int64Type>())?,
        }),
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
    let rows: Vec<u64> = (0u64..).take(array.len()).collect();
    let rows = array.get_physical_indices(&rows)?;
    let rows: UInt64Array = rows.into_iter().map(|row| u64::try_from(row).ok()).collect();
    take(array.values(), &rows, None)
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
    let elements = spans.iter().flat_map(|(start, size)| *start..start.saturating_add(*size));
    let elements: UInt64Array = elements.map(|element| u64::try_from(element).ok()).collect();
    let values = plain(&take(array.values(), &elements, None)?)?;
    let offsets = OffsetBuffer::<i64>::from_lengths(spans.iter().map(|(_, size)| *size));
    let child = field_of(child, &values);
    Ok(Arc::new(LargeListArray::try_new(child, offsets, values, array.nulls().cloned())?))
}

fn map(array: &MapArray, entries: &FieldRef, sorted: bool) -> Result<ArrayRef, ArrowError> {
    let (DataType::Struct(fields), keys) = (entries.data_type(), plain(array.keys())?) else {
        return Err(ArrowError::SchemaError("the entries of a map are no struct".to_owned()));
    };
    let columns = vec![keys, plain(array.values())?];
    let fields: Fields = fields
        .iter()
        .zip(&columns)
        .map(|(field, column)| Arc::new(field.as_ref().clone().with_data_type(column.data_type().clone())))
        .collect();
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
    DecodeError::new("batch", ReadError::new(reason)).with_column(field.name())
}
