//! Counts of a time unit: how Arrow stores timestamps, times of day and durations.

use arrow_array::Array;
use arrow_array::types::{
    DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_schema::{DataType, TimeUnit};
use spark_connect::types::is_instant;

use super::ReadError;
use super::integer::values;
use super::opaque::opaque;

/// The counts of one batch, all in one unit. One of the slices is empty.
pub struct TimeCounts<'b> {
    wide: &'b [i64],
    narrow: &'b [i32],
    unit: TimeUnit,
}

opaque!(TimeCounts<'b>);

impl<'b> TimeCounts<'b> {
    /// Since 1970, with a zone or without.
    pub(super) fn timestamps(array: &'b dyn Array, zoned: bool) -> Result<Self, ReadError> {
        let (wide, unit) = timestamps(array, zoned)?;
        Ok(Self { wide, narrow: &[], unit })
    }

    /// Since midnight.
    pub(super) fn times(array: &'b dyn Array) -> Result<Self, ReadError> {
        let (wide, narrow, unit): (&[i64], &[i32], _) = match array.data_type() {
            DataType::Time32(TimeUnit::Second) => (&[], values::<Time32SecondType>(array)?, TimeUnit::Second),
            DataType::Time32(_) => (&[], values::<Time32MillisecondType>(array)?, TimeUnit::Millisecond),
            DataType::Time64(TimeUnit::Microsecond) => {
                (values::<Time64MicrosecondType>(array)?, &[], TimeUnit::Microsecond)
            }
            DataType::Time64(_) => (values::<Time64NanosecondType>(array)?, &[], TimeUnit::Nanosecond),
            _ => return Err(ReadError::unexpected(array)),
        };
        Ok(Self { wide, narrow, unit })
    }

    /// Between two instants.
    pub(super) fn durations(array: &'b dyn Array) -> Result<Self, ReadError> {
        let DataType::Duration(unit) = array.data_type() else { return Err(ReadError::unexpected(array)) };
        let wide = match unit {
            TimeUnit::Second => values::<DurationSecondType>(array)?,
            TimeUnit::Millisecond => values::<DurationMillisecondType>(array)?,
            TimeUnit::Microsecond => values::<DurationMicrosecondType>(array)?,
            TimeUnit::Nanosecond => values::<DurationNanosecondType>(array)?,
        };
        Ok(Self { wide, narrow: &[], unit: *unit })
    }

    /// The count in nanoseconds.
    #[inline]
    pub(super) fn nanos(&self, row: usize) -> Result<i128, ReadError> {
        let count = match self.wide.get(row) {
            Some(count) => *count,
            None => {
                self.narrow.get(row).map(|count| i64::from(*count)).ok_or_else(|| ReadError::outside(row))?
            }
        };
        Ok(i128::from(count) * nanos_in(self.unit))
    }

    /// The count in whole microseconds, rounded down, and the nanoseconds above.
    pub(super) fn micros(&self, row: usize) -> Result<(i64, u16), ReadError> {
        let nanos = self.nanos(row)?;
        let micros = i64::try_from(nanos.div_euclid(1_000))
            .map_err(|_| ReadError::new("the value has more microseconds than 64 bits hold"))?;
        Ok((micros, u16::try_from(nanos.rem_euclid(1_000)).unwrap_or_default()))
    }
}

/// The counts of timestamps since 1970, with a zone or without, and their unit.
pub(super) fn timestamps(array: &dyn Array, zoned: bool) -> Result<(&[i64], TimeUnit), ReadError> {
    let unit = match array.data_type() {
        timestamp @ DataType::Timestamp(unit, _) if is_instant(timestamp) == zoned => *unit,
        _ => return Err(ReadError::unexpected(array)),
    };
    let counts = match unit {
        TimeUnit::Second => values::<TimestampSecondType>(array)?,
        TimeUnit::Millisecond => values::<TimestampMillisecondType>(array)?,
        TimeUnit::Microsecond => values::<TimestampMicrosecondType>(array)?,
        TimeUnit::Nanosecond => values::<TimestampNanosecondType>(array)?,
    };
    Ok((counts, unit))
}

/// Whether the type is that of timestamps without a time zone.
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub(super) fn is_wall_clock(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(..)) && !is_instant(data_type)
}

/// Whether the type is that of times of day.
#[cfg(any(feature = "jiff", feature = "time"))]
pub(super) fn is_time_of_day(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Time32(_) | DataType::Time64(_))
}

/// Whether the type is that of durations.
#[cfg(any(feature = "jiff", feature = "time"))]
pub(super) fn is_duration(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Duration(_))
}

fn nanos_in(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}
