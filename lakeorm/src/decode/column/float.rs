//! FLOAT and DOUBLE. Integers and decimals are not taken: not all of them have an exact float.

use arrow_array::Array;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_schema::DataType;

use super::integer::values;
use super::opaque::opaque;
use super::{FromColumn, ReadError, Refusal, Shape};

impl<'b> FromColumn<'b> for f32 {
    type Reader = &'b [Self];

    const INFALLIBLE: bool = true;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Float32 => Ok(Shape::leaf()),
            _ => Err(Refusal::cast_to("FLOAT")),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        values::<Float32Type>(array)
    }

    #[inline]
    fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
        rows.min(reader.len())
    }

    #[inline(always)]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        reader.get(row).copied().ok_or_else(|| ReadError::outside(row))
    }

    #[inline(always)]
    fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        Ok(reader.get(row).copied().unwrap_or_default())
    }
}

/// Doubles of one batch, from a DOUBLE or a FLOAT column: one of the slices is empty.
pub struct Doubles<'b> {
    double: &'b [f64],
    single: &'b [f32],
}

opaque!(Doubles<'b>);

impl<'b> FromColumn<'b> for f64 {
    type Reader = Doubles<'b>;

    const INFALLIBLE: bool = true;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Float64 | DataType::Float32 => Ok(Shape::leaf()),
            _ => Err(Refusal::cast_to("DOUBLE")),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        match array.data_type() {
            DataType::Float32 => Ok(Doubles { double: &[], single: values::<Float32Type>(array)? }),
            _ => Ok(Doubles { double: values::<Float64Type>(array)?, single: &[] }),
        }
    }

    #[inline]
    fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
        rows.min(reader.double.len())
    }

    #[inline(always)]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        match reader.double.get(row) {
            Some(value) => Ok(*value),
            None => widened(reader.single, row),
        }
    }

    #[inline(always)]
    fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        Ok(reader.double.get(row).copied().unwrap_or_default())
    }
}

// Apart from the reader, whose address must not be taken where it is to live in registers.
#[inline(never)]
fn widened(single: &[f32], row: usize) -> Result<f64, ReadError> {
    single.get(row).map(|value| f64::from(*value)).ok_or_else(|| ReadError::outside(row))
}
