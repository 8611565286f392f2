//! JSON as a `STRING`.

use super::Literal;
use super::to_literal::literals;
use crate::types::DataType;

literals! {
    serde_json::Value => DataType::String, |json| Ok(Literal::string(json.to_string()));
}
