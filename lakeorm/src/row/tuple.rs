//! Tuples as rows and as values of STRUCT columns: read by position, with exactly as many columns as values.

use arrow_array::Array;
use arrow_schema::DataType;

use super::{Bound, Columns, LakeRow, Slots, accept_struct, bind_struct};
use crate::column::{Apart, Direct, FromColumn, ReadError, Refusal, Shape};

macro_rules! tuple_rows {
    ($($value:ident $position:tt)+) => {
        impl<'b, $($value: FromColumn<'b>),+> LakeRow<'b> for ($($value,)+) {
            type Readers = ($(Bound<'b, $value>,)+);
            const NAME: &'static str = "tuple";
            const SURE: bool = $($value::SURE)&&+;

            fn columns(columns: &mut Columns) {
                $(columns.positional::<$value>(stringify!($position));)+
            }

            fn bind(slots: &mut Slots<'b, '_>) -> Result<Self::Readers, ReadError> {
                Ok(($(slots.next::<$value>()?,)+))
            }

            #[inline]
            fn direct(readers: &Self::Readers, rows: usize) -> usize {
                $(let rows = readers.$position.direct(rows);)+
                rows
            }

            #[inline]
            fn read(readers: &Self::Readers, row: usize) -> Result<Self, ReadError> {
                Ok(($(readers.$position.read(row)?,)+))
            }

            fn read_apart(readers: &Self::Readers, row: usize) -> Result<Self, ReadError> {
                Ok(($(readers.$position.read_as::<Apart>(row)?,)+))
            }

            #[inline(always)]
            fn read_direct(readers: &Self::Readers, row: usize) -> Result<Self, ReadError> {
                Ok(($(readers.$position.read_as::<Direct>(row)?,)+))
            }
        }

        impl<'b, $($value: FromColumn<'b>),+> FromColumn<'b> for ($($value,)+) {
            type Reader = <Self as LakeRow<'b>>::Readers;

            const SURE: bool = <Self as LakeRow<'b>>::SURE;

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
            fn direct(reader: &Self::Reader, rows: usize) -> usize {
                <Self as LakeRow<'b>>::direct(reader, rows)
            }

            #[inline(always)]
            fn read_direct(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                <Self as LakeRow<'b>>::read_direct(reader, row)
            }
        }
    };
}

tuple_rows!(A 0);
tuple_rows!(A 0 B 1);
tuple_rows!(A 0 B 1 C 2);
tuple_rows!(A 0 B 1 C 2 D 3);
tuple_rows!(A 0 B 1 C 2 D 3 E 4);
tuple_rows!(A 0 B 1 C 2 D 3 E 4 F 5);
tuple_rows!(A 0 B 1 C 2 D 3 E 4 F 5 G 6);
tuple_rows!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);
tuple_rows!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8);
tuple_rows!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9);
tuple_rows!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10);
tuple_rows!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11);
tuple_rows!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12);
tuple_rows!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13);
tuple_rows!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14);
tuple_rows!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 P 15);
