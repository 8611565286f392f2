//! ARRAY.

use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer};
use arrow_schema::DataType as ArrowType;

use super::super::WriteError;
use super::{ColumnOptions, Encoder, ToColumn, offset};
use crate::DataType;

/// Gathers lists: their elements, where each ends, and which are NULL.
#[derive(Debug)]
pub struct Lists<E> {
    elements: E,
    offsets: Vec<i32>,
    count: usize,
    nulls: NullBufferBuilder,
}

impl<E: Encoder> Lists<E> {
    pub(super) fn new(elements: E, rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows.saturating_add(1));
        offsets.push(0);
        Self { elements, offsets, count: 0, nulls: NullBufferBuilder::new(rows) }
    }

    /// Appends a list of these elements, each of which `encode` appends to theirs.
    #[inline]
    pub(super) fn push<T>(
        &mut self,
        elements: impl ExactSizeIterator<Item = T>,
        encode: impl Fn(T, &mut E) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        self.count = self.count.saturating_add(elements.len());
        let end = offset(self.count)?;
        for element in elements {
            encode(element, &mut self.elements)?;
        }
        self.offsets.push(end);
        self.nulls.append_non_null();
        Ok(())
    }

    fn push_null(&mut self) {
        let end = self.offsets.last().copied().unwrap_or_default();
        self.offsets.push(end);
        self.nulls.append_null();
    }

    /// The elements, where each list ends, and which lists are NULL.
    pub(super) fn into_parts(mut self) -> (E, OffsetBuffer<i32>, Option<arrow_buffer::NullBuffer>) {
        (self.elements, OffsetBuffer::new(self.offsets.into()), self.nulls.finish())
    }
}

impl<E: Encoder> Encoder for Lists<E> {
    fn push_null(&mut self) {
        Self::push_null(self);
    }

    fn finish(self, data_type: &ArrowType) -> Result<ArrayRef, WriteError> {
        let ArrowType::List(element) = data_type else {
            return Err(WriteError::new(format!("a list is no {data_type}")));
        };
        let (elements, offsets, nulls) = self.into_parts();
        let elements = elements.finish(element.data_type()).map_err(|error| error.in_field("[]"))?;
        let list = ListArray::try_new(Arc::clone(element), offsets, elements, nulls);
        Ok(Arc::new(list.map_err(|error| WriteError::column(&error))?))
    }
}

macro_rules! lists {
    ($([$($generic:tt)*] $list:ty;)*) => {$(
        impl<T: ToColumn, $($generic)*> ToColumn for $list {
            type Encoder = Lists<T::Encoder>;

            fn data_type(options: ColumnOptions) -> DataType {
                DataType::Array { element: Box::new(T::data_type(options)), contains_null: T::NULLABLE }
            }

            fn encoder(options: ColumnOptions, rows: usize) -> Self::Encoder {
                Lists::new(T::encoder(options, rows), rows)
            }

            #[inline]
            fn encode(&self, encoder: &mut Self::Encoder) -> Result<(), WriteError> {
                let encode = |element: &T, elements: &mut T::Encoder| element.encode(elements);
                encoder.push(self.iter(), encode).map_err(|error| error.in_field("[]"))
            }
        }
    )*};
}

lists! {
    [] [T];
    [] Vec<T>;
    [const N: usize] [T; N];
}
