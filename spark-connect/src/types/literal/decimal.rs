//! Decimals as literals, each with the precision of its type.

use super::to_literal::literals;
use super::{Literal, LiteralError, Value};
use crate::types::decimal::MAX_DIGITS;
use crate::types::{DataType, Decimal};

/// The type of a decimal that is not there.
const ABSENT: DataType = DataType::Decimal { precision: MAX_DIGITS, scale: 18 };

impl Literal {
    /// A `DECIMAL(precision, scale)` of the value `unscaled / 10^scale`.
    ///
    /// Servers that bind replace the marker by text, so the declared precision may shrink to the digits that are
    /// there; write `CAST(? AS DECIMAL(10,2))` where the exact type matters.
    ///
    /// # Errors
    /// A precision outside 1 to 38, a scale above the precision, or a value with more digits than the precision.
    pub fn decimal(unscaled: i128, precision: u8, scale: u8) -> Result<Self, LiteralError> {
        if DataType::decimal(precision, scale).is_none() {
            return Err(LiteralError::new(format!(
                "DECIMAL({precision},{scale}) is not a Spark type: the precision is 1 to 38 and the scale at most that"
            )));
        }
        let number = Decimal::new(unscaled, scale).ok().filter(|number| number.digits() <= precision);
        let number = number.ok_or_else(|| {
            LiteralError::new(format!(
                "a decimal has more digits than DECIMAL({precision},{scale}) holds: raise the precision"
            ))
        })?;
        Ok(Self(Value::Decimal { number, precision }))
    }

    /// The number as the narrowest `DECIMAL` that holds it with its scale.
    fn narrowest(number: Decimal) -> Result<Self, LiteralError> {
        Self::decimal(number.unscaled(), number.digits().max(number.scale()), number.scale())
    }

    /// The number as a `DECIMAL(precision, scale)`, without loss.
    pub(super) fn rescaled(number: Decimal, precision: u8, scale: u8) -> Result<Self, LiteralError> {
        let rescaled = number.rescale(scale).ok();
        rescaled.and_then(|number| Self::decimal(number.unscaled(), precision, scale).ok()).ok_or_else(|| {
            LiteralError::new(format!("a decimal does not fit DECIMAL({precision},{scale}) without loss"))
        })
    }
}

literals! {
    /// Binds as the narrowest `DECIMAL` that holds the value with its scale; a NULL is one of `DECIMAL(38,18)`.
    Decimal => ABSENT, |number| Literal::narrowest(*number);
    #[cfg(feature = "rust_decimal")]
    rust_decimal::Decimal => ABSENT, |number| Literal::narrowest(Decimal::from(*number));
    #[cfg(feature = "bigdecimal")]
    bigdecimal::BigDecimal => ABSENT, |number| {
        let number = Decimal::try_from(number).map_err(|_| {
            LiteralError::new("a decimal has more than the 38 digits of DECIMAL: round it first")
        })?;
        Literal::narrowest(number)
    };
}
