//! `Option`: any column with room for NULLs.

use arrow_array::Array;
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::{FromColumn, ReadError, Refusal, Shape};

/// Reads NULLs as `None` and leaves the rest to the inner reader.
#[derive(Debug)]
pub struct Nullable<'b, R> {
    /// `None` where the batch has no NULL in this column, so that reading does not look for one.
    nulls: Option<&'b NullBuffer>,
    reader: R,
}

impl<'b, C: FromColumn<'b>> FromColumn<'b> for Option<C> {
    type Reader = Nullable<'b, C::Reader>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        C::accepts(data_type).map(Shape::nullable)
    }

    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        Ok(Nullable { nulls, reader: C::bind(array, shape)? })
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        match reader.nulls {
            // An index outside the batch is the inner reader's to refuse.
            Some(nulls) if row < nulls.len() && nulls.is_null(row) => Ok(None),
            _ => C::read(&reader.reader, row).map(Some),
        }
    }
}
