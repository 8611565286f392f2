//! Values that can be bound to a statement.

mod access;
mod arrow;
#[cfg(feature = "chrono")]
mod chrono;
mod decimal;
mod element;
mod error;
#[cfg(feature = "jiff")]
mod jiff;
mod json;
mod keys;
#[cfg(any(feature = "jiff", feature = "time"))]
mod nanos;
mod proto;
#[cfg(test)]
mod tests;
#[cfg(feature = "time")]
mod time;
mod to_literal;

use std::fmt;

use bytes::Bytes;

pub use self::error::LiteralError;
pub(crate) use self::proto::{bound, expression, in_session_zone, message};
pub use self::to_literal::ToLiteral;
use super::{CalendarInterval, DataType, Decimal};

const NANOS_PER_DAY: u64 = 86_400_000_000_000;

/// A value with its Spark type, ready to be bound.
///
/// Most code binds Rust values through [`ToLiteral`]; this is for Spark types that have no Rust value. `Debug` shows
/// the type and never the value.
///
/// ```
/// # use spark_connect::types::Literal;
/// let price = Literal::decimal(1999, 10, 2)?; // 19.99
/// assert_eq!(format!("{price:?}"), "Literal(DECIMAL(10,2))");
/// # Ok::<(), spark_connect::types::LiteralError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Literal(Value);

/// The content of a literal. Its invariants are those of the constructors of [`Literal`].
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Null(DataType),
    Boolean(bool),
    Byte(i8),
    Short(i16),
    Integer(i32),
    Long(i64),
    Float(f32),
    Double(f64),
    /// At most `precision` digits, and a scale of at most that.
    Decimal {
        number: Decimal,
        precision: u8,
    },
    String(String),
    Binary(Bytes),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01 00:00 UTC.
    Timestamp(i64),
    /// Microseconds since 1970-01-01 00:00 on the same clock.
    TimestampNtz(i64),
    /// Microseconds since midnight, less than a day.
    Time(u64),
    /// The microseconds, as nanoseconds, fit 64 bits.
    CalendarInterval(CalendarInterval),
    /// Months.
    YearMonthInterval(i32),
    /// Microseconds.
    DayTimeInterval(i64),
    /// Every element has the element type.
    Array {
        element: DataType,
        elements: Vec<Literal>,
    },
    /// Every key and value has its type, and no key is `NULL` or there twice.
    Map {
        key: DataType,
        value: DataType,
        entries: Vec<(Literal, Literal)>,
    },
    /// At least one field.
    Struct(Vec<(String, Literal)>),
}

impl Literal {
    /// A `NULL` of that type.
    #[must_use]
    pub fn null(data_type: DataType) -> Self {
        Self(Value::Null(data_type))
    }

    /// A `BOOLEAN`.
    #[must_use]
    pub fn boolean(value: bool) -> Self {
        Self(Value::Boolean(value))
    }

    /// A `TINYINT`.
    #[must_use]
    pub fn byte(value: i8) -> Self {
        Self(Value::Byte(value))
    }

    /// A `SMALLINT`.
    #[must_use]
    pub fn short(value: i16) -> Self {
        Self(Value::Short(value))
    }

    /// An `INT`.
    #[must_use]
    pub fn integer(value: i32) -> Self {
        Self(Value::Integer(value))
    }

    /// A `BIGINT`.
    #[must_use]
    pub fn long(value: i64) -> Self {
        Self(Value::Long(value))
    }

    /// A `FLOAT`. Every `NaN` is the same to Spark.
    #[must_use]
    pub fn float(value: f32) -> Self {
        Self(Value::Float(value))
    }

    /// A `DOUBLE`. Every `NaN` is the same to Spark.
    #[must_use]
    pub fn double(value: f64) -> Self {
        Self(Value::Double(value))
    }

    /// A `STRING`.
    #[must_use]
    pub fn string(value: impl Into<String>) -> Self {
        Self(Value::String(value.into()))
    }

    /// A `BINARY`.
    #[must_use]
    pub fn binary(value: impl Into<Bytes>) -> Self {
        Self(Value::Binary(value.into()))
    }

    /// A `DATE`, in days since 1970-01-01.
    #[must_use]
    pub fn date(days: i32) -> Self {
        Self(Value::Date(days))
    }

    /// A `TIMESTAMP`, in microseconds since 1970-01-01 00:00 UTC.
    #[must_use]
    pub fn timestamp(micros: i64) -> Self {
        Self(Value::Timestamp(micros))
    }

    /// A `TIMESTAMP_NTZ`, in microseconds since 1970-01-01 00:00 on the same clock.
    #[must_use]
    pub fn timestamp_ntz(micros: i64) -> Self {
        Self(Value::TimestampNtz(micros))
    }

    /// A `TIME(6)`, in nanoseconds since midnight. Spark knows the type only if it is told to
    /// (`spark.sql.timeType.enabled`).
    ///
    /// # Errors
    /// A value that is not within one day, or not whole microseconds.
    pub fn time(nanos: u64) -> Result<Self, LiteralError> {
        if nanos >= NANOS_PER_DAY {
            return Err(LiteralError::new("a TIME must be below 24 hours"));
        }
        if !nanos.is_multiple_of(1_000) {
            return Err(LiteralError::finer_than_micros("a TIME"));
        }
        Ok(Self(Value::Time(nanos / 1_000)))
    }

    /// An `INTERVAL` of the calendar, whose parts have no common unit.
    ///
    /// # Errors
    /// Microseconds beyond 9,223,372,036,854,775, some 292 years: engines send the part as 64 bits of nanoseconds, and
    /// Sail turns what they cannot hold into `NULL`.
    pub fn calendar_interval(months: i32, days: i32, micros: i64) -> Result<Self, LiteralError> {
        if micros.checked_mul(1_000).is_none() {
            return Err(LiteralError::new(
                "the microseconds of an INTERVAL must be within 292 years: move whole days to its days",
            ));
        }
        Ok(Self(Value::CalendarInterval(CalendarInterval { months, days, micros })))
    }

    /// An `INTERVAL YEAR TO MONTH`, in months.
    #[must_use]
    pub fn year_month_interval(months: i32) -> Self {
        Self(Value::YearMonthInterval(months))
    }

    /// An `INTERVAL DAY TO SECOND`, in microseconds.
    #[must_use]
    pub fn day_time_interval(micros: i64) -> Self {
        Self(Value::DayTimeInterval(micros))
    }

    /// An `ARRAY` of that element type.
    ///
    /// A `NULL` without a type takes the element type, and a decimal takes its precision and scale.
    ///
    /// # Errors
    /// An element of another type, or a decimal that does not fit.
    pub fn array(
        element_type: DataType,
        elements: impl IntoIterator<Item = Self>,
    ) -> Result<Self, LiteralError> {
        let elements = elements.into_iter().map(|element| element.coerced(&element_type));
        let elements = elements.collect::<Result<_, _>>()?;
        Ok(Self(Value::Array { element: element_type, elements }))
    }

    /// A `MAP` of those types, with the entries in order.
    ///
    /// Values take the value type as the elements of [`array`](Self::array) do.
    ///
    /// # Errors
    /// A `NULL` key, a key that is there twice, a key or value of another type, or a decimal that does not fit.
    pub fn map(
        key_type: DataType,
        value_type: DataType,
        entries: impl IntoIterator<Item = (Self, Self)>,
    ) -> Result<Self, LiteralError> {
        let entries = entries.into_iter().map(|(key, value)| {
            if key.is_null() {
                return Err(LiteralError::new("a key of a MAP must not be NULL"));
            }
            Ok((key.coerced(&key_type)?, value.coerced(&value_type)?))
        });
        let entries: Vec<_> = entries.collect::<Result<_, _>>()?;
        if !keys::are_distinct(&entries) {
            return Err(LiteralError::new("a MAP has the same key twice: give each of its keys once"));
        }
        Ok(Self(Value::Map { key: key_type, value: value_type, entries }))
    }

    /// A `STRUCT` with these fields, in order.
    ///
    /// # Errors
    /// No fields: Sail has no such value.
    pub fn structure(fields: impl IntoIterator<Item = (String, Self)>) -> Result<Self, LiteralError> {
        let fields: Vec<_> = fields.into_iter().collect();
        if fields.is_empty() {
            return Err(LiteralError::new("a STRUCT must have a field"));
        }
        Ok(Self(Value::Struct(fields)))
    }

    pub(crate) fn value(&self) -> &Value {
        &self.0
    }
}

impl fmt::Debug for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Literal({})", self.data_type())
    }
}
