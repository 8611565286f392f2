//! BINARY, owned and borrowed.

use arrow_array::Array;
use arrow_schema::DataType;

use super::slices::{Binary, Slices};
use super::{FromColumn, ReadError, Refusal, Shape};

impl<'b: 'a, 'a> FromColumn<'b> for &'a [u8] {
    type Reader = Slices<'b, Binary>;

    const INFALLIBLE: bool = true;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Ok(Shape::leaf()),
            _ => Err(Refusal::cast_to("BINARY")),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        Slices::bind(array)
    }

    #[inline]
    fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
        reader.fast_rows(rows)
    }

    #[inline(always)]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        reader.get(row)
    }

    #[inline(always)]
    fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        Ok(reader.get_fast(row))
    }
}

impl<'b> FromColumn<'b> for Vec<u8> {
    type Reader = Slices<'b, Binary>;

    const INFALLIBLE: bool = true;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        <&[u8]>::accepts(data_type)
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        Slices::bind(array)
    }

    #[inline]
    fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
        reader.fast_rows(rows)
    }

    #[inline(always)]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        reader.get(row).map(<[u8]>::to_vec)
    }

    #[inline(always)]
    fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        Ok(reader.get_fast(row).to_owned())
    }
}
