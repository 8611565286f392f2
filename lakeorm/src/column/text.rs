//! STRING, CHAR and VARCHAR, owned and borrowed.

use arrow_array::cast::AsArray;
use arrow_array::{Array, LargeStringArray, StringArray, StringViewArray};
use arrow_schema::DataType;

use super::{FromColumn, ReadError, Refusal, Shape};

/// Strings of one batch, in each of Arrow's three layouts.
#[derive(Debug)]
pub enum Texts<'b> {
    /// Offsets of 32 bits.
    Small(&'b StringArray),
    /// Offsets of 64 bits (`spark.sql.execution.arrow.useLargeVarTypes`).
    Large(&'b LargeStringArray),
    /// Views into several buffers.
    View(&'b StringViewArray),
}

impl Texts<'_> {
    #[inline]
    fn direct(&self, rows: usize) -> usize {
        rows.min(match self {
            Self::Small(array) => array.len(),
            Self::Large(array) => array.len(),
            Self::View(array) => array.len(),
        })
    }
}

impl<'b: 'a, 'a> FromColumn<'b> for &'a str {
    type Reader = Texts<'b>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(Shape::leaf()),
            _ => Err(Refusal::cast_to("STRING")),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        if let Some(small) = array.as_string_opt::<i32>() {
            return Ok(Texts::Small(small));
        }
        if let Some(large) = array.as_string_opt::<i64>() {
            return Ok(Texts::Large(large));
        }
        array.as_string_view_opt().map(Texts::View).ok_or_else(|| ReadError::unexpected(array))
    }

    #[inline]
    fn direct(reader: &Self::Reader, rows: usize) -> usize {
        reader.direct(rows)
    }

    #[inline(always)]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        match reader {
            Texts::Small(array) if row < array.len() => Ok(array.value(row)),
            Texts::Large(array) if row < array.len() => Ok(array.value(row)),
            Texts::View(array) if row < array.len() => Ok(array.value(row)),
            _ => Err(ReadError::outside(row)),
        }
    }
}

impl<'b> FromColumn<'b> for String {
    type Reader = Texts<'b>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        <&str>::accepts(data_type)
    }

    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
        <&str>::bind(array, shape)
    }

    #[inline]
    fn direct(reader: &Self::Reader, rows: usize) -> usize {
        reader.direct(rows)
    }

    #[inline(always)]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        <&str>::read(reader, row).map(str::to_owned)
    }
}
