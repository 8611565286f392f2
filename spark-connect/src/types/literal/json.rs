//! JSON as a `STRING`.

use super::{Literal, LiteralError, ToLiteral};
use crate::types::DataType;

impl ToLiteral for serde_json::Value {
    fn data_type() -> DataType {
        DataType::String
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        Ok(Literal::string(self.to_string()))
    }
}
