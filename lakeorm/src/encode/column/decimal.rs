//! DECIMAL, exact.

use arrow_array::ArrayRef;
use arrow_array::types::Decimal128Type;
use arrow_schema::DataType as ArrowType;

use super::super::WriteError;
use super::{ColumnOptions, Encoder, Numbers, ToColumn};
use crate::{DataType, Decimal};

/// Gathers decimals of one scale.
#[derive(Debug)]
pub struct Decimals {
    unscaled: Numbers<Decimal128Type>,
    precision: u8,
    scale: u8,
    /// The first number that has too many digits.
    limit: u128,
}

impl Encoder for Decimals {
    fn push_null(&mut self) {
        self.unscaled.push_null();
    }

    fn finish(self, data_type: &ArrowType) -> Result<ArrayRef, WriteError> {
        self.unscaled.finish(data_type)
    }
}

impl Decimals {
    fn new(options: ColumnOptions, rows: usize) -> Self {
        let (precision, scale) = options.decimal();
        let limit = 10_u128.checked_pow(u32::from(precision)).unwrap_or(u128::MAX);
        Self { unscaled: Numbers::new(rows), precision, scale, limit }
    }

    #[inline]
    fn push(&mut self, number: Decimal) -> Result<(), WriteError> {
        let rescaled = if number.scale() == self.scale { Ok(number) } else { number.rescale(self.scale) };
        match rescaled {
            Ok(number) if number.unscaled().unsigned_abs() < self.limit => {
                self.unscaled.push(number.unscaled());
                Ok(())
            }
            _ => Err(self.no_room()),
        }
    }

    #[cold]
    fn no_room(&self) -> WriteError {
        WriteError::new(format!(
            "the number does not fit DECIMAL({},{}) without loss; round it, or widen the column with \
             #[lake(decimal(precision, scale))] on the field",
            self.precision, self.scale
        ))
    }
}

/// Implements the trait for types that are a [`Decimal`] after a conversion.
macro_rules! decimals {
    ($($(#[$attribute:meta])* $rust:ty => $decimal:expr;)*) => {$(
        $(#[$attribute])*
        impl ToColumn for $rust {
            type Encoder = Decimals;

            fn data_type(options: ColumnOptions) -> DataType {
                let (precision, scale) = options.decimal();
                DataType::Decimal { precision, scale }
            }

            fn encoder(options: ColumnOptions, rows: usize) -> Decimals {
                Decimals::new(options, rows)
            }

            #[inline]
            fn encode(&self, encoder: &mut Decimals) -> Result<(), WriteError> {
                let decimal: fn(&Self) -> Option<Decimal> = $decimal;
                match decimal(self) {
                    Some(number) => encoder.push(number),
                    None => Err(encoder.no_room()),
                }
            }
        }
    )*};
}

decimals! {
    Decimal => |number| Some(*number);
    #[cfg(feature = "rust_decimal")]
    rust_decimal::Decimal => |number| Some(Decimal::from(*number));
    #[cfg(feature = "bigdecimal")]
    bigdecimal::BigDecimal => |number| Decimal::try_from(number).ok();
}
