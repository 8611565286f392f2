//! `Option`: a column with NULLs.

use super::super::WriteError;
use super::{ColumnOptions, Encoder, ToColumn};
use crate::DataType;

impl<T: ToColumn> ToColumn for Option<T> {
    type Encoder = T::Encoder;

    const NULLABLE: bool = true;

    fn data_type(options: ColumnOptions) -> DataType {
        T::data_type(options)
    }

    fn encoder(options: ColumnOptions, rows: usize) -> Self::Encoder {
        T::encoder(options, rows)
    }

    #[inline]
    fn encode(&self, encoder: &mut Self::Encoder) -> Result<(), WriteError> {
        match self {
            Some(value) => value.encode(encoder),
            None => {
                encoder.push_null();
                Ok(())
            }
        }
    }
}
