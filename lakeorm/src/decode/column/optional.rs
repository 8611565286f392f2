//! `Option`: any column with room for NULLs.

use arrow_array::Array;
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::opaque::opaque;
use super::{FromColumn, ReadError, Refusal, Shape};

/// Reads NULLs as `None` and leaves the rest to the inner reader.
pub struct Nullable<'b, R> {
    /// A bit per row, from `offset` on. Empty where the batch has no NULL in this column: the look into the slice,
    /// which safe code needs anyway, then also tells the two apart.
    validity: &'b [u8],
    offset: usize,
    /// How many bits there are.
    len: usize,
    /// `None` for a VOID column, which holds nothing but NULLs.
    reader: Option<R>,
}

opaque!(Nullable<'b, R>);

impl<'b, R> Nullable<'b, R> {
    fn new(nulls: Option<&'b NullBuffer>, reader: Option<R>) -> Self {
        match nulls.filter(|nulls| nulls.null_count() > 0) {
            Some(nulls) => {
                Self { validity: nulls.validity(), offset: nulls.offset(), len: nulls.len(), reader }
            }
            None => Self { validity: &[], offset: 0, len: 0, reader },
        }
    }

    /// Whether the value is NULL; nothing that counts where the row is outside the batch.
    #[inline(always)]
    fn is_null(&self, row: usize) -> bool {
        let bit = self.offset.wrapping_add(row);
        match self.validity.get(bit >> 3) {
            Some(byte) => (byte >> (bit & 7)) & 1 == 0,
            None => false,
        }
    }
}

impl<'b, C: FromColumn<'b>> FromColumn<'b> for Option<C> {
    type Reader = Nullable<'b, C::Reader>;

    const INFALLIBLE: bool = C::INFALLIBLE;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        // Also where `C` has a NULL of its own: one of an `Option` is `None`, whatever the column's type.
        match data_type {
            DataType::Null => Ok(Shape::leaf().nullable()),
            _ => C::accepts(data_type).map(Shape::nullable),
        }
    }

    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
        match array.data_type() {
            DataType::Null => Ok(Nullable::new(None, None)),
            _ => Ok(Nullable::new(array.nulls(), Some(C::bind(array, shape)?))),
        }
    }

    #[inline]
    fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
        reader.reader.as_ref().map_or(0, |reader| C::fast_rows(reader, rows))
    }

    #[inline(always)]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        // An index outside the batch is the inner reader's to refuse.
        if row < reader.len && reader.is_null(row) {
            return Ok(None);
        }
        match &reader.reader {
            Some(reader) => C::read(reader, row).map(Some),
            None => Ok(None),
        }
    }

    #[inline(always)]
    fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        let is_null = reader.is_null(row);
        let Some(reader) = &reader.reader else { return Ok(None) };
        if const { C::INFALLIBLE && !std::mem::needs_drop::<C>() } {
            // Reading the value under a NULL costs less than a branch that nobody can predict.
            let value = C::read_fast(reader, row)?;
            return Ok(if is_null { None } else { Some(value) });
        }
        if is_null { Ok(None) } else { C::read_fast(reader, row).map(Some) }
    }
}
