//! Values beside a statement, as they were sent.

use std::fmt;

use super::proto::expression::literal::LiteralType;
use super::proto::expression::{ExprType, Literal};
use super::proto::{Expression, expression::literal::specialized_array::ValueType};

/// A value that was bound to a marker, of the type that it was sent with: an INT is not a BIGINT.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// NULL of any type.
    Null,
    /// BOOLEAN.
    Boolean(bool),
    /// TINYINT, in the width that the protocol has for it.
    Byte(i32),
    /// SMALLINT, in the width that the protocol has for it.
    Short(i32),
    /// INT.
    Integer(i32),
    /// BIGINT.
    Long(i64),
    /// FLOAT.
    Float(f32),
    /// DOUBLE.
    Double(f64),
    /// DECIMAL, as text.
    Decimal(String),
    /// STRING.
    String(String),
    /// BINARY.
    Binary(Vec<u8>),
    /// DATE, in days since 1970-01-01.
    Date(i32),
    /// TIMESTAMP, in microseconds since the epoch.
    Timestamp(i64),
    /// TIMESTAMP_NTZ, in microseconds since the epoch of the wall clock read as UTC.
    TimestampNtz(i64),
    /// ARRAY.
    Array(Vec<Self>),
    /// MAP.
    Map(Vec<(Self, Self)>),
    /// STRUCT.
    Struct(Vec<Self>),
    /// Anything else, as it shows when it is debugged.
    Other(String),
}

macro_rules! from {
    ($($from:ty => $variant:ident,)*) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from! {
    bool => Boolean,
    i8 => Byte,
    i16 => Short,
    i32 => Integer,
    i64 => Long,
    f32 => Float,
    f64 => Double,
    &str => String,
    String => String,
    &[u8] => Binary,
    Vec<u8> => Binary,
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Value {
    pub(super) fn of(expression: &Expression) -> Self {
        match &expression.expr_type {
            Some(ExprType::Literal(literal)) => literal_value(literal),
            Some(ExprType::UnresolvedFunction(call)) => called(&call.function_name, &call.arguments),
            other => Self::Other(format!("{other:?}")),
        }
    }
}

/// Arrays, maps and structs may travel as calls of the functions that make them.
fn called(function: &str, arguments: &[Expression]) -> Value {
    let values: Vec<Value> = arguments.iter().map(Value::of).collect();
    match function {
        "array" => Value::Array(values),
        "map" => Value::Map(pairs(values)),
        "struct" | "named_struct" => Value::Struct(values),
        _ => Value::Other(format!("{function}({values:?})")),
    }
}

fn pairs(values: Vec<Value>) -> Vec<(Value, Value)> {
    let mut values = values.into_iter();
    std::iter::from_fn(|| Some((values.next()?, values.next()?))).collect()
}

pub(super) fn literal_value(literal: &Literal) -> Value {
    let of = |literals: &[Literal]| literals.iter().map(literal_value).collect::<Vec<_>>();
    match &literal.literal_type {
        Some(LiteralType::Null(_)) => Value::Null,
        Some(LiteralType::Boolean(value)) => Value::Boolean(*value),
        Some(LiteralType::Byte(value)) => Value::Byte(*value),
        Some(LiteralType::Short(value)) => Value::Short(*value),
        Some(LiteralType::Integer(value)) => Value::Integer(*value),
        Some(LiteralType::Long(value)) => Value::Long(*value),
        Some(LiteralType::Float(value)) => Value::Float(*value),
        Some(LiteralType::Double(value)) => Value::Double(*value),
        Some(LiteralType::Decimal(value)) => Value::Decimal(value.value.clone()),
        Some(LiteralType::String(value)) => Value::String(value.clone()),
        Some(LiteralType::Binary(value)) => Value::Binary(value.to_vec()),
        Some(LiteralType::Date(days)) => Value::Date(*days),
        Some(LiteralType::Timestamp(microseconds)) => Value::Timestamp(*microseconds),
        Some(LiteralType::TimestampNtz(microseconds)) => Value::TimestampNtz(*microseconds),
        Some(LiteralType::Array(array)) => Value::Array(of(&array.elements)),
        Some(LiteralType::Map(map)) => Value::Map(of(&map.keys).into_iter().zip(of(&map.values)).collect()),
        Some(LiteralType::Struct(row)) => Value::Struct(of(&row.elements)),
        Some(LiteralType::SpecializedArray(array)) => specialized(array.value_type.as_ref()),
        other => Value::Other(format!("{other:?}")),
    }
}

fn specialized(values: Option<&ValueType>) -> Value {
    fn array<T: Clone + Into<Value>>(values: &[T]) -> Value {
        Value::Array(values.iter().cloned().map(Into::into).collect())
    }
    match values {
        Some(ValueType::Bools(list)) => array(&list.values),
        Some(ValueType::Ints(list)) => array(&list.values),
        Some(ValueType::Longs(list)) => array(&list.values),
        Some(ValueType::Floats(list)) => array(&list.values),
        Some(ValueType::Doubles(list)) => array(&list.values),
        Some(ValueType::Strings(list)) => array(&list.values),
        None => Value::Array(Vec::new()),
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Byte(value) | Self::Short(value) | Self::Integer(value) => write!(f, "{value}"),
            Self::Long(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Double(value) => write!(f, "{value}"),
            Self::Decimal(value) => f.write_str(value),
            Self::String(value) => write!(f, "{value:?}"),
            other => write!(f, "{other:?}"),
        }
    }
}
