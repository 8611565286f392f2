//! VARIANT.

use std::sync::Arc;

use arrow_array::{ArrayRef, StructArray};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::DataType as ArrowType;

use super::super::WriteError;
use super::{Bytes, ColumnOptions, Encoder, ToColumn};
use crate::{DataType, Variant};

/// Gathers variants: the bytes of their values and those of their dictionaries.
#[derive(Debug)]
pub struct Variants {
    values: Bytes,
    metadata: Bytes,
    nulls: NullBufferBuilder,
}

impl Encoder for Variants {
    fn push_null(&mut self) {
        self.values.push_null();
        self.metadata.push_null();
        self.nulls.append_null();
    }

    fn finish(mut self, data_type: &ArrowType) -> Result<ArrayRef, WriteError> {
        let ArrowType::Struct(fields) = data_type else {
            return Err(WriteError::new(format!("a variant cannot be encoded as {data_type}")));
        };
        let parts = vec![self.values.finish(&ArrowType::Binary)?, self.metadata.finish(&ArrowType::Binary)?];
        let variants = StructArray::try_new(fields.clone(), parts, self.nulls.finish());
        Ok(Arc::new(variants.map_err(|error| WriteError::column(&error))?))
    }
}

impl ToColumn for Variant {
    type Encoder = Variants;

    fn data_type(_: ColumnOptions) -> DataType {
        DataType::Variant
    }

    fn encoder(_: ColumnOptions, rows: usize) -> Variants {
        Variants { values: Bytes::new(rows), metadata: Bytes::new(rows), nulls: NullBufferBuilder::new(rows) }
    }

    fn encode(&self, encoder: &mut Variants) -> Result<(), WriteError> {
        encoder.values.push(&self.value)?;
        encoder.metadata.push(&self.metadata)?;
        encoder.nulls.append_non_null();
        Ok(())
    }
}
