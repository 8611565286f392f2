//! [`Value`]: any Spark value, for rows whose columns are not known when the program is written.

use std::sync::Arc;

use bytes::Bytes;

use crate::{CalendarInterval, Decimal};

#[cfg(feature = "json")]
pub(crate) mod json;

/// A value of any Spark type.
///
/// Dates and times are the numbers that Spark keeps, so that every value has a place, those outside a calendar's
/// years included. `Debug` shows the values: it is for a program's own output.
///
/// With the feature `json`, it is `serde::Serialize`, by the rules of `Variant::to_json`: dates and times become text,
/// BINARY base64, a DECIMAL a number if that is exact and text if not, a MAP and a STRUCT an object; an interval is the
/// number of its months or microseconds, or an object of its parts. Where JSON would lose something, serializing is an
/// error: an [`Unsupported`](Self::Unsupported) value, a date outside of the calendar of `chrono`, a name or key that
/// is there twice. A VARIANT is the two parts of its bytes: read it as a [`Variant`](crate::Variant), or select
/// `to_json` of it.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Value {
    /// NULL.
    #[default]
    Null,
    /// BOOLEAN.
    Boolean(bool),
    /// TINYINT.
    Byte(i8),
    /// SMALLINT.
    Short(i16),
    /// INT.
    Integer(i32),
    /// BIGINT.
    Long(i64),
    /// An unsigned integer of 64 bits, which Spark does not have: Sail counts in it. Narrower ones are
    /// [`Short`](Self::Short) to [`Long`](Self::Long).
    UnsignedLong(u64),
    /// FLOAT.
    Float(f32),
    /// DOUBLE.
    Double(f64),
    /// DECIMAL.
    Decimal(Decimal),
    /// STRING, CHAR, VARCHAR.
    String(String),
    /// BINARY.
    Binary(Bytes),
    /// DATE, in days since 1970-01-01.
    Date(i32),
    /// TIMESTAMP.
    Timestamp(Moment),
    /// TIMESTAMP_NTZ, as if its clock were that of UTC.
    TimestampNtz(Moment),
    /// TIME, in nanoseconds since midnight.
    Time(i64),
    /// INTERVAL YEAR TO MONTH, in months.
    YearMonthInterval(i32),
    /// INTERVAL DAY TO SECOND, in microseconds.
    DayTimeInterval(i64),
    /// INTERVAL.
    CalendarInterval(CalendarInterval),
    /// ARRAY.
    Array(Vec<Self>),
    /// MAP, in the order in which it came.
    Map(Vec<(Self, Self)>),
    /// STRUCT; also VARIANT, GEOMETRY and GEOGRAPHY, which travel as structs.
    Struct(Vec<(String, Self)>),
    /// A value that has no place above, by the name of its type: one of a type that lakeorm does not know, a decimal of
    /// more than 38 digits, an interval finer than a microsecond. Cast the column in the query to read it.
    Unsupported(Arc<str>),
}

/// A point on a clock: microseconds since 1970-01-01 00:00, and nanoseconds above them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// Microseconds since 1970-01-01 00:00.
    pub micros: i64,
    /// Nanoseconds above them, 0 to 999. Other than 0 only in the nanosecond types.
    pub nanos: u16,
}

impl Value {
    /// Whether this is NULL.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The number of a TINYINT to BIGINT, or of an unsigned integer that is not larger.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Byte(value) => Some(i64::from(*value)),
            Self::Short(value) => Some(i64::from(*value)),
            Self::Integer(value) => Some(i64::from(*value)),
            Self::Long(value) => Some(*value),
            Self::UnsignedLong(value) => i64::try_from(*value).ok(),
            _ => None,
        }
    }

    /// The number of a FLOAT or DOUBLE.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(f64::from(*value)),
            Self::Double(value) => Some(*value),
            _ => None,
        }
    }

    /// The text of a STRING.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(value) => Some(value),
            _ => None,
        }
    }

    /// The truth of a BOOLEAN.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// The number of a DECIMAL.
    #[must_use]
    pub fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Self::Decimal(value) => Some(*value),
            _ => None,
        }
    }

    /// The bytes of a BINARY.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Binary(value) => Some(value),
            _ => None,
        }
    }

    /// The days of a DATE since 1970-01-01.
    #[must_use]
    pub fn as_date(&self) -> Option<i32> {
        match self {
            Self::Date(value) => Some(*value),
            _ => None,
        }
    }

    /// The moment of a TIMESTAMP.
    #[must_use]
    pub fn as_timestamp(&self) -> Option<Moment> {
        match self {
            Self::Timestamp(value) => Some(*value),
            _ => None,
        }
    }

    /// The moment of a TIMESTAMP_NTZ, as if its clock were that of UTC.
    #[must_use]
    pub fn as_timestamp_ntz(&self) -> Option<Moment> {
        match self {
            Self::TimestampNtz(value) => Some(*value),
            _ => None,
        }
    }

    /// The nanoseconds of a TIME since midnight.
    #[must_use]
    pub fn as_time(&self) -> Option<i64> {
        match self {
            Self::Time(value) => Some(*value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_out_as_itself_and_as_no_other_type() {
        let moment = Moment { micros: 7, nanos: 8 };
        let binary = Value::Binary(Bytes::from_static(b"ab"));
        assert_eq!((binary.as_bytes(), binary.as_str()), (Some(b"ab".as_slice()), None));
        assert_eq!(Value::String("ab".to_owned()).as_bytes(), None);
        let decimal = Value::Decimal(Decimal::default());
        assert_eq!((decimal.as_decimal(), decimal.as_i64()), (Some(Decimal::default()), None));
        let times =
            |of: &Value| (of.as_date(), of.as_timestamp(), of.as_timestamp_ntz(), of.as_time(), of.as_i64());
        assert_eq!(times(&Value::Date(7)), (Some(7), None, None, None, None));
        assert_eq!(times(&Value::Timestamp(moment)), (None, Some(moment), None, None, None));
        assert_eq!(times(&Value::TimestampNtz(moment)), (None, None, Some(moment), None, None));
        assert_eq!(times(&Value::Time(7)), (None, None, None, Some(7), None));
        assert_eq!(times(&Value::Long(7)), (None, None, None, None, Some(7)));
    }
}
