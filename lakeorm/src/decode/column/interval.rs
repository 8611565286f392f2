//! The three intervals.

use arrow_array::Array;
use arrow_array::types::{IntervalMonthDayNanoType, IntervalYearMonthType};
use arrow_buffer::IntervalMonthDayNano;
use arrow_schema::{DataType, IntervalUnit};

use super::integer::values;
use super::time_counts::TimeCounts;
use super::{FromColumn, ReadError, Refusal, Shape};
use crate::{CalendarInterval, DayTimeInterval, YearMonthInterval};

impl<'b> FromColumn<'b> for YearMonthInterval {
    type Reader = &'b [i32];

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Interval(IntervalUnit::YearMonth) => Ok(Shape::leaf()),
            _ => Err(Refusal::new()),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        values::<IntervalYearMonthType>(array)
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        reader.get(row).map(|months| Self { months: *months }).ok_or_else(|| ReadError::outside(row))
    }
}

impl<'b> FromColumn<'b> for DayTimeInterval {
    type Reader = TimeCounts<'b>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Duration(_) => Ok(Shape::leaf()),
            _ => Err(Refusal::new()),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        TimeCounts::durations(array)
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        match reader.micros(row)? {
            (micros, 0) => Ok(Self { micros }),
            _ => Err(finer_than_micros()),
        }
    }
}

#[cfg(feature = "chrono")]
impl<'b> FromColumn<'b> for chrono::TimeDelta {
    type Reader = TimeCounts<'b>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        DayTimeInterval::accepts(data_type)
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        TimeCounts::durations(array)
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        let (micros, nanos) = reader.micros(row)?;
        Ok(Self::microseconds(micros) + Self::nanoseconds(i64::from(nanos)))
    }
}

impl<'b> FromColumn<'b> for CalendarInterval {
    type Reader = &'b [IntervalMonthDayNano];

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Interval(IntervalUnit::MonthDayNano) => Ok(Shape::leaf()),
            _ => Err(Refusal::new()),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        values::<IntervalMonthDayNanoType>(array)
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        let interval = reader.get(row).ok_or_else(|| ReadError::outside(row))?;
        if interval.nanoseconds % 1_000 != 0 {
            return Err(finer_than_micros());
        }
        Ok(Self { months: interval.months, days: interval.days, micros: interval.nanoseconds / 1_000 })
    }
}

#[cold]
fn finer_than_micros() -> ReadError {
    ReadError::new("the interval is finer than a microsecond, which Spark's intervals are not")
}
