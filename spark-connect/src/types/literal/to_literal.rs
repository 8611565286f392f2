//! Rust values as literals.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use super::element::common_type;
use super::{Literal, LiteralError};
use crate::types::DataType;

/// A Rust value that can be bound to a marker.
///
/// | Rust | Spark | feature |
/// |---|---|---|
/// | `bool` | `BOOLEAN` | |
/// | `i8`, `i16`, `i32`, `i64` | `TINYINT`, `SMALLINT`, `INT`, `BIGINT` | |
/// | `u16`, `u32` | `INT`, `BIGINT`, which hold all their values | |
/// | `u64`, `usize` | `BIGINT`, or an error from 2^63 on | |
/// | `f32`, `f64` | `FLOAT`, `DOUBLE` | |
/// | [`Decimal`](crate::Decimal) | the narrowest `DECIMAL` that holds it with its scale | |
/// | `str`, `String` | `STRING` | |
/// | `Uuid` | `STRING`, with hyphens and in lower case | |
/// | `serde_json::Value` | `STRING` of the JSON | |
/// | `[u8]`, `Vec<u8>`, `[u8; N]`, `Bytes` | `BINARY` | |
/// | [`YearMonthInterval`](crate::YearMonthInterval) | `INTERVAL YEAR TO MONTH` | |
/// | [`DayTimeInterval`](crate::DayTimeInterval) | `INTERVAL DAY TO SECOND` | |
/// | [`CalendarInterval`](crate::CalendarInterval) | `INTERVAL` | |
/// | `Option<T>` | `T`'s type, `None` being a `NULL` of it | |
/// | `[T]`, `Vec<T>`, `[T; N]` | `ARRAY` | |
/// | `BTreeMap<K, V>`, `HashMap<K, V>` | `MAP` | |
/// | `&T`, `&mut T`, `Box<T>`, `Rc<T>`, `Arc<T>`, `Cow<'_, T>` | `T`'s type | |
/// | [`Literal`] | its own type | |
/// | `chrono::NaiveDate`, `NaiveTime` | `DATE`, `TIME(6)` | `chrono` |
/// | `chrono::DateTime<Tz>`, `NaiveDateTime` | `TIMESTAMP`, `TIMESTAMP_NTZ` | `chrono` |
/// | `chrono::TimeDelta` | `INTERVAL DAY TO SECOND` | `chrono` |
/// | `jiff::civil::Date`, `Time`, `DateTime` | `DATE`, `TIME(6)`, `TIMESTAMP_NTZ` | `jiff` |
/// | `jiff::Timestamp`, `SignedDuration` | `TIMESTAMP`, `INTERVAL DAY TO SECOND` | `jiff` |
/// | `time::Date`, `Time`, `PrimitiveDateTime` | `DATE`, `TIME(6)`, `TIMESTAMP_NTZ` | `time` |
/// | `time::UtcDateTime`, `OffsetDateTime`, `Duration` | `TIMESTAMP` twice, `INTERVAL DAY TO SECOND` | `time` |
/// | `rust_decimal::Decimal` | as `Decimal` | `rust_decimal` |
/// | `bigdecimal::BigDecimal` | as `Decimal` | `bigdecimal` |
///
/// The crate `lakeorm` adds structs that derive `LakeTable` (`STRUCT`), enums and newtypes that derive `LakeValue` (the type
/// that they are stored as) and, with its feature `json`, `Json<T>` (`STRING` of the JSON).
///
/// Spark keeps microseconds: nanoseconds of an instant and of a wall clock's reading are cut off, so that `Utc::now()`
/// binds; a time of day or a length of time that is finer is an error.
///
/// A lone `u8` is not bindable, because bytes are `BINARY`: bind `i16::from(byte)`.
///
/// ```
/// # use spark_connect::types::{DataType, Literal, LiteralError, ToLiteral};
/// struct Celsius(f64);
///
/// impl ToLiteral for Celsius {
///     fn data_type() -> DataType {
///         f64::data_type()
///     }
///     fn to_literal(&self) -> Result<Literal, LiteralError> {
///         self.0.to_literal()
///     }
/// }
///
/// assert_eq!(None::<Celsius>.to_literal()?, Literal::null(DataType::Double));
/// # Ok::<(), LiteralError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound to a SQL marker",
    label = "no Spark type for this value",
    note = "bindable are booleans, integers, floats, strings, byte slices (`BINARY`), `Uuid`, `Decimal`, intervals, \
            `serde_json::Value`, and `Option`, `Vec`, slices and maps of those; with the features `chrono`, `jiff`, `time`, \
            `rust_decimal` and `bigdecimal` the types of those crates too",
    note = "in lakeorm: `#[derive(LakeTable)]` on a struct, `#[derive(LakeValue)]` on an enum or a newtype",
    note = "a lone `u8` is not bindable: use `i16::from(byte)`; for another type implement `ToLiteral`"
)]
pub trait ToLiteral {
    /// The type where there is no value: of the `NULL` that `None` becomes, and of the elements of an empty array.
    fn data_type() -> DataType;

    /// The value as a literal.
    ///
    /// # Errors
    /// A value that the Spark type cannot hold exactly.
    fn to_literal(&self) -> Result<Literal, LiteralError>;
}

/// Implements the trait for types with a literal of their own.
macro_rules! literals {
    ($($(#[$attribute:meta])* $rust:ty => $data_type:expr, $to_literal:expr;)*) => {$(
        $(#[$attribute])*
        impl $crate::types::ToLiteral for $rust {
            fn data_type() -> $crate::types::DataType {
                $data_type
            }

            fn to_literal(&self) -> Result<$crate::types::Literal, $crate::types::LiteralError> {
                let to_literal: fn(&Self) -> Result<
                    $crate::types::Literal,
                    $crate::types::LiteralError,
                > = $to_literal;
                to_literal(self)
            }
        }
    )*};
}
pub(super) use literals;

literals! {
    bool => DataType::Boolean, |value| Ok(Literal::boolean(*value));
    i8 => DataType::Byte, |value| Ok(Literal::byte(*value));
    i16 => DataType::Short, |value| Ok(Literal::short(*value));
    i32 => DataType::Integer, |value| Ok(Literal::integer(*value));
    i64 => DataType::Long, |value| Ok(Literal::long(*value));
    u16 => DataType::Integer, |value| Ok(Literal::integer(i32::from(*value)));
    u32 => DataType::Long, |value| Ok(Literal::long(i64::from(*value)));
    u64 => DataType::Long, |value| bigint(*value, "u64");
    usize => DataType::Long, |value| bigint(*value, "usize");
    f32 => DataType::Float, |value| Ok(Literal::float(*value));
    f64 => DataType::Double, |value| Ok(Literal::double(*value));
    str => DataType::String, |value| Ok(Literal::string(value));
    String => DataType::String, |value| Ok(Literal::string(value.as_str()));
    Uuid => DataType::String, |value| Ok(Literal::string(value.hyphenated().to_string()));
    [u8] => DataType::Binary, |value| Ok(Literal::binary(value.to_vec()));
    Vec<u8> => DataType::Binary, |value| Ok(Literal::binary(value.clone()));
    Bytes => DataType::Binary, |value| Ok(Literal::binary(value.clone()));
    // The type of a literal is known only from the value.
    Literal => DataType::Null, |literal| Ok(literal.clone());
}

fn bigint(value: impl TryInto<i64>, rust: &str) -> Result<Literal, LiteralError> {
    value.try_into().map(Literal::long).map_err(|_| {
        LiteralError::new(format!(
            "a {rust} is out of the range of BIGINT: bind a value below 2^63, or a DECIMAL(20,0)"
        ))
    })
}

impl<T: ToLiteral> ToLiteral for Option<T> {
    fn data_type() -> DataType {
        T::data_type()
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        let Some(value) = self else { return Ok(Literal::null(T::data_type())) };
        let literal = value.to_literal()?;
        // A literal that is bound as it is may be a NULL, and says of which type.
        match literal.is_null() && T::data_type() != DataType::Null {
            true => Err(LiteralError::new("a Some(None) would be the NULL that None is: bind None")),
            false => Ok(literal),
        }
    }
}

/// Coherence allows this beside `[u8]` because `u8` is not bindable itself.
impl<T: ToLiteral> ToLiteral for [T] {
    fn data_type() -> DataType {
        DataType::array(T::data_type())
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        let elements = self.iter().map(T::to_literal).collect::<Result<Vec<_>, _>>()?;
        Literal::array(common_type(T::data_type(), &elements)?, elements)
    }
}

/// Implements the trait for types whose literal is that of what they point to or hold.
macro_rules! delegated {
    ($([$($generic:tt)*] $rust:ty => $target:ty;)*) => {$(
        impl<$($generic)*> ToLiteral for $rust {
            fn data_type() -> DataType {
                <$target>::data_type()
            }

            fn to_literal(&self) -> Result<Literal, LiteralError> {
                <$target>::to_literal(self)
            }
        }
    )*};
}

delegated! {
    [T: ToLiteral + ?Sized] &T => T;
    [T: ToLiteral + ?Sized] &mut T => T;
    [T: ToLiteral + ?Sized] Box<T> => T;
    [T: ToLiteral + ?Sized] Rc<T> => T;
    [T: ToLiteral + ?Sized] Arc<T> => T;
    [T: ToLiteral + ToOwned + ?Sized] Cow<'_, T> => T;
    [T: ToLiteral] Vec<T> => [T];
    [T: ToLiteral, const N: usize] [T; N] => [T];
    [const N: usize] [u8; N] => [u8];
}

impl<K: ToLiteral, V: ToLiteral> ToLiteral for BTreeMap<K, V> {
    fn data_type() -> DataType {
        DataType::map(K::data_type(), V::data_type())
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        map(self.iter())
    }
}

impl<K: ToLiteral, V: ToLiteral, S: BuildHasher> ToLiteral for HashMap<K, V, S> {
    fn data_type() -> DataType {
        DataType::map(K::data_type(), V::data_type())
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        map(self.iter())
    }
}

fn map<'a, K: ToLiteral + 'a, V: ToLiteral + 'a>(
    entries: impl Iterator<Item = (&'a K, &'a V)>,
) -> Result<Literal, LiteralError> {
    let entries = entries.map(|(key, value)| Ok((key.to_literal()?, value.to_literal()?)));
    let entries = entries.collect::<Result<Vec<_>, LiteralError>>()?;
    let key = common_type(K::data_type(), entries.iter().map(|(key, _)| key))?;
    let value = common_type(V::data_type(), entries.iter().map(|(_, value)| value))?;
    Literal::map(key, value, entries)
}
