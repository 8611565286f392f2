//! STRING, CHAR and VARCHAR, owned and borrowed.

use arrow_array::Array;
use arrow_schema::DataType;

use super::slices::{Slices, Text};
use super::{FromColumn, ReadError, Refusal, Shape};

impl<'b: 'a, 'a> FromColumn<'b> for &'a str {
    type Reader = Slices<'b, Text>;

    const INFALLIBLE: bool = true;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(Shape::leaf()),
            _ => Err(Refusal::cast_to("STRING")),
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

impl<'b> FromColumn<'b> for String {
    type Reader = Slices<'b, Text>;

    const INFALLIBLE: bool = true;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        <&str>::accepts(data_type)
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
        reader.get(row).map(str::to_owned)
    }

    #[inline(always)]
    fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        Ok(reader.get_fast(row).to_owned())
    }
}
