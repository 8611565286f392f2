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
    /// `None` for a VOID column, which holds nothing but NULLs.
    reader: Option<R>,
}

impl<'b, C: FromColumn<'b>> FromColumn<'b> for Option<C> {
    type Reader = Nullable<'b, C::Reader>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match C::accepts(data_type) {
            Err(_) if *data_type == DataType::Null => Ok(Shape::leaf().nullable()),
            accepted => accepted.map(Shape::nullable),
        }
    }

    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        match C::bind(array, shape) {
            Ok(reader) => Ok(Nullable { nulls, reader: Some(reader) }),
            Err(_) if *array.data_type() == DataType::Null => Ok(Nullable { nulls, reader: None }),
            Err(error) => Err(error),
        }
    }

    #[inline]
    fn direct(reader: &Self::Reader, rows: usize) -> usize {
        // Not a word about `nulls`, which may be absent: the compiler follows what is below what through minima, and
        // loses it where two answers meet.
        reader.reader.as_ref().map_or(0, |reader| C::direct(reader, rows))
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        match reader.nulls {
            // An index outside the batch is the inner reader's to refuse.
            Some(nulls) if row < nulls.len() && nulls.is_null(row) => Ok(None),
            _ => match &reader.reader {
                Some(reader) => C::read(reader, row).map(Some),
                None => Ok(None),
            },
        }
    }
}
