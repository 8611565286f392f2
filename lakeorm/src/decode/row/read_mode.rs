//! The modes in which a row is read: those of its columns.

use super::LakeRow;
use crate::column::{Fast, Inline, OutOfLine, ReadError, ReadMode};

/// A mode in which a row is read.
pub trait RowReadMode: ReadMode {
    /// Reads a row.
    ///
    /// # Errors
    /// Those of [`LakeRow::read`].
    fn read_row<'b, R: LakeRow<'b>>(readers: &R::Readers, row: usize) -> Result<R, ReadError>;
}

impl RowReadMode for Fast {
    #[inline(always)]
    fn read_row<'b, R: LakeRow<'b>>(readers: &R::Readers, row: usize) -> Result<R, ReadError> {
        R::read_fast(readers, row)
    }
}

impl RowReadMode for Inline {
    #[inline(always)]
    fn read_row<'b, R: LakeRow<'b>>(readers: &R::Readers, row: usize) -> Result<R, ReadError> {
        R::read(readers, row)
    }
}

impl RowReadMode for OutOfLine {
    #[inline(never)]
    fn read_row<'b, R: LakeRow<'b>>(readers: &R::Readers, row: usize) -> Result<R, ReadError> {
        R::read_out_of_line(readers, row)
    }
}
