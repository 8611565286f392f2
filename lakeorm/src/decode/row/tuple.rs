//! Tuples as rows and as values of STRUCT columns: read by position, with exactly as many columns as values.

use arrow_array::Array;
use arrow_schema::DataType;

use super::owned::OwnedElseUseQueryBatches;
use super::{Bound, ColumnCursor, Columns, LakeRow, LakeRowOwned, accept_struct, bind_struct};
use crate::column::{Fast, FromColumn, OutOfLine, ReadError, Refusal, Shape};

macro_rules! tuple_rows {
    ($($value:ident $position:tt)+) => {
        impl<'b, $($value: FromColumn<'b>),+> LakeRow<'b> for ($($value,)+) {
            type Readers = ($(Bound<'b, $value>,)+);
            const NAME: &'static str = "tuple";
            const INFALLIBLE: bool = $($value::INFALLIBLE)&&+;

            fn columns(columns: &mut Columns) {
                $(columns.positional::<$value>(stringify!($position));)+
            }

            fn bind(cursor: &mut ColumnCursor<'b, '_>) -> Result<Self::Readers, ReadError> {
                Ok(($(cursor.next::<$value>()?,)+))
            }

            #[inline]
            fn fast_rows(readers: &Self::Readers, rows: usize) -> usize {
                $(let rows = readers.$position.fast_rows(rows);)+
                rows
            }

            #[inline]
            fn read(readers: &Self::Readers, row: usize) -> Result<Self, ReadError> {
                Ok(($(readers.$position.read(row)?,)+))
            }

            fn read_out_of_line(readers: &Self::Readers, row: usize) -> Result<Self, ReadError> {
                Ok(($(readers.$position.read_as::<OutOfLine>(row)?,)+))
            }

            #[inline(always)]
            fn read_fast(readers: &Self::Readers, row: usize) -> Result<Self, ReadError> {
                Ok(($(readers.$position.read_as::<Fast>(row)?,)+))
            }
        }

        impl<$($value: for<'b> OwnedElseUseQueryBatches<'b> + Send + 'static),+> LakeRowOwned for ($($value,)+) {}

        impl<'b, $($value: FromColumn<'b>),+> FromColumn<'b> for ($($value,)+) {
            type Reader = <Self as LakeRow<'b>>::Readers;

            const INFALLIBLE: bool = <Self as LakeRow<'b>>::INFALLIBLE;

            fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
                accept_struct::<Self>(data_type)
            }

            fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
                bind_struct::<Self>(array, shape)
            }

            #[inline]
            fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                <Self as LakeRow<'b>>::read(reader, row)
            }

            #[inline]
            fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
                <Self as LakeRow<'b>>::fast_rows(reader, rows)
            }

            #[inline(always)]
            fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                <Self as LakeRow<'b>>::read_fast(reader, row)
            }
        }
    };
}

for_tuples!(tuple_rows);
