//! The modes in which a column is read, so that what reads several columns is written once for all of them.

use super::{FromColumn, ReadError};

/// A mode in which a column is read.
pub trait ReadMode {
    /// Whether only what [`FromColumn::fast_rows`] has allowed is read in this mode.
    const FAST: bool = false;

    /// Reads a value.
    ///
    /// # Errors
    /// Those of [`FromColumn::read`].
    fn read<'b, C: FromColumn<'b>>(reader: &C::Reader, row: usize) -> Result<C, ReadError>;
}

/// [`FromColumn::read_fast`].
#[derive(Debug)]
pub enum Fast {}

/// [`FromColumn::read`], where it is asked for.
#[derive(Debug)]
pub enum Inline {}

/// [`FromColumn::read`] by a call: for what is seldom read, so that it costs little to compile.
#[derive(Debug)]
pub enum OutOfLine {}

impl ReadMode for Fast {
    const FAST: bool = true;

    #[inline(always)]
    fn read<'b, C: FromColumn<'b>>(reader: &C::Reader, row: usize) -> Result<C, ReadError> {
        C::read_fast(reader, row)
    }
}

impl ReadMode for Inline {
    #[inline(always)]
    fn read<'b, C: FromColumn<'b>>(reader: &C::Reader, row: usize) -> Result<C, ReadError> {
        C::read(reader, row)
    }
}

impl ReadMode for OutOfLine {
    #[inline(never)]
    fn read<'b, C: FromColumn<'b>>(reader: &C::Reader, row: usize) -> Result<C, ReadError> {
        C::read(reader, row)
    }
}
