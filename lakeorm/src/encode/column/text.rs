//! STRING.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::StringBuilder;
use arrow_schema::DataType as ArrowType;
use uuid::Uuid;

use super::super::WriteError;
use super::{Encoder, offset};

/// The bytes of a text for which room is made at once; longer texts make theirs as they come.
const SHORT: usize = 4;

/// Gathers texts.
#[derive(Debug)]
pub struct Strings(StringBuilder);

impl Strings {
    pub(super) fn new(rows: usize) -> Self {
        Self(StringBuilder::with_capacity(rows, rows.saturating_mul(SHORT)))
    }

    #[inline(always)]
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
    ($([$($generic:tt)*] $rust:ty => $push:expr $(, $distinct:ident)?;)*) => {$(
        impl<$($generic)*> $crate::encode::ToColumn for $rust {
            type Encoder = $crate::encode::Strings;

            $(const $distinct: bool = true;)?

            fn data_type(_: $crate::encode::ColumnOptions) -> $crate::DataType {
                $crate::DataType::String
            }

            fn encoder(_: $crate::encode::ColumnOptions, rows: usize) -> Self::Encoder {
                $crate::encode::Strings::new(rows)
            }

            #[inline(always)]
            fn encode(&self, encoder: &mut Self::Encoder) -> Result<(), $crate::encode::WriteError> {
                let push: fn(&Self, &mut Self::Encoder) -> Result<(), $crate::encode::WriteError> = $push;
                push(self, encoder)
            }
        }
    )*};
}

#[cfg(feature = "json")]
pub(super) use texts;

texts! {
    [] str => |text, strings| strings.push(text), DISTINCT;
    [] String => |text, strings| strings.push(text), DISTINCT;
    [] Uuid => |id, strings| strings.push(id.hyphenated().encode_lower(&mut Uuid::encode_buffer())), DISTINCT;
}
