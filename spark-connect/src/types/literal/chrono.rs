//! `chrono` values as literals.
//!
//! Spark keeps microseconds: an instant and a reading of a clock are cut to them, so that `Utc::now()` binds. A time of
//! day and a length of time that are finer are errors, and so are leap seconds, which Spark does not know.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike};

use super::{Literal, LiteralError, ToLiteral};
use crate::types::DataType;

impl ToLiteral for NaiveDate {
    fn data_type() -> DataType {
        DataType::Date
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        let days = self.signed_duration_since(Self::default()).num_days();
        let days =
            i32::try_from(days).map_err(|_| LiteralError::new("a NaiveDate is out of the range of DATE"))?;
        Ok(Literal::date(days))
    }
}

impl<Tz: TimeZone> ToLiteral for DateTime<Tz> {
    fn data_type() -> DataType {
        DataType::Timestamp
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        check_leap_second(self.timestamp_subsec_nanos(), "a DateTime")?;
        Ok(Literal::timestamp(self.timestamp_micros()))
    }
}

impl ToLiteral for NaiveDateTime {
    fn data_type() -> DataType {
        DataType::TimestampNtz
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        check_leap_second(self.nanosecond(), "a NaiveDateTime")?;
        Ok(Literal::timestamp_ntz(self.and_utc().timestamp_micros()))
    }
}

impl ToLiteral for NaiveTime {
    fn data_type() -> DataType {
        DataType::Time { precision: 6 }
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        check_leap_second(self.nanosecond(), "a NaiveTime")?;
        if !self.nanosecond().is_multiple_of(1_000) {
            return Err(LiteralError::finer_than_micros("a NaiveTime"));
        }
        Literal::time(
            u64::from(self.num_seconds_from_midnight()) * 1_000_000_000 + u64::from(self.nanosecond()),
        )
    }
}

impl ToLiteral for TimeDelta {
    fn data_type() -> DataType {
        DataType::DayTimeInterval
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        if self.subsec_nanos() % 1_000 != 0 {
            return Err(LiteralError::finer_than_micros("a TimeDelta"));
        }
        let micros = self.num_microseconds();
        micros.map(Literal::day_time_interval).ok_or_else(|| {
            LiteralError::new(
                "a TimeDelta is out of the range of INTERVAL DAY TO SECOND, about 292 thousand years",
            )
        })
    }
}

/// `chrono` writes a leap second as more than a second's nanoseconds.
fn check_leap_second(nanos: u32, what: &str) -> Result<(), LiteralError> {
    if nanos >= 1_000_000_000 {
        return Err(LiteralError::new(format!(
            "{what} is in a leap second and Spark has none: pick a neighbour"
        )));
    }
    Ok(())
}
