//! Exact decimals of up to 38 digits.

use std::fmt;

use super::LiteralError;
use crate::types::DataType;

/// The most digits a Spark decimal has.
pub(super) const MAX_PRECISION: u8 = 38;

/// A decimal whose digits fit its precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    unscaled: i128,
    precision: u8,
    scale: u8,
}

impl Decimal {
    pub(super) fn new(unscaled: i128, precision: u8, scale: u8) -> Result<Self, LiteralError> {
        if !(1..=MAX_PRECISION).contains(&precision) || scale > precision {
            return Err(LiteralError::new(format!(
                "DECIMAL({precision},{scale}) is no Spark type: the precision is 1 to 38 and the scale at most that"
            )));
        }
        if unscaled.unsigned_abs() >= 10_u128.pow(u32::from(precision)) {
            return Err(LiteralError::new(format!(
                "a decimal has more digits than DECIMAL({precision},{scale}) holds: raise the precision"
            )));
        }
        Ok(Self { unscaled, precision, scale })
    }

    pub(crate) fn data_type(self) -> DataType {
        DataType::Decimal { precision: self.precision, scale: self.scale }
    }

    pub(crate) fn precision(self) -> u8 {
        self.precision
    }

    pub(crate) fn scale(self) -> u8 {
        self.scale
    }

    /// The same number with another precision and scale.
    pub(super) fn rescaled(self, precision: u8, scale: u8) -> Result<Self, LiteralError> {
        let shift = |digits: u8| 10_i128.checked_pow(u32::from(digits));
        let unscaled = if scale >= self.scale {
            shift(scale - self.scale).and_then(|factor| self.unscaled.checked_mul(factor))
        } else {
            shift(self.scale - scale)
                .filter(|divisor| self.unscaled % divisor == 0)
                .map(|divisor| self.unscaled / divisor)
        };
        unscaled.and_then(|unscaled| Self::new(unscaled, precision, scale).ok()).ok_or_else(|| {
            LiteralError::new(format!("a decimal does not fit DECIMAL({precision},{scale}) without loss"))
        })
    }
}

/// With exactly `scale` digits after the point: Sail drops the point and applies the scale to the digits.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.unscaled < 0 { "-" } else { "" };
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", self.unscaled.unsigned_abs(), width = scale + 1);
        match digits.split_at_checked(digits.len() - scale) {
            Some((whole, fraction)) if scale > 0 => write!(f, "{sign}{whole}.{fraction}"),
            _ => write!(f, "{sign}{digits}"),
        }
    }
}
