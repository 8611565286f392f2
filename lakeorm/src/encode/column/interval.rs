//! The three kinds of interval, by their parts.

use arrow_array::types::{DurationMicrosecondType, IntervalMonthDayNanoType, IntervalYearMonthType};
use arrow_buffer::IntervalMonthDayNano;

use super::super::WriteError;
use super::number::numbers;
use crate::{CalendarInterval, DataType, DayTimeInterval, YearMonthInterval};

numbers! {
    YearMonthInterval => DataType::YearMonthInterval, IntervalYearMonthType, |interval| Ok(interval.months);
    DayTimeInterval => DataType::DayTimeInterval, DurationMicrosecondType, |interval| Ok(interval.micros);
    CalendarInterval => DataType::CalendarInterval, IntervalMonthDayNanoType, |interval| {
        let nanos = interval.micros.checked_mul(1_000).ok_or_else(|| {
            WriteError::new("the interval has more than the 292 years of microseconds that Arrow holds")
        })?;
        Ok(IntervalMonthDayNano::new(interval.months, interval.days, nanos))
    };
}
