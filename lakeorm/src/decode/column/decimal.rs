//! DECIMAL, exact to 38 digits.

use arrow_array::Array;
use arrow_array::types::{Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type};
use arrow_buffer::i256;
use arrow_schema::DataType;

use super::integer::values;
use super::opaque::opaque;
use super::{FromColumn, ReadError, Refusal, Shape};
use crate::{Decimal, DecimalError};

/// Decimals of one batch: their digits and the scale that they share. At most one slice is not empty, and the one
/// that servers send comes first.
pub struct Decimals<'b> {
    unscaled: &'b [i128],
    other: Other<'b>,
    scale: u8,
}

opaque!(Decimals<'b>);

/// The widths that other sources of Arrow use.
#[derive(Clone, Copy, Default)]
struct Other<'b> {
    i32: &'b [i32],
    i64: &'b [i64],
    i256: &'b [i256],
}

impl<'b> FromColumn<'b> for Decimal {
    type Reader = Decimals<'b>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        use DataType as D;
        match data_type {
            D::Decimal128(_, 0..) | D::Decimal32(_, 0..) | D::Decimal64(_, 0..) | D::Decimal256(_, 0..) => {
                Ok(Shape::leaf())
            }
            _ => Err(Refusal::cast_to("DECIMAL(38,18)")),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        let none = Other::default();
        let (unscaled, other, scale): (&[i128], _, _) = match array.data_type() {
            DataType::Decimal128(_, scale) => (values::<Decimal128Type>(array)?, none, scale),
            DataType::Decimal32(_, scale) => {
                (&[], Other { i32: values::<Decimal32Type>(array)?, ..none }, scale)
            }
            DataType::Decimal64(_, scale) => {
                (&[], Other { i64: values::<Decimal64Type>(array)?, ..none }, scale)
            }
            DataType::Decimal256(_, scale) => {
                (&[], Other { i256: values::<Decimal256Type>(array)?, ..none }, scale)
            }
            _ => return Err(ReadError::unexpected(array)),
        };
        let scale = u8::try_from(*scale).map_err(|_| ReadError::unexpected(array))?;
        Ok(Decimals { unscaled, other, scale })
    }

    #[inline]
    fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
        rows.min(reader.unscaled.len())
    }

    #[inline(always)]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        match reader.unscaled.get(row) {
            Some(unscaled) => {
                Self::new(*unscaled, reader.scale).map_err(|error| ReadError::new(error.to_string()))
            }
            None => reader.other.get(reader.scale, row),
        }
    }

    #[inline(always)]
    fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        Self::new(reader.unscaled.get(row).copied().unwrap_or_default(), reader.scale)
            .map_err(|error| ReadError::new(error.to_string()))
    }
}

impl Other<'_> {
    #[inline(never)]
    fn get(self, scale: u8, row: usize) -> Result<Decimal, ReadError> {
        let unscaled = if let Some(value) = self.i32.get(row) {
            Some(i128::from(*value))
        } else if let Some(value) = self.i64.get(row) {
            Some(i128::from(*value))
        } else {
            self.i256.get(row).ok_or_else(|| ReadError::outside(row))?.to_i128()
        };
        let decimal = unscaled.ok_or(DecimalError::TooManyDigits);
        decimal
            .and_then(|unscaled| Decimal::new(unscaled, scale))
            .map_err(|error| ReadError::new(error.to_string()))
    }
}
