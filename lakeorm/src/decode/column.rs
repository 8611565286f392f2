//! Columns: how one Arrow array becomes values of one Rust type.
//!
//! | Spark | Rust |
//! |---|---|
//! | BOOLEAN | `bool` |
//! | TINYINT, SMALLINT, INT, BIGINT | `i8`, `i16`, `i32`, `i64`, or a wider one; an enum of numbers |
//! | FLOAT, DOUBLE | `f32`, `f64`; FLOAT also into `f64` |
//! | DECIMAL(p, s) | [`Decimal`](crate::Decimal); `rust_decimal::Decimal` and `bigdecimal::BigDecimal` with the features of their names |
//! | STRING, CHAR, VARCHAR | `String`, `&str`, `Cow<str>`, `Box<str>`, `Rc<str>`, `Arc<str>`; `uuid::Uuid`; [`IngestId`](crate::IngestId); an enum of names |
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
//! `chrono` types need the default feature `chrono`; `jiff` and `time` theirs. All types also work inside lists, maps
//! and structs, in every Arrow encoding. Nothing is narrowed or rounded: a wrong column type is an error before the
//! first row, a NULL without `Option` before the first row of its batch, an out-of-range value at its row. Exception: a
//! `serde_json::Value` number that is neither `i64` nor `u64` becomes the nearest `f64`.

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
#[cfg(feature = "time")]
mod time;
#[cfg(any(feature = "jiff", feature = "time"))]
mod time_column;
mod time_counts;
mod uuid;
mod variant;
mod wkb;

pub(crate) use crate::type_name::short_type_name;
pub(crate) use converted::converted;
pub use error::ReadError;
pub(crate) use error::joined;
pub(crate) use list::{element, parts};
pub(crate) use logical::{is_plain, logical_type, with_fields};
pub(crate) use refusal::Inside;
pub use refusal::Refusal;
pub use shape::{Child, Shape, ShapeKind};
pub(crate) use spark_name::{shown_as, shown_name, spark_name};
pub use wkb::Wkb;

// The readers of the types above, which only generated code names.
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
    note = "`u8`, `usize`, `isize`, `u128` and `i128` cannot be read from a column: read another integer and convert it; a field with a name does so with `#[lake(try_from = \"i64\")]`",
    note = "DECIMAL decodes into `lakeorm::Decimal`, a STRING also into `uuid::Uuid`; with the features `chrono`, `jiff`, `time`, `rust_decimal` and `bigdecimal` of lakeorm the types of those crates decode too, and with `json` JSON into any type",
    note = "TIMESTAMP decodes into `chrono::DateTime<chrono::Utc>`: for `Local` or another time zone read that, and convert it by `with_timezone`"
)]
pub trait FromColumn<'b>: Sized {
    /// The reader of one batch's values. A stream of rows keeps it between polls, which may be on different threads.
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
    /// Whether [`read_fast`](Self::read_fast) never fails for the first [`fast_rows`](Self::fast_rows) values, those
    /// under NULLs included. Rows of only such values are read without checking the outcome; a type that says so and
    /// fails makes reading rows panic.
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
    /// The fast path of [`read`](Self::read), for values that [`fast_rows`](Self::fast_rows) has allowed: only the
    /// commonest encoding, and no error for an index outside the batch.
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

/// The value of a read of an [`INFALLIBLE`](FromColumn::INFALLIBLE) type.
#[inline(always)]
pub(crate) fn infallible<T>(value: Result<T, ReadError>) -> T {
    match value {
        Ok(value) => value,
        Err(_) => unreachable!("a type whose reads are INFALLIBLE has failed one"),
    }
}
