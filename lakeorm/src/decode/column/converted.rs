//! Types that read through another: the same column, one step more per value.

/// Implements [`FromColumn`](super::FromColumn) for `$target` by reading a `$source` and converting it.
macro_rules! converted {
    ($([$($generics:tt)+])? $target:ty, $source:ty, $convert:expr) => {
        impl<'b $(, $($generics)+)?> $crate::FromColumn<'b> for $target {
            type Reader = <$source as $crate::FromColumn<'b>>::Reader;

            fn accepts(
                data_type: &arrow_schema::DataType,
            ) -> Result<$crate::column::Shape, $crate::column::Refusal> {
                <$source as $crate::FromColumn<'b>>::accepts(data_type)
            }

            fn bind(
                array: &'b dyn arrow_array::Array,
                shape: &$crate::column::Shape,
            ) -> Result<Self::Reader, $crate::column::ReadError> {
                <$source as $crate::FromColumn<'b>>::bind(array, shape)
            }

            #[inline]
            fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
                <$source as $crate::FromColumn<'b>>::fast_rows(reader, rows)
            }

            #[inline]
            fn read(reader: &Self::Reader, row: usize) -> Result<Self, $crate::column::ReadError> {
                let convert: fn($source) -> Result<Self, $crate::column::ReadError> = $convert;
                convert(<$source as $crate::FromColumn<'b>>::read(reader, row)?)
            }

            #[inline]
            fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, $crate::column::ReadError> {
                let convert: fn($source) -> Result<Self, $crate::column::ReadError> = $convert;
                convert(<$source as $crate::FromColumn<'b>>::read_fast(reader, row)?)
            }
        }
    };
}

pub(crate) use converted;
