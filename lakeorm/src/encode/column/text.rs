//! STRING.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::StringBuilder;
use arrow_schema::DataType as ArrowType;
use uuid::Uuid;

use super::super::WriteError;
use super::{ColumnOptions, Encoder, ToColumn, offset};
use crate::DataType;

/// Gathers texts.
#[derive(Debug)]
pub struct Strings(StringBuilder);

impl Strings {
    pub(super) fn new(rows: usize) -> Self {
        Self(StringBuilder::with_capacity(rows, 0))
    }

    #[inline]
    pub(super) fn push(&mut self, text: &str) -> Result<(), WriteError> {
        offset(self.0.values_slice().len() + text.len())?;
        self.0.append_value(text);
        Ok(())
    }
}

impl Encoder for Strings {
    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn finish(mut self, _: &ArrowType) -> Result<ArrayRef, WriteError> {
        Ok(Arc::new(self.0.finish()))
    }
}

/// Implements the trait for types that are a text.
macro_rules! texts {
    ($($rust:ty => $push:expr;)*) => {$(
        impl ToColumn for $rust {
            type Encoder = Strings;

            fn data_type(_: ColumnOptions) -> DataType {
                DataType::String
            }

            fn encoder(_: ColumnOptions, rows: usize) -> Strings {
                Strings::new(rows)
            }

            #[inline]
            fn encode(&self, encoder: &mut Strings) -> Result<(), WriteError> {
                let push: fn(&Self, &mut Strings) -> Result<(), WriteError> = $push;
                push(self, encoder)
            }
        }
    )*};
}

texts! {
    str => |text, strings| strings.push(text);
    String => |text, strings| strings.push(text);
    Uuid => |id, strings| strings.push(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
}
