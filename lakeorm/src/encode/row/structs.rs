//! STRUCT: a row as the value of one column.

use std::fmt;
use std::sync::Arc;

use arrow_array::{ArrayRef, StructArray};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::DataType as ArrowType;

use super::super::{Encoder, ToRow, WriteError};
use super::arrays;

/// Gathers structs: their columns, and which of them are NULL.
pub struct Structs<T: ToRow> {
    columns: T::Encoders,
    nulls: NullBufferBuilder,
}

impl<T: ToRow> Structs<T> {
    /// An encoder with room for `rows` structs.
    #[must_use]
    pub fn new(rows: usize) -> Self {
        Self { columns: T::encoders(rows), nulls: NullBufferBuilder::new(rows) }
    }

    /// Appends a struct.
    ///
    /// # Errors
    /// A value that its column cannot hold exactly.
    pub fn push(&mut self, row: &T) -> Result<(), WriteError> {
        row.encode(&mut self.columns)?;
        self.nulls.append_non_null();
        Ok(())
    }
}

impl<T: ToRow> Encoder for Structs<T> {
    fn push_null(&mut self) {
        T::push_null(&mut self.columns);
        self.nulls.append_null();
    }

    fn finish(mut self, data_type: &ArrowType) -> Result<ArrayRef, WriteError> {
        let ArrowType::Struct(fields) = data_type else {
            return Err(WriteError::new(format!("a struct cannot be encoded as {data_type}")));
        };
        let columns = arrays::<T>(self.columns, fields)?;
        let structs = StructArray::try_new(fields.clone(), columns, self.nulls.finish());
        Ok(Arc::new(structs.map_err(|error| WriteError::column(&error))?))
    }
}

impl<T: ToRow> fmt::Debug for Structs<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Structs").field("row_type", &T::NAME).finish_non_exhaustive()
    }
}
