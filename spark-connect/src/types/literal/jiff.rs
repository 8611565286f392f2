//! `jiff` values as literals. Spark keeps microseconds: an instant and a reading of a clock are cut to them, a time of
//! day and a length of time that are finer are errors.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};

use super::nanos::{cut_to_micros, whole_micros};
use super::to_literal::literals;
use super::{Literal, LiteralError};
use crate::types::DataType;

const EPOCH: Date = Date::constant(1970, 1, 1);

literals! {
    Date => DataType::Date, |date| {
        let days = date.duration_since(EPOCH).as_hours() / 24;
        // jiff's years end at 9999.
        i32::try_from(days)
            .map(Literal::date)
            .map_err(|_| LiteralError::new("a jiff::civil::Date is out of the range of DATE"))
    };
    Timestamp => DataType::Timestamp, |at| {
        cut_to_micros(at.as_nanosecond(), "a jiff::Timestamp").map(Literal::timestamp)
    };
    DateTime => DataType::TimestampNtz, |at| {
        let since = at.duration_since(EPOCH.at(0, 0, 0, 0));
        cut_to_micros(since.as_nanos(), "a jiff::civil::DateTime").map(Literal::timestamp_ntz)
    };
    Time => DataType::Time { precision: 6 }, |time| {
        let nanos = time.duration_since(Time::midnight()).as_nanos();
        // A time of day is not before midnight.
        Literal::time(u64::try_from(nanos).unwrap_or_default())
    };
    SignedDuration => DataType::DayTimeInterval, |length| {
        whole_micros(length.as_nanos(), "a jiff::SignedDuration").map(Literal::day_time_interval)
    };
}
