//! Dates and times as `jiff` types.

use arrow_array::Array;
use arrow_array::types::Date32Type;
use arrow_schema::DataType;
use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};
use spark_connect::types::is_instant;

use super::date_column::date_column;
use super::integer::values;
use super::time_column::time_column;
use super::time_counts::{TimeCounts, is_duration, is_time_of_day, is_wall_clock};
use super::{FromColumn, ReadError, Refusal, Shape};

const EPOCH: DateTime = Date::constant(1970, 1, 1).at(0, 0, 0, 0);

date_column!(Date, date);

fn date(days: i32) -> Result<Date, ReadError> {
    let date = EPOCH.date().checked_add(SignedDuration::from_hours(24 * i64::from(days)));
    date.map_err(|_| ReadError::new("the date is outside the years that jiff::civil::Date can hold"))
}

/// The part of a count that is whole seconds, and the nanoseconds above.
fn duration(nanos: i128) -> Result<SignedDuration, ReadError> {
    SignedDuration::try_from_nanos_i128(nanos).ok_or_else(|| ReadError::new("the value is out of range"))
}

time_column!(
    Timestamp,
    is_instant,
    Refusal::cast_to("TIMESTAMP"),
    |array| TimeCounts::timestamps(array, true),
    |nanos| Self::from_nanosecond(nanos)
        .map_err(|_| ReadError::new("the timestamp is outside the years that jiff::Timestamp can hold"))
);
time_column!(
    DateTime,
    is_wall_clock,
    Refusal::cast_to("TIMESTAMP_NTZ"),
    |array| TimeCounts::timestamps(array, false),
    |nanos| EPOCH.checked_add(duration(nanos)?).map_err(|_| ReadError::new(
        "the timestamp is outside the years that jiff::civil::DateTime can hold"
    ))
);
time_column!(Time, is_time_of_day, Refusal::cast_to("TIME"), TimeCounts::times, |nanos| {
    Self::midnight()
        .checked_add(duration(nanos)?)
        .map_err(|_| ReadError::new("the time is not between 00:00 and 24:00"))
});
time_column!(SignedDuration, is_duration, Refusal::new(), TimeCounts::durations, duration);
