//! Counts of nanoseconds, which `jiff` and `time` make of all their types, in Spark's microseconds.

use super::super::WriteError;
use super::number::{finer_than_micros, out_of_range};

/// The whole microseconds; anything finer is an error with this advice, and not a rounding.
#[inline]
pub(super) fn micros(nanos: i128, advice: &str) -> Result<i64, WriteError> {
    if nanos % 1_000 != 0 {
        return Err(finer_than_micros(advice));
    }
    i64::try_from(nanos / 1_000).map_err(|_| out_of_range())
}

/// The nanoseconds of a day, in whole microseconds.
#[inline]
pub(super) fn time_of_day(nanos: i128, advice: &str) -> Result<i64, WriteError> {
    micros(nanos, advice).map(|micros| micros * 1_000)
}
