//! Keys of a map that are the same to Spark.

use std::collections::HashSet;

use prost::Message;

use super::proto::message;
use super::{Literal, Value};

/// Whether no key is there twice. Spark keeps the last value of one that is, and says nothing.
pub(super) fn are_distinct(entries: &[(Literal, Literal)]) -> bool {
    let mut seen = HashSet::with_capacity(entries.len());
    entries.iter().all(|(key, _)| seen.insert(message(&with_one_zero(key)).encode_to_vec()))
}

/// The value as Spark compares keys: both zeros are one, and so is every `NaN`.
fn with_one_zero(key: &Literal) -> Literal {
    Literal(match key.value() {
        Value::Float(value) => Value::Float(if value.is_nan() { f32::NAN } else { value + 0.0 }),
        Value::Double(value) => Value::Double(if value.is_nan() { f64::NAN } else { value + 0.0 }),
        Value::Array { element, elements } => {
            Value::Array { element: element.clone(), elements: elements.iter().map(with_one_zero).collect() }
        }
        Value::Struct(fields) => {
            Value::Struct(fields.iter().map(|(name, value)| (name.clone(), with_one_zero(value))).collect())
        }
        other => other.clone(),
    })
}
