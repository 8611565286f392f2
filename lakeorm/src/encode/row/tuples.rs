//! Tuples: rows whose columns are named by their positions, `_1`, `_2`, …, as Spark names them.

use super::super::{ColumnOptions, Encoder, ToColumn, ToRow, WriteError};
use super::{Arrays, Fields};

macro_rules! tuples {
    ($($value:ident $position:tt $name:literal)+) => {
        #[diagnostic::do_not_recommend]
        impl<$($value: ToColumn),+> ToRow for ($($value,)+) {
            type Encoders = ($($value::Encoder,)+);

            const NAME: &'static str = "tuple";

            fn fields(fields: &mut Fields) {
                $(fields.column::<$value>($name, ColumnOptions::default());)+
            }

            fn encoders(rows: usize) -> Self::Encoders {
                ($($value::encoder(ColumnOptions::default(), rows),)+)
            }

            #[inline]
            fn encode(&self, encoders: &mut Self::Encoders) -> Result<(), WriteError> {
                $(
                    let encoded = self.$position.encode(&mut encoders.$position);
                    encoded.map_err(|error| error.in_field(stringify!($position)))?;
                )+
                Ok(())
            }

            fn push_null(encoders: &mut Self::Encoders) {
                $(encoders.$position.push_null();)+
            }

            fn finish(encoders: Self::Encoders, arrays: &mut Arrays<'_>) -> Result<(), WriteError> {
                $(arrays.push(encoders.$position)?;)+
                Ok(())
            }
        }
    };
}

tuples!(A 0 "_1");
tuples!(A 0 "_1" B 1 "_2");
tuples!(A 0 "_1" B 1 "_2" C 2 "_3");
tuples!(A 0 "_1" B 1 "_2" C 2 "_3" D 3 "_4");
tuples!(A 0 "_1" B 1 "_2" C 2 "_3" D 3 "_4" E 4 "_5");
tuples!(A 0 "_1" B 1 "_2" C 2 "_3" D 3 "_4" E 4 "_5" F 5 "_6");
tuples!(A 0 "_1" B 1 "_2" C 2 "_3" D 3 "_4" E 4 "_5" F 5 "_6" G 6 "_7");
tuples!(A 0 "_1" B 1 "_2" C 2 "_3" D 3 "_4" E 4 "_5" F 5 "_6" G 6 "_7" H 7 "_8");
tuples!(A 0 "_1" B 1 "_2" C 2 "_3" D 3 "_4" E 4 "_5" F 5 "_6" G 6 "_7" H 7 "_8" I 8 "_9");
tuples!(A 0 "_1" B 1 "_2" C 2 "_3" D 3 "_4" E 4 "_5" F 5 "_6" G 6 "_7" H 7 "_8" I 8 "_9" J 9 "_10");
tuples!(A 0 "_1" B 1 "_2" C 2 "_3" D 3 "_4" E 4 "_5" F 5 "_6" G 6 "_7" H 7 "_8" I 8 "_9" J 9 "_10" K 10 "_11");
tuples!(A 0 "_1" B 1 "_2" C 2 "_3" D 3 "_4" E 4 "_5" F 5 "_6" G 6 "_7" H 7 "_8" I 8 "_9" J 9 "_10" K 10 "_11" L 11 "_12");
tuples!(A 0 "_1" B 1 "_2" C 2 "_3" D 3 "_4" E 4 "_5" F 5 "_6" G 6 "_7" H 7 "_8" I 8 "_9" J 9 "_10" K 10 "_11" L 11 "_12" M 12 "_13");
tuples!(A 0 "_1" B 1 "_2" C 2 "_3" D 3 "_4" E 4 "_5" F 5 "_6" G 6 "_7" H 7 "_8" I 8 "_9" J 9 "_10" K 10 "_11" L 11 "_12" M 12 "_13" N 13 "_14");
tuples!(A 0 "_1" B 1 "_2" C 2 "_3" D 3 "_4" E 4 "_5" F 5 "_6" G 6 "_7" H 7 "_8" I 8 "_9" J 9 "_10" K 10 "_11" L 11 "_12" M 12 "_13" N 13 "_14" O 14 "_15");
tuples!(A 0 "_1" B 1 "_2" C 2 "_3" D 3 "_4" E 4 "_5" F 5 "_6" G 6 "_7" H 7 "_8" I 8 "_9" J 9 "_10" K 10 "_11" L 11 "_12" M 12 "_13" N 13 "_14" O 14 "_15" P 15 "_16");
