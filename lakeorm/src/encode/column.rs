//! Columns: how values of one Rust type become one Arrow array.

mod binary;
mod boolean;
#[cfg(feature = "chrono")]
mod chrono;
mod decimal;
mod interval;
#[cfg(feature = "jiff")]
mod jiff;
#[cfg(feature = "json")]
mod json;
mod list;
mod map;
#[cfg(any(feature = "jiff", feature = "time"))]
mod micros;
mod number;
mod optional;
mod pointer;
mod text;
#[cfg(feature = "time")]
mod time;
mod tuple;
mod variant;

pub use binary::Bytes;
pub use boolean::Bools;
pub use decimal::Decimals;
#[cfg(feature = "json")]
pub(crate) use json::push as push_json;
pub use list::Lists;
pub use map::Maps;
pub use number::Numbers;
pub(crate) use optional::{encode_option, refuse_null};
pub use text::Strings;
pub use tuple::Tuples;
pub(super) use tuple::position_name;
pub use variant::Variants;

use arrow_array::ArrayRef;
use arrow_schema::DataType as ArrowType;

use super::WriteError;
use crate::DataType;

/// A value type that one column is made of: the way back of [`FromColumn`](crate::FromColumn).
///
/// A type of your own usually hands everything to a type that lakeorm encodes already. Its values are never NULL: those
/// of an `Option` of it may be.
///
/// ```
/// use lakeorm::DataType;
/// use lakeorm::encode::{ColumnOptions, ToColumn, WriteError};
///
/// struct Percent(f64);
///
/// impl ToColumn for Percent {
///     type Encoder = <f64 as ToColumn>::Encoder;
///
///     fn data_type(options: ColumnOptions) -> DataType {
///         f64::data_type(options)
///     }
///
///     fn encoder(options: ColumnOptions, rows: usize) -> Self::Encoder {
///         f64::encoder(options, rows)
///     }
///
///     fn encode(&self, encoder: &mut Self::Encoder) -> Result<(), WriteError> {
///         match self.0 {
///             value if (0.0..=100.0).contains(&value) => value.encode(encoder),
///             _ => Err(WriteError::new("the value is not between 0 and 100")),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written to a column",
    label = "lakeorm cannot encode this type into a column",
    note = "a type of your own implements `lakeorm::encode::ToColumn`: with `#[derive(lakeorm::LakeTable)]` for a struct that is a STRUCT, with `#[derive(lakeorm::LakeValue)]` for an enum or a newtype",
    note = "Spark has no unsigned integers: `#[lake(try_from = \"i64\")]` on the field writes a wider one",
    note = "with the features `chrono`, `jiff`, `time`, `rust_decimal` and `bigdecimal` of lakeorm the types of those crates are written too, and with `json` any type as JSON"
)]
pub trait ToColumn {
    /// The encoder that gathers the values of one column.
    type Encoder: Encoder;

    #[doc(hidden)]
    /// Whether the column may have NULLs.
    const NULLABLE: bool = false;

    #[doc(hidden)]
    /// Whether lists of it are MAPs.
    const IS_PAIR: bool = false;

    #[doc(hidden)]
    /// Whether different values are different in the column too, so that the keys of a Rust map need no second look.
    const DISTINCT: bool = false;

    #[doc(hidden)]
    /// Whether the value is written as a NULL.
    #[inline(always)]
    fn writes_null(&self) -> bool {
        false
    }

    /// The column's type.
    fn data_type(options: ColumnOptions) -> DataType;

    /// An encoder with room for `rows` values.
    fn encoder(options: ColumnOptions, rows: usize) -> Self::Encoder;

    /// Appends the value.
    ///
    /// # Errors
    /// A value that the column cannot hold exactly. Nothing is said of what the encoder holds then.
    fn encode(&self, encoder: &mut Self::Encoder) -> Result<(), WriteError>;
}

/// The values of one column, as far as they have been gathered.
pub trait Encoder {
    /// Appends a NULL, or the placeholder under the NULL of a parent.
    fn push_null(&mut self);

    /// The array, of the type that [`ToColumn::data_type`] is in Arrow.
    ///
    /// # Errors
    /// A column that Arrow has no room for.
    fn finish(self, data_type: &ArrowType) -> Result<ArrayRef, WriteError>;
}

/// Options of a field's column that its Rust type does not tell.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct ColumnOptions {
    decimal: Option<(u8, u8)>,
}

impl ColumnOptions {
    /// The digits of a DECIMAL, all and those after the point, at any depth of the column's type.
    #[must_use]
    pub fn with_decimal(self, precision: u8, scale: u8) -> Self {
        Self { decimal: Some((precision, scale)) }
    }

    /// Whether the options change this type at all.
    pub(super) fn changes(self, data_type: impl Fn(Self) -> DataType) -> bool {
        let other = |said: (u8, u8)| if said == (1, 0) { (2, 0) } else { (1, 0) };
        self.decimal.is_none_or(|said| {
            let (precision, scale) = other(said);
            data_type(self) != data_type(self.with_decimal(precision, scale))
        })
    }

    /// Those of [`with_decimal`](Self::with_decimal), or 38 and 18 as Spark has it.
    #[must_use]
    pub fn decimal(self) -> (u8, u8) {
        self.decimal.unwrap_or((38, 18))
    }
}

/// The number of values as an offset.
#[inline]
fn offset(count: usize) -> Result<i32, WriteError> {
    i32::try_from(count).map_err(|_| WriteError::too_large())
}
