//! What the code that `#[derive(LakeRow)]` generates may name. Not part of the public interface: it changes
//! together with the derive, and the two crates are pinned to the same version.

pub use core::convert::{From, TryFrom};
pub use core::default::Default;
pub use core::marker::PhantomData;
pub use core::option::Option::{self, None, Some};
pub use core::primitive::{bool, i64, str, usize};
pub use core::result::Result::{self, Err, Ok};

pub use arrow_array::Array;
pub use arrow_schema::DataType;

pub use spark_connect::literal::LiteralError;
pub use spark_connect::{DataType as SparkType, Literal, ToLiteral};

use core::any::type_name;

use crate::column::short_type_name;
pub use crate::column::{Apart, Direct, FromColumn, Here, ReadError, Refusal, Shape, Way};
pub use crate::row::{Bound, BoundRow, Column, Columns, LakeRow, Slots, accept_struct, bind_struct};

/// The type of a field's column, bound to a batch. Named through a trait, so that a field's type that no column
/// decodes into is one error, where the type stands: all that follows is inferred from there.
pub trait Field<'b>: FromColumn<'b> {
    /// [`Bound`] of the type itself.
    type Bound;
}

impl<'b, C: FromColumn<'b>> Field<'b> for C {
    type Bound = Bound<'b, C>;
}

/// The same for a row that shares the columns of the row around it.
pub trait FieldRow<'b>: LakeRow<'b> {
    /// [`BoundRow`] of the type itself.
    type Bound;
}

impl<'b, R: LakeRow<'b>> FieldRow<'b> for R {
    type Bound = BoundRow<'b, R>;
}

/// A field's column type, inferred from the field's [`Bound`] and never written again.
#[derive(Debug)]
pub struct Kind<'b, C>(PhantomData<fn(&'b ()) -> C>);

impl<C> Clone for Kind<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Kind<'_, C> {}

impl<'b, C: FromColumn<'b>> Kind<'b, C> {
    /// Some column type, for the compiler to find.
    pub const OF: Self = Self(PhantomData);

    /// It is that of this column.
    pub fn is(self, _: &Bound<'b, C>) {}

    /// It is that of this column, which the result may lack.
    pub fn is_optional(self, _: &Option<Bound<'b, C>>) {}

    /// [`FromColumn::SURE`].
    #[must_use]
    pub const fn is_sure(self) -> bool {
        C::SURE
    }

    /// [`Columns::named`].
    pub fn named<'c>(
        self,
        columns: &'c mut Columns,
        field: &'static str,
        name: &'static str,
    ) -> &'c mut Column {
        columns.named::<C>(field, name)
    }
}

/// The same for a row that shares the columns of the row around it.
#[derive(Debug)]
pub struct KindRow<'b, R>(PhantomData<fn(&'b ()) -> R>);

impl<R> Clone for KindRow<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for KindRow<'_, R> {}

impl<'b, R: LakeRow<'b>> KindRow<'b, R> {
    /// Some row type, for the compiler to find.
    pub const OF: Self = Self(PhantomData);

    /// It is that of this row.
    pub fn is(self, _: &BoundRow<'b, R>) {}

    /// [`LakeRow::SURE`].
    #[must_use]
    pub const fn is_sure(self) -> bool {
        R::SURE
    }

    /// [`Columns::flatten`].
    pub fn flatten(self, columns: &mut Columns, field: &'static str, prefix: &str) {
        columns.flatten::<R>(field, prefix);
    }
}

/// [`Bound::read_as`] as a function.
///
/// # Errors
/// Those of [`Bound::read`].
#[inline(always)]
pub fn read<'b, W: Way, C: FromColumn<'b>>(column: &Bound<'b, C>, row: usize) -> Result<C, ReadError> {
    column.read_as::<W>(row)
}

/// [`BoundRow::read_as`] as a function.
///
/// # Errors
/// Those of [`BoundRow::read_as`].
#[inline(always)]
pub fn read_row<'b, W: Way, R: LakeRow<'b>>(row: &BoundRow<'b, R>, index: usize) -> Result<R, ReadError> {
    row.read_as::<W>(index)
}

/// Reads a column for `#[lake(with = module)]`.
///
/// # Errors
/// Those of [`Bound::read`], and the conversion's.
#[inline]
pub fn read_with<'b, W: Way, C: FromColumn<'b>, T>(
    column: &Bound<'b, C>,
    row: usize,
    decode: impl FnOnce(C) -> Result<T, ReadError>,
) -> Result<T, ReadError> {
    column.read_with::<W, T>(row, decode)
}

/// Reads a column for `#[lake(try_from = "C")]`.
///
/// # Errors
/// Those of [`Bound::read`], and a value that does not convert.
#[inline]
pub fn read_try_from<'b, W: Way, C: FromColumn<'b>, T: TryFrom<C>>(
    column: &Bound<'b, C>,
    row: usize,
) -> Result<T, ReadError> {
    column.read_with::<W, T>(row, try_from)
}

/// [`read_try_from`] for an `Option` of the field's type.
///
/// # Errors
/// Those of [`read_try_from`].
#[inline]
pub fn read_try_from_option<'b, W: Way, C: FromColumn<'b>, T: TryFrom<C>>(
    column: &Bound<'b, Option<C>>,
    row: usize,
) -> Result<Option<T>, ReadError> {
    column.read_with::<W, Option<T>>(row, |value| value.map(try_from).transpose())
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
pub fn read_json<'b, W: Way, T>(column: &Bound<'b, Json<T>>, row: usize) -> Result<T, ReadError>
where
    Json<T>: FromColumn<'b>,
{
    column.read_as::<W>(row).map(|json| json.0)
}

/// [`read_json`] for an `Option` of the field's type.
///
/// # Errors
/// Those of [`Bound::read`].
pub fn read_json_option<'b, W: Way, T>(
    column: &Bound<'b, Option<Json<T>>>,
    row: usize,
) -> Result<Option<T>, ReadError>
where
    Json<T>: FromColumn<'b>,
{
    column.read_as::<W>(row).map(|json| json.map(|json| json.0))
}
