//! Rows that are ready to be written, wherever they are.

#[cfg(feature = "staging")]
use std::sync::Arc;

use arrow_array::RecordBatch;
#[cfg(feature = "staging")]
use arrow_array::{ArrayRef, Int64Array};
#[cfg(feature = "staging")]
use arrow_schema::{DataType as ArrowType, Field, Schema, SchemaRef};

use super::nulls::Nulls;
use super::outcome::WritePath;
#[cfg(feature = "staging")]
use super::staging::Staged;
#[cfg(feature = "staging")]
use super::target::Target;
#[cfg(feature = "staging")]
use crate::driver::ROW_NUMBER;
use crate::error::Result;
#[cfg(feature = "staging")]
use crate::error::{Error, ErrorKind};

/// The rows of one write.
pub(super) enum Rows {
    /// They travel with their statement.
    Direct(Vec<RecordBatch>),
    /// They are in files.
    #[cfg(feature = "staging")]
    Staged {
        files: Staged,
        /// The number of rows in them.
        count: u64,
        /// The table that they were checked against as they were stored.
        checked: Box<Target>,
    },
}

impl Rows {
    /// Refuses a NULL where the table has none. The rows in files were checked as they were stored, against the table of
    /// then.
    pub(super) fn check_nulls(&self, mut nulls: Nulls<'_>) -> Result<()> {
        match self {
            Self::Direct(batches) => batches.iter().try_for_each(|batch| nulls.check(batch)),
            #[cfg(feature = "staging")]
            Self::Staged { files, checked, .. } => nulls.check_stored(files.fields(), checked),
        }
    }

    /// Marks them as read by a statement that is sent.
    pub(super) fn mark_read(&self) {
        match self {
            Self::Direct(_) => {}
            #[cfg(feature = "staging")]
            Self::Staged { files, .. } => files.mark_read(),
        }
    }

    /// Marks them as read by no statement any more.
    pub(super) fn mark_ended(&self) {
        match self {
            Self::Direct(_) => {}
            #[cfg(feature = "staging")]
            Self::Staged { files, .. } => files.mark_ended(),
        }
    }

    /// Marks them as read by a statement whose answer was lost.
    pub(super) fn mark_outcome_unknown(&self) {
        match self {
            Self::Direct(_) => {}
            #[cfg(feature = "staging")]
            Self::Staged { files, .. } => files.mark_outcome_unknown(),
        }
    }

    /// Whether such a statement may still read them.
    pub(super) fn is_outcome_unknown(&self) -> bool {
        match self {
            Self::Direct(_) => false,
            #[cfg(feature = "staging")]
            Self::Staged { files, .. } => files.is_outcome_unknown(),
        }
    }

    /// How they get to the engine.
    pub(super) fn path(&self) -> WritePath {
        match self {
            Self::Direct(_) => WritePath::Direct,
            #[cfg(feature = "staging")]
            Self::Staged { .. } => WritePath::Staged,
        }
    }

    /// Removes the files.
    pub(super) async fn remove(self) {
        match self {
            Self::Direct(_) => {}
            #[cfg(feature = "staging")]
            Self::Staged { files, .. } => files.remove().await,
        }
    }
}

/// The schema with a column that counts the rows, so that two with one key can be told.
#[cfg(feature = "staging")]
pub(super) fn numbered_schema(schema: &Schema) -> SchemaRef {
    let number = Arc::new(Field::new(ROW_NUMBER, ArrowType::Int64, false));
    Arc::new(Schema::new(schema.fields().iter().cloned().chain([number]).collect::<Vec<_>>()))
}

/// The batch with that column, after `before` other rows.
#[cfg(feature = "staging")]
pub(super) fn numbered(batch: &RecordBatch, before: usize) -> Result<RecordBatch> {
    let numbers = (before..before + batch.num_rows()).map(|row| i64::try_from(row).unwrap_or(i64::MAX));
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers));
    let columns = batch.columns().iter().cloned().chain([numbers]).collect();
    RecordBatch::try_new(numbered_schema(&batch.schema()), columns)
        .map_err(|error| Error::new(ErrorKind::Encode, format!("the rows cannot be counted: {error}")))
}
