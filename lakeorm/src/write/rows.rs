//! Rows as batches, and what is refused of them before anything is sent.

use arrow_array::{Array, RecordBatch};

use crate::encode::{EncodeError, ToRow, WriteError, record_batch};
use crate::error::Result;

use super::target::Target;

/// So many rows are one batch: enough for a column to be read in one go, few enough for a server to hold.
const ROWS_OF_A_BATCH: usize = 1 << 16;

/// The rows of one write.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) batches: Vec<RecordBatch>,
    pub(super) count: u64,
    pub(super) bytes: u64,
}

impl Rows {
    /// Encodes structs.
    pub(super) fn of<T: ToRow>(rows: &[T]) -> Result<Self> {
        let mut batches = Vec::with_capacity(rows.len().div_ceil(ROWS_OF_A_BATCH));
        for (number, chunk) in rows.chunks(ROWS_OF_A_BATCH).enumerate() {
            let batch = record_batch(chunk).map_err(|error| error.behind(number * ROWS_OF_A_BATCH))?;
            batches.push(batch);
        }
        let bytes = batches.iter().map(RecordBatch::get_array_memory_size).sum::<usize>();
        let known = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
        Ok(Self { batches, count: known(rows.len()), bytes: known(bytes) })
    }

    /// Refuses a NULL where the table has none, with the row that it is in: some engines write it all the same.
    pub(super) fn check_nulls(&self, target: &Target, row: &'static str) -> Result<()> {
        let mut before = 0;
        for batch in &self.batches {
            let schema = batch.schema();
            for (field, column) in schema.fields().iter().zip(batch.columns()) {
                let required = target.column(field.name()).is_some_and(|there| !there.nullable);
                if let (true, Some(index)) = (required, first_null(column)) {
                    let error = WriteError::new("the value is None, and the column of the table is NOT NULL");
                    let error = error.in_field(field.name());
                    return Err(EncodeError::new(row, Some(before + index), error).into());
                }
            }
            before += batch.num_rows();
        }
        Ok(())
    }
}

fn first_null(column: &dyn Array) -> Option<usize> {
    let nulls = column.logical_nulls()?;
    (nulls.null_count() > 0).then(|| (0..nulls.len()).find(|index| nulls.is_null(*index)))?
}
