//! STRING of JSON.

use serde::Serialize;

use super::super::{Strings, WriteError};
use super::text::texts;
use crate::Json;
use crate::json::text_of;

texts! {
    [T: Serialize] Json<T> => |json, strings| push(&json.0, strings);
    [] serde_json::Value => |json, strings| push(json, strings);
}

/// Appends the value's JSON.
pub(crate) fn push<T: Serialize>(value: &T, encoder: &mut Strings) -> Result<(), WriteError> {
    encoder.push(&text_of(value).map_err(WriteError::new)?)
}
