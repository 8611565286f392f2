//! One type for all elements of an array or a map.

use super::{Literal, LiteralError, Value};
use crate::types::DataType;
use crate::types::decimal::MAX_DIGITS;

impl Literal {
    /// The value as one of that type: an untyped `NULL` takes it, a decimal is rescaled without loss, and so are the
    /// elements of an array, and the keys and values of a map.
    pub(super) fn coerced(self, wanted: &DataType) -> Result<Self, LiteralError> {
        match (self.0, wanted) {
            (Value::Null(actual), _) if is_null_of(&actual, wanted) => Ok(Self(Value::Null(wanted.clone()))),
            (Value::Decimal { number, .. }, DataType::Decimal { precision, scale }) => {
                Self::rescaled(number, *precision, *scale)
            }
            (Value::Array { elements, .. }, DataType::Array { element, .. }) => {
                Self::array(element.as_ref().clone(), elements)
            }
            (Value::Map { entries, .. }, DataType::Map { key, value, .. }) => {
                Self::map(key.as_ref().clone(), value.as_ref().clone(), entries)
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
    values: impl IntoIterator<Item = &'a Literal> + Clone,
) -> Result<DataType, LiteralError> {
    let shown = shown_by(values.clone())?;
    let claimed = values.into_iter().map(Literal::data_type).try_fold(DataType::Null, wider);
    Ok(decided(decided(shown, claimed.unwrap_or(DataType::Null)), declared))
}

/// The type as far as the values show it; `NULL` stands for what none of them shows.
fn shown_by<'a>(values: impl IntoIterator<Item = &'a Literal>) -> Result<DataType, LiteralError> {
    let mut common = DataType::Null;
    for value in values {
        common = wider(common, shown(value)?)?;
    }
    Ok(common)
}

fn shown(value: &Literal) -> Result<DataType, LiteralError> {
    match value.value() {
        Value::Null(declared) => Ok(undecided(declared)),
        Value::Array { element, elements } => {
            shown_by(elements).map(|shown| DataType::array(decided(shown, undecided(element))))
        }
        Value::Map { key, value, entries } => {
            let keys = shown_by(entries.iter().map(|(key, _)| key))?;
            let values = shown_by(entries.iter().map(|(_, value)| value))?;
            Ok(DataType::map(decided(keys, undecided(key)), decided(values, undecided(value))))
        }
        _ => Ok(value.data_type()),
    }
}

/// The type of a value that is not there: how many digits it has is for the others to say.
fn undecided(declared: &DataType) -> DataType {
    match declared {
        DataType::Decimal { .. } => DataType::Null,
        DataType::Array { element, .. } => DataType::array(undecided(element)),
        DataType::Map { key, value, .. } => DataType::map(undecided(key), undecided(value)),
        other => other.clone(),
    }
}

/// The declared type for what no value shows.
fn decided(shown: DataType, declared: DataType) -> DataType {
    match (shown, declared) {
        (DataType::Null, declared) => declared,
        (DataType::Array { element: shown, .. }, DataType::Array { element: declared, .. }) => {
            DataType::array(decided(*shown, *declared))
        }
        (
            DataType::Map { key: shown_key, value: shown_value, .. },
            DataType::Map { key: declared_key, value: declared_value, .. },
        ) => DataType::map(decided(*shown_key, *declared_key), decided(*shown_value, *declared_value)),
        (shown, _) => shown,
    }
}

fn wider(a: DataType, b: DataType) -> Result<DataType, LiteralError> {
    match (a, b) {
        (DataType::Null, other) | (other, DataType::Null) => Ok(other),
        (DataType::Decimal { precision: ap, scale: a }, DataType::Decimal { precision: bp, scale: b }) => {
            let scale = a.max(b);
            let precision = ap.saturating_sub(a).max(bp.saturating_sub(b)).saturating_add(scale);
            if precision > MAX_DIGITS {
                return Err(LiteralError::new(format!(
                    "DECIMAL({ap},{a}) and DECIMAL({bp},{b}) have no common type of at most 38 digits"
                )));
            }
            Ok(DataType::Decimal { precision, scale })
        }
        (DataType::Array { element: a, .. }, DataType::Array { element: b, .. }) => {
            wider(*a, *b).map(DataType::array)
        }
        (DataType::Map { key: ak, value: av, .. }, DataType::Map { key: bk, value: bv, .. }) => {
            Ok(DataType::map(wider(*ak, *bk)?, wider(*av, *bv)?))
        }
        (a, b) if a.same_but_for_nulls(&b) => Ok(a),
        (a, b) => Err(mismatch(&b, &a)),
    }
}

/// Whether a `NULL` of one type may become one of the other. How many digits a decimal has does not count.
fn is_null_of(actual: &DataType, wanted: &DataType) -> bool {
    match (actual, wanted) {
        (DataType::Null, _) | (DataType::Decimal { .. }, DataType::Decimal { .. }) => true,
        (DataType::Array { element: actual, .. }, DataType::Array { element: wanted, .. }) => {
            is_null_of(actual, wanted)
        }
        (
            DataType::Map { key: actual_key, value: actual_value, .. },
            DataType::Map { key: wanted_key, value: wanted_value, .. },
        ) => is_null_of(actual_key, wanted_key) && is_null_of(actual_value, wanted_value),
        _ => actual.same_but_for_nulls(wanted),
    }
}

fn mismatch(actual: &DataType, wanted: &DataType) -> LiteralError {
    LiteralError::new(format!("an element of type {actual} is among elements of type {wanted}: use one type"))
}
