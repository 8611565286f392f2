//! Values of the crate `time` as literals. Spark keeps microseconds: an instant and a reading of a clock are cut to
//! them, a time of day and a length of time that are finer are errors.

use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime};

use super::nanos::{cut_to_micros, whole_micros};
use super::{Literal, LiteralError, ToLiteral};
use crate::types::DataType;

const EPOCH: Date = UtcDateTime::UNIX_EPOCH.date();

impl ToLiteral for Date {
    fn data_type() -> DataType {
        DataType::Date
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        Ok(Literal::date(self.to_julian_day() - EPOCH.to_julian_day()))
    }
}

impl ToLiteral for UtcDateTime {
    fn data_type() -> DataType {
        DataType::Timestamp
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        cut_to_micros(self.unix_timestamp_nanos(), "a time::UtcDateTime").map(Literal::timestamp)
    }
}

/// Binds the instant; Spark has no place for the offset.
impl ToLiteral for OffsetDateTime {
    fn data_type() -> DataType {
        DataType::Timestamp
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        cut_to_micros(self.unix_timestamp_nanos(), "a time::OffsetDateTime").map(Literal::timestamp)
    }
}

impl ToLiteral for PrimitiveDateTime {
    fn data_type() -> DataType {
        DataType::TimestampNtz
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        let nanos = self.assume_utc().unix_timestamp_nanos();
        cut_to_micros(nanos, "a time::PrimitiveDateTime").map(Literal::timestamp_ntz)
    }
}

impl ToLiteral for Time {
    fn data_type() -> DataType {
        DataType::Time { precision: 6 }
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        let nanos = self.duration_since(Self::MIDNIGHT).whole_nanoseconds();
        // A time of day is not before midnight.
        Literal::time(u64::try_from(nanos).unwrap_or_default())
    }
}

impl ToLiteral for Duration {
    fn data_type() -> DataType {
        DataType::DayTimeInterval
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        whole_micros(self.whole_nanoseconds(), "a time::Duration").map(Literal::day_time_interval)
    }
}
