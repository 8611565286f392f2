//! The rows that a DataFrame is created from.

use std::borrow::Cow;

use arrow_array::RecordBatch;

use super::{EncodeError, ToRow, record_batch};

/// A row that [`create_dataframe`](crate::spark::SparkDriver::create_dataframe) takes, or a batch of rows.
///
/// Every [`ToRow`] is one. The rows of a frame travel as one batch, whose columns have at most 2 GiB of texts or bytes
/// each: insert more into a table, and read that.
pub trait FrameRow: Sized {
    #[doc(hidden)]
    /// The rows as batches.
    ///
    /// # Errors
    /// Those of [`record_batch`].
    fn batches(rows: &[Self]) -> Result<Cow<'_, [RecordBatch]>, EncodeError>;
}

impl FrameRow for RecordBatch {
    fn batches(rows: &[Self]) -> Result<Cow<'_, [RecordBatch]>, EncodeError> {
        Ok(Cow::Borrowed(rows))
    }
}

impl<T: ToRow> FrameRow for T {
    fn batches(rows: &[Self]) -> Result<Cow<'_, [RecordBatch]>, EncodeError> {
        Ok(Cow::Owned(vec![record_batch(rows)?]))
    }
}
