//! Columns: how one Arrow array becomes values of one Rust type.
//!
//! | Spark | Rust |
//! |---|---|
//! | BOOLEAN | `bool` |
//! | TINYINT, SMALLINT, INT, BIGINT | `i8`, `i16`, `i32`, `i64`, or a wider one; an enum of numbers |
//! | FLOAT, DOUBLE | `f32`, `f64`; FLOAT also into `f64` |
//! | DECIMAL(p, s) | [`Decimal`](crate::Decimal); `rust_decimal::Decimal` and `bigdecimal::BigDecimal` with the features of their names |
//! | STRING, CHAR, VARCHAR | `String`, `&str`, `Cow<str>`, `Box<str>`, `Rc<str>`, `Arc<str>`; `uuid::Uuid`; an enum of names |
//! | STRING of JSON | `lakeorm::Json<T>`, `serde_json::Value`, or `#[lake(json)]` on the field, with the feature `json` |
//! | BINARY | `Vec<u8>`, `&[u8]`, `Cow<[u8]>`, `Box<[u8]>`, `Rc<[u8]>`, `Arc<[u8]>`, `[u8; N]`; `bytes::Bytes` shares the batch's buffer |
//! | DATE | `chrono::NaiveDate`; `jiff::civil::Date`; `time::Date` |
//! | TIMESTAMP | `chrono::DateTime<chrono::Utc>`, `chrono::DateTime<chrono::FixedOffset>` at UTC; `jiff::Timestamp`; `time::UtcDateTime`, `time::OffsetDateTime` at UTC |
//! | TIMESTAMP_NTZ | `chrono::NaiveDateTime`; `jiff::civil::DateTime`; `time::PrimitiveDateTime` |
//! | TIME | `chrono::NaiveTime`; `jiff::civil::Time`; `time::Time` |
//! | INTERVAL DAY TO SECOND | [`DayTimeInterval`](crate::DayTimeInterval); `chrono::TimeDelta`; `jiff::SignedDuration`; `time::Duration` |
//! | INTERVAL YEAR TO MONTH | [`YearMonthInterval`](crate::YearMonthInterval) |
//! | INTERVAL | [`CalendarInterval`](crate::CalendarInterval) |
//! | ARRAY | `Vec<T>`; `[T; N]` for lists of that length |
//! | MAP | `HashMap<K, V>`, `BTreeMap<K, V>`; `Vec<(K, V)>` in the map's order |
//! | STRUCT | a struct that derives [`LakeRow`](crate::LakeRow), by name; a tuple, by position |
//! | VARIANT | [`Variant`](crate::Variant) |
//! | GEOMETRY, GEOGRAPHY | [`Wkb`] |
//! | VOID | `Option` of any of them |
//! | any of them with NULLs | `Option` of it |
//! | any of them | [`Value`](crate::Value); `Box`, `Rc` and `Arc` of its type |
//! | an unsigned integer of another engine | the next wider of the integers; `u16`, `u32`, `u64` from 16, 32, 64 bits on |
//!
//! The types of `chrono` need the feature `chrono`, which is on by default, those of `jiff` and `time` the features
//! `jiff` and `time`. Each of them is one too inside a list, a map or a struct, to any depth, and in every encoding
//! that Arrow has for it: dictionaries, runs, views, 64-bit offsets.
//!
//! Nothing is narrowed, rounded or reinterpreted. A column whose type is not the field's is an error before the first row,
//! and a NULL where the field has no room for one is an error before the first row of its batch. What only a value tells is
//! an error at its row: a date outside the years of its Rust type, a number with more digits, a list of another length than
//! the array, a text that is no variant's name, JSON that does not fit, whatever `try_from` and `with` refuse.
//!
//! JSON is the one exception, as its numbers have no type: one that is no `i64` or `u64` is the nearest `f64` in a
//! `serde_json::Value`. Where its digits count, read the column as a `String`.

mod binary;
mod boolean;
#[cfg(feature = "chrono")]
mod chrono;
mod converted;
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
mod date_column;
mod decimal;
mod dynamic;
mod error;
mod float;
mod integer;
mod interval;
#[cfg(feature = "jiff")]
mod jiff;
#[cfg(feature = "json")]
mod json;
mod list;
mod logical;
mod map;
mod opaque;
mod optional;
#[cfg(any(feature = "rust_decimal", feature = "bigdecimal"))]
mod other_decimals;
mod other_strings;
mod pointer;
mod read_mode;
mod refusal;
mod shape;
mod shared_bytes;
mod slices;
mod spark_name;
mod text;
#[cfg(feature = "time")]
mod time;
#[cfg(any(feature = "jiff", feature = "time"))]
mod time_column;
mod time_counts;
mod uuid;
mod variant;
mod wkb;

pub(crate) use crate::type_name::short_type_name;
pub use error::ReadError;
pub(crate) use error::joined;
pub(crate) use list::element;
pub(crate) use logical::{is_plain, logical_type};
pub(crate) use refusal::Inside;
pub use refusal::Refusal;
pub use shape::{Child, Shape, ShapeKind};
pub(crate) use spark_name::spark_name;
pub use wkb::Wkb;

// The readers of the types above, which nobody names, and what only generated code does.
#[doc(hidden)]
pub use decimal::Decimals;
#[doc(hidden)]
pub use dynamic::Values;
#[doc(hidden)]
pub use integer::Integers;
#[doc(hidden)]
pub use list::{Lists, Spans};
#[doc(hidden)]
pub use map::Maps;
#[doc(hidden)]
pub use optional::Nullable;
#[doc(hidden)]
pub use read_mode::{Fast, Inline, OutOfLine, ReadMode};
#[doc(hidden)]
pub use shared_bytes::SharedBytes;
#[doc(hidden)]
pub use slices::{Binary, SliceKind, Slices, Text};
#[doc(hidden)]
pub use time_counts::TimeCounts;
#[doc(hidden)]
pub use variant::Variants;
#[doc(hidden)]
pub use wkb::Wkbs;

use arrow_array::Array;
use arrow_schema::DataType;

/// A value type that one column decodes into.
///
/// [`accepts`](Self::accepts) is asked once per result, [`bind`](Self::bind) once per batch,
/// [`read`](Self::read) once per value. A type of your own usually hands all three to a type that lakeorm
/// decodes already:
///
/// ```
/// use lakeorm::arrow_array::Array;
/// use lakeorm::arrow_schema::DataType;
/// use lakeorm::column::{FromColumn, ReadError, Refusal, Shape};
///
/// struct Percent(f64);
///
/// impl<'b> FromColumn<'b> for Percent {
///     type Reader = <f64 as FromColumn<'b>>::Reader;
///
///     fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
///         f64::accepts(data_type)
///     }
///
///     fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
///         f64::bind(array, shape)
///     }
///
///     fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
///         match f64::read(reader, row)? {
///             value if (0.0..=100.0).contains(&value) => Ok(Percent(value)),
///             _ => Err(ReadError::new("the value is not between 0 and 100")),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "no column decodes into `{Self}`",
    label = "lakeorm cannot decode a column into this type",
    note = "a type of your own implements `lakeorm::FromColumn`: with `#[derive(lakeorm::LakeRow)]` for a struct that is a STRUCT, with `#[derive(lakeorm::LakeValue)]` for an enum or a newtype",
    note = "of the integers of Rust `u8`, `usize`, `isize`, `u128` and `i128` have no column: read one of the others and convert it with `#[lake(try_from = \"i64\")]` on the field",
    note = "DECIMAL decodes into `lakeorm::Decimal`; dates and timestamps into `chrono` types with the feature `chrono`, JSON into any type with the feature `json`"
)]
pub trait FromColumn<'b>: Sized {
    /// What reads the values of one batch. A stream of rows keeps it from one poll to the next, whose thread may be another.
    type Reader: Send;

    /// Whether a column of this Arrow type decodes into `Self` exactly or by widening, and the shape of the
    /// values. The type is never an encoding: dictionaries and runs are unpacked before.
    ///
    /// # Errors
    /// The [`Refusal`], with what to use instead.
    fn accepts(data_type: &DataType) -> Result<Shape, Refusal>;

    /// A reader of this array, of a type that [`accepts`](Self::accepts) has accepted with this shape.
    ///
    /// # Errors
    /// The array is of another type than the result's schema announced.
    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError>;

    #[doc(hidden)]
    /// Whether [`read_fast`](Self::read_fast) never fails, for the first [`fast_rows`](Self::fast_rows) values and for
    /// what stands where NULLs are among them. Rows of nothing but such values are read without a look at the
    /// outcome; a type that says so and fails makes the reading of rows panic.
    const INFALLIBLE: bool = false;

    #[doc(hidden)]
    /// How many of the first `rows` values [`read_fast`](Self::read_fast) may read. The answer changes speed and
    /// no value; a type that wraps another hands the question on.
    #[inline]
    fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
        let _ = reader;
        rows
    }

    #[doc(hidden)]
    /// [`read`](Self::read) by its shortest way, for values that [`fast_rows`](Self::fast_rows) has allowed: the commonest
    /// encoding alone, and no word about an index outside the batch.
    ///
    /// # Errors
    /// The value is outside what `Self` can hold.
    #[inline]
    fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        Self::read(reader, row)
    }

    /// The value with this index. It is only called for elements that are not NULL, unless the type's shape is
    /// nullable.
    ///
    /// # Errors
    /// The value is outside what `Self` can hold, or the index is outside the array.
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError>;
}

/// The value of a read that its type calls [`INFALLIBLE`](FromColumn::INFALLIBLE).
#[inline(always)]
pub(crate) fn infallible<T>(value: Result<T, ReadError>) -> T {
    match value {
        Ok(value) => value,
        Err(_) => unreachable!("a type that calls its reads sure has failed one"),
    }
}
