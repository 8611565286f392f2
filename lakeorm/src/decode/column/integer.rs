//! TINYINT to BIGINT, each into its own type or a wider one, and the unsigned integers that engines beside Spark have.
//!
//! `u8` is no column type, and must not become one: `Vec<u8>` is BINARY. An unsigned column of 8 bits is an `i16`.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_schema::DataType;

use super::opaque::opaque;
use super::{FromColumn, ReadError, Refusal, Shape};

/// Integers of one batch: a slice of the field's own type, or of a narrower one. The exact slice is empty where the
/// column is narrower: the check of the index, which safe code needs anyway, then also tells the two apart.
pub struct Integers<'b, T> {
    exact: &'b [T],
    narrow: Narrow<'b>,
}

opaque!(Integers<'b, T>);

/// A narrower column than the field.
#[derive(Clone, Copy)]
enum Narrow<'b> {
    I8(&'b [i8]),
    I16(&'b [i16]),
    I32(&'b [i32]),
    U8(&'b [u8]),
    U16(&'b [u16]),
    U32(&'b [u32]),
}

impl Narrow<'_> {
    /// The column is as wide as the field.
    const NONE: Self = Self::I8(&[]);

    fn get(self, row: usize) -> Option<i64> {
        match self {
            Self::I8(values) => values.get(row).map(|value| i64::from(*value)),
            Self::I16(values) => values.get(row).map(|value| i64::from(*value)),
            Self::I32(values) => values.get(row).map(|value| i64::from(*value)),
            Self::U8(values) => values.get(row).map(|value| i64::from(*value)),
            Self::U16(values) => values.get(row).map(|value| i64::from(*value)),
            Self::U32(values) => values.get(row).map(|value| i64::from(*value)),
        }
    }

    // Out of line, so that the exact path stays small enough to be inlined into every row's loop; and by value,
    // because a reader whose address is taken cannot live in registers.
    #[inline(never)]
    fn widened<T: TryFrom<i64>>(self, row: usize) -> Result<T, ReadError> {
        // Converting cannot fail: `bind` takes narrower columns only.
        self.get(row).and_then(|value| T::try_from(value).ok()).ok_or_else(|| ReadError::outside(row))
    }
}

pub(super) fn values<P: ArrowPrimitiveType>(array: &dyn Array) -> Result<&[P::Native], ReadError> {
    match array.as_primitive_opt::<P>() {
        Some(array) => Ok(array.values()),
        None => Err(ReadError::unexpected(array)),
    }
}

macro_rules! integer {
    ($rust:ty, $variant:ident $arrow:ty, $refusal:expr, [$($narrow:ident $narrow_type:ty => $slice:ident),*]) => {
        impl<'b> FromColumn<'b> for $rust {
            type Reader = Integers<'b, $rust>;

            const INFALLIBLE: bool = true;

            fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
                match data_type {
                    DataType::$variant $(| DataType::$narrow)* => Ok(Shape::leaf()),
                    found => Err($refusal(found)),
                }
            }

            fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
                match array.data_type() {
                    $(DataType::$narrow => {
                        Ok(Integers { exact: &[], narrow: Narrow::$slice(values::<$narrow_type>(array)?) })
                    })*
                    _ => Ok(Integers { exact: values::<$arrow>(array)?, narrow: Narrow::NONE }),
                }
            }

            #[inline]
            fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
                rows.min(reader.exact.len())
            }

            #[inline(always)]
            fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                match reader.exact.get(row) {
                    Some(value) => Ok(*value),
                    None => reader.narrow.widened(row),
                }
            }

            #[inline(always)]
            fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                Ok(reader.exact.get(row).copied().unwrap_or_default())
            }
        }
    };
}

integer!(i8, Int8 Int8Type, cast_to("TINYINT"), []);
integer!(i16, Int16 Int16Type, cast_to("SMALLINT"), [Int8 Int8Type => I8, UInt8 UInt8Type => U8]);
integer!(
    i32, Int32 Int32Type, cast_to("INT"),
    [Int8 Int8Type => I8, Int16 Int16Type => I16, UInt8 UInt8Type => U8, UInt16 UInt16Type => U16]
);
integer!(
    i64, Int64 Int64Type, cast_to("BIGINT"),
    [
        Int8 Int8Type => I8, Int16 Int16Type => I16, Int32 Int32Type => I32,
        UInt8 UInt8Type => U8, UInt16 UInt16Type => U16, UInt32 UInt32Type => U32
    ]
);
integer!(u16, UInt16 UInt16Type, unsigned, [UInt8 UInt8Type => U8]);
integer!(u32, UInt32 UInt32Type, unsigned, [UInt8 UInt8Type => U8, UInt16 UInt16Type => U16]);
integer!(
    u64, UInt64 UInt64Type, unsigned,
    [UInt8 UInt8Type => U8, UInt16 UInt16Type => U16, UInt32 UInt32Type => U32]
);

fn cast_to(spark_type: &'static str) -> impl Fn(&DataType) -> Refusal {
    move |_| Refusal::cast_to(spark_type)
}

/// Spark has no unsigned type to cast to: the column's own type, and a conversion that looks at each value.
fn unsigned(found: &DataType) -> Refusal {
    let column_type = match found {
        DataType::Int8 => "i8",
        DataType::Int16 => "i16",
        DataType::Int32 => "i32",
        DataType::Int64 => "i64",
        DataType::UInt32 => "u32",
        DataType::UInt64 => "u64",
        _ => return Refusal::new(),
    };
    Refusal::new().converted_from(column_type)
}
