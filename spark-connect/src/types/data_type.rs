//! Spark's data types, as a plain value.

use super::decimal::MAX_DIGITS;

/// A type nested deeper than this is not read any further: who does would run out of stack.
pub(super) const MOST_LEVELS: usize = 100;

pub(super) fn too_deep() -> DataType {
    DataType::Unknown("a type nested too deep".to_owned())
}

/// A Spark SQL data type.
///
/// [`Display`](std::fmt::Display) writes the type as Spark's DDL does, so the text can be used in a `CREATE TABLE` or a
/// `CAST`, and [`FromStr`](std::str::FromStr) reads it. Every nested column and element is nullable in DDL unless it says `NOT NULL`.
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
    /// A type that a server has and this client does not know, or that Arrow has and Spark does not, in words for a
    /// person.
    Unknown(String),
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

    /// A decimal, if Spark has it.
    pub(super) fn decimal(precision: u8, scale: u8) -> Option<Self> {
        let is_of_spark = (1..=MAX_DIGITS).contains(&precision) && scale <= precision;
        is_of_spark.then_some(Self::Decimal { precision, scale })
    }

    /// The same type with every element, value and field nullable. Engines do not agree on which of them are.
    #[must_use]
    pub fn nullable(self) -> Self {
        match self {
            Self::Array { element, .. } => Self::array(element.nullable()),
            Self::Map { key, value, .. } => Self::map(key.nullable(), value.nullable()),
            Self::Struct(fields) => {
                let fields =
                    fields.into_iter().map(|field| StructField::new(field.name, field.data_type.nullable()));
                Self::Struct(fields.collect())
            }
            other => other,
        }
    }

    /// Whether it is, or holds, a TIMESTAMP.
    pub(crate) fn holds_instants(&self) -> bool {
        match self {
            Self::Timestamp => true,
            Self::Array { element, .. } => element.holds_instants(),
            Self::Map { key, value, .. } => key.holds_instants() || value.holds_instants(),
            Self::Struct(fields) => fields.iter().any(|field| field.data_type.holds_instants()),
            _ => false,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nullability_does_not_make_two_types_hold_other_values() {
        let strict = DataType::Array { element: Box::new(DataType::Long), contains_null: false };
        assert!(DataType::array(DataType::Long).same_but_for_nulls(&strict));
        assert!(!DataType::array(DataType::Integer).same_but_for_nulls(&strict));
        let field = StructField::new("a", DataType::Long);
        let required = DataType::Struct(vec![field.clone().required()]);
        assert!(DataType::Struct(vec![field.clone()]).same_but_for_nulls(&required));
        assert_eq!(required.nullable(), DataType::Struct(vec![field]));
        assert_eq!(strict.nullable(), DataType::array(DataType::Long));
    }
}
