//! The resolving step: the columns a row needs, found in a result's schema, once per result.

use arrow_array::RecordBatch;
use arrow_schema::Fields;

use super::columns::Columns;
use super::error::DecodeError;
use super::mismatch::SchemaMismatch;
use super::resolve::{Level, resolve};
use super::{LakeRow, Slots, nulls};
use crate::column::{Child, ReadError, ShapeKind};

/// Where a row type's columns stand in a result: made once per result, used for each of its batches.
#[derive(Debug, Clone)]
pub struct Layout {
    row_type: &'static str,
    /// One for each thing that the row binds, in the row's order.
    slots: Vec<Child>,
}

impl Layout {
    /// Finds the columns of `T` in a result with these fields.
    ///
    /// A name matches exactly, else without regard to case if that is unique (the rule of Spark's analyzer under
    /// `spark.sql.caseSensitive=false`). Types match exactly or widen without loss. Nullability is not looked at:
    /// engines mark almost every column nullable, so the values decide, in [`check`](Self::check).
    ///
    /// # Errors
    /// One [`SchemaMismatch`] with every column that is missing, ambiguous or of a type the field cannot hold, the
    /// fields of nested structs included.
    pub fn resolve<'b, T: LakeRow<'b>>(fields: &Fields) -> Result<Self, SchemaMismatch> {
        Self::resolve_columns(T::NAME, &Columns::of::<T>(), fields)
    }

    // Not generic, so that it is compiled once and not per row type.
    fn resolve_columns(
        row_type: &'static str,
        columns: &Columns,
        fields: &Fields,
    ) -> Result<Self, SchemaMismatch> {
        match resolve(columns, fields, Level::Result) {
            Ok(slots) => Ok(Self { row_type, slots }),
            Err(mismatches) => Err(SchemaMismatch::new(row_type, mismatches)),
        }
    }

    /// Looks for NULLs under fields that are not an `Option`, before any row of the batch is handed out.
    /// `first_row` is the number of the batch's first row in the whole result, from zero.
    ///
    /// # Errors
    /// The first column with such a NULL, naming the row.
    pub fn check(&self, batch: &RecordBatch, first_row: u64) -> Result<(), DecodeError> {
        match nulls::first_in_row(&self.slots, batch.columns()) {
            Some((child, null)) => {
                let error = nulls::error(self.row_type, child, &null);
                Err(error.at_row(global_row(first_row, null.row)))
            }
            None => Ok(()),
        }
    }

    /// Binds the columns of `T` in this batch.
    pub(super) fn bind<'b, T: LakeRow<'b>>(&self, batch: &'b RecordBatch) -> Result<T::Readers, DecodeError> {
        T::bind(&mut Slots::of_batch(&self.slots, batch.columns())).map_err(|error| self.place(error))
    }

    /// The error of a read, with its row.
    #[cold]
    pub(super) fn place_row(&self, error: ReadError, first_row: u64, row: usize) -> DecodeError {
        self.place(error).at_row(global_row(first_row, row))
    }

    fn place(&self, error: ReadError) -> DecodeError {
        let error = DecodeError::new(self.row_type, error);
        match error.field().and_then(|path| column_of(&self.slots, path)) {
            Some(column) => error.with_column(column),
            None => error,
        }
    }
}

/// The column that a field's path starts at.
fn column_of<'s>(slots: &'s [Child], path: &str) -> Option<&'s str> {
    let first = path.split(['.', '[', '{']).next()?;
    let rest = path.get(first.len()..).unwrap_or_default();
    slots.iter().find_map(|slot| match slot.shape().kind() {
        ShapeKind::Flat(columns) if slot.label().is_empty() => column_of(columns, path),
        ShapeKind::Flat(columns) if slot.label() == first => column_of(columns, rest.strip_prefix('.')?),
        // A row that takes every column has no fields; its paths are the columns' names.
        _ if slot.label().is_empty() => slot.column().filter(|column| *column == path),
        _ => slot.column().filter(|_| slot.label() == first),
    })
}

fn global_row(first_row: u64, index: usize) -> u64 {
    first_row.saturating_add(u64::try_from(index).unwrap_or(u64::MAX))
}
