//! DECIMAL, exact to 38 digits.

use arrow_array::Array;
use arrow_array::types::Decimal128Type;
use arrow_schema::DataType;

use super::integer::values;
use super::{FromColumn, ReadError, Refusal, Shape};
use crate::Decimal;

/// Decimals of one batch: their digits and the scale that they share.
#[derive(Debug)]
pub struct Decimals<'b> {
    unscaled: &'b [i128],
    scale: u8,
}

impl<'b> FromColumn<'b> for Decimal {
    type Reader = Decimals<'b>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Decimal128(_, 0..) => Ok(Shape::leaf()),
            _ => Err(Refusal::cast_to("DECIMAL(38,18)")),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        let DataType::Decimal128(_, scale) = array.data_type() else {
            return Err(ReadError::unexpected(array));
        };
        let scale = u8::try_from(*scale).map_err(|_| ReadError::unexpected(array))?;
        Ok(Decimals { unscaled: values::<Decimal128Type>(array)?, scale })
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        match reader.unscaled.get(row) {
            Some(unscaled) => {
                Self::new(*unscaled, reader.scale).map_err(|error| ReadError::new(error.to_string()))
            }
            None => Err(ReadError::outside(row)),
        }
    }
}
