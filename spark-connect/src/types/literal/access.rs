//! What literals hold.

use super::{Literal, Value};
use crate::types::{DataType, StructField};

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

    /// Whether the value is one that servers do not bind as it is, or holds one, at any depth.
    pub(crate) fn needs_inlining(&self) -> bool {
        match self.value() {
            Value::Timestamp(_) | Value::CalendarInterval(_) => true,
            Value::Array { elements, .. } => elements.iter().any(Self::needs_inlining),
            Value::Map { entries, .. } => {
                entries.iter().any(|(key, value)| key.needs_inlining() || value.needs_inlining())
            }
            Value::Struct(fields) => fields.iter().any(|(_, value)| value.needs_inlining()),
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
    use super::super::ToLiteral;

    #[test]
    fn a_value_comes_out_as_it_went_in_and_as_no_other_type() {
        let number = 7_i16.to_literal().unwrap();
        assert_eq!((number.as_i64(), number.as_str(), number.is_null()), (Some(7), None, false));
        let text = "a'b".to_literal().unwrap();
        assert_eq!((text.as_str(), text.as_bytes(), text.as_i64()), (Some("a'b"), None, None));
        let half = 0.5_f32.to_literal().unwrap();
        assert_eq!((half.as_f64(), half.as_bool()), (Some(0.5), None));
        assert_eq!(true.to_literal().unwrap().as_bool(), Some(true));
        let nothing = None::<i64>.to_literal().unwrap();
        assert_eq!((nothing.as_i64(), nothing.is_null()), (None, true));
    }
}
