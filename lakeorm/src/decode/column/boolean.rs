//! BOOLEAN.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType;

use super::{FromColumn, ReadError, Refusal, Shape};

impl<'b> FromColumn<'b> for bool {
    type Reader = &'b BooleanBuffer;

    const INFALLIBLE: Self = true;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Boolean => Ok(Shape::leaf()),
            _ => Err(Refusal::cast_to("BOOLEAN")),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        match array.as_boolean_opt() {
            Some(array) => Ok(array.values()),
            None => Err(ReadError::unexpected(array)),
        }
    }

    #[inline]
    fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
        rows.min(reader.len())
    }

    #[inline(always)]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        if row < reader.len() { Ok(reader.value(row)) } else { Err(ReadError::outside(row)) }
    }

    #[inline(always)]
    fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        Ok(row < reader.len() && reader.value(row))
    }
}
