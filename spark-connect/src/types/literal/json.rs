//! JSON as a `STRING`.

use serde_json::Value;

use super::to_literal::literals;
use super::{Literal, LiteralError};
use crate::types::DataType;

/// The most objects and lists inside of each other that `serde_json` reads.
const LEVELS: usize = 127;

literals! {
    Value => DataType::String, |json| match has_at_most(json, LEVELS) {
        true => Ok(Literal::string(json.to_string())),
        false => Err(LiteralError::new("the JSON is nested deeper than 127 levels and could not be read back")),
    };
}

/// Whether there are no more levels than these, which is asked before the text is written: that recurses to the last.
fn has_at_most(json: &Value, levels: usize) -> bool {
    let fits = |inner| levels.checked_sub(1).is_some_and(|levels| has_at_most(inner, levels));
    match json {
        Value::Array(items) => levels > 0 && items.iter().all(fits),
        Value::Object(entries) => levels > 0 && entries.values().all(fits),
        _ => true,
    }
}
