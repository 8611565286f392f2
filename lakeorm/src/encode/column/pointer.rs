//! Pointers are encoded as the value that they point to.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use super::super::WriteError;
use super::{ColumnOptions, ToColumn};
use crate::DataType;

macro_rules! pointers {
    ($([$($generic:tt)*] $pointer:ty => $target:ty;)*) => {$(
        impl<$($generic)*> ToColumn for $pointer {
            type Encoder = <$target as ToColumn>::Encoder;

            const NULLABLE: bool = <$target as ToColumn>::NULLABLE;

            const IS_PAIR: bool = <$target as ToColumn>::IS_PAIR;

            const DISTINCT: bool = <$target as ToColumn>::DISTINCT;

            #[inline(always)]
            fn writes_null(&self) -> bool {
                <$target>::writes_null(self)
            }

            fn data_type(options: ColumnOptions) -> DataType {
                <$target>::data_type(options)
            }

            fn encoder(options: ColumnOptions, rows: usize) -> Self::Encoder {
                <$target>::encoder(options, rows)
            }

            #[inline]
            fn encode(&self, encoder: &mut Self::Encoder) -> Result<(), WriteError> {
                <$target>::encode(self, encoder)
            }
        }
    )*};
}

pointers! {
    [T: ToColumn + ?Sized] &T => T;
    [T: ToColumn + ?Sized] Box<T> => T;
    [T: ToColumn + ?Sized] Rc<T> => T;
    [T: ToColumn + ?Sized] Arc<T> => T;
    [T: ToColumn + ToOwned + ?Sized] Cow<'_, T> => T;
}
