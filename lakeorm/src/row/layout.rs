//! The resolving step: the columns a row needs, found in a result's schema, once per result.

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Fields};

use super::columns::{Column, Columns};
use super::error::DecodeError;
use super::mismatch::{Mismatch, SchemaMismatch};
use super::{LakeRow, Slots, nulls};
use crate::column::{ReadError, Shape, logical_type};

/// Where a row type's columns stand in a result: made once per result, used for each of its batches.
#[derive(Debug, Clone)]
pub struct Layout {
    row_type: &'static str,
    slots: Vec<Slot>,
}

/// One column of the row, in the row's order.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) field: &'static str,
    pub(super) type_name: &'static str,
    /// `None` where the result lacks a column that may be missing.
    pub(super) column: Option<Found>,
}

/// A column of the result.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) shape: Shape,
}

impl Layout {
    /// Finds the columns of `T` in a result with these fields.
    ///
    /// A name matches exactly, else without regard to case if that is unique (the rule of Spark's analyzer under
    /// `spark.sql.caseSensitive=false`). Types match exactly or widen without loss. Nullability is not looked at:
    /// engines mark almost every column nullable, so the values decide, in [`check`](Self::check).
    ///
    /// # Errors
    /// One [`SchemaMismatch`] with every column that is missing, ambiguous or of a type the field cannot hold.
    pub fn resolve<'b, T: LakeRow<'b>>(fields: &Fields) -> Result<Self, SchemaMismatch> {
        Self::resolve_columns(T::NAME, &Columns::of::<T>(), fields)
    }

    // Not generic, so that it is compiled once and not per row type.
    fn resolve_columns(
        row_type: &'static str,
        columns: &Columns,
        fields: &Fields,
    ) -> Result<Self, SchemaMismatch> {
        if columns.by_position() && columns.len() != fields.len() {
            return Err(SchemaMismatch::count(row_type, columns.len(), fields));
        }
        let mut slots = Vec::with_capacity(columns.len());
        let mut mismatches = Vec::new();
        for (position, column) in columns.iter().enumerate() {
            let found = if columns.by_position() { Ok(Some(position)) } else { find(column, fields) };
            match found.and_then(|index| accept(column, index, fields)) {
                Ok(found) => {
                    slots.push(Slot { field: column.field, type_name: column.type_name, column: found });
                }
                Err(mismatch) => mismatches.push(mismatch),
            }
        }
        if mismatches.is_empty() {
            Ok(Self { row_type, slots })
        } else {
            Err(SchemaMismatch::new(row_type, mismatches))
        }
    }

    /// Looks for NULLs under fields that are not an `Option`, before any row of the batch is handed out.
    /// `first_row` is the number of the batch's first row in the whole result, from zero.
    ///
    /// # Errors
    /// The first column with such a NULL, naming the row.
    pub fn check(&self, batch: &RecordBatch, first_row: u64) -> Result<(), DecodeError> {
        for slot in &self.slots {
            let Some(found) = &slot.column else { continue };
            let Some(array) = batch.columns().get(found.index) else { continue };
            if let Some(null) = nulls::first_unexpected(array, &found.shape) {
                let error = nulls::error(self.row_type, slot, found, &null);
                return Err(error.at_row(global_row(first_row, null.row)));
            }
        }
        Ok(())
    }

    /// Binds the columns of `T` in this batch.
    pub(super) fn bind<'b, T: LakeRow<'b>>(&self, batch: &'b RecordBatch) -> Result<T::Readers, DecodeError> {
        T::bind(&mut Slots::new(&self.slots, batch.columns())).map_err(|error| self.place(error))
    }

    /// The error of a read, with its row.
    #[cold]
    pub(super) fn place_row(&self, error: ReadError, first_row: u64, row: usize) -> DecodeError {
        self.place(error).at_row(global_row(first_row, row))
    }

    fn place(&self, error: ReadError) -> DecodeError {
        let error = DecodeError::new(self.row_type, error);
        let slot = self.slots.iter().find(|slot| {
            error.field().is_some_and(|path| path.split(['.', '[', '{']).next() == Some(slot.field))
        });
        match slot.and_then(|slot| slot.column.as_ref()) {
            Some(found) => error.with_column(&found.name),
            None => error,
        }
    }
}

/// The column's index in the result; `None` where an optional column is missing.
fn find(column: &Column, fields: &Fields) -> Result<Option<usize>, Mismatch> {
    let names = std::iter::once(column.name()).chain(column.aliases().iter().copied());
    for name in names {
        if let Some(index) = find_name(name, column, fields)? {
            return Ok(Some(index));
        }
    }
    if column.is_required() { Err(Mismatch::missing(column, fields)) } else { Ok(None) }
}

fn find_name(name: &str, column: &Column, fields: &Fields) -> Result<Option<usize>, Mismatch> {
    let matching = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
        fields.iter().enumerate().filter(|(_, f)| same(f.name())).map(|(i, _)| i).collect()
    };
    let mut indices = matching(&|other| other == name);
    if indices.is_empty() {
        let lower = name.to_lowercase();
        indices = matching(&|other| other.to_lowercase() == lower);
    }
    match *indices.as_slice() {
        [] => Ok(None),
        [index] => Ok(Some(index)),
        _ => Err(Mismatch::ambiguous(column, name, &indices, fields)),
    }
}

fn accept(column: &Column, index: Option<usize>, fields: &Fields) -> Result<Option<Found>, Mismatch> {
    let Some((index, field)) = index.and_then(|index| Some((index, fields.get(index)?))) else {
        return Ok(None);
    };
    let data_type: &DataType = logical_type(field.data_type());
    match (column.accepts)(data_type) {
        Ok(shape) => Ok(Some(Found { index, name: field.name().clone(), shape })),
        Err(refusal) => Err(Mismatch::refused(column, field, &refusal)),
    }
}

fn global_row(first_row: u64, index: usize) -> u64 {
    first_row.saturating_add(u64::try_from(index).unwrap_or(u64::MAX))
}
