//! `jiff` values as literals. Spark keeps microseconds: an instant and a reading of a clock are cut to them, a time of
//! day and a length of time that are finer are errors.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};

use super::nanos::{cut_to_micros, whole_micros};
use super::{Literal, LiteralError, ToLiteral};
use crate::types::DataType;

const EPOCH: Date = Date::constant(1970, 1, 1);

impl ToLiteral for Date {
    fn data_type() -> DataType {
        DataType::Date
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        let days = self.duration_since(EPOCH).as_hours() / 24;
        // jiff's years end at 9999.
        i32::try_from(days)
            .map(Literal::date)
            .map_err(|_| LiteralError::new("a jiff::civil::Date is out of the range of DATE"))
    }
}

impl ToLiteral for Timestamp {
    fn data_type() -> DataType {
        DataType::Timestamp
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        cut_to_micros(self.as_nanosecond(), "a jiff::Timestamp").map(Literal::timestamp)
    }
}

impl ToLiteral for DateTime {
    fn data_type() -> DataType {
        DataType::TimestampNtz
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        let since = self.duration_since(EPOCH.at(0, 0, 0, 0));
        cut_to_micros(since.as_nanos(), "a jiff::civil::DateTime").map(Literal::timestamp_ntz)
    }
}

impl ToLiteral for Time {
    fn data_type() -> DataType {
        DataType::Time { precision: 6 }
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        let nanos = self.duration_since(Self::midnight()).as_nanos();
        // A time of day is not before midnight.
        Literal::time(u64::try_from(nanos).unwrap_or_default())
    }
}

impl ToLiteral for SignedDuration {
    fn data_type() -> DataType {
        DataType::DayTimeInterval
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        whole_micros(self.as_nanos(), "a jiff::SignedDuration").map(Literal::day_time_interval)
    }
}
