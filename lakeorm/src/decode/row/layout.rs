//! The resolving step: the columns a row needs, found in a result's schema, once per result.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Fields};

use super::columns::Columns;
use super::error::DecodeError;
use super::hidden::Hidden;
use super::mismatch::SchemaMismatch;
use super::resolve::{Level, resolve};
use super::{CheckedBatch, ColumnCursor, LakeRow, RowBatch, nulls};
use crate::column::{Child, ReadError, ShapeKind, element, logical_type};

/// The positions of the columns of the row type `T` in a result: made once per result, used for each of its batches.
pub struct Layout<T> {
    places: Arc<Places>,
    row: PhantomData<fn() -> T>,
}

/// The same, whatever the row type: the code for it is compiled once.
#[derive(Debug)]
pub(super) struct Places {
    row_type: &'static str,
    /// Whether a row is no more than the value of its column.
    is_scalar: bool,
    /// One for each thing that the row binds, in the row's order.
    slots: Vec<Child>,
    /// Those that the slots point into.
    fields: Fields,
    /// The query's values, which errors may not show by a column's name.
    hidden: Option<Hidden>,
}

impl<T> Layout<T> {
    /// Finds the columns of `T` in a result with these fields.
    ///
    /// A name matches exactly, else without regard to case if that is unique (the rule of Spark's analyzer under
    /// `spark.sql.caseSensitive=false`). Types match exactly or widen without loss. Nullability is not looked at:
    /// engines mark almost every column nullable, so the values decide, in [`check`](Self::check).
    ///
    /// # Errors
    /// One [`SchemaMismatch`] with every column that is missing, ambiguous or of a type the field cannot hold, the
    /// fields of nested structs included.
    pub fn resolve<'b>(fields: &Fields) -> Result<Self, SchemaMismatch>
    where
        T: LakeRow<'b>,
    {
        Ok(Self { places: Arc::new(Places::resolve::<T>(fields)?), row: PhantomData })
    }

    /// The same for the columns of this batch.
    pub(crate) fn of<'b>(batch: &RowBatch) -> Result<Self, SchemaMismatch>
    where
        T: LakeRow<'b>,
    {
        Ok(Self { places: Arc::new(Places::of::<T>(batch)?), row: PhantomData })
    }

    /// Looks for NULLs under fields that are not an `Option`, before any row of the batch is handed out.
    ///
    /// # Errors
    /// The first column with such a NULL, naming the row; or a batch whose columns have other names than those of the
    /// result, in another order for one.
    pub fn check(&self, batch: RowBatch) -> Result<CheckedBatch<T>, DecodeError> {
        self.places.check(batch.record_batch(), batch.first_row())?;
        Ok(CheckedBatch::new(batch, self.clone()))
    }

    pub(super) fn places(&self) -> &Places {
        &self.places
    }
}

impl<T> Clone for Layout<T> {
    fn clone(&self) -> Self {
        Self { places: Arc::clone(&self.places), row: PhantomData }
    }
}

impl<T> fmt::Debug for Layout<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layout").field("row_type", &self.places.row_type).finish_non_exhaustive()
    }
}

impl Places {
    pub(super) fn resolve<'b, T: LakeRow<'b>>(fields: &Fields) -> Result<Self, SchemaMismatch> {
        Self::resolve_columns(T::NAME, &Columns::of::<T>(), fields)
    }

    /// The columns of the batch; errors do not show the values of its query.
    pub(super) fn of<'b, T: LakeRow<'b>>(batch: &RowBatch) -> Result<Self, SchemaMismatch> {
        let (fields, columns) = (batch.record_batch().schema_ref().fields(), Columns::of::<T>());
        let hidden = batch.redaction().map(|redaction| Hidden::of(redaction, &columns));
        match (Self::resolve_columns(T::NAME, &columns, fields), hidden) {
            (Ok(places), hidden) => Ok(Self { hidden, ..places }),
            (Err(mismatch), None) => Err(mismatch),
            // The same mismatches, by the names that may be shown.
            (Err(mismatch), Some(hidden)) => {
                let shown = hidden.fields(fields, &columns);
                Err(Self::resolve_columns(T::NAME, &columns, &shown).err().unwrap_or(mismatch))
            }
        }
    }

    fn resolve_columns(
        row_type: &'static str,
        columns: &Columns,
        fields: &Fields,
    ) -> Result<Self, SchemaMismatch> {
        match resolve(columns, fields, Level::Result) {
            Ok(slots) => {
                let (is_scalar, fields) = (columns.is_scalar(), Fields::clone(fields));
                Ok(Self { row_type, is_scalar, slots, fields, hidden: None })
            }
            Err(mismatches) => Err(SchemaMismatch::new(row_type, mismatches)),
        }
    }

    /// See [`Layout::check`]; `first_row` is the number of the batch's first row in the whole result.
    pub(super) fn check(&self, batch: &RecordBatch, first_row: u64) -> Result<(), DecodeError> {
        self.check_names(batch)?;
        match nulls::first_in_row(&self.slots, batch.columns()) {
            Some((child, null)) => {
                let name = child.column().unwrap_or_default();
                let name = self.hidden.as_ref().map_or_else(|| name.to_owned(), |hidden| hidden.name(name));
                let error = nulls::error(self.row_type, child, &name, &null);
                Err(self.shown(error).at_row(global_row(first_row, null.row)))
            }
            None => Ok(()),
        }
    }

    /// The slots are positions, so that columns which change places would be read as one another.
    fn check_names(&self, batch: &RecordBatch) -> Result<(), DecodeError> {
        let fields = batch.schema_ref().fields();
        if std::ptr::eq::<[_]>(&**fields, &*self.fields) {
            return Ok(());
        }
        let mut pairs = self.fields.iter().zip(fields);
        let changed = match pairs.find(|(known, field)| !same_field(known, field)) {
            Some((known, _)) => known,
            None if fields.len() == self.fields.len() => return Ok(()),
            None => match self.fields.get(fields.len()).or_else(|| fields.last()) {
                Some(field) => field,
                None => return Ok(()),
            },
        };
        let reason = "a later batch of the result has other columns than the first, which is a fault of the server or \
                      of the driver";
        Err(self.shown(DecodeError::new(self.row_type, ReadError::new(reason)).with_column(changed.name())))
    }

    /// Binds the columns of `T` in this batch.
    pub(super) fn bind<'b, T: LakeRow<'b>>(&self, batch: &'b RecordBatch) -> Result<T::Readers, DecodeError> {
        T::bind(&mut ColumnCursor::of_batch(&self.slots, batch.columns())).map_err(|error| self.place(error))
    }

    /// The error of a read, with its row.
    #[cold]
    pub(super) fn place_row(&self, error: ReadError, first_row: u64, row: usize) -> DecodeError {
        self.place(error).at_row(global_row(first_row, row))
    }

    fn place(&self, error: ReadError) -> DecodeError {
        let error = DecodeError::new(self.row_type, error);
        let column = match self.slots.as_slice() {
            [only] if self.is_scalar => only.column(),
            slots => error.field().and_then(|path| column_of(slots, path)),
        };
        match column {
            Some(column) => self.shown(error.with_column(column)),
            None => self.shown(error),
        }
    }

    fn shown(&self, error: DecodeError) -> DecodeError {
        match &self.hidden {
            Some(hidden) => hidden.error(error),
            None => error,
        }
    }
}

/// Whether two fields have the same names at every level where names count. Types may differ in their encoding; what
/// they differ in otherwise is seen when the column is bound.
fn same_field(known: &Field, field: &Field) -> bool {
    known.name() == field.name() && same_names(known.data_type(), field.data_type())
}

fn same_names(known: &DataType, found: &DataType) -> bool {
    use DataType as D;
    if known == found {
        return true;
    }
    match (&*logical_type(known), &*logical_type(found)) {
        (D::Struct(known), D::Struct(found)) => {
            known.len() == found.len()
                && known.iter().zip(found).all(|(known, found)| same_field(known, found))
        }
        // Entries by position: engines do not agree on their names.
        (D::Map(known, _), D::Map(found, _)) => match (known.data_type(), found.data_type()) {
            (D::Struct(known), D::Struct(found)) => {
                let mut pairs = known.iter().zip(found);
                pairs.all(|(known, found)| same_names(known.data_type(), found.data_type()))
            }
            _ => true,
        },
        (known, found) => match (element(known), element(found)) {
            (Some(known), Some(found)) => same_names(known.data_type(), found.data_type()),
            _ => true,
        },
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
