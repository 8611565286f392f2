//! Encoded columns (dictionary, run-end) become plain ones, once per batch and in one place, so that no value
//! type has to know the encodings.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type, RunEndIndexType};
use arrow_array::{Array, ArrayRef, RecordBatch, RunArray, UInt64Array};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use arrow_select::take::take;

use super::error::DecodeError;
use crate::column::ReadError;

/// The batch with its dictionary and run-end encoded columns unpacked; the same batch if it has none.
///
/// # Errors
/// An encoded column that its own keys do not fit.
pub fn unpack(batch: RecordBatch) -> Result<RecordBatch, DecodeError> {
    if !batch.columns().iter().any(|array| is_encoded(array.data_type())) {
        return Ok(batch);
    }
    let schema = batch.schema();
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut arrays = Vec::with_capacity(batch.num_columns());
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        let array = plain(array).map_err(|error| failed(field, &error))?;
        let plain_field = Field::new(field.name(), array.data_type().clone(), true);
        fields.push(Arc::new(plain_field.with_metadata(field.metadata().clone())));
        arrays.push(array);
    }
    let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
    RecordBatch::try_new(schema, arrays)
        .map_err(|error| DecodeError::new("batch", ReadError::new(error.to_string())))
}

fn is_encoded(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Dictionary(..) | DataType::RunEndEncoded(..))
}

/// Unpacks until the type is plain: a run-end column may hold dictionaries.
fn plain(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let mut array = ArrayRef::clone(array);
    loop {
        array = match array.data_type() {
            DataType::Dictionary(..) => {
                let dictionary = array.as_any_dictionary();
                take(dictionary.values(), dictionary.keys(), None)?
            }
            DataType::RunEndEncoded(ends, _) => match ends.data_type() {
                DataType::Int16 => runs(array.as_run::<Int16Type>())?,
                DataType::Int32 => runs(array.as_run::<Int32Type>())?,
                _ => runs(array.as_run::<Int64Type>())?,
            },
            _ => return Ok(array),
        };
    }
}

fn runs<R: RunEndIndexType>(array: &RunArray<R>) -> Result<ArrayRef, ArrowError> {
    let rows: Vec<u64> = (0u64..).take(array.len()).collect();
    let rows = array.get_physical_indices(&rows)?;
    let rows: UInt64Array = rows.into_iter().map(|row| u64::try_from(row).ok()).collect();
    take(array.values(), &rows, None)
}

#[cold]
fn failed(field: &Field, error: &ArrowError) -> DecodeError {
    let reason = format!("the encoded column could not be unpacked: {error}");
    DecodeError::new("batch", ReadError::new(reason)).with_column(field.name())
}
