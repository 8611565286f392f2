//! BOOLEAN.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::BooleanBuilder;
use arrow_schema::DataType as ArrowType;

use super::super::WriteError;
use super::{ColumnOptions, Encoder, ToColumn};
use crate::DataType;

/// Gathers booleans.
#[derive(Debug)]
pub struct Bools(BooleanBuilder);

impl Encoder for Bools {
    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn finish(mut self, _: &ArrowType) -> Result<ArrayRef, WriteError> {
        Ok(Arc::new(self.0.finish()))
    }
}

impl ToColumn for bool {
    type Encoder = Bools;

    const DISTINCT: Self = true;

    fn data_type(_: ColumnOptions) -> DataType {
        DataType::Boolean
    }

    fn encoder(_: ColumnOptions, rows: usize) -> Bools {
        Bools(BooleanBuilder::with_capacity(rows))
    }

    #[inline]
    fn encode(&self, encoder: &mut Bools) -> Result<(), WriteError> {
        encoder.0.append_value(*self);
        Ok(())
    }
}
