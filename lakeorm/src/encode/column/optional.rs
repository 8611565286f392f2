//! `Option`: a column with NULLs.

use super::super::WriteError;
use super::{ColumnOptions, Encoder, ToColumn};
use crate::DataType;

impl<T: ToColumn> ToColumn for Option<T> {
    type Encoder = T::Encoder;

    const NULLABLE: bool = true;

    #[inline(always)]
    fn writes_null(&self) -> bool {
        self.is_none()
    }

    fn data_type(options: ColumnOptions) -> DataType {
        T::data_type(options)
    }

    fn encoder(options: ColumnOptions, rows: usize) -> Self::Encoder {
        T::encoder(options, rows)
    }

    #[inline(always)]
    fn encode(&self, encoder: &mut Self::Encoder) -> Result<(), WriteError> {
        encode_option(self.as_ref(), encoder, |value, encoder| {
            refuse_null(value)?;
            value.encode(encoder)
        })
    }
}

/// Refuses the value of a `Some` that is a NULL itself: a column has one NULL, and `None` is read from it.
#[inline(always)]
pub(crate) fn refuse_null<T: ToColumn>(value: &T) -> Result<(), WriteError> {
    if value.writes_null() { Err(some_of_null()) } else { Ok(()) }
}

#[cold]
fn some_of_null() -> WriteError {
    WriteError::new("a Some(None) would be read as None: write None, or use one Option and not two")
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
