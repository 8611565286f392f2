//! BINARY.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::BinaryBuilder;
use arrow_schema::DataType as ArrowType;

use super::super::WriteError;
use super::{ColumnOptions, Encoder, ToColumn, offset};
use crate::DataType;

/// Gathers bytes.
#[derive(Debug)]
pub struct Bytes(BinaryBuilder);

impl Bytes {
    pub(super) fn new(rows: usize) -> Self {
        Self(BinaryBuilder::with_capacity(rows, 0))
    }

    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        offset(self.0.values_slice().len() + bytes.len())?;
        self.0.append_value(bytes);
        Ok(())
    }
}

impl Encoder for Bytes {
    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn finish(mut self, _: &ArrowType) -> Result<ArrayRef, WriteError> {
        Ok(Arc::new(self.0.finish()))
    }
}

/// Implements the trait for types that are bytes.
macro_rules! bytes {
    ($([$($generic:tt)*] $rust:ty;)*) => {$(
        impl<$($generic)*> ToColumn for $rust {
            type Encoder = Bytes;

            fn data_type(_: ColumnOptions) -> DataType {
                DataType::Binary
            }

            fn encoder(_: ColumnOptions, rows: usize) -> Bytes {
                Bytes::new(rows)
            }

            #[inline]
            fn encode(&self, encoder: &mut Bytes) -> Result<(), WriteError> {
                encoder.push(self.as_ref())
            }
        }
    )*};
}

bytes! {
    [] [u8];
    [] Vec<u8>;
    [] ::bytes::Bytes;
    [const N: usize] [u8; N];
}
