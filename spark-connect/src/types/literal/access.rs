//! The values of literals, for drivers that bind them by themselves.

use super::{Literal, Value};

impl Literal {
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
