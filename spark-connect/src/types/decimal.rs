//! [`Decimal`]: every Spark DECIMAL, exactly.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

#[cfg(any(feature = "rust_decimal", feature = "bigdecimal"))]
mod convert;
mod parse;
#[cfg(feature = "serde")]
mod serde;
#[cfg(test)]
mod tests;

/// The most digits that a Spark DECIMAL has.
pub(super) const MAX_DIGITS: u8 = 38;

/// 10^38, the smallest magnitude with too many digits.
const LIMIT: u128 = 10u128.pow(38);

/// A decimal number of up to 38 digits: an integer and a scale, so `12.50` is 1250 with scale 2.
///
/// It holds every value of Spark's `DECIMAL(p, s)` exactly, and it is a value, not a calculator: parse, print,
/// compare, convert. Equality, order and hash go by value, so `1.0 == 1.00`; printing keeps the scale. To calculate,
/// convert it to `rust_decimal` or `bigdecimal`, or bring the numbers to one scale and add [`unscaled`](Self::unscaled).
///
/// ```
/// use spark_connect::Decimal;
///
/// let price: Decimal = "12.50".parse()?;
/// assert_eq!((price.unscaled(), price.scale()), (1250, 2));
/// assert_eq!(price, "12.5".parse()?);
/// assert_eq!(price.to_string(), "12.50");
/// assert_eq!(price.rescale(1)?.to_string(), "12.5");
/// assert!(price.rescale(0).is_err());
/// # Ok::<(), spark_connect::DecimalError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Decimal {
    unscaled: i128,
    scale: u8,
}

/// Why a [`Decimal`] cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecimalError {
    /// More than 38 digits, or a scale above 38.
    TooManyDigits,
    /// The text is not a decimal number.
    NotANumber,
    /// The result would have to be rounded.
    Inexact,
}

impl Decimal {
    /// Zero, with scale 0.
    pub const ZERO: Self = Self { unscaled: 0, scale: 0 };

    /// The number `unscaled` / 10^`scale`.
    ///
    /// # Errors
    /// [`DecimalError::TooManyDigits`] for more than 38 digits or a scale above 38, the limits of Spark's DECIMAL.
    #[inline]
    pub const fn new(unscaled: i128, scale: u8) -> Result<Self, DecimalError> {
        if unscaled.unsigned_abs() < LIMIT && scale <= MAX_DIGITS {
            Ok(Self { unscaled, scale })
        } else {
            Err(DecimalError::TooManyDigits)
        }
    }

    /// The digits as an integer, without the point.
    #[must_use]
    pub const fn unscaled(self) -> i128 {
        self.unscaled
    }

    /// How many of the digits stand after the point.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// How many digits there are, without zeros in front; one for zero.
    pub(super) fn digits(self) -> u8 {
        let digits = self.unscaled.unsigned_abs().checked_ilog10().map_or(1, |power| power + 1);
        u8::try_from(digits).unwrap_or(MAX_DIGITS)
    }

    /// The same number with this scale.
    ///
    /// # Errors
    /// [`DecimalError::Inexact`] if a digit other than zero would be lost, [`DecimalError::TooManyDigits`] if the
    /// zeros to add do not fit into 38 digits.
    pub fn rescale(self, scale: u8) -> Result<Self, DecimalError> {
        let factor = power_of_ten(scale.abs_diff(self.scale))?;
        if scale >= self.scale {
            let unscaled = self.unscaled.checked_mul(factor).ok_or(DecimalError::TooManyDigits)?;
            return Self::new(unscaled, scale);
        }
        if self.unscaled % factor != 0 {
            return Err(DecimalError::Inexact);
        }
        Self::new(self.unscaled / factor, scale)
    }

    /// The number with no zero at the end of its fraction: one representation for each value.
    #[must_use]
    pub fn normalized(self) -> Self {
        let mut number = self;
        while number.scale > 0 && number.unscaled % 10 == 0 {
            number = Self { unscaled: number.unscaled / 10, scale: number.scale - 1 };
        }
        number
    }
}

fn power_of_ten(exponent: u8) -> Result<i128, DecimalError> {
    10i128.checked_pow(u32::from(exponent)).ok_or(DecimalError::TooManyDigits)
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = usize::from(self.scale);
        let digits = format!("{:0width$}", self.unscaled.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let text = if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") };
        f.pad_integral(self.unscaled >= 0, "", &text)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decimal({self})")
    }
}

impl Default for Decimal {
    fn default() -> Self {
        Self::ZERO
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.scale == other.scale {
            return self.unscaled.cmp(&other.unscaled);
        }
        // Whole parts first: bringing both to one scale could need more than 38 digits.
        self.parts().cmp(&other.parts())
    }
}

impl Decimal {
    /// The whole part and the fraction in units of 10^-38, both with the number's sign.
    fn parts(self) -> (i128, i128) {
        let one = 10i128.pow(u32::from(self.scale));
        let fraction = (self.unscaled % one) * 10i128.pow(u32::from(MAX_DIGITS - self.scale));
        (self.unscaled / one, fraction)
    }
}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let number = self.normalized();
        (number.unscaled, number.scale).hash(state);
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Decimal {
            fn from(value: $integer) -> Self {
                Self { unscaled: i128::from(value), scale: 0 }
            }
        }
    )*};
}

from_integers!(i8, i16, i32, i64, u8, u16, u32, u64);

/// Exact: a fraction other than zero is [`DecimalError::Inexact`], a number beyond `i64`
/// [`DecimalError::TooManyDigits`].
impl TryFrom<Decimal> for i64 {
    type Error = DecimalError;

    fn try_from(value: Decimal) -> Result<Self, DecimalError> {
        Self::try_from(value.rescale(0)?.unscaled).map_err(|_| DecimalError::TooManyDigits)
    }
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooManyDigits => "the number has more digits than the type can hold (a decimal holds 38)",
            Self::NotANumber => "the text is not a decimal number",
            Self::Inexact => "the number would have to be rounded",
        })
    }
}

impl std::error::Error for DecimalError {}
