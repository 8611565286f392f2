//! DATE as types of other crates.

/// A type of another crate that is made from a count of days since 1970. The caller has the traits in scope.
macro_rules! date_column {
    ($rust:ty, $convert:path) => {
        impl<'b> FromColumn<'b> for $rust {
            type Reader = &'b [i32];

            fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
                match data_type {
                    DataType::Date32 => Ok(Shape::leaf()),
                    _ => Err(Refusal::cast_to("DATE")),
                }
            }

            fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
                values::<Date32Type>(array)
            }

            #[inline]
            fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
                rows.min(reader.len())
            }

            #[inline(always)]
            fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                $convert(*reader.get(row).ok_or_else(|| ReadError::outside(row))?)
            }

            #[inline(always)]
            fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                $convert(reader.get(row).copied().unwrap_or_default())
            }
        }
    };
}
pub(super) use date_column;
