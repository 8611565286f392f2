//! STRING of JSON.

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
    encoder.push(&text)
}
