//! The names that generated code uses. Not part of the public interface: it changes together with the derives, and the
//! two crates are pinned to the same version.

pub use core::clone::Clone;
pub use core::convert::{From, TryFrom, TryInto};
pub use core::default::Default;
pub use core::marker::{PhantomData, Send};
pub use core::option::Option::{self, None, Some};
pub use core::primitive::{bool, i64, str, usize};
pub use core::result::Result::{self, Err, Ok};
/// Under a name of its own: a path to a name of the prelude is an unnecessary qualification in the user's crate.
pub use std::vec::Vec as List;

pub use arrow_array::{Array, ArrayRef};
pub use arrow_schema::DataType;

pub use spark_connect::LiteralError;
pub use spark_connect::{DataType as SparkType, Literal, ToLiteral};

use core::any::type_name;

pub use crate::column::{Fast, FromColumn, Inline, OutOfLine, ReadError, ReadMode, Refusal, Shape};
pub use crate::encode::{
    Arrays, ColumnOptions, Encoder, Fields, FlatRow, Numbers, Strings, Structs, ToColumn, ToRow, WriteError,
};
pub use crate::row::{
    Bound, BoundRow, ColumnCursor, Columns, LakeRow, LakeRowOwned, RowReadMode, accept_struct, bind_struct,
};
pub use crate::table::{LakeTable, TableDefinition, Transform, Violation};
use crate::type_name::short_type_name;

mod validate;
mod write;

pub use validate::violations;
pub use write::{
    encode, encode_integer, encode_into, encode_into_option, encode_json, encode_json_option, encode_row,
    encode_text, encode_with, finish_row, integer_literal, is_flat_row, is_written_column, is_written_row,
    struct_literal, struct_type, text_literal,
};

/// Compiles only if `C` decodes from a column; called by generated code so that a wrong field type is one error.
pub fn is_column<'b, C: FromColumn<'b>>() {}

/// Compiles only if `R` is a row; called by generated code in the same way.
pub fn is_row<'b, R: LakeRow<'b>>() {}

/// [`Bound::read_as`] as a function.
///
/// # Errors
/// Those of [`Bound::read`].
#[inline(always)]
pub fn read<'b, M: ReadMode, C: FromColumn<'b>>(column: &Bound<'b, C>, row: usize) -> Result<C, ReadError> {
    column.read_as::<M>(row)
}

/// [`BoundRow::read_as`] as a function.
///
/// # Errors
/// Those of [`BoundRow::read_as`].
#[inline(always)]
pub fn read_row<'b, M: RowReadMode, R: LakeRow<'b>>(
    row: &BoundRow<'b, R>,
    index: usize,
) -> Result<R, ReadError> {
    row.read_as::<M>(index)
}

/// Reads a column for `#[lake(with = module)]`.
///
/// # Errors
/// Those of [`Bound::read`], and the conversion's.
#[inline]
pub fn read_with<'b, M: ReadMode, C: FromColumn<'b>, T>(
    column: &Bound<'b, C>,
    row: usize,
    decode: impl FnOnce(C) -> Result<T, ReadError>,
) -> Result<T, ReadError> {
    column.read_with::<M, T>(row, decode)
}

/// Reads a column for `#[lake(try_from = "C")]`.
///
/// # Errors
/// Those of [`Bound::read`], and a value that does not convert.
#[inline]
pub fn read_try_from<'b, M: ReadMode, C: FromColumn<'b>, T: TryFrom<C>>(
    column: &Bound<'b, C>,
    row: usize,
) -> Result<T, ReadError> {
    column.read_with::<M, T>(row, try_from)
}

/// [`read_try_from`] for an `Option` of the field's type.
///
/// # Errors
/// Those of [`read_try_from`].
#[inline]
pub fn read_try_from_option<'b, M: ReadMode, C: FromColumn<'b>, T: TryFrom<C>>(
    column: &Bound<'b, Option<C>>,
    row: usize,
) -> Result<Option<T>, ReadError> {
    column.read_with::<M, Option<T>>(row, |value| value.map(try_from).transpose())
}

/// The conversion of `try_from`. Its error's text is not repeated: it may hold the value.
///
/// # Errors
/// The value does not convert.
pub fn try_from<C, T: TryFrom<C>>(value: C) -> Result<T, ReadError> {
    T::try_from(value).map_err(|_| {
        let (from, to) = (short_type_name(type_name::<C>()), short_type_name(type_name::<T>()));
        ReadError::new(format!("`{to}::try_from` rejected the value (a {from})"))
    })
}

#[cfg(feature = "json")]
pub use crate::Json;
#[cfg(feature = "json")]
pub use serde::Serialize;

/// Stands in for what becomes JSON or is made of it, as [`Json`] does: nothing implements it.
#[cfg(not(feature = "json"))]
#[diagnostic::on_unimplemented(
    message = "`#[lake(json)]` needs the feature `json` of lakeorm",
    label = "the feature is off",
    note = "turn it on in Cargo.toml: `lakeorm = {{ features = [\"json\"] }}`"
)]
pub trait Serialize {}

/// Stands in for JSON values, so that `#[lake(json)]` without the feature `json` says what is missing.
#[cfg(not(feature = "json"))]
#[derive(Debug)]
pub struct Json<T>(pub T);

/// For the compiler's message alone, which is that of the type inside: no such type is there.
#[cfg(not(feature = "json"))]
impl<'b, T: Serialize> FromColumn<'b> for Json<T> {
    type Reader = ();

    fn accepts(_: &DataType) -> Result<Shape, Refusal> {
        Err(Refusal::new())
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        Err(ReadError::unexpected(array))
    }

    fn read(_: &Self::Reader, _: usize) -> Result<Self, ReadError> {
        Err(ReadError::new("the feature `json` is off"))
    }
}

/// For the compiler's message alone, as the way back is.
#[cfg(not(feature = "json"))]
impl<T: Serialize> ToColumn for Json<T> {
    type Encoder = <String as ToColumn>::Encoder;

    fn data_type(options: ColumnOptions) -> SparkType {
        <String as ToColumn>::data_type(options)
    }

    fn encoder(options: ColumnOptions, rows: usize) -> Self::Encoder {
        <String as ToColumn>::encoder(options, rows)
    }

    fn encode(&self, _: &mut Self::Encoder) -> Result<(), WriteError> {
        Err(WriteError::new("the feature `json` is off"))
    }
}

/// Reads a column for `#[lake(json)]`.
///
/// # Errors
/// Those of [`Bound::read`].
pub fn read_json<'b, M: ReadMode, T>(column: &Bound<'b, Json<T>>, row: usize) -> Result<T, ReadError>
where
    Json<T>: FromColumn<'b>,
{
    column.read_as::<M>(row).map(|json| json.0)
}

/// [`read_json`] for an `Option` of the field's type.
///
/// # Errors
/// Those of [`Bound::read`].
pub fn read_json_option<'b, M: ReadMode, T>(
    column: &Bound<'b, Option<Json<T>>>,
    row: usize,
) -> Result<Option<T>, ReadError>
where
    Json<T>: FromColumn<'b>,
{
    column.read_as::<M>(row).map(|json| json.map(|json| json.0))
}
