//! The contents of literals.

use super::{Literal, Value};
use crate::types::{CalendarInterval, DataType, Decimal, StructField};

/// In microseconds. From here on `java.sql.Timestamp` has each instant, whatever the time zone of the server.
const START_OF_1900: i64 = -2_208_988_800_000_000;

/// Whether `java.sql.Date` lacks this day: one of the ten between the Julian calendar and the Gregorian, or, where the
/// server itself is in Kwajalein, Kiribati or Samoa, the one that was skipped there to change sides of the date line.
/// The earliest days of an `i32` are 44 thousand days earlier in the Julian calendar, where 32 bits do not hold them.
fn is_skipped(days: i32) -> bool {
    matches!(days, i32::MIN..=-2_147_400_000 | -141_437..=-141_428 | 8_633 | 9_130 | 15_338)
}

/// Whether the name means itself between quotes, whatever the rule for escapes.
fn is_word(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl Literal {
    /// The type of the value. Elements and fields are nullable.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        match self.value() {
            Value::Null(data_type) => data_type.clone(),
            Value::Boolean(_) => DataType::Boolean,
            Value::Byte(_) => DataType::Byte,
            Value::Short(_) => DataType::Short,
            Value::Integer(_) => DataType::Integer,
            Value::Long(_) => DataType::Long,
            Value::Float(_) => DataType::Float,
            Value::Double(_) => DataType::Double,
            Value::Decimal { number, precision } => {
                DataType::Decimal { precision: *precision, scale: number.scale() }
            }
            Value::String(_) => DataType::String,
            Value::Binary(_) => DataType::Binary,
            Value::Date(_) => DataType::Date,
            Value::Timestamp(_) => DataType::Timestamp,
            Value::TimestampNtz(_) => DataType::TimestampNtz,
            Value::Time(_) => DataType::Time { precision: 6 },
            Value::CalendarInterval(_) => DataType::CalendarInterval,
            Value::YearMonthInterval(_) => DataType::YearMonthInterval,
            Value::DayTimeInterval(_) => DataType::DayTimeInterval,
            Value::Array { element, .. } => DataType::array(element.clone()),
            Value::Map { key, value, .. } => DataType::map(key.clone(), value.clone()),
            Value::Struct(fields) => DataType::Struct(
                fields.iter().map(|(name, value)| StructField::new(name, value.data_type())).collect(),
            ),
        }
    }

    /// Whether the value is a `NULL`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value(), Value::Null(_))
    }

    /// Whether the value is a `NaN`.
    pub(crate) fn is_nan(&self) -> bool {
        matches!(self.value(), Value::Float(value) if value.is_nan())
            || matches!(self.value(), Value::Double(value) if value.is_nan())
    }

    /// Whether the value is one that servers do not bind as it is, or holds one, at any depth. Spark from 4.1 on binds an
    /// empty list or map without the types of what it would hold, and puts the names of fields between quotes with no
    /// escape for the quotes and backslashes in them.
    pub(crate) fn needs_inlining(&self) -> bool {
        match self.value() {
            Value::Timestamp(_) | Value::CalendarInterval(_) => true,
            Value::Struct(fields) if !fields.iter().all(|(name, _)| is_word(name)) => true,
            Value::Date(days) => is_skipped(*days),
            Value::Array { elements, .. } if elements.is_empty() => true,
            Value::Map { entries, .. } if entries.is_empty() => true,
            _ => self.any_inside(|inner| inner.is_null() || inner.needs_inlining()),
        }
    }

    /// Whether some server takes the literal of this value, without an error, for another value.
    ///
    /// Spark before 4.1 reads a `NULL` inside of a list, map or struct as 0 or an empty text. From 4.1 on it reads a
    /// DATE and a TIMESTAMP by way of `java.sql`, whose calendar lacks some days, and some hours before 1900.
    pub(crate) fn is_misread(&self) -> bool {
        match self.value() {
            Value::Date(days) => is_skipped(*days),
            Value::Timestamp(micros) => *micros < START_OF_1900,
            _ => self.any_inside(|inner| inner.is_null() || inner.is_misread()),
        }
    }

    /// Whether some server does not take the literal of this value as it is, so that an expression has to compute it:
    /// it is [misread](Self::is_misread), or it is, or holds, an empty map or a `NULL` list or map, which Sail refuses.
    pub(crate) fn needs_computing(&self) -> bool {
        match self.value() {
            Value::Map { entries, .. } if entries.is_empty() => true,
            Value::Null(DataType::Array { .. } | DataType::Map { .. }) => true,
            _ => self.is_misread() || self.any_inside(Self::needs_computing),
        }
    }

    /// Whether it holds for the value if that is a text, or for a text in it, or for the type of a `NULL`, which has the
    /// names of fields.
    pub(crate) fn any_text(&self, holds: fn(&str) -> bool) -> bool {
        match self.value() {
            Value::String(text) => holds(text),
            Value::Null(data_type) => holds(&data_type.to_string()),
            _ => self.any_inside(|inner| inner.any_text(holds)),
        }
    }

    /// Whether it holds for an element, a key, a value or a field of the value.
    fn any_inside(&self, holds: impl Fn(&Self) -> bool) -> bool {
        match self.value() {
            Value::Array { elements, .. } => elements.iter().any(holds),
            Value::Map { entries, .. } => entries.iter().any(|(key, value)| holds(key) || holds(value)),
            Value::Struct(fields) => fields.iter().any(|(_, value)| holds(value)),
            _ => false,
        }
    }

    /// The value of a `BOOLEAN`.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.0 {
            Value::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// The value of an integer of any width.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Value::Byte(value) => Some(value.into()),
            Value::Short(value) => Some(value.into()),
            Value::Integer(value) => Some(value.into()),
            Value::Long(value) => Some(value),
            _ => None,
        }
    }

    /// The value of a `FLOAT` or a `DOUBLE`.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self.0 {
            Value::Float(value) => Some(value.into()),
            Value::Double(value) => Some(value),
            _ => None,
        }
    }

    /// The value of a `DECIMAL`.
    #[must_use]
    pub fn as_decimal(&self) -> Option<Decimal> {
        match self.0 {
            Value::Decimal { number, .. } => Some(number),
            _ => None,
        }
    }

    /// The value of a `DATE`, in days since 1970-01-01.
    #[must_use]
    pub fn as_date(&self) -> Option<i32> {
        match self.0 {
            Value::Date(days) => Some(days),
            _ => None,
        }
    }

    /// The value of a `TIMESTAMP_NTZ`, in microseconds since 1970-01-01T00:00:00 on the same clock.
    #[must_use]
    pub fn as_timestamp_ntz(&self) -> Option<i64> {
        match self.0 {
            Value::TimestampNtz(micros) => Some(micros),
            _ => None,
        }
    }

    /// The value of a `TIME`, in nanoseconds since midnight.
    #[must_use]
    pub fn as_time(&self) -> Option<i64> {
        match self.0 {
            Value::Time(micros) => i64::try_from(micros.saturating_mul(1_000)).ok(),
            _ => None,
        }
    }

    /// The value of an `INTERVAL` of the calendar.
    #[must_use]
    pub fn as_calendar_interval(&self) -> Option<CalendarInterval> {
        match self.0 {
            Value::CalendarInterval(interval) => Some(interval),
            _ => None,
        }
    }

    /// The value of an `INTERVAL YEAR TO MONTH`, in months.
    #[must_use]
    pub fn as_year_month_interval(&self) -> Option<i32> {
        match self.0 {
            Value::YearMonthInterval(months) => Some(months),
            _ => None,
        }
    }

    /// The value of an `INTERVAL DAY TO SECOND`, in microseconds.
    #[must_use]
    pub fn as_day_time_interval(&self) -> Option<i64> {
        match self.0 {
            Value::DayTimeInterval(micros) => Some(micros),
            _ => None,
        }
    }

    /// The value of a `TIMESTAMP`, in microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_timestamp(&self) -> Option<i64> {
        match self.0 {
            Value::Timestamp(micros) => Some(micros),
            _ => None,
        }
    }

    /// The value of a `STRING`.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Value::String(value) => Some(value),
            _ => None,
        }
    }

    /// The value of a `BINARY`.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Value::Binary(value) => Some(value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Literal, ToLiteral};
    use crate::types::{CalendarInterval, DataType};

    #[test]
    fn a_value_that_some_server_misreads_is_known_at_any_depth() {
        let misread = [
            Literal::date(-141_437),
            Literal::date(-141_428),
            Literal::date(15_338),
            Literal::date(i32::MIN),
            Literal::timestamp(i64::MIN),
            Literal::timestamp(super::START_OF_1900 - 1),
            Some(vec![Some(1_i64), None]).to_literal().unwrap(),
            vec![vec![Some("a")], vec![None]].to_literal().unwrap(),
            Literal::map(DataType::Integer, DataType::Date, [(Literal::integer(1), Literal::date(-141_430))])
                .unwrap(),
            Literal::map(DataType::Date, DataType::Integer, [(Literal::date(-141_430), Literal::integer(1))])
                .unwrap(),
            Literal::structure([("a".to_owned(), Literal::null(DataType::Long))]).unwrap(),
        ];
        for literal in misread {
            assert!(literal.is_misread() && literal.needs_inlining(), "{}", crate::sql::render(&literal));
        }
        let read = [
            Literal::null(DataType::array(DataType::Integer)),
            Literal::date(-141_438),
            Literal::date(-141_427),
            Literal::date(-2_147_399_999),
            Literal::date(i32::MAX),
            Literal::timestamp(super::START_OF_1900),
            Literal::timestamp_ntz(-141_430 * 86_400_000_000),
            vec![Some(1_i64)].to_literal().unwrap(),
        ];
        for literal in read {
            assert!(!literal.is_misread(), "{}", crate::sql::render(&literal));
        }
    }

    #[test]
    fn a_struct_is_bound_only_if_the_names_of_its_fields_are_words() {
        let named = |name: &str| Literal::structure([(name.to_owned(), Literal::long(1))]).unwrap();
        let array = |inner: Literal| Literal::array(inner.data_type(), [inner]).unwrap();
        let map = |key: Literal, value: Literal| {
            Literal::map(key.data_type(), value.data_type(), [(key, value)]).unwrap()
        };
        let outer = |inner: Literal| Literal::structure([("outer".to_owned(), inner)]).unwrap();
        for name in ["it's", r"a\b", "a b", "a.b", "a`b", "\"", "🦀", "é", "$x", "a\n"] {
            let one = Literal::integer(1);
            let literals = [
                named(name),
                array(named(name)),
                map(one.clone(), named(name)),
                map(named(name), one),
                outer(array(named(name))),
            ];
            assert!(literals.iter().all(Literal::needs_inlining), "{name}");
        }
        for name in ["a", "A_1", "1", "select"] {
            assert!(!outer(array(named(name))).needs_inlining(), "{name}");
        }
    }

    #[test]
    fn a_value_comes_out_as_it_went_in_and_as_no_other_type() {
        let number = 7_i16.to_literal().unwrap();
        assert_eq!((number.as_i64(), number.as_str(), number.is_null()), (Some(7), None, false));
        let text = "a'b".to_literal().unwrap();
        assert_eq!((text.as_str(), text.as_bytes(), text.as_i64()), (Some("a'b"), None, None));
        let half = 0.5_f32.to_literal().unwrap();
        assert_eq!((half.as_f64(), half.as_bool()), (Some(0.5), None));
        assert_eq!(true.to_literal().unwrap().as_bool(), Some(true));
        let price = Literal::decimal(1999, 10, 2).unwrap();
        assert_eq!(price.as_decimal().map(|price| price.to_string()), Some("19.99".to_owned()));
        assert_eq!((price.as_i64(), number.as_decimal()), (None, None));
        let times = |of: &Literal| (of.as_date(), of.as_timestamp(), of.as_timestamp_ntz(), of.as_time());
        assert_eq!(times(&Literal::date(-7)), (Some(-7), None, None, None));
        assert_eq!(times(&Literal::timestamp(7)), (None, Some(7), None, None));
        assert_eq!(times(&Literal::timestamp_ntz(7)), (None, None, Some(7), None));
        assert_eq!(times(&Literal::time(7_000).unwrap()), (None, None, None, Some(7_000)));
        let intervals = |of: &Literal| {
            (of.as_calendar_interval(), of.as_year_month_interval(), of.as_day_time_interval(), of.as_i64())
        };
        let interval = CalendarInterval { months: 1, days: -2, micros: 3 };
        let calendar = Literal::calendar_interval(1, -2, 3).unwrap();
        assert_eq!(intervals(&calendar), (Some(interval), None, None, None));
        assert_eq!(intervals(&Literal::year_month_interval(-7)), (None, Some(-7), None, None));
        assert_eq!(intervals(&Literal::day_time_interval(-7)), (None, None, Some(-7), None));
        let nothing = None::<i64>.to_literal().unwrap();
        assert_eq!((nothing.as_i64(), nothing.is_null()), (None, true));
    }
}
