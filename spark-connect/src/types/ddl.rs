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

impl DataType {
    /// The type as [`Display`](fmt::Display) writes it, with `TIMESTAMP_LTZ` for [`Timestamp`](Self::Timestamp), at any
    /// depth: what a bare `TIMESTAMP` means is a setting of the session (`spark.sql.timestampType`).
    ///
    /// ```
    /// # use spark_connect::types::{DataType, StructField};
    /// let seen = DataType::Struct(vec![StructField::new("at", DataType::Timestamp).required()]);
    /// assert_eq!(DataType::array(seen).ddl_with_fixed_timestamps(), "ARRAY<STRUCT<at: TIMESTAMP_LTZ NOT NULL>>");
    /// assert_eq!(DataType::TimestampNtz.ddl_with_fixed_timestamps(), "TIMESTAMP_NTZ");
    /// ```
    #[must_use]
    pub fn ddl_with_fixed_timestamps(&self) -> String {
        self.with_fixed_timestamps().to_string()
    }

    fn with_fixed_timestamps(&self) -> Self {
        match self {
            Self::Timestamp => Self::Other("TIMESTAMP_LTZ".to_owned()),
            Self::Array { element, contains_null } => Self::Array {
                element: Box::new(element.with_fixed_timestamps()),
                contains_null: *contains_null,
            },
            Self::Map { key, value, value_contains_null } => Self::Map {
                key: Box::new(key.with_fixed_timestamps()),
                value: Box::new(value.with_fixed_timestamps()),
                value_contains_null: *value_contains_null,
            },
            Self::Struct(fields) => {
                Self::Struct(fields.iter().map(StructField::with_fixed_timestamps).collect())
            }
            other => other.clone(),
        }
    }
}

impl StructField {
    fn with_fixed_timestamps(&self) -> Self {
        let data_type = self.data_type.with_fixed_timestamps();
        Self { name: self.name.clone(), data_type, nullable: self.nullable }
    }
}

impl Schema {
    /// The columns as [`Display`](fmt::Display) writes them, with the types of
    /// [`DataType::ddl_with_fixed_timestamps`].
    ///
    /// ```
    /// # use spark_connect::types::Schema;
    /// let schema: Schema = "id BIGINT NOT NULL, at TIMESTAMP".parse()?;
    /// assert_eq!(schema.ddl_with_fixed_timestamps(), "id BIGINT NOT NULL, at TIMESTAMP_LTZ");
    /// # Ok::<(), spark_connect::types::DdlError>(())
    /// ```
    #[must_use]
    pub fn ddl_with_fixed_timestamps(&self) -> String {
        Self::new(self.fields().iter().map(StructField::with_fixed_timestamps).collect()).to_string()
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
