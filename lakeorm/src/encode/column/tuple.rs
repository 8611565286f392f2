//! Tuples: STRUCT, by position.

use std::sync::Arc;

use arrow_array::{ArrayRef, StructArray};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::DataType as ArrowType;
use spark_connect::types::StructField;

use super::super::WriteError;
use super::super::row::Arrays;
use super::{ColumnOptions, Encoder, ToColumn};
use crate::DataType;

/// Gathers tuples: their values, an encoder for each position, and which of them are NULL.
#[derive(Debug)]
pub struct Tuples<E> {
    values: E,
    nulls: NullBufferBuilder,
}

macro_rules! tuples {
    ($($value:ident $position:tt)+) => {
        impl<$($value: Encoder),+> Encoder for Tuples<($($value,)+)> {
            fn push_null(&mut self) {
                $(self.values.$position.push_null();)+
                self.nulls.append_null();
            }

            fn finish(mut self, data_type: &ArrowType) -> Result<ArrayRef, WriteError> {
                let ArrowType::Struct(fields) = data_type else {
                    return Err(WriteError::new(format!("a tuple cannot be encoded as {data_type}")));
                };
                let mut arrays = Arrays::of(fields);
                $(arrays.push(self.values.$position)?;)+
                let structs = StructArray::try_new(fields.clone(), arrays.finish(), self.nulls.finish());
                Ok(Arc::new(structs.map_err(|error| WriteError::column(&error))?))
            }
        }

        impl<$($value: ToColumn),+> ToColumn for ($($value,)+) {
            type Encoder = Tuples<($($value::Encoder,)+)>;

            const IS_PAIR: bool = [$($position),+].len() == 2;

            fn data_type(options: ColumnOptions) -> DataType {
                DataType::Struct(vec![$(field::<$value>($position, options)),+])
            }

            fn encoder(options: ColumnOptions, rows: usize) -> Self::Encoder {
                let values = ($($value::encoder(options, rows),)+);
                Tuples { values, nulls: NullBufferBuilder::new(rows) }
            }

            #[inline]
            fn encode(&self, encoder: &mut Self::Encoder) -> Result<(), WriteError> {
                $(
                    let encoded = self.$position.encode(&mut encoder.values.$position);
                    encoded.map_err(|error| error.in_field(stringify!($position)))?;
                )+
                encoder.nulls.append_non_null();
                Ok(())
            }
        }
    };
}

for_tuples!(tuples);

fn field<T: ToColumn>(position: usize, options: ColumnOptions) -> StructField {
    let field = StructField::new(position_name(position), T::data_type(options));
    if T::NULLABLE { field } else { field.required() }
}

/// The name of a position, as Spark names it where tuples of a program become rows.
pub(in crate::encode) fn position_name(position: usize) -> String {
    format!("_{}", position + 1)
}
