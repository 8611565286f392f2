//! DATE, TIME, TIMESTAMP and TIMESTAMP_NTZ, as `chrono` types.
//!
//! A TIMESTAMP is an instant: Arrow holds it in UTC, and the zone beside it is only the session's label. A
//! TIMESTAMP_NTZ is what a wall clock shows, somewhere. The two are never turned into each other here.

use arrow_array::Array;
use arrow_array::types::Date32Type;
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use spark_connect::types::is_instant;

use super::converted::converted;
use super::date_column::date_column;
use super::integer::values;
use super::opaque::opaque;
use super::time_counts::{TimeCounts, is_wall_clock, timestamps};
use super::{FromColumn, ReadError, Refusal, Shape};

date_column!(NaiveDate, date);

#[inline(always)]
fn date(days: i32) -> Result<NaiveDate, ReadError> {
    NaiveDate::from_epoch_days(days)
        .ok_or_else(|| ReadError::new("the date is outside the years that chrono::NaiveDate can hold"))
}

/// Timestamps of one batch: counts of one unit since 1970, with a zone or without. One of the slices is empty, and
/// the one that servers send comes first.
pub struct Timestamps<'b> {
    micros: &'b [i64],
    other: &'b [i64],
    unit: TimeUnit,
}

opaque!(Timestamps<'b>);

impl<'b> Timestamps<'b> {
    fn bind(array: &'b dyn Array, zoned: bool) -> Result<Self, ReadError> {
        let (counts, unit) = timestamps(array, zoned)?;
        Ok(match unit {
            TimeUnit::Microsecond => Self { micros: counts, other: &[], unit },
            _ => Self { micros: &[], other: counts, unit },
        })
    }

    #[inline]
    fn fast_rows(&self, rows: usize) -> usize {
        rows.min(self.micros.len())
    }

    /// [`get`](Self::get) of one of the first [`fast_rows`](Self::fast_rows).
    #[inline(always)]
    fn get_fast(&self, row: usize) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.micros.get(row).copied().unwrap_or_default())
    }

    /// The timestamp on UTC's clock, or `None` if it is outside chrono's years.
    #[inline(always)]
    fn get(&self, row: usize) -> Result<Option<DateTime<Utc>>, ReadError> {
        match self.micros.get(row) {
            Some(count) => Ok(DateTime::from_timestamp_micros(*count)),
            None => other(self.other, self.unit, row),
        }
    }
}

#[inline(always)]
fn other(counts: &[i64], unit: TimeUnit, row: usize) -> Result<Option<DateTime<Utc>>, ReadError> {
    let count = *counts.get(row).ok_or_else(|| ReadError::outside(row))?;
    Ok(match unit {
        TimeUnit::Microsecond => DateTime::from_timestamp_micros(count),
        TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(count)),
        TimeUnit::Millisecond => DateTime::from_timestamp_millis(count),
        TimeUnit::Second => DateTime::from_timestamp_secs(count),
    })
}

#[inline(always)]
fn instant(at: Option<DateTime<Utc>>) -> Result<DateTime<Utc>, ReadError> {
    at.ok_or_else(|| ReadError::new("the timestamp is outside the years that chrono::DateTime<Utc> can hold"))
}

#[inline(always)]
fn civil(at: Option<DateTime<Utc>>) -> Result<NaiveDateTime, ReadError> {
    at.map(|at| at.naive_utc()).ok_or_else(|| {
        ReadError::new("the timestamp is outside the years that chrono::NaiveDateTime can hold")
    })
}

/// Implements the trait for timestamps that have a zone, or that have none.
macro_rules! timestamp {
    ($rust:ty, $is_kind:ident, $spark:literal, zoned: $zoned:literal, $convert:ident) => {
        impl<'b> FromColumn<'b> for $rust {
            type Reader = Timestamps<'b>;

            fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
                if $is_kind(data_type) { Ok(Shape::leaf()) } else { Err(Refusal::cast_to($spark)) }
            }

            fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
                Timestamps::bind(array, $zoned)
            }

            #[inline]
            fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
                reader.fast_rows(rows)
            }

            #[inline(always)]
            fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                $convert(reader.get(row)?)
            }

            #[inline(always)]
            fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                $convert(reader.get_fast(row))
            }
        }
    };
}

timestamp!(DateTime<Utc>, is_instant, "TIMESTAMP", zoned: true, instant);
timestamp!(NaiveDateTime, is_wall_clock, "TIMESTAMP_NTZ", zoned: false, civil);

// At UTC: which offset an instant was written with, nothing tells.
converted!(DateTime<FixedOffset>, DateTime<Utc>, |at| Ok(at.fixed_offset()));

impl<'b> FromColumn<'b> for NaiveTime {
    type Reader = TimeCounts<'b>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Time32(_) | DataType::Time64(_) => Ok(Shape::leaf()),
            _ => Err(Refusal::cast_to("TIME")),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        TimeCounts::times(array)
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        let nanos = reader.nanos(row)?;
        let parts =
            (u32::try_from(nanos.div_euclid(1_000_000_000)), u32::try_from(nanos.rem_euclid(1_000_000_000)));
        let time = match parts {
            (Ok(seconds), Ok(nanos)) => Self::from_num_seconds_from_midnight_opt(seconds, nanos),
            _ => None,
        };
        time.ok_or_else(|| ReadError::new("the time is not between 00:00 and 24:00"))
    }
}
