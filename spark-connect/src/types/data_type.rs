//! Spark's data types, as a plain value.

use std::fmt;

use super::quote_identifier;

/// A Spark SQL data type.
///
/// [`Display`](fmt::Display) writes the type as Spark's DDL does, so the text can be used in a `CREATE TABLE` or a
/// `CAST`. Every nested column and element is nullable in DDL unless it says `NOT NULL`.
///
/// ```
/// # use spark_connect::types::{DataType, StructField};
/// let tags = DataType::array(DataType::String);
/// let user = DataType::Struct(vec![
///     StructField::new("id", DataType::Long).required(),
///     StructField::new("home town", DataType::String),
///     StructField::new("tags", tags),
/// ]);
/// assert_eq!(user.to_string(), "STRUCT<id: BIGINT NOT NULL, `home town`: STRING, tags: ARRAY<STRING>>");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataType {
    /// `VOID`, the type of a bare `NULL`.
    Null,
    /// `BOOLEAN`.
    Boolean,
    /// `TINYINT`, 8 bits.
    Byte,
    /// `SMALLINT`, 16 bits.
    Short,
    /// `INT`, 32 bits.
    Integer,
    /// `BIGINT`, 64 bits.
    Long,
    /// `FLOAT`, 32 bits.
    Float,
    /// `DOUBLE`, 64 bits.
    Double,
    /// `DECIMAL(precision, scale)`.
    Decimal {
        /// All digits, 1 to 38.
        precision: u8,
        /// The digits after the point, at most `precision`.
        scale: u8,
    },
    /// `STRING`.
    String,
    /// `CHAR(length)`.
    Char {
        /// The length in characters.
        length: u32,
    },
    /// `VARCHAR(length)`.
    VarChar {
        /// The greatest length in characters.
        length: u32,
    },
    /// `BINARY`.
    Binary,
    /// `DATE`: a day of the proleptic Gregorian calendar.
    Date,
    /// `TIMESTAMP`: an instant, in microseconds.
    Timestamp,
    /// `TIMESTAMP_NTZ`: a wall clock reading without a time zone, in microseconds.
    TimestampNtz,
    /// `TIME(precision)`: a time of day.
    Time {
        /// The digits after the second's point, 0 to 6 (0 to 9 from Spark 4.3).
        precision: u8,
    },
    /// `INTERVAL`: months, days and microseconds, kept apart.
    CalendarInterval,
    /// `INTERVAL YEAR TO MONTH`, in months.
    YearMonthInterval,
    /// `INTERVAL DAY TO SECOND`, in microseconds.
    DayTimeInterval,
    /// `ARRAY<element>`.
    Array {
        /// The type of every element.
        element: Box<Self>,
        /// Whether an element may be `NULL`. DDL cannot say that it may not.
        contains_null: bool,
    },
    /// `MAP<key, value>`.
    Map {
        /// The type of every key. A key is never `NULL`.
        key: Box<Self>,
        /// The type of every value.
        value: Box<Self>,
        /// Whether a value may be `NULL`. DDL cannot say that it may not.
        value_contains_null: bool,
    },
    /// `STRUCT<name: type, …>`.
    Struct(Vec<StructField>),
    /// `VARIANT`.
    Variant,
    /// A type without a variant here, as the DDL text that names it (`GEOMETRY(4326)`, `INTERVAL DAY`).
    Other(String),
}

/// One field of a [`DataType::Struct`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct StructField {
    /// The field's name, unquoted.
    pub name: String,
    /// The field's type.
    pub data_type: DataType,
    /// Whether the field may be `NULL`.
    pub nullable: bool,
}

impl StructField {
    /// A nullable field.
    #[must_use]
    pub fn new(name: impl Into<String>, data_type: DataType) -> Self {
        Self { name: name.into(), data_type, nullable: true }
    }

    /// The same field, `NOT NULL`.
    #[must_use]
    pub fn required(self) -> Self {
        Self { nullable: false, ..self }
    }
}

impl DataType {
    /// An array whose elements may be `NULL`.
    #[must_use]
    pub fn array(element: Self) -> Self {
        Self::Array { element: Box::new(element), contains_null: true }
    }

    /// A map whose values may be `NULL`.
    #[must_use]
    pub fn map(key: Self, value: Self) -> Self {
        Self::Map { key: Box::new(key), value: Box::new(value), value_contains_null: true }
    }

    /// Whether both types hold the same values once every element and field may be `NULL`.
    pub(crate) fn same_but_for_nulls(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array { element: a, .. }, Self::Array { element: b, .. }) => a.same_but_for_nulls(b),
            (Self::Map { key: ak, value: av, .. }, Self::Map { key: bk, value: bv, .. }) => {
                ak.same_but_for_nulls(bk) && av.same_but_for_nulls(bv)
            }
            (Self::Struct(a), Self::Struct(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .zip(b)
                        .all(|(a, b)| a.name == b.name && a.data_type.same_but_for_nulls(&b.data_type))
            }
            _ => self == other,
        }
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Null => "VOID",
            Self::Boolean => "BOOLEAN",
            Self::Byte => "TINYINT",
            Self::Short => "SMALLINT",
            Self::Integer => "INT",
            Self::Long => "BIGINT",
            Self::Float => "FLOAT",
            Self::Double => "DOUBLE",
            Self::String => "STRING",
            Self::Binary => "BINARY",
            Self::Date => "DATE",
            Self::Timestamp => "TIMESTAMP",
            Self::TimestampNtz => "TIMESTAMP_NTZ",
            Self::CalendarInterval => "INTERVAL",
            Self::YearMonthInterval => "INTERVAL YEAR TO MONTH",
            Self::DayTimeInterval => "INTERVAL DAY TO SECOND",
            Self::Variant => "VARIANT",
            Self::Other(ddl) => ddl,
            Self::Decimal { precision, scale } => return write!(f, "DECIMAL({precision},{scale})"),
            Self::Char { length } => return write!(f, "CHAR({length})"),
            Self::VarChar { length } => return write!(f, "VARCHAR({length})"),
            Self::Time { precision } => return write!(f, "TIME({precision})"),
            Self::Array { element, .. } => return write!(f, "ARRAY<{element}>"),
            Self::Map { key, value, .. } => return write!(f, "MAP<{key}, {value}>"),
            Self::Struct(fields) => return write_struct(f, fields),
        };
        f.write_str(name)
    }
}

impl fmt::Display for StructField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", quote_identifier(&self.name), self.data_type)?;
        if self.nullable { Ok(()) } else { f.write_str(" NOT NULL") }
    }
}

fn write_struct(f: &mut fmt::Formatter<'_>, fields: &[StructField]) -> fmt::Result {
    f.write_str("STRUCT<")?;
    for (position, field) in fields.iter().enumerate() {
        let comma = if position == 0 { "" } else { ", " };
        write!(f, "{comma}{field}")?;
    }
    f.write_str(">")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_prints_as_spark_ddl() {
        let cases = [
            (DataType::Null, "VOID"),
            (DataType::Byte, "TINYINT"),
            (DataType::Long, "BIGINT"),
            (DataType::Decimal { precision: 10, scale: 2 }, "DECIMAL(10,2)"),
            (DataType::VarChar { length: 7 }, "VARCHAR(7)"),
            (DataType::Time { precision: 6 }, "TIME(6)"),
            (DataType::YearMonthInterval, "INTERVAL YEAR TO MONTH"),
            (
                DataType::map(DataType::String, DataType::array(DataType::Double)),
                "MAP<STRING, ARRAY<DOUBLE>>",
            ),
            (DataType::Struct(vec![]), "STRUCT<>"),
            (DataType::Other("GEOMETRY(4326)".into()), "GEOMETRY(4326)"),
        ];
        for (data_type, ddl) in cases {
            assert_eq!(data_type.to_string(), ddl);
        }
    }

    #[test]
    fn a_field_name_is_quoted_when_it_is_not_a_plain_identifier() {
        let cases = [
            ("a", "a: INT"),
            ("a b", "`a b`: INT"),
            ("a`b", "`a``b`: INT"),
            ("1a", "`1a`: INT"),
            ("", "``: INT"),
        ];
        for (name, ddl) in cases {
            assert_eq!(StructField::new(name, DataType::Integer).to_string(), ddl);
        }
    }

    #[test]
    fn nullability_does_not_make_two_types_hold_other_values() {
        let strict = DataType::Array { element: Box::new(DataType::Long), contains_null: false };
        assert!(DataType::array(DataType::Long).same_but_for_nulls(&strict));
        assert!(!DataType::array(DataType::Integer).same_but_for_nulls(&strict));
        let field = StructField::new("a", DataType::Long);
        let required = DataType::Struct(vec![field.clone().required()]);
        assert!(DataType::Struct(vec![field]).same_but_for_nulls(&required));
    }
}
