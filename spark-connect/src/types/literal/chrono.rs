//! `chrono` values as literals.
//!
//! Spark keeps microseconds: an instant and a reading of a clock are cut to them, so that `Utc::now()` binds. A time of
//! day and a length of time that are finer are errors, and so are leap seconds, which Spark does not know.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike};

use super::to_literal::literals;
use super::{Literal, LiteralError, ToLiteral};
use crate::types::DataType;

literals! {
    NaiveDate => DataType::Date, |date| {
        let days = date.signed_duration_since(NaiveDate::default()).num_days();
        i32::try_from(days)
            .map(Literal::date)
            .map_err(|_| LiteralError::new("a NaiveDate is out of the range of DATE"))
    };
    NaiveDateTime => DataType::TimestampNtz, |at| {
        check_leap_second(at.nanosecond(), "a NaiveDateTime")?;
        Ok(Literal::timestamp_ntz(at.and_utc().timestamp_micros()))
    };
    NaiveTime => DataType::Time { precision: 6 }, |time| {
        check_leap_second(time.nanosecond(), "a NaiveTime")?;
        if !time.nanosecond().is_multiple_of(1_000) {
            return Err(LiteralError::finer_than_micros("a NaiveTime"));
        }
        let seconds = u64::from(time.num_seconds_from_midnight());
        Literal::time(seconds * 1_000_000_000 + u64::from(time.nanosecond()))
    };
    TimeDelta => DataType::DayTimeInterval, |length| {
        if length.subsec_nanos() % 1_000 != 0 {
            return Err(LiteralError::finer_than_micros("a TimeDelta"));
        }
        length.num_microseconds().map(Literal::day_time_interval).ok_or_else(|| {
            LiteralError::new(
                "a TimeDelta is out of the range of INTERVAL DAY TO SECOND, about 292 thousand years",
            )
        })
    };
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

/// `chrono` writes a leap second as more than a second's nanoseconds.
fn check_leap_second(nanos: u32, what: &str) -> Result<(), LiteralError> {
    if nanos >= 1_000_000_000 {
        return Err(LiteralError::new(format!(
            "{what} is in a leap second and Spark has none: pick a neighbour"
        )));
    }
    Ok(())
}
