//! What the code that `#[derive(LakeRow)]` generates may name. Not part of the public interface: it changes
//! together with the derive, and the two crates are pinned to the same version.

pub use core::convert::{From, TryFrom};
pub use core::default::Default;
pub use core::marker::PhantomData;
pub use core::option::Option::{self, None, Some};
pub use core::primitive::{i64, str, usize};
pub use core::result::Result::{self, Err, Ok};

pub use arrow_array::Array;
pub use arrow_schema::DataType;

use core::any::type_name;

use crate::column::short_type_name;
pub use crate::column::{FromColumn, ReadError, Refusal, Shape};
pub use crate::row::{Bound, BoundRow, Columns, LakeRow, Slots, accept_struct, bind_struct};

/// [`Bound::read`] as a function: where a field's type is no column type, a function gives the message of
/// [`FromColumn`], and a method an error about the method.
///
/// # Errors
/// Those of [`Bound::read`].
#[inline]
pub fn read<'b, C: FromColumn<'b>>(column: &Bound<'b, C>, row: usize) -> Result<C, ReadError> {
    column.read(row)
}

/// [`BoundRow::read`] as a function.
///
/// # Errors
/// Those of [`BoundRow::read`].
#[inline]
pub fn read_row<'b, R: LakeRow<'b>>(row: &BoundRow<'b, R>, index: usize) -> Result<R, ReadError> {
    row.read(index)
}

/// Reads a column for `#[lake(with = module)]`.
///
/// # Errors
/// Those of [`Bound::read`], and the conversion's.
#[inline]
pub fn read_with<'b, C: FromColumn<'b>, T>(
    column: &Bound<'b, C>,
    row: usize,
    decode: impl FnOnce(C) -> Result<T, ReadError>,
) -> Result<T, ReadError> {
    column.read_with(row, decode)
}

/// Reads a column for `#[lake(try_from = "C")]`.
///
/// # Errors
/// Those of [`Bound::read`], and a value that does not convert.
#[inline]
pub fn read_try_from<'b, C: FromColumn<'b>, T: TryFrom<C>>(
    column: &Bound<'b, C>,
    row: usize,
) -> Result<T, ReadError> {
    column.read_with(row, try_from)
}

/// [`read_try_from`] for an `Option` of the field's type.
///
/// # Errors
/// Those of [`read_try_from`].
#[inline]
pub fn read_try_from_option<'b, C: FromColumn<'b>, T: TryFrom<C>>(
    column: &Bound<'b, Option<C>>,
    row: usize,
) -> Result<Option<T>, ReadError> {
    column.read_with(row, |value| value.map(try_from).transpose())
}

/// The conversion of `try_from`. Its error's text is not repeated: it may hold the value.
///
/// # Errors
/// The value does not convert.
pub fn try_from<C, T: TryFrom<C>>(value: C) -> Result<T, ReadError> {
    T::try_from(value).map_err(|_| {
        let (from, to) = (short_type_name(type_name::<C>()), short_type_name(type_name::<T>()));
        ReadError::new(format!("{to}::try_from refuses the value, a {from}"))
    })
}

#[cfg(feature = "json")]
pub use crate::column::Json;

/// Stands in for JSON values, so that `#[lake(json)]` without the feature `json` says what is missing.
#[cfg(not(feature = "json"))]
#[derive(Debug)]
pub struct Json<T>(pub T);

/// Reads a column for `#[lake(json)]`.
///
/// # Errors
/// Those of [`Bound::read`].
pub fn read_json<'b, T>(column: &Bound<'b, Json<T>>, row: usize) -> Result<T, ReadError>
where
    Json<T>: FromColumn<'b>,
{
    column.read(row).map(|json| json.0)
}

/// [`read_json`] for an `Option` of the field's type.
///
/// # Errors
/// Those of [`Bound::read`].
pub fn read_json_option<'b, T>(
    column: &Bound<'b, Option<Json<T>>>,
    row: usize,
) -> Result<Option<T>, ReadError>
where
    Json<T>: FromColumn<'b>,
{
    column.read(row).map(|json| json.map(|json| json.0))
}
