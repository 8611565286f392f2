//! Data types as DDL writes them, one arm for each type with parameters.

mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

pub use self::parse::DdlError;
use super::{DataType, Schema, StructField, quote_identifier};

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decimal { precision, scale } => write!(f, "DECIMAL({precision},{scale})"),
            Self::Char { length } => write!(f, "CHAR({length})"),
            Self::VarChar { length } => write!(f, "VARCHAR({length})"),
            Self::Time { precision } => write!(f, "TIME({precision})"),
            Self::Array { element, .. } => write!(f, "ARRAY<{element}>"),
            Self::Map { key, value, .. } => write!(f, "MAP<{key}, {value}>"),
            Self::Struct(fields) => {
                f.write_str("STRUCT<")?;
                separated(f, fields, |f, field| field.fmt(f))?;
                f.write_str(">")
            }
            Self::Other(text) | Self::Unknown(text) => f.write_str(text),
            other => f.write_str(other.name().unwrap_or_default()),
        }
    }
}

/// As in a `STRUCT<…>`, with a colon behind the name.
impl fmt::Display for StructField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}{}", quote_identifier(&self.name), self.data_type, self.not_null())
    }
}

impl StructField {
    fn not_null(&self) -> &'static str {
        if self.nullable { "" } else { " NOT NULL" }
    }
}

/// As in a `CREATE TABLE`, without a colon behind the names.
impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        separated(f, self.fields(), |f, field| {
            write!(f, "{} {}{}", quote_identifier(&field.name), field.data_type, field.not_null())
        })
    }
}

fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            f.write_str(", ")?;
        }
        write(f, item)?;
    }
    Ok(())
}
