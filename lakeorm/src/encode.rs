//! From Rust to Arrow: the fields of rows gathered in columns, in one pass over the rows.
//!
//! | Rust | Spark |
//! |---|---|
//! | `bool` | BOOLEAN |
//! | `i8`, `i16`, `i32`, `i64` | TINYINT, SMALLINT, INT, BIGINT |
//! | `f32`, `f64` | FLOAT, DOUBLE |
//! | [`Decimal`](crate::Decimal), `rust_decimal::Decimal`, `bigdecimal::BigDecimal` | DECIMAL(38,18), or what `#[lake(decimal(p, s))]` on the field says |
//! | `String`, `&str` and other owners of a `str`; `uuid::Uuid`; an enum of names | STRING |
//! | `lakeorm::Json<T>`, `serde_json::Value`, `#[lake(json)]` on the field | STRING |
//! | `Vec<u8>`, `&[u8]` and other owners of bytes, `[u8; N]`, `bytes::Bytes` | BINARY |
//! | dates, times and lengths of time of `chrono`, `jiff` and `time`; the intervals | as [`LakeRow`](crate::LakeRow) reads them |
//! | `Vec<T>`, `[T; N]`, slices | ARRAY |
//! | `HashMap<K, V>`, `BTreeMap<K, V>`; `Vec<(K, V)>` and other lists of pairs | MAP |
//! | a struct that derives [`LakeTable`](derive@crate::LakeTable) | STRUCT |
//! | a tuple of up to 16 values, elsewhere than a pair in a list | STRUCT of the fields `_1`, `_2`, … |
//! | [`Variant`](crate::Variant) | VARIANT |
//! | `Option` of any of them | the same, with NULLs |
//!
//! Nothing is rounded, cut off or left out: a value that its column cannot hold is an error that names the row and the
//! field.

mod column;
mod error;
mod frame;
mod row;

pub use column::{ColumnOptions, Encoder, ToColumn};
pub use error::{EncodeError, WriteError};
pub use frame::FrameRow;
pub use row::{ToRow, record_batch, schema};

#[cfg(feature = "json")]
pub(crate) use column::push_json;
#[doc(hidden)]
pub use column::{Bools, Lists, Maps, Numbers, Strings, Variants};
#[doc(hidden)]
pub use column::{Bytes, Decimals, Tuples};
pub(crate) use column::{encode_option, refuse_null};
pub(crate) use error::same_key;
#[doc(hidden)]
pub use row::{Arrays, Fields, FlatRow, Optional, Structs};
