//! BINARY, owned and borrowed.

use arrow_array::cast::AsArray;
use arrow_array::{Array, BinaryArray, BinaryViewArray, LargeBinaryArray};
use arrow_schema::DataType;

use super::{FromColumn, ReadError, Refusal, Shape};

/// Byte strings of one batch, in each of Arrow's three layouts.
#[derive(Debug)]
pub enum Bytes<'b> {
    /// Offsets of 32 bits.
    Small(&'b BinaryArray),
    /// Offsets of 64 bits (`spark.sql.execution.arrow.useLargeVarTypes`).
    Large(&'b LargeBinaryArray),
    /// Views into several buffers.
    View(&'b BinaryViewArray),
}

impl Bytes<'_> {
    #[inline]
    fn direct(&self, rows: usize) -> usize {
        rows.min(match self {
            Self::Small(array) => array.len(),
            Self::Large(array) => array.len(),
            Self::View(array) => array.len(),
        })
    }
}

impl<'b: 'a, 'a> FromColumn<'b> for &'a [u8] {
    type Reader = Bytes<'b>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Ok(Shape::leaf()),
            _ => Err(Refusal::cast_to("BINARY")),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        if let Some(small) = array.as_binary_opt::<i32>() {
            return Ok(Bytes::Small(small));
        }
        if let Some(large) = array.as_binary_opt::<i64>() {
            return Ok(Bytes::Large(large));
        }
        array.as_binary_view_opt().map(Bytes::View).ok_or_else(|| ReadError::unexpected(array))
    }

    #[inline]
    fn direct(reader: &Self::Reader, rows: usize) -> usize {
        reader.direct(rows)
    }

    #[inline(always)]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        match reader {
            Bytes::Small(array) if row < array.len() => Ok(array.value(row)),
            Bytes::Large(array) if row < array.len() => Ok(array.value(row)),
            Bytes::View(array) if row < array.len() => Ok(array.value(row)),
            _ => Err(ReadError::outside(row)),
        }
    }
}

impl<'b> FromColumn<'b> for Vec<u8> {
    type Reader = Bytes<'b>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        <&[u8]>::accepts(data_type)
    }

    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
        <&[u8]>::bind(array, shape)
    }

    #[inline]
    fn direct(reader: &Self::Reader, rows: usize) -> usize {
        reader.direct(rows)
    }

    #[inline(always)]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        <&[u8]>::read(reader, row).map(<[u8]>::to_vec)
    }
}
