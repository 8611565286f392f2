//! DATE, TIMESTAMP and TIMESTAMP_NTZ, as `chrono` types.
//!
//! A TIMESTAMP is an instant: Arrow holds it in UTC, and the zone beside it is only the session's label. A
//! TIMESTAMP_NTZ is what a wall clock shows, somewhere. The two are never turned into each other here.

use arrow_array::Array;
use arrow_array::types::{
    Date32Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::integer::values;
use super::{FromColumn, ReadError, Refusal, Shape};

impl<'b> FromColumn<'b> for NaiveDate {
    type Reader = &'b [i32];

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Date32 => Ok(Shape::leaf()),
            _ => Err(Refusal::cast_to("DATE")),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        values::<Date32Type>(array)
    }

    #[inline]
    fn direct(reader: &Self::Reader, rows: usize) -> usize {
        rows.min(reader.len())
    }

    #[inline(always)]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        let days = reader.get(row).ok_or_else(|| ReadError::outside(row))?;
        Self::from_epoch_days(*days)
            .ok_or_else(|| ReadError::new("the date is outside the years that chrono::NaiveDate can hold"))
    }
}

/// Timestamps of one batch: counts of one unit since 1970, with a zone or without.
#[derive(Debug)]
pub struct Timestamps<'b> {
    counts: &'b [i64],
    unit: TimeUnit,
}

impl<'b> Timestamps<'b> {
    fn bind(array: &'b dyn Array, zoned: bool) -> Result<Self, ReadError> {
        let (unit, counts) = match array.data_type() {
            DataType::Timestamp(_, zone) if zone.is_some() != zoned => {
                return Err(ReadError::unexpected(array));
            }
            DataType::Timestamp(unit @ TimeUnit::Second, _) => (unit, values::<TimestampSecondType>(array)?),
            DataType::Timestamp(unit @ TimeUnit::Millisecond, _) => {
                (unit, values::<TimestampMillisecondType>(array)?)
            }
            DataType::Timestamp(unit @ TimeUnit::Microsecond, _) => {
                (unit, values::<TimestampMicrosecondType>(array)?)
            }
            DataType::Timestamp(unit @ TimeUnit::Nanosecond, _) => {
                (unit, values::<TimestampNanosecondType>(array)?)
            }
            _ => return Err(ReadError::unexpected(array)),
        };
        Ok(Self { counts, unit: *unit })
    }

    /// The timestamp on UTC's clock, or `None` if it is outside chrono's years.
    #[inline(always)]
    fn get(&self, row: usize) -> Result<Option<DateTime<Utc>>, ReadError> {
        let count = *self.counts.get(row).ok_or_else(|| ReadError::outside(row))?;
        Ok(match self.unit {
            TimeUnit::Microsecond => DateTime::from_timestamp_micros(count),
            TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(count)),
            TimeUnit::Millisecond => DateTime::from_timestamp_millis(count),
            TimeUnit::Second => DateTime::from_timestamp_secs(count),
        })
    }
}

impl<'b> FromColumn<'b> for DateTime<Utc> {
    type Reader = Timestamps<'b>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Timestamp(_, Some(_)) => Ok(Shape::leaf()),
            _ => Err(Refusal::cast_to("TIMESTAMP")),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        Timestamps::bind(array, true)
    }

    #[inline]
    fn direct(reader: &Self::Reader, rows: usize) -> usize {
        rows.min(reader.counts.len())
    }

    #[inline(always)]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        reader.get(row)?.ok_or_else(|| {
            ReadError::new("the timestamp is outside the years that chrono::DateTime<Utc> can hold")
        })
    }
}

impl<'b> FromColumn<'b> for NaiveDateTime {
    type Reader = Timestamps<'b>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Timestamp(_, None) => Ok(Shape::leaf()),
            _ => Err(Refusal::cast_to("TIMESTAMP_NTZ")),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        Timestamps::bind(array, false)
    }

    #[inline(always)]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        match reader.get(row)? {
            Some(at) => Ok(at.naive_utc()),
            None => {
                Err(ReadError::new("the timestamp is outside the years that chrono::NaiveDateTime can hold"))
            }
        }
    }
}
