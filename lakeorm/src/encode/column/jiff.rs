//! DATE, TIME, TIMESTAMP, TIMESTAMP_NTZ and INTERVAL DAY TO SECOND from `jiff` types.

use arrow_array::types::{
    Date32Type, DurationMicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
};
use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};

use super::micros::{micros, time_of_day};
use super::number::{numbers, or_stamped, out_of_range};
use crate::DataType;

const EPOCH: Date = Date::constant(1970, 1, 1);

const ROUND: &str = "round it with `round(jiff::Unit::Microsecond)`";
const ROUND_OR_STAMP: &str = or_stamped!("round it with `round(jiff::Unit::Microsecond)`");

numbers! {
    Date => DataType::Date, Date32Type, |date| {
        i32::try_from(date.duration_since(EPOCH).as_hours() / 24).map_err(|_| out_of_range())
    }, DISTINCT;
    Timestamp => DataType::Timestamp, TimestampMicrosecondType, |at| {
        micros(at.as_nanosecond(), ROUND_OR_STAMP)
    }, DISTINCT;
    DateTime => DataType::TimestampNtz, TimestampMicrosecondType, |at| {
        micros(at.duration_since(EPOCH.at(0, 0, 0, 0)).as_nanos(), ROUND)
    }, DISTINCT;
    Time => DataType::Time { precision: 6 }, Time64NanosecondType, |time| {
        time_of_day(time.duration_since(Time::midnight()).as_nanos(), ROUND)
    };
    SignedDuration => DataType::DayTimeInterval, DurationMicrosecondType, |length| {
        micros(length.as_nanos(), ROUND)
    };
}
