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

    #[inline(always)]
    fn encode(&self, encoder: &mut Self::Encoder) -> Result<(), WriteError> {
        encode_option(self.as_ref(), encoder, T::encode)
    }
}

/// Appends the value as `encode` does, or a NULL.
#[inline(always)]
pub(crate) fn encode_option<T, E: Encoder>(
    value: Option<&T>,
    encoder: &mut E,
    encode: impl FnOnce(&T, &mut E) -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    match value {
        Some(value) => encode(value, encoder),
        None => {
            encoder.push_null();
            Ok(())
        }
    }
}
