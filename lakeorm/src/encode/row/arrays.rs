//! The columns of a batch as they are handed over.

use arrow_array::ArrayRef;
use arrow_schema::FieldRef;

use super::super::{Encoder, WriteError};

/// The columns so far, and the fields of those to come.
#[derive(Debug)]
pub struct Arrays<'f> {
    fields: std::slice::Iter<'f, FieldRef>,
    arrays: Vec<ArrayRef>,
}

impl<'f> Arrays<'f> {
    pub(in crate::encode) fn of(fields: &'f [FieldRef]) -> Self {
        Self { fields: fields.iter(), arrays: Vec::with_capacity(fields.len()) }
    }

    /// Takes the next column.
    ///
    /// # Errors
    /// A column that Arrow has no room for, or one more than there are fields.
    pub fn push<E: Encoder>(&mut self, encoder: E) -> Result<(), WriteError> {
        let field =
            self.fields.next().ok_or_else(|| WriteError::new("the row has more columns than fields"))?;
        let array = encoder.finish(field.data_type()).map_err(|error| error.in_field(field.name()))?;
        self.arrays.push(array);
        Ok(())
    }

    /// The columns so far.
    pub(in crate::encode) fn so_far(&self) -> &[ArrayRef] {
        &self.arrays
    }

    pub(in crate::encode) fn finish(self) -> Vec<ArrayRef> {
        self.arrays
    }
}
