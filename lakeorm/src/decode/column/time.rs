//! Dates and times as types of the crate `time`.

use arrow_array::Array;
use arrow_array::types::Date32Type;
use arrow_schema::DataType;
use spark_connect::types::is_instant;
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime};

use super::converted::converted;
use super::date_column::date_column;
use super::integer::values;
use super::time_column::time_column;
use super::time_counts::{TimeCounts, is_duration, is_time_of_day, is_wall_clock};
use super::{FromColumn, ReadError, Refusal, Shape};

date_column!(Date, date);

fn date(days: i32) -> Result<Date, ReadError> {
    let date = UtcDateTime::UNIX_EPOCH.date().checked_add(Duration::days(i64::from(days)));
    date.ok_or_else(|| ReadError::new("the date is outside the years that time::Date can hold"))
}

/// A count as a duration.
fn duration(nanos: i128) -> Result<Duration, ReadError> {
    let seconds = i64::try_from(nanos.div_euclid(1_000_000_000));
    match (seconds, i32::try_from(nanos.rem_euclid(1_000_000_000))) {
        (Ok(seconds), Ok(nanos)) => Ok(Duration::new(seconds, nanos)),
        _ => Err(ReadError::new("the value is out of range")),
    }
}

time_column!(
    UtcDateTime,
    is_instant,
    Refusal::cast_to("TIMESTAMP"),
    |array| TimeCounts::timestamps(array, true),
    |nanos| Self::from_unix_timestamp_nanos(nanos)
        .map_err(|_| ReadError::new("the timestamp is outside the years that time::UtcDateTime can hold"))
);
time_column!(
    PrimitiveDateTime,
    is_wall_clock,
    Refusal::cast_to("TIMESTAMP_NTZ"),
    |array| TimeCounts::timestamps(array, false),
    |nanos| Self::new(UtcDateTime::UNIX_EPOCH.date(), Time::MIDNIGHT)
        .checked_add(duration(nanos)?)
        .ok_or_else(|| ReadError::new(
            "the timestamp is outside the years that time::PrimitiveDateTime can hold"
        ))
);
time_column!(Time, is_time_of_day, Refusal::cast_to("TIME"), TimeCounts::times, |nanos| {
    match u64::try_from(nanos) {
        Ok(nanos) if nanos < 86_400_000_000_000 => {
            Ok(Self::MIDNIGHT + std::time::Duration::from_nanos(nanos))
        }
        _ => Err(ReadError::new("the time is not between 00:00 and 24:00")),
    }
});
time_column!(Duration, is_duration, Refusal::new(), TimeCounts::durations, duration);

// At UTC: the session's zone is only a label.
converted!(OffsetDateTime, UtcDateTime, |at| Ok::<_, ReadError>(at.into()));
