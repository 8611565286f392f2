//! Decimals from text.

use std::str::FromStr;

use super::{Decimal, DecimalError, power_of_ten};

/// Reads an optional sign, digits with an optional point, and an optional exponent: `-12.50`, `.5`, `1e3`. The
/// scale is the number of digits after the point, less the exponent.
impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (digits, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let magnitude = parse_digits(whole, fraction)?;
        let fraction = i64::try_from(fraction.len()).map_err(|_| DecimalError::TooManyDigits)?;
        let unscaled = if negative { -magnitude } else { magnitude };
        with_scale(unscaled, fraction.saturating_sub(exponent))
    }
}

fn parse_exponent(text: &str) -> Result<i64, DecimalError> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DecimalError::NotANumber);
    }
    text.parse().map_err(|_| DecimalError::TooManyDigits)
}

fn parse_digits(whole: &str, fraction: &str) -> Result<i128, DecimalError> {
    if whole.is_empty() && fraction.is_empty() {
        return Err(DecimalError::NotANumber);
    }
    let mut magnitude = 0i128;
    for byte in whole.bytes().chain(fraction.bytes()) {
        if !byte.is_ascii_digit() {
            return Err(DecimalError::NotANumber);
        }
        let digit = i128::from(byte - b'0');
        magnitude = magnitude
            .checked_mul(10)
            .and_then(|number| number.checked_add(digit))
            .ok_or(DecimalError::TooManyDigits)?;
    }
    Ok(magnitude)
}

/// A scale below zero (`1e3`) becomes zeros before the point.
pub(super) fn with_scale(unscaled: i128, scale: i64) -> Result<Decimal, DecimalError> {
    if scale >= 0 {
        let scale = u8::try_from(scale).map_err(|_| DecimalError::TooManyDigits)?;
        return Decimal::new(unscaled, scale);
    }
    if unscaled == 0 {
        return Ok(Decimal::ZERO);
    }
    let zeros = u8::try_from(scale.unsigned_abs()).map_err(|_| DecimalError::TooManyDigits)?;
    let unscaled = unscaled.checked_mul(power_of_ten(zeros)?).ok_or(DecimalError::TooManyDigits)?;
    Decimal::new(unscaled, 0)
}
