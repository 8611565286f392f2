//! Tuples: rows whose columns are named by their positions, `_1`, `_2`, …, as Spark names them.

use super::super::column::position_name;
use super::super::{ColumnOptions, Encoder, ToColumn, ToRow, WriteError};
use super::{Arrays, Fields};

macro_rules! tuples {
    ($($value:ident $position:tt)+) => {
        #[diagnostic::do_not_recommend]
        impl<$($value: ToColumn),+> ToRow for ($($value,)+) {
            type Encoders = ($($value::Encoder,)+);

            const NAME: &'static str = "tuple";

            fn fields(fields: &mut Fields) {
                $(fields.column::<$value>(&position_name($position), ColumnOptions::default());)+
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

for_tuples!(tuples);
