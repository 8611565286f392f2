//! Owning pointers are read as the value that they point to.

use std::rc::Rc;
use std::sync::Arc;

use arrow_array::Array;
use arrow_schema::DataType;

use super::{FromColumn, ReadError, Refusal, Shape};

macro_rules! pointers {
    ($($pointer:ident)*) => {$(
        impl<'b, T: FromColumn<'b>> FromColumn<'b> for $pointer<T> {
            type Reader = T::Reader;

            const INFALLIBLE: bool = T::INFALLIBLE;

            fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
                T::accepts(data_type)
            }

            fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
                T::bind(array, shape)
            }

            #[inline]
            fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
                T::fast_rows(reader, rows)
            }

            #[inline]
            fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                T::read(reader, row).map(Self::new)
            }

            #[inline]
            fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                T::read_fast(reader, row).map(Self::new)
            }
        }
    )*};
}

pointers!(Box Rc Arc);
