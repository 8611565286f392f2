//! DATE, TIME, TIMESTAMP, TIMESTAMP_NTZ and INTERVAL DAY TO SECOND from types of the crate `time`.

use arrow_array::types::{
    Date32Type, DurationMicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
};
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime};

use super::micros::{micros, time_of_day};
use super::number::{numbers, or_stamped};
use crate::DataType;

const EPOCH: i32 = UtcDateTime::UNIX_EPOCH.to_julian_day();

const CUT: &str = "cut it with `truncate_to_microsecond()`";
const CUT_OR_STAMP: &str = or_stamped!("cut it with `truncate_to_microsecond()`");

numbers! {
    Date => DataType::Date, Date32Type, |date| Ok(date.to_julian_day() - EPOCH), DISTINCT;
    UtcDateTime => DataType::Timestamp, TimestampMicrosecondType, |at| {
        micros(at.unix_timestamp_nanos(), CUT_OR_STAMP)
    }, DISTINCT;
    OffsetDateTime => DataType::Timestamp, TimestampMicrosecondType, |at| {
        micros(at.unix_timestamp_nanos(), CUT_OR_STAMP)
    }, DISTINCT;
    PrimitiveDateTime => DataType::TimestampNtz, TimestampMicrosecondType, |at| {
        micros(at.assume_utc().unix_timestamp_nanos(), CUT)
    }, DISTINCT;
    Time => DataType::Time { precision: 6 }, Time64NanosecondType, |time| {
        time_of_day((*time - Time::MIDNIGHT).whole_nanoseconds(), CUT)
    };
    Duration => DataType::DayTimeInterval, DurationMicrosecondType, |length| {
        micros(length.whole_nanoseconds(), "round it first")
    };
}
