//! TINYINT to BIGINT, each into its own type or a wider one.
//!
//! `u8` is no column type, and must not become one: `Vec<u8>` is BINARY.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_schema::DataType;

use super::{FromColumn, ReadError, Refusal, Shape};

/// Integers of one batch. At most one slice is not empty, and the exact one comes first: the bounds check that
/// safe code needs anyway then also tells the exact column from the widened one, and costs nothing more.
#[derive(Debug)]
pub struct Integers<'b, T> {
    exact: &'b [T],
    narrow: Narrow<'b>,
}

/// A narrower column than the field.
#[derive(Debug, Default)]
struct Narrow<'b> {
    i32: &'b [i32],
    i16: &'b [i16],
    i8: &'b [i8],
}

impl Narrow<'_> {
    fn get(&self, row: usize) -> Option<i32> {
        if let Some(value) = self.i32.get(row) {
            return Some(*value);
        }
        if let Some(value) = self.i16.get(row) {
            return Some(i32::from(*value));
        }
        self.i8.get(row).map(|value| i32::from(*value))
    }
}

impl<'b, T: Copy + TryFrom<i32>> Integers<'b, T> {
    fn exact(exact: &'b [T]) -> Self {
        Self { exact, narrow: Narrow::default() }
    }

    fn narrow(narrow: Narrow<'b>) -> Self {
        Self { exact: &[], narrow }
    }

    #[inline]
    fn get(&self, row: usize) -> Result<T, ReadError> {
        match self.exact.get(row) {
            Some(value) => Ok(*value),
            None => self.widened(row),
        }
    }

    // Out of line, so that the exact path stays small enough to be inlined into every row's loop.
    #[inline(never)]
    fn widened(&self, row: usize) -> Result<T, ReadError> {
        // Converting cannot fail: `bind` takes narrower columns only.
        let value = self.narrow.get(row).and_then(|value| T::try_from(value).ok());
        value.ok_or_else(|| ReadError::outside(row))
    }
}

pub(super) fn values<P: ArrowPrimitiveType>(array: &dyn Array) -> Result<&[P::Native], ReadError> {
    match array.as_primitive_opt::<P>() {
        Some(array) => Ok(array.values()),
        None => Err(ReadError::unexpected(array)),
    }
}

macro_rules! integer {
    ($rust:ty, $variant:ident $arrow:ty, $spark:literal, [$($narrow:ident $narrow_type:ty => $slice:ident),*]) => {
        impl<'b> FromColumn<'b> for $rust {
            type Reader = Integers<'b, $rust>;

            fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
                match data_type {
                    DataType::$variant $(| DataType::$narrow)* => Ok(Shape::leaf()),
                    _ => Err(Refusal::cast_to($spark)),
                }
            }

            fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
                match array.data_type() {
                    $(DataType::$narrow => {
                        let $slice = values::<$narrow_type>(array)?;
                        Ok(Integers::narrow(Narrow { $slice, ..Narrow::default() }))
                    })*
                    _ => Ok(Integers::exact(values::<$arrow>(array)?)),
                }
            }

            #[inline]
            fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                reader.get(row)
            }
        }
    };
}

integer!(i8, Int8 Int8Type, "TINYINT", []);
integer!(i16, Int16 Int16Type, "SMALLINT", [Int8 Int8Type => i8]);
integer!(i32, Int32 Int32Type, "INT", [Int8 Int8Type => i8, Int16 Int16Type => i16]);
integer!(i64, Int64 Int64Type, "BIGINT", [Int8 Int8Type => i8, Int16 Int16Type => i16, Int32 Int32Type => i32]);
