//! STRING of JSON.

use std::any::type_name;

use serde::Serialize;

use super::super::{Strings, WriteError};
use super::{ColumnOptions, ToColumn};
use crate::type_name::short_type_name;
use crate::{DataType, Json};

impl<T: Serialize> ToColumn for Json<T> {
    type Encoder = Strings;

    fn data_type(_: ColumnOptions) -> DataType {
        DataType::String
    }

    fn encoder(_: ColumnOptions, rows: usize) -> Strings {
        Strings::new(rows)
    }

    fn encode(&self, encoder: &mut Strings) -> Result<(), WriteError> {
        push(&self.0, encoder)
    }
}

impl ToColumn for serde_json::Value {
    type Encoder = Strings;

    fn data_type(_: ColumnOptions) -> DataType {
        DataType::String
    }

    fn encoder(_: ColumnOptions, rows: usize) -> Strings {
        Strings::new(rows)
    }

    fn encode(&self, encoder: &mut Strings) -> Result<(), WriteError> {
        push(self, encoder)
    }
}

/// Appends the value's JSON. The text of an error is not repeated: it may hold the value.
pub(crate) fn push<T: Serialize>(value: &T, encoder: &mut Strings) -> Result<(), WriteError> {
    let text = serde_json::to_string(value).map_err(|_| {
        let rust_type = short_type_name(type_name::<T>());
        WriteError::new(format!("{rust_type} has no JSON, as of a map with keys that are no text"))
    })?;
    encoder.push(&text)
}
