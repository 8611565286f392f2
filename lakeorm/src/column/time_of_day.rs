//! TIME, as `chrono::NaiveTime`.

use arrow_array::Array;
use arrow_schema::DataType;
use chrono::NaiveTime;

use super::count::Counts;
use super::{FromColumn, ReadError, Refusal, Shape};

impl<'b> FromColumn<'b> for NaiveTime {
    type Reader = Counts<'b>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Time32(_) | DataType::Time64(_) => Ok(Shape::leaf()),
            _ => Err(Refusal::cast_to("TIME")),
        }
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        Counts::times(array)
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        let nanos = reader.nanos(row)?;
        let parts =
            (u32::try_from(nanos.div_euclid(1_000_000_000)), u32::try_from(nanos.rem_euclid(1_000_000_000)));
        let time = match parts {
            (Ok(seconds), Ok(nanos)) => Self::from_num_seconds_from_midnight_opt(seconds, nanos),
            _ => None,
        };
        time.ok_or_else(|| ReadError::new("the time is not between 00:00 and 24:00"))
    }
}
