//! The decimals of other crates as literals, exactly: each as the narrowest `DECIMAL` that holds it with its scale.

use super::decimal::MAX_PRECISION;
use super::{Literal, LiteralError, ToLiteral};
use crate::types::DataType;

/// The type of a decimal that is not there.
const ABSENT: DataType = DataType::Decimal { precision: MAX_PRECISION, scale: 18 };

#[cfg(feature = "rust_decimal")]
impl ToLiteral for rust_decimal::Decimal {
    fn data_type() -> DataType {
        ABSENT
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        narrowest(self.mantissa(), i64::from(self.scale()))
    }
}

#[cfg(feature = "bigdecimal")]
impl ToLiteral for bigdecimal::BigDecimal {
    fn data_type() -> DataType {
        ABSENT
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        let (digits, scale) = self.as_bigint_and_exponent();
        if let Some(literal) = i128::try_from(digits).ok().and_then(|digits| narrowest(digits, scale).ok()) {
            return Ok(literal);
        }
        // Zeros at the end of a fraction may be what does not fit. Nobody writes them by the billion, and at the end
        // of its range a scale has no room for them.
        if i32::try_from(scale).is_err() {
            return Err(too_many_digits());
        }
        let (digits, scale) = self.normalized().into_bigint_and_exponent();
        narrowest(i128::try_from(digits).map_err(|_| too_many_digits())?, scale)
    }
}

/// `unscaled / 10^scale`. Spark has no scale below zero.
fn narrowest(unscaled: i128, scale: i64) -> Result<Literal, LiteralError> {
    let zeros = u32::try_from(scale.min(0).unsigned_abs()).map_err(|_| too_many_digits())?;
    let factor = 10_i128.checked_pow(zeros).ok_or_else(too_many_digits)?;
    let unscaled = unscaled.checked_mul(factor).ok_or_else(too_many_digits)?;
    let scale = u8::try_from(scale.max(0)).map_err(|_| too_many_digits())?;
    let digits = unscaled.unsigned_abs().checked_ilog10().map_or(1, |power| power + 1);
    let precision = u8::try_from(digits).unwrap_or(u8::MAX).max(scale);
    Literal::decimal(unscaled, precision, scale).map_err(|_| too_many_digits())
}

#[cold]
fn too_many_digits() -> LiteralError {
    LiteralError::new("a decimal has more than the 38 digits of DECIMAL: round it first")
}
