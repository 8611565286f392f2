//! Numbers, and everything that Arrow keeps as a number: dates, instants, times of day and lengths of time.

use std::sync::Arc;

use arrow_array::builder::PrimitiveBuilder;
use arrow_array::types::{Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{ArrayRef, ArrowPrimitiveType};
use arrow_schema::DataType as ArrowType;

use super::super::WriteError;
use super::Encoder;
use crate::DataType;

/// Gathers numbers.
#[derive(Debug)]
pub struct Numbers<P: ArrowPrimitiveType>(PrimitiveBuilder<P>);

impl<P: ArrowPrimitiveType> Numbers<P> {
    pub(super) fn new(rows: usize) -> Self {
        Self(PrimitiveBuilder::with_capacity(rows))
    }

    #[inline(always)]
    pub(super) fn push(&mut self, number: P::Native) {
        self.0.append_value(number);
    }
}

impl<P: ArrowPrimitiveType> Encoder for Numbers<P> {
    #[inline(always)]
    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn finish(mut self, data_type: &ArrowType) -> Result<ArrayRef, WriteError> {
        let array = self.0.finish();
        if !arrow_array::PrimitiveArray::<P>::is_compatible(data_type) {
            return Err(WriteError::new(format!(
                "numbers of {} cannot be encoded as {data_type}",
                P::DATA_TYPE
            )));
        }
        Ok(Arc::new(array.with_data_type(data_type.clone())))
    }
}

/// Implements the trait for types that are one number to Arrow.
macro_rules! numbers {
    ($($(#[$attribute:meta])* $rust:ty => $data_type:expr, $arrow:ty, $number:expr $(, $distinct:ident)?;)*) => {$(
        $(#[$attribute])*
        impl $crate::encode::ToColumn for $rust {
            type Encoder = $crate::encode::Numbers<$arrow>;

            $(const $distinct: bool = true;)?

            fn data_type(_: $crate::encode::ColumnOptions) -> $crate::DataType {
                $data_type
            }

            fn encoder(_: $crate::encode::ColumnOptions, rows: usize) -> Self::Encoder {
                $crate::encode::Numbers::new(rows)
            }

            #[inline(always)]
            fn encode(&self, encoder: &mut Self::Encoder) -> Result<(), $crate::encode::WriteError> {
                let number: fn(&Self) -> Result<
                    <$arrow as arrow_array::ArrowPrimitiveType>::Native,
                    $crate::encode::WriteError,
                > = $number;
                encoder.push(number(self)?);
                Ok(())
            }
        }
    )*};
}

pub(super) use numbers;

numbers! {
    i8 => DataType::Byte, Int8Type, |number| Ok(*number), DISTINCT;
    i16 => DataType::Short, Int16Type, |number| Ok(*number), DISTINCT;
    i32 => DataType::Integer, Int32Type, |number| Ok(*number), DISTINCT;
    i64 => DataType::Long, Int64Type, |number| Ok(*number), DISTINCT;
    f32 => DataType::Float, Float32Type, |number| Ok(*number);
    f64 => DataType::Double, Float64Type, |number| Ok(*number);
}

/// A point or a length of time that has nanoseconds, and what may be done about it.
#[cold]
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub(super) fn finer_than_micros(advice: &str) -> WriteError {
    WriteError::new(format!("the value is finer than a microsecond, which is all that Spark keeps; {advice}"))
}

/// The advice for an instant, which the write itself may give.
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
macro_rules! or_stamped {
    ($advice:literal) => {
        concat!($advice, ", or have the write stamp the column, with `#[lake(created_at)]`")
    };
}

#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub(super) use or_stamped;

/// A point or a length of time that 64 bits of microseconds do not hold.
#[cold]
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub(super) fn out_of_range() -> WriteError {
    WriteError::new("the value is outside the 292 thousand years that Spark's microseconds hold")
}
