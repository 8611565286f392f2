//! Values of the crate `time` as literals. Spark keeps microseconds: an instant and a reading of a clock are cut to
//! them, a time of day and a length of time that are finer are errors.

use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime};

use super::Literal;
use super::nanos::{cut_to_micros, whole_micros};
use super::to_literal::literals;
use crate::types::DataType;

const EPOCH: i32 = UtcDateTime::UNIX_EPOCH.to_julian_day();

literals! {
    Date => DataType::Date, |date| Ok(Literal::date(date.to_julian_day() - EPOCH));
    UtcDateTime => DataType::Timestamp, |at| {
        cut_to_micros(at.unix_timestamp_nanos(), "a time::UtcDateTime").map(Literal::timestamp)
    };
    /// Binds the instant; Spark has no place for the offset.
    OffsetDateTime => DataType::Timestamp, |at| {
        cut_to_micros(at.unix_timestamp_nanos(), "a time::OffsetDateTime").map(Literal::timestamp)
    };
    PrimitiveDateTime => DataType::TimestampNtz, |at| {
        let nanos = at.assume_utc().unix_timestamp_nanos();
        cut_to_micros(nanos, "a time::PrimitiveDateTime").map(Literal::timestamp_ntz)
    };
    Time => DataType::Time { precision: 6 }, |time| {
        let nanos = time.duration_since(Time::MIDNIGHT).whole_nanoseconds();
        // A time of day is not before midnight.
        Literal::time(u64::try_from(nanos).unwrap_or_default())
    };
    Duration => DataType::DayTimeInterval, |length| {
        whole_micros(length.whole_nanoseconds(), "a time::Duration").map(Literal::day_time_interval)
    };
}
