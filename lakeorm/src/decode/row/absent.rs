//! `Option` of a row: absent where all of its columns are NULL, as the missing side of an outer join is.

use std::fmt;

use arrow_array::Array;
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::{ColumnCursor, Columns, LakeRow, LakeRowOwned};
use crate::column::ReadError;

/// Readers of a row, and the NULLs that say whether there is one.
pub struct AbsentOr<R> {
    /// Of each column; `None` where one of them has no NULL, and the row is always there.
    nulls: Option<Vec<NullBuffer>>,
    readers: R,
}

impl<R> AbsentOr<R> {
    fn new(arrays: &[&dyn Array], readers: R) -> Self {
        // A VOID column is NULL in every row and says nothing.
        let columns = arrays.iter().filter(|array| *array.data_type() != DataType::Null);
        // A union has its NULLs in its children. The null check counts them too, and skips the rows that are absent
        // here.
        Self { nulls: columns.map(|array| array.logical_nulls()).collect(), readers }
    }

    fn is_absent(&self, row: usize) -> bool {
        match &self.nulls {
            Some(nulls) => nulls.iter().all(|nulls| row < nulls.len() && nulls.is_null(row)),
            None => false,
        }
    }
}

impl<'b, T: LakeRow<'b>> LakeRow<'b> for Option<T> {
    type Readers = AbsentOr<T::Readers>;
    const NAME: &'static str = T::NAME;
    const INFALLIBLE: bool = T::INFALLIBLE;

    fn columns(columns: &mut Columns) {
        columns.absent_or::<T>();
    }

    fn bind(cursor: &mut ColumnCursor<'b, '_>) -> Result<Self::Readers, ReadError> {
        let (mut inner, arrays) = cursor.absent_or()?;
        Ok(AbsentOr::new(&arrays, T::bind(&mut inner)?))
    }

    fn fast_rows(readers: &Self::Readers, rows: usize) -> usize {
        T::fast_rows(&readers.readers, rows)
    }

    #[inline]
    fn read_fast(readers: &Self::Readers, row: usize) -> Result<Self, ReadError> {
        if readers.is_absent(row) { Ok(None) } else { T::read_fast(&readers.readers, row).map(Some) }
    }

    fn read_out_of_line(readers: &Self::Readers, row: usize) -> Result<Self, ReadError> {
        if readers.is_absent(row) { Ok(None) } else { T::read_out_of_line(&readers.readers, row).map(Some) }
    }

    #[inline]
    fn read(readers: &Self::Readers, row: usize) -> Result<Self, ReadError> {
        if readers.is_absent(row) { Ok(None) } else { T::read(&readers.readers, row).map(Some) }
    }
}

impl<T: LakeRowOwned> LakeRowOwned for Option<T> {}

impl<R> fmt::Debug for AbsentOr<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbsentOr").finish_non_exhaustive()
    }
}
