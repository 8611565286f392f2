//! Spark's three kinds of interval, each as the numbers that it is made of.

use super::{DataType, Literal, LiteralError, ToLiteral};

/// An `INTERVAL YEAR TO MONTH`: a number of months.
///
/// ```
/// use spark_connect::YearMonthInterval;
///
/// let interval = YearMonthInterval { months: 14 };
/// assert_eq!((interval.months / 12, interval.months % 12), (1, 2));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearMonthInterval {
    /// Months; twelve are a year.
    pub months: i32,
}

/// An `INTERVAL DAY TO SECOND`: a length of time in microseconds. A day has 24 hours.
///
/// With the feature `chrono`, `chrono::TimeDelta` reads and binds the same type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DayTimeInterval {
    /// Microseconds.
    pub micros: i64,
}

/// An `INTERVAL` of the calendar, such as `make_interval` returns: its parts have no common unit, so it has no order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct CalendarInterval {
    /// Months; twelve are a year.
    pub months: i32,
    /// Days of the calendar, which a clock change can make longer or shorter than 24 hours.
    pub days: i32,
    /// Microseconds.
    pub micros: i64,
}

/// Microseconds beyond 292 years are an error: see [`Literal::calendar_interval`].
impl ToLiteral for CalendarInterval {
    fn data_type() -> DataType {
        DataType::CalendarInterval
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        Literal::calendar_interval(self.months, self.days, self.micros)
    }
}

impl ToLiteral for YearMonthInterval {
    fn data_type() -> DataType {
        DataType::YearMonthInterval
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        Ok(Literal::year_month_interval(self.months))
    }
}

impl ToLiteral for DayTimeInterval {
    fn data_type() -> DataType {
        DataType::DayTimeInterval
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        Ok(Literal::day_time_interval(self.micros))
    }
}
