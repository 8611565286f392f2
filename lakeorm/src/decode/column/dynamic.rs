//! Any column as [`Value`]s.

use std::fmt;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, types::Date32Type};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, IntervalUnit};
use spark_connect::types::is_instant;

use super::integer::values;
use super::list::{parts, room};
use super::time_counts::TimeCounts;
use super::{FromColumn, ReadError, Refusal, Shape, Spans, spark_name};
use crate::value::Moment;
use crate::{CalendarInterval, DayTimeInterval, Decimal, Value, YearMonthInterval};

/// Values of one batch, of a type that is known only from it.
pub struct Values<'b> {
    nulls: Option<&'b NullBuffer>,
    data_type: &'b DataType,
    len: usize,
    kind: Kind<'b>,
}

/// Reads one value that is not NULL.
type Scalar<'b> = Box<dyn Fn(usize) -> Result<Value, ReadError> + Send + Sync + 'b>;

enum Kind<'b> {
    Void,
    Unknown(Arc<str>),
    Scalar(Scalar<'b>),
    List(Spans<'b>, Box<Values<'b>>),
    Map(Box<Entries<'b>>),
    Struct(Vec<(&'b str, Values<'b>)>),
}

/// The entries of all maps, and where those of each map are.
struct Entries<'b> {
    spans: Spans<'b>,
    nulls: Option<&'b NullBuffer>,
    keys: Values<'b>,
    values: Values<'b>,
}

impl<'b> FromColumn<'b> for Value {
    type Reader = Values<'b>;

    fn accepts(_: &DataType) -> Result<Shape, Refusal> {
        // It has a place for NULLs at every level, so nobody needs to look for them.
        Ok(Shape::leaf().nullable())
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        Values::new(array)
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        reader.get(row)
    }
}

impl<'b> Values<'b> {
    fn new(array: &'b dyn Array) -> Result<Self, ReadError> {
        let (nulls, data_type, len) = (array.nulls(), array.data_type(), array.len());
        Ok(Self { nulls, data_type, len, kind: Kind::new(array)? })
    }

    fn get(&self, row: usize) -> Result<Value, ReadError> {
        if row >= self.len {
            return Err(ReadError::outside(row));
        }
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return Ok(Value::Null);
        }
        match &self.kind {
            Kind::Void => Ok(Value::Null),
            Kind::Unknown(name) => Ok(Value::Unsupported(Arc::clone(name))),
            // Such as a decimal of more digits than Spark has. One cell is no reason to lose the others.
            Kind::Scalar(read) => read(row).or_else(|_| Ok(Value::Unsupported(name_of(self.data_type)))),
            Kind::List(spans, elements) => {
                let range = spans.get(row)?;
                let mut list = room(range.len())?;
                for element in range {
                    list.push(elements.get(element).map_err(|error| error.in_field("[]"))?);
                }
                Ok(Value::Array(list))
            }
            Kind::Map(entries) => entries.get(row).map(Value::Map),
            Kind::Struct(fields) => {
                // An error does not name the field: the query may have named it after a bound value.
                let field = |(name, values): &(&str, Self)| Ok(((*name).to_owned(), values.get(row)?));
                fields.iter().map(field).collect::<Result<_, _>>().map(Value::Struct)
            }
        }
    }
}

impl Entries<'_> {
    fn get(&self, row: usize) -> Result<Vec<(Value, Value)>, ReadError> {
        let range = self.spans.get(row)?;
        let mut entries = room(range.len())?;
        for entry in range {
            if self.nulls.is_some_and(|nulls| entry < nulls.len() && nulls.is_null(entry)) {
                return Err(ReadError::new("an entry of the map is NULL, which Spark's maps do not have"));
            }
            let key = self.keys.get(entry).map_err(|error| error.in_field("{key}"))?;
            let value = self.values.get(entry).map_err(|error| error.in_field("{value}"))?;
            entries.push((key, value));
        }
        Ok(entries)
    }
}

impl<'b> Kind<'b> {
    fn new(array: &'b dyn Array) -> Result<Self, ReadError> {
        Ok(match array.data_type() {
            DataType::Null => Self::Void,
            DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => {
                let (spans, elements) = parts(array)?;
                Self::List(spans, Box::new(Values::new(elements)?))
            }
            DataType::Map(..) => {
                let map = array.as_map();
                Self::Map(Box::new(Entries {
                    spans: Spans::Small(map.offsets()),
                    nulls: map.entries().nulls(),
                    keys: Values::new(map.keys())?,
                    values: Values::new(map.values())?,
                }))
            }
            DataType::Struct(fields) => {
                let columns = fields.iter().zip(array.as_struct().columns());
                let columns =
                    columns.map(|(field, column)| Ok((field.name().as_str(), Values::new(column)?)));
                Self::Struct(columns.collect::<Result<_, ReadError>>()?)
            }
            data_type => match scalars(array)? {
                Some(scalar) => Self::Scalar(scalar),
                None => Self::Unknown(name_of(data_type)),
            },
        })
    }
}

/// The reader of a type without parts; `None` if it is no type of Spark's.
fn scalars(array: &dyn Array) -> Result<Option<Scalar<'_>>, ReadError> {
    use DataType as D;
    Ok(Some(match array.data_type() {
        D::Boolean => scalar(array, Value::Boolean)?,
        D::Int8 => scalar(array, Value::Byte)?,
        D::Int16 => scalar(array, Value::Short)?,
        D::Int32 => scalar(array, Value::Integer)?,
        D::Int64 => scalar(array, Value::Long)?,
        D::UInt8 => scalar(array, Value::Short)?,
        D::UInt16 => scalar(array, Value::Integer)?,
        D::UInt32 => scalar(array, Value::Long)?,
        D::UInt64 => scalar(array, Value::UnsignedLong)?,
        D::Float32 => scalar(array, Value::Float)?,
        D::Float64 => scalar(array, Value::Double)?,
        D::Utf8 | D::LargeUtf8 | D::Utf8View => scalar(array, Value::String)?,
        D::Binary | D::LargeBinary | D::BinaryView => scalar(array, Value::Binary)?,
        D::Date32 => {
            let days = values::<Date32Type>(array)?;
            Box::new(move |row| days.get(row).map(|d| Value::Date(*d)).ok_or_else(|| ReadError::outside(row)))
        }
        timestamp @ D::Timestamp(..) => {
            let zoned = is_instant(timestamp);
            let counts = TimeCounts::timestamps(array, zoned)?;
            Box::new(move |row| {
                let (micros, nanos) = counts.micros(row)?;
                let at = Moment { micros, nanos };
                Ok(if zoned { Value::Timestamp(at) } else { Value::TimestampNtz(at) })
            })
        }
        D::Time32(_) | D::Time64(_) => {
            let counts = TimeCounts::times(array)?;
            Box::new(move |row| {
                let nanos = i64::try_from(counts.nanos(row)?);
                nanos.map(Value::Time).map_err(|_| ReadError::new("the time is out of range"))
            })
        }
        D::Duration(_) => scalar(array, |interval: DayTimeInterval| Value::DayTimeInterval(interval.micros))?,
        D::Interval(IntervalUnit::YearMonth) => {
            scalar(array, |interval: YearMonthInterval| Value::YearMonthInterval(interval.months))?
        }
        D::Interval(IntervalUnit::MonthDayNano) => {
            scalar::<CalendarInterval>(array, Value::CalendarInterval)?
        }
        decimal if Decimal::accepts(decimal).is_ok() => scalar::<Decimal>(array, Value::Decimal)?,
        _ => return Ok(None),
    }))
}

fn name_of(data_type: &DataType) -> Arc<str> {
    spark_name(data_type).into()
}

fn scalar<'b, C>(array: &'b dyn Array, value: fn(C) -> Value) -> Result<Scalar<'b>, ReadError>
where
    C: FromColumn<'b> + 'b,
    C::Reader: Send + Sync,
{
    let reader = C::bind(array, &Shape::leaf())?;
    Ok(Box::new(move |row| C::read(&reader, row).map(value)))
}

impl fmt::Debug for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").finish_non_exhaustive()
    }
}
