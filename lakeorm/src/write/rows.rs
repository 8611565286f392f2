//! Rows that are ready to be written, wherever they are.

#[cfg(feature = "staging")]
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
#[cfg(feature = "staging")]
use arrow_array::{ArrayRef, Int64Array};
#[cfg(feature = "staging")]
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::outcome::WritePath;
#[cfg(feature = "staging")]
use super::staging::Staged;
use super::target::Target;
#[cfg(feature = "staging")]
use crate::driver::ROW_NUMBER;
use crate::encode::{EncodeError, WriteError};
use crate::error::Result;
#[cfg(feature = "staging")]
use crate::error::{Error, ErrorKind};

/// The rows of one write.
pub(super) enum Rows {
    /// They travel with their statement.
    Direct(Vec<RecordBatch>),
    /// They lie in files.
    #[cfg(feature = "staging")]
    Staged {
        files: Staged,
        /// How many they are.
        count: u64,
    },
}

impl Rows {
    /// Refuses a NULL where the table has none, among rows that have not been looked at.
    pub(super) fn check_nulls(&self, target: &Target, row: &'static str) -> Result<()> {
        let batches = match self {
            Self::Direct(batches) => batches.as_slice(),
            #[cfg(feature = "staging")]
            Self::Staged { .. } => &[],
        };
        let mut nulls = Nulls::of(target, row);
        batches.iter().try_for_each(|batch| nulls.check(batch))
    }

    /// Takes note that a statement is sent that reads them.
    pub(super) fn read(&self) {
        match self {
            Self::Direct(_) => {}
            #[cfg(feature = "staging")]
            Self::Staged { files, .. } => files.read(),
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

    /// Removes what was staged.
    pub(super) async fn remove(self) {
        match self {
            Self::Direct(_) => {}
            #[cfg(feature = "staging")]
            Self::Staged { files, .. } => files.remove().await,
        }
    }
}

/// Refuses NULLs where the table has none, batch by batch: some engines write them all the same.
pub(super) struct Nulls<'t> {
    target: &'t Target,
    row: &'static str,
    before: usize,
}

impl<'t> Nulls<'t> {
    pub(super) fn of(target: &'t Target, row: &'static str) -> Self {
        Self { target, row, before: 0 }
    }

    pub(super) fn check(&mut self, batch: &RecordBatch) -> Result<()> {
        let schema = batch.schema();
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            let required = self.target.column(field.name()).is_some_and(|there| !there.nullable);
            if let (true, Some(index)) = (required, first_null(column)) {
                let error = WriteError::new("the value is None, and the column of the table is NOT NULL");
                let error = error.in_field(field.name());
                return Err(EncodeError::new(self.row, Some(self.before + index), error).into());
            }
        }
        self.before += batch.num_rows();
        Ok(())
    }
}

fn first_null(column: &dyn Array) -> Option<usize> {
    let nulls = column.logical_nulls()?;
    (nulls.null_count() > 0).then(|| (0..nulls.len()).find(|index| nulls.is_null(*index)))?
}

/// The schema with a column that counts the rows, so that two with one key can be told.
#[cfg(feature = "staging")]
pub(super) fn numbered_schema(schema: &Schema) -> SchemaRef {
    let number = Arc::new(Field::new(ROW_NUMBER, DataType::Int64, false));
    Arc::new(Schema::new(schema.fields().iter().cloned().chain([number]).collect::<Vec<_>>()))
}

/// The batch with that column, behind so many rows.
#[cfg(feature = "staging")]
pub(super) fn numbered(batch: &RecordBatch, before: usize) -> Result<RecordBatch> {
    let numbers = (before..before + batch.num_rows()).map(|row| i64::try_from(row).unwrap_or(i64::MAX));
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers));
    let columns = batch.columns().iter().cloned().chain([numbers]).collect();
    RecordBatch::try_new(numbered_schema(&batch.schema()), columns)
        .map_err(|error| Error::new(ErrorKind::Encode, format!("the rows cannot be counted: {error}")))
}
