//! A schema in the JSON that PySpark writes, without metadata.

use serde_json::{Value, json};
use spark_connect::types::{DataType, StructField};

/// The JSON of a struct of these fields.
pub(super) fn json(fields: &[StructField]) -> Value {
    let fields: Vec<Value> = fields.iter().map(field).collect();
    json!({ "type": "struct", "fields": fields })
}

fn field(field: &StructField) -> Value {
    json!({ "name": field.name, "type": of(&field.data_type), "nullable": field.nullable })
}

fn of(data_type: &DataType) -> Value {
    match data_type {
        DataType::Struct(fields) => json(fields),
        DataType::Array { element, contains_null } => {
            json!({ "type": "array", "elementType": of(element), "containsNull": contains_null })
        }
        DataType::Map { key, value, value_contains_null } => json!({
            "type": "map", "keyType": of(key), "valueType": of(value), "valueContainsNull": value_contains_null,
        }),
        DataType::Decimal { precision, scale } => json!(format!("decimal({precision},{scale})")),
        other => json!(simple(other)),
    }
}

fn simple(data_type: &DataType) -> &str {
    match data_type {
        DataType::Null => "void",
        DataType::Boolean => "boolean",
        DataType::Byte => "byte",
        DataType::Short => "short",
        DataType::Integer => "integer",
        DataType::Long => "long",
        DataType::Float => "float",
        DataType::Double => "double",
        DataType::String => "string",
        DataType::Binary => "binary",
        DataType::Date => "date",
        DataType::Timestamp => "timestamp",
        DataType::TimestampNtz => "timestamp_ntz",
        other => panic!("no chain has a column of {other}"),
    }
}
