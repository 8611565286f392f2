//! The binding step: a cursor that turns a batch's arrays into typed readers, in the row's column order.

use std::fmt;

use arrow_array::{Array, ArrayRef};

use super::LakeRow;
use super::nulls::leaves;
use super::read_mode::RowReadMode;
use crate::column::{Child, FromColumn, Inline, ReadError, ReadMode, ShapeKind};

/// A cursor over the columns of one batch, in the order in which the row declared them.
pub struct ColumnCursor<'b, 'l> {
    slots: std::slice::Iter<'l, Child>,
    arrays: &'b [ArrayRef],
    /// Whether a NULL may stand where the row has no room for one: where the row itself is NULL.
    nested: bool,
}

impl<'b, 'l> ColumnCursor<'b, 'l> {
    pub(super) fn of_batch(slots: &'l [Child], arrays: &'b [ArrayRef]) -> Self {
        Self { slots: slots.iter(), arrays, nested: false }
    }

    pub(super) fn of_struct(slots: &'l [Child], arrays: &'b [ArrayRef]) -> Self {
        Self { slots: slots.iter(), arrays, nested: true }
    }

    /// The next column, bound to a reader of `C`.
    ///
    /// # Errors
    /// The batch's column is not of the type that the schema announced, or the row declared fewer columns than it
    /// binds.
    #[allow(clippy::should_implement_trait, reason = "a typed cursor: each call has its own type")]
    pub fn next<C: FromColumn<'b>>(&mut self) -> Result<Bound<'b, C>, ReadError> {
        let slot = self.advance()?;
        match self.bind(slot)? {
            Some(bound) => Ok(bound),
            None => Err(ReadError::new("the column is optional, but the row binds it as required")
                .in_field(slot.label())),
        }
    }

    /// The next column, or `None` where the result lacks it. Only for columns declared as optional.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    pub fn next_or_default<C: FromColumn<'b>>(&mut self) -> Result<Option<Bound<'b, C>>, ReadError> {
        let slot = self.advance()?;
        self.bind(slot)
    }

    /// The row `R` that shares the columns of this one, declared with
    /// [`Columns::flatten`](super::Columns::flatten).
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    pub fn row<R: LakeRow<'b>>(&mut self) -> Result<BoundRow<'b, R>, ReadError> {
        let slot = self.advance()?;
        let mut inner = self.inner(slot, self.nested)?;
        match R::bind(&mut inner) {
            Ok(readers) => Ok(BoundRow { readers, field: slot.label() }),
            Err(error) => Err(error.in_field(slot.label())),
        }
    }

    /// The columns of a row that may be absent, and the arrays whose NULLs say whether it is.
    pub(super) fn absent_or(&mut self) -> Result<(Self, Vec<&'b dyn Array>), ReadError> {
        let slot = self.advance()?;
        let inner = self.inner(slot, true)?;
        let leaves = leaves(inner.slots.as_slice());
        let arrays = leaves.into_iter().filter_map(|leaf| self.arrays.get(leaf.index()?));
        Ok((inner, arrays.map(|array| array.as_ref()).collect()))
    }

    /// The name of the next column in the result.
    pub(super) fn peek_column(&self) -> Option<&'l str> {
        self.slots.as_slice().first().and_then(Child::column)
    }

    fn inner(&self, slot: &'l Child, nested: bool) -> Result<Self, ReadError> {
        match slot.shape().kind() {
            ShapeKind::Flat(columns) => Ok(Self { slots: columns.iter(), arrays: self.arrays, nested }),
            _ => Err(ReadError::new("the row binds a column as a row of its own")),
        }
    }

    fn advance(&mut self) -> Result<&'l Child, ReadError> {
        self.slots.next().ok_or_else(|| ReadError::new("the row binds more columns than it declares"))
    }

    fn bind<C: FromColumn<'b>>(&self, slot: &'l Child) -> Result<Option<Bound<'b, C>>, ReadError> {
        let Some(index) = slot.index() else { return Ok(None) };
        let array = self.arrays.get(index).ok_or_else(|| {
            ReadError::new("the batch has fewer columns than the result's schema").in_field(slot.label())
        })?;
        if !self.nested && slot.shape().is_strict_leaf() && array.null_count() > 0 {
            // The layout's check has said so before, with the row; a caller that forgot it must not get zeros.
            return Err(
                ReadError::new("the column has a NULL; make the field an Option").in_field(slot.label())
            );
        }
        match C::bind(array, slot.shape()) {
            Ok(reader) => Ok(Some(Bound { reader, field: slot.label() })),
            Err(error) => Err(error.in_field(slot.label())),
        }
    }
}

impl fmt::Debug for ColumnCursor<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ColumnCursor").field("left", &self.slots.len()).finish_non_exhaustive()
    }
}

/// One column of a batch, bound to a reader of `C`.
pub struct Bound<'b, C: FromColumn<'b>> {
    reader: C::Reader,
    field: &'static str,
}

impl<'b, C: FromColumn<'b>> Bound<'b, C> {
    /// [`FromColumn::fast_rows`] of the column.
    #[doc(hidden)]
    #[inline]
    pub fn fast_rows(&self, rows: usize) -> usize {
        C::fast_rows(&self.reader, rows)
    }

    /// The value with this index in the batch.
    ///
    /// # Errors
    /// The value is outside what `C` can hold, or the index is outside the batch.
    #[inline]
    pub fn read(&self, row: usize) -> Result<C, ReadError> {
        self.read_as::<Inline>(row)
    }

    /// [`read`](Self::read) in this mode.
    #[doc(hidden)]
    ///
    /// # Errors
    /// Those of [`read`](Self::read).
    #[inline(always)]
    pub fn read_as<M: ReadMode>(&self, row: usize) -> Result<C, ReadError> {
        match M::read::<C>(&self.reader, row) {
            Ok(value) => Ok(value),
            Err(error) => Err(error.in_field(self.field)),
        }
    }

    /// [`read_as`](Self::read_as), converted.
    #[doc(hidden)]
    ///
    /// # Errors
    /// Those of [`read`](Self::read), and the conversion's.
    #[inline]
    pub fn read_with<M: ReadMode, T>(
        &self,
        row: usize,
        convert: impl FnOnce(C) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let value = self.read_as::<M>(row)?;
        convert(value).map_err(|error| error.in_field(self.field))
    }
}

impl<'b, C: FromColumn<'b>> fmt::Debug for Bound<'b, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound").field("field", &self.field).finish_non_exhaustive()
    }
}

/// A row that shares the columns of another, bound to a batch: [`ColumnCursor::row`] gives it.
pub struct BoundRow<'b, R: LakeRow<'b>> {
    readers: R::Readers,
    field: &'static str,
}

impl<'b, R: LakeRow<'b>> BoundRow<'b, R> {
    /// [`LakeRow::fast_rows`] of the row.
    #[doc(hidden)]
    #[inline]
    pub fn fast_rows(&self, rows: usize) -> usize {
        R::fast_rows(&self.readers, rows)
    }

    /// The row with this index in the batch.
    ///
    /// # Errors
    /// A value is outside what its field can hold, or the index is outside the batch.
    #[inline]
    pub fn read(&self, row: usize) -> Result<R, ReadError> {
        self.read_as::<Inline>(row)
    }

    /// [`read`](Self::read) in this mode.
    #[doc(hidden)]
    ///
    /// # Errors
    /// Those of [`read`](Self::read).
    #[inline(always)]
    pub fn read_as<M: RowReadMode>(&self, row: usize) -> Result<R, ReadError> {
        match M::read_row::<R>(&self.readers, row) {
            Ok(value) => Ok(value),
            Err(error) => Err(error.in_field(self.field)),
        }
    }
}

impl<'b, R: LakeRow<'b>> fmt::Debug for BoundRow<'b, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundRow").field("field", &self.field).finish_non_exhaustive()
    }
}
