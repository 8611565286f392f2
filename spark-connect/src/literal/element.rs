//! One type for all elements of an array or a map.

use super::decimal::MAX_PRECISION;
use super::{Literal, LiteralError, Value};
use crate::data_type::DataType;

impl Literal {
    /// The value as one of that type: an untyped `NULL` takes it, a decimal is rescaled without loss, and so are the
    /// elements of an array.
    pub(super) fn coerced(self, wanted: &DataType) -> Result<Self, LiteralError> {
        match (self.0, wanted) {
            (Value::Null(actual), _) if actual == DataType::Null || lossless(&actual, wanted) => {
                Ok(Self(Value::Null(wanted.clone())))
            }
            (Value::Decimal(decimal), DataType::Decimal { precision, scale }) => {
                decimal.rescaled(*precision, *scale).map(|decimal| Self(Value::Decimal(decimal)))
            }
            (Value::Array { elements, .. }, DataType::Array { element, .. }) => {
                Self::array(element.as_ref().clone(), elements)
            }
            (value, _) => {
                let actual = Self(value);
                let data_type = actual.data_type();
                if data_type.same_but_for_nulls(wanted) {
                    Ok(actual)
                } else {
                    Err(mismatch(&data_type, wanted))
                }
            }
        }
    }
}

/// The type that holds all the values: their own if they agree, the widest of their decimals, or the declared type if
/// there is no value to ask.
pub(super) fn common_type<'a>(
    declared: DataType,
    values: impl IntoIterator<Item = &'a Literal>,
) -> Result<DataType, LiteralError> {
    let mut common = DataType::Null;
    for value in values {
        common = wider(common, value.data_type())?;
    }
    Ok(if common == DataType::Null { declared } else { common })
}

fn wider(a: DataType, b: DataType) -> Result<DataType, LiteralError> {
    match (a, b) {
        (DataType::Null, other) | (other, DataType::Null) => Ok(other),
        (DataType::Decimal { precision: ap, scale: a }, DataType::Decimal { precision: bp, scale: b }) => {
            let scale = a.max(b);
            let precision = ap.saturating_sub(a).max(bp.saturating_sub(b)).saturating_add(scale);
            if precision > MAX_PRECISION {
                return Err(LiteralError::new(format!(
                    "DECIMAL({ap},{a}) and DECIMAL({bp},{b}) have no common type of at most 38 digits"
                )));
            }
            Ok(DataType::Decimal { precision, scale })
        }
        (DataType::Array { element: a, .. }, DataType::Array { element: b, .. }) => {
            wider(*a, *b).map(DataType::array)
        }
        (a, b) if a.same_but_for_nulls(&b) => Ok(a),
        (a, b) => Err(mismatch(&b, &a)),
    }
}

/// Whether a typed `NULL` may take the other type.
fn lossless(actual: &DataType, wanted: &DataType) -> bool {
    actual.same_but_for_nulls(wanted)
        || wider(actual.clone(), wanted.clone()).is_ok_and(|wide| wide == *wanted)
}

fn mismatch(actual: &DataType, wanted: &DataType) -> LiteralError {
    LiteralError::new(format!("an element of type {actual} is among elements of type {wanted}: use one type"))
}
