//! Scalars as JSON: as a number where it is exact, else as text.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat};
use serde_json::{Number, Value};

use crate::Decimal;

/// The most digits of which every decimal number has its own `f64`.
const DIGITS_OF_A_DOUBLE: u128 = 10u128.pow(15);

/// JSON has no NaN and no infinities.
pub(crate) fn double(value: f64) -> Value {
    Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number)
}

/// By way of text, so that the shortest decimal that names the float is kept.
pub(crate) fn float(value: f32) -> Value {
    double(value.to_string().parse().unwrap_or(f64::NAN))
}

pub(crate) fn decimal(value: Decimal) -> Value {
    let value = value.normalized();
    if let Ok(whole) = i64::try_from(value) {
        return whole.into();
    }
    if value.unscaled().unsigned_abs() < DIGITS_OF_A_DOUBLE
        && let Ok(number) = value.to_string().parse::<f64>()
    {
        return double(number);
    }
    value.to_string().into()
}

/// `None` outside of the years that `chrono` has; so below.
pub(crate) fn date(days: i32) -> Option<Value> {
    NaiveDate::from_epoch_days(days).map(|date| date.to_string().into())
}

/// A timestamp by the seconds since 1970-01-01 00:00, and the nanoseconds above them.
pub(crate) fn timestamp(seconds: i64, nanos: u32, zoned: bool) -> Option<Value> {
    let at = DateTime::from_timestamp(seconds, nanos)?;
    Some(if zoned {
        at.to_rfc3339_opts(SecondsFormat::AutoSi, true).into()
    } else {
        at.naive_utc().format("%Y-%m-%dT%H:%M:%S%.f").to_string().into()
    })
}

/// A time of day by the nanoseconds since midnight.
pub(crate) fn time(nanos: i64) -> Option<Value> {
    let seconds = u32::try_from(nanos.div_euclid(1_000_000_000)).ok()?;
    let nanos = u32::try_from(nanos.rem_euclid(1_000_000_000)).ok()?;
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos).map(|time| time.to_string().into())
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0usize, |bits, i| bits << 8 | usize::from(group.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let digit = DIGITS.get(bits >> (18 - 6 * i) & 0x3f).copied().unwrap_or(b'=');
            text.push(char::from(if i <= group.len() { digit } else { b'=' }));
        }
    }
    text
}
