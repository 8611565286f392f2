//! ARRAY, and MAP of lists of pairs.

use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer};
use arrow_schema::DataType as ArrowType;

use super::super::WriteError;
use super::{ColumnOptions, Encoder, ToColumn, map, offset};
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
        let element = match data_type {
            ArrowType::List(element) => element,
            ArrowType::Map(entries, _) => return map::finish_distinct(self, entries),
            _ => return Err(WriteError::new(format!("a list cannot be encoded as {data_type}"))),
        };
        let (elements, offsets, nulls) = self.into_parts();
        let elements = elements.finish(element.data_type());
        let elements = elements.map_err(|error| error.in_field("[]").in_list(&offsets))?;
        let list = ListArray::try_new(Arc::clone(element), offsets, elements, nulls);
        Ok(Arc::new(list.map_err(|error| WriteError::column(&error))?))
    }
}

/// A MAP of pairs, as which they are read too, and an ARRAY of everything else.
fn list_of<T: ToColumn>(options: ColumnOptions) -> DataType {
    let element = T::data_type(options);
    if T::IS_PAIR
        && let DataType::Struct(fields) = &element
        && let [key, value] = fields.as_slice()
    {
        let (key, value_type) = (Box::new(key.data_type.clone()), Box::new(value.data_type.clone()));
        return DataType::Map { key, value: value_type, value_contains_null: value.nullable };
    }
    DataType::Array { element: Box::new(element), contains_null: T::NULLABLE }
}

macro_rules! lists {
    ($([$($generic:tt)*] $list:ty;)*) => {$(
        impl<T: ToColumn, $($generic)*> ToColumn for $list {
            type Encoder = Lists<T::Encoder>;

            fn data_type(options: ColumnOptions) -> DataType {
                list_of::<T>(options)
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
