//! Tuples as rows: read by position, with exactly as many columns as values.

use super::{Bound, Columns, LakeRow, Slots};
use crate::column::{FromColumn, ReadError};

macro_rules! tuple_rows {
    ($($value:ident $position:tt)+) => {
        impl<'b, $($value: FromColumn<'b>),+> LakeRow<'b> for ($($value,)+) {
            type Readers = ($(Bound<'b, $value>,)+);
            const NAME: &'static str = "tuple";

            fn columns(columns: &mut Columns) {
                $(columns.positional::<$value>(stringify!($position));)+
            }

            fn bind(slots: &mut Slots<'b, '_>) -> Result<Self::Readers, ReadError> {
                Ok(($(slots.next::<$value>()?,)+))
            }

            #[inline]
            fn read(readers: &Self::Readers, row: usize) -> Result<Self, ReadError> {
                Ok(($(readers.$position.read(row)?,)+))
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
