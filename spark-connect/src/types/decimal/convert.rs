//! [`Decimal`] and the decimals of other crates.

use super::Decimal;

#[cfg(feature = "rust_decimal")]
mod rust_decimal {
    use ::rust_decimal::Decimal as Other;

    use super::super::DecimalError;
    use super::Decimal;

    /// Exact: a number of more than 28 digits is [`DecimalError::TooManyDigits`], and nothing is rounded.
    impl TryFrom<Decimal> for Other {
        type Error = DecimalError;

        fn try_from(value: Decimal) -> Result<Self, DecimalError> {
            let convert =
                |value: Decimal| Self::try_from_i128_with_scale(value.unscaled, u32::from(value.scale));
            // Zeros at the end of a fraction may be what does not fit.
            convert(value).or_else(|_| convert(value.normalized())).map_err(|_| DecimalError::TooManyDigits)
        }
    }

    impl From<Other> for Decimal {
        fn from(value: Other) -> Self {
            // 96 bits and a scale of at most 28 always fit.
            let scale = u8::try_from(value.scale()).unwrap_or_default();
            Self { unscaled: value.mantissa(), scale }
        }
    }
}

#[cfg(feature = "bigdecimal")]
mod bigdecimal {
    use ::bigdecimal::BigDecimal;
    use ::bigdecimal::num_bigint::BigInt;

    use super::super::DecimalError;
    use super::super::parse::with_scale;
    use super::Decimal;

    impl From<Decimal> for BigDecimal {
        fn from(value: Decimal) -> Self {
            Self::new(BigInt::from(value.unscaled), i64::from(value.scale))
        }
    }

    /// Exact: more than 38 digits are [`DecimalError::TooManyDigits`].
    impl TryFrom<&BigDecimal> for Decimal {
        type Error = DecimalError;

        fn try_from(value: &BigDecimal) -> Result<Self, DecimalError> {
            let (digits, scale) = value.as_bigint_and_exponent();
            let exact = |digits: BigInt, scale| {
                let digits = i128::try_from(digits).map_err(|_| DecimalError::TooManyDigits)?;
                with_scale(digits, scale)
            };
            match exact(digits, scale) {
                // Zeros at the end of a fraction may be what does not fit. Nobody writes them by the billion, and
                // at the end of its range a scale has no room for them.
                Err(_) if i32::try_from(scale).is_ok() => {
                    let (digits, scale) = value.normalized().into_bigint_and_exponent();
                    exact(digits, scale)
                }
                converted => converted,
            }
        }
    }
}
