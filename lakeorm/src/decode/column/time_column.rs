//! Types of other crates that are made from a count of a time unit.

/// A type of another crate that is made from a count of nanoseconds, of the columns whose types pass `$accepts`. The
/// caller has the traits in scope.
macro_rules! time_column {
    ($rust:ty, $accepts:path, $refusal:expr, $bind:expr, $convert:expr) => {
        impl<'b> FromColumn<'b> for $rust {
            type Reader = TimeCounts<'b>;

            fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
                if $accepts(data_type) { Ok(Shape::leaf()) } else { Err($refusal) }
            }

            fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
                let bind: fn(&'b dyn Array) -> Result<TimeCounts<'b>, ReadError> = $bind;
                bind(array)
            }

            fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                let convert: fn(i128) -> Result<Self, ReadError> = $convert;
                convert(reader.nanos(row)?)
            }
        }
    };
}
pub(super) use time_column;
