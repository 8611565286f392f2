//! Batches for the tests.

use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray, RecordBatch, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{Field, Fields, Schema};
use lakeorm::row::{Layout, RowsError};
use lakeorm::{LakeRowOwned, RowBatch};

/// A batch of these columns, all of them declared nullable, as engines do.
pub(crate) fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, array)| array).collect())
        .unwrap()
}

/// The rows of one batch, read by every way that the library has; they must agree on every row.
pub(crate) fn rows<T: LakeRowOwned + PartialEq + std::fmt::Debug>(
    columns: Vec<(&str, ArrayRef)>,
) -> Result<Vec<T>, RowsError> {
    let batch = RowBatch::new(batch(columns), 0).map_err(RowsError::Decode)?;
    let iterated = batch.rows::<T>()?.collect::<Result<Vec<T>, _>>().map_err(RowsError::Decode)?;
    let checked = Layout::resolve(batch.schema().fields())?.check(batch.clone())?;
    let mut streamed: Vec<T> = Vec::new();
    for start in (0..batch.num_rows()).step_by(3) {
        checked.decode(start..start + 3, &mut streamed)?;
    }
    assert_eq!(streamed, iterated);
    assert_eq!(batch.to_vec::<T>()?, iterated);
    let mut folded = Vec::new();
    batch.rows::<T>()?.for_each(|row| folded.push(row.unwrap()));
    assert_eq!(folded, iterated);
    Ok(iterated)
}

/// The message of an error.
pub(crate) fn message<T>(result: Result<T, RowsError>) -> String {
    match result {
        Ok(_) => panic!("the rows decoded"),
        Err(error) => error.to_string(),
    }
}

pub(crate) fn array(values: impl arrow_array::Array + 'static) -> ArrayRef {
    Arc::new(values)
}

pub(crate) fn structs(columns: Vec<(&str, ArrayRef)>, present: Option<Vec<bool>>) -> ArrayRef {
    let fields: Fields =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let columns = columns.into_iter().map(|(_, array)| array).collect();
    Arc::new(StructArray::new(fields, columns, present.map(NullBuffer::from)))
}

pub(crate) fn lists(lengths: &[usize], values: ArrayRef, present: Option<Vec<bool>>) -> ArrayRef {
    let element = Arc::new(Field::new("item", values.data_type().clone(), true));
    let offsets = OffsetBuffer::from_lengths(lengths.iter().copied());
    Arc::new(ListArray::new(element, offsets, values, present.map(NullBuffer::from)))
}
