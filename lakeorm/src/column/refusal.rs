//! A value type's answer to a column that it does not decode.

use arrow_schema::DataType;

/// Why a value type does not take a column, as far as the type can say: what the query could cast the column to,
/// and which Rust type would take it. Names and both types are added to the message by the row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    cast: Option<&'static str>,
    instead: Option<&'static str>,
}

impl Refusal {
    /// A refusal with no advice but the column's own Rust type.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A refusal of a type that does take a column of this Spark type, `BIGINT`.
    #[must_use]
    pub fn cast_to(spark_type: &'static str) -> Self {
        Self { cast: Some(spark_type), instead: None }
    }

    /// Names the Rust type to use in place of the column's usual one.
    #[must_use]
    pub fn instead(mut self, rust_type: &'static str) -> Self {
        self.instead = Some(rust_type);
        self
    }

    /// What to change: the field's type, or the query.
    pub(crate) fn advice(&self, found: &DataType, column: &str, optional: bool) -> Option<String> {
        let rust_type = self
            .instead
            .or_else(|| rust_type(found))
            .map(|name| if optional { format!("use Option<{name}>") } else { format!("use {name}") });
        let cast = match self.cast {
            Some("STRING") if found.is_nested() => Some(format!("to_json({column}) in the query")),
            Some(spark_type) if !found.is_nested() => {
                Some(format!("CAST({column} AS {spark_type}) in the query"))
            }
            _ => None,
        };
        match (rust_type, cast) {
            (Some(rust_type), Some(cast)) => Some(format!("{rust_type}, or {cast}")),
            (Some(rust_type), None) => Some(rust_type),
            (None, Some(cast)) => Some(format!("use {cast}")),
            (None, None) => None,
        }
    }
}

/// The Rust type that a column of this type decodes into.
fn rust_type(data_type: &DataType) -> Option<&'static str> {
    use DataType as D;
    Some(match data_type {
        D::Boolean => "bool",
        D::Int8 => "i8",
        D::Int16 => "i16",
        D::Int32 => "i32",
        D::Int64 => "i64",
        D::Float32 => "f32",
        D::Float64 => "f64",
        D::Decimal128(_, 0..) => "lakeorm::Decimal",
        D::Utf8 | D::LargeUtf8 | D::Utf8View => "String",
        D::Binary | D::LargeBinary | D::BinaryView => "Vec<u8>",
        D::Date32 => "chrono::NaiveDate",
        D::Timestamp(_, Some(_)) => "chrono::DateTime<chrono::Utc>",
        D::Timestamp(_, None) => "chrono::NaiveDateTime",
        D::Dictionary(_, values) => return rust_type(values),
        D::RunEndEncoded(_, values) => return rust_type(values.data_type()),
        _ => return None,
    })
}
