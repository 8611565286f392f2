//! What the code that `#[derive(LakeRow)]` generates may name. Not part of the public interface: it changes
//! together with the derive, and the two crates are pinned to the same version.

pub use core::default::Default;
pub use core::marker::PhantomData;
pub use core::option::Option::{self, None, Some};
pub use core::primitive::{str, usize};
pub use core::result::Result::{self, Ok};

pub use crate::column::{FromColumn, ReadError};
pub use crate::row::{Bound, Columns, LakeRow, Slots};

/// [`Bound::read`] as a function: where a field's type is no column type, a function gives the message of
/// [`FromColumn`], and a method an error about the method.
///
/// # Errors
/// Those of [`Bound::read`].
#[inline]
pub fn read<'b, C: FromColumn<'b>>(column: &Bound<'b, C>, row: usize) -> Result<C, ReadError> {
    column.read(row)
}
