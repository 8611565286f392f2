//! The ways to read a column, so that what reads several columns is written once for all ways.

use super::{FromColumn, ReadError};
use crate::row::LakeRow;

/// A way to read a column or a row.
pub trait Way {
    /// Whether only what [`FromColumn::direct`] has allowed is read in this way.
    const DIRECT: bool = false;

    /// Reads a value.
    ///
    /// # Errors
    /// Those of [`FromColumn::read`].
    fn read<'b, C: FromColumn<'b>>(reader: &C::Reader, row: usize) -> Result<C, ReadError>;

    /// Reads a row.
    ///
    /// # Errors
    /// Those of [`LakeRow::read`].
    fn read_row<'b, R: LakeRow<'b>>(readers: &R::Readers, row: usize) -> Result<R, ReadError>;
}

/// [`FromColumn::read_direct`].
#[derive(Debug)]
pub enum Direct {}

/// [`FromColumn::read`], where it is asked for.
#[derive(Debug)]
pub enum Here {}

/// [`FromColumn::read`] by a call: for what is seldom read, so that it costs little to compile.
#[derive(Debug)]
pub enum Apart {}

impl Way for Direct {
    const DIRECT: bool = true;

    #[inline(always)]
    fn read<'b, C: FromColumn<'b>>(reader: &C::Reader, row: usize) -> Result<C, ReadError> {
        C::read_direct(reader, row)
    }

    #[inline(always)]
    fn read_row<'b, R: LakeRow<'b>>(readers: &R::Readers, row: usize) -> Result<R, ReadError> {
        R::read_direct(readers, row)
    }
}

impl Way for Here {
    #[inline(always)]
    fn read<'b, C: FromColumn<'b>>(reader: &C::Reader, row: usize) -> Result<C, ReadError> {
        C::read(reader, row)
    }

    #[inline(always)]
    fn read_row<'b, R: LakeRow<'b>>(readers: &R::Readers, row: usize) -> Result<R, ReadError> {
        R::read(readers, row)
    }
}

impl Way for Apart {
    #[inline(never)]
    fn read<'b, C: FromColumn<'b>>(reader: &C::Reader, row: usize) -> Result<C, ReadError> {
        C::read(reader, row)
    }

    #[inline(never)]
    fn read_row<'b, R: LakeRow<'b>>(readers: &R::Readers, row: usize) -> Result<R, ReadError> {
        R::read_apart(readers, row)
    }
}
