//! Counts of nanoseconds, which `jiff` and `time` make of all their types, in Spark's microseconds.

use super::LiteralError;

/// The whole microseconds; anything finer is an error and not a rounding.
pub(super) fn whole_micros(nanos: i128, what: &str) -> Result<i64, LiteralError> {
    if nanos % 1_000 != 0 {
        return Err(LiteralError::finer_than_micros(what));
    }
    cut_to_micros(nanos, what)
}

/// The microsecond in which an instant lies.
pub(super) fn cut_to_micros(nanos: i128, what: &str) -> Result<i64, LiteralError> {
    i64::try_from(nanos.div_euclid(1_000)).map_err(|_| {
        LiteralError::new(format!("{what} is out of the range of Spark, about 292 thousand years"))
    })
}
