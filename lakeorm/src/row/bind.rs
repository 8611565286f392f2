//! The binding step: a cursor that turns a batch's arrays into typed readers, in the row's column order.

use std::fmt;

use arrow_array::{Array, ArrayRef};

use super::layout::Slot;
use crate::column::{FromColumn, ReadError};

/// The columns of one batch, in the order in which the row declared them.
pub struct Slots<'b, 'l> {
    slots: std::slice::Iter<'l, Slot>,
    arrays: &'b [ArrayRef],
}

impl<'b, 'l> Slots<'b, 'l> {
    pub(super) fn new(slots: &'l [Slot], arrays: &'b [ArrayRef]) -> Self {
        Self { slots: slots.iter(), arrays }
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
                .in_field(slot.field)),
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

    fn advance(&mut self) -> Result<&'l Slot, ReadError> {
        self.slots.next().ok_or_else(|| ReadError::new("the row binds more columns than it declares"))
    }

    fn bind<C: FromColumn<'b>>(&self, slot: &'l Slot) -> Result<Option<Bound<'b, C>>, ReadError> {
        let Some(column) = &slot.column else { return Ok(None) };
        let array = self.arrays.get(column.index).ok_or_else(|| {
            ReadError::new("the batch has fewer columns than the result's schema").in_field(slot.field)
        })?;
        if column.shape.is_strict_leaf() && array.null_count() > 0 {
            // The layout's check has said so before, with the row; a caller that forgot it must not get zeros.
            return Err(
                ReadError::new("the column has a NULL; make the field an Option").in_field(slot.field)
            );
        }
        match C::bind(array, &column.shape) {
            Ok(reader) => Ok(Some(Bound { reader, field: slot.field })),
            Err(error) => Err(error.in_field(slot.field)),
        }
    }
}

impl fmt::Debug for Slots<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots").field("left", &self.slots.len()).finish_non_exhaustive()
    }
}

/// One column of a batch, bound to a reader of `C`.
pub struct Bound<'b, C: FromColumn<'b>> {
    reader: C::Reader,
    field: &'static str,
}

impl<'b, C: FromColumn<'b>> Bound<'b, C> {
    /// The value with this index in the batch.
    ///
    /// # Errors
    /// The value is outside what `C` can hold, or the index is outside the batch.
    #[inline]
    pub fn read(&self, row: usize) -> Result<C, ReadError> {
        match C::read(&self.reader, row) {
            Ok(value) => Ok(value),
            Err(error) => Err(error.in_field(self.field)),
        }
    }
}

impl<'b, C: FromColumn<'b>> fmt::Debug for Bound<'b, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound").field("field", &self.field).finish_non_exhaustive()
    }
}
