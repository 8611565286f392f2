//! arrow_convert's side of the comparison. It takes its own arrow, a version behind, and a schema that is its own to
//! the last detail: no NULLs where a field is required, nanoseconds. So its arrays are made by itself, of the rows
//! that the derive has decoded.

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use arrow::error::Result;
use arrow_convert::deserialize::{ArrowArray, ArrowDeserialize, TryIntoCollection};
use arrow_convert::field::{ArrowField, I128};
use arrow_convert::serialize::{ArrowSerialize, TryIntoArrow};
use lakeorm::{Decimal, LakeRowOwned};

use crate::cases::{Group, beside_the_heap, decoded};

impl Group {
    /// The owned rows of arrow_convert.
    pub(crate) fn converted<T>(self) -> Self
    where
        T: LakeRowOwned + PartialEq + ArrowDeserialize + ArrowSerialize + ArrowField<Type = T>,
        <T as ArrowDeserialize>::ArrayType: ArrowArray,
    {
        let batch = &self.batch;
        let array: ArrayRef = beside_the_heap(|| decoded::<T>(batch).try_into_arrow().unwrap());
        self.rows_by::<T>("arrow_convert", move |_| (&*array).try_into_collection().unwrap())
    }
}

/// A DECIMAL(18, 2). The one decimal that arrow_convert knows is another crate's, at (38, 10).
pub(crate) struct Cents;

type Unscaled = I128<18, 2>;

impl ArrowField for Cents {
    type Type = Decimal;

    fn data_type() -> DataType {
        Unscaled::data_type()
    }
}

impl ArrowSerialize for Cents {
    type ArrayBuilderType = <Unscaled as ArrowSerialize>::ArrayBuilderType;

    fn new_array() -> Self::ArrayBuilderType {
        Unscaled::new_array()
    }

    fn arrow_serialize(decimal: &Decimal, array: &mut Self::ArrayBuilderType) -> Result<()> {
        Unscaled::arrow_serialize(&decimal.unscaled(), array)
    }
}

impl ArrowDeserialize for Cents {
    type ArrayType = <Unscaled as ArrowDeserialize>::ArrayType;

    #[inline]
    fn arrow_deserialize(unscaled: Option<i128>) -> Option<Decimal> {
        unscaled.map(|unscaled| Decimal::new(unscaled, 2).unwrap())
    }
}
