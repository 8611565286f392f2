//! STRING of JSON.

mod finite;

use std::any::type_name;

use serde::Serialize;

use super::super::{Strings, WriteError};
use super::text::texts;
use crate::Json;
use crate::type_name::short_type_name;

texts! {
    [T: Serialize] Json<T> => |json, strings| push(&json.0, strings);
    [] serde_json::Value => |json, strings| push(json, strings);
}

/// Appends the value's JSON. The text of an error is not repeated: it may hold the value.
pub(crate) fn push<T: Serialize>(value: &T, encoder: &mut Strings) -> Result<(), WriteError> {
    let text = serde_json::to_string(value).map_err(|_| {
        let rust_type = short_type_name(type_name::<T>());
        WriteError::new(format!("{rust_type} has no JSON, as of a map with keys that are no text"))
    })?;
    // A number without JSON is a `null` there, so that the value need not be looked at again where none is.
    if text.contains("null") && !finite::is_finite(value) {
        return Err(no_number());
    }
    encoder.push(&text)
}

#[cold]
fn no_number() -> WriteError {
    WriteError::new(
        "a number in it is a NaN or an infinity, which JSON does not have; leave it out, or write it as a text",
    )
}
