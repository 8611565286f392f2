//! One value of an Arrow array as a literal.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, IntervalMonthDayNanoType, IntervalYearMonthType, Time64NanosecondType,
    TimestampMicrosecondType,
};
use arrow_array::{Array, ArrowPrimitiveType, MapArray, StructArray};
use arrow_schema::{DataType as Arrow, TimeUnit};

use super::{Literal, LiteralError};
use crate::types::{DataType, StructField, is_instant};

impl Literal {
    /// The value at this index of an array whose type is one that [`DataType::to_arrow`] gives.
    ///
    /// # Errors
    /// A type that no literal has, such as VARIANT; an index outside the array; a value that its literal cannot hold.
    pub fn from_arrow(array: &dyn Array, index: usize) -> Result<Self, LiteralError> {
        if index >= array.len() {
            return Err(LiteralError::new(format!("index {index} is outside the array")));
        }
        if array.is_null(index) {
            return Ok(Self::null(DataType::from_arrow(array.data_type())));
        }
        match array.data_type() {
            Arrow::List(_) => {
                let elements = array.as_list::<i32>().value(index);
                let element = DataType::from_arrow(elements.data_type());
                Self::array(element, all(&elements)?)
            }
            Arrow::Map(..) => entries(array.as_map(), index),
            Arrow::Struct(fields) => match StructField::from_arrow(&field(array)).data_type {
                DataType::Struct(_) if !fields.is_empty() => fields_of(array.as_struct(), index),
                other => Err(LiteralError::new(format!("a {other} cannot be a literal"))),
            },
            _ => scalar(array, index),
        }
    }
}

/// The array as a field without a name.
fn field(array: &dyn Array) -> arrow_schema::Field {
    arrow_schema::Field::new("", array.data_type().clone(), true)
}

fn scalar(array: &dyn Array, index: usize) -> Result<Literal, LiteralError> {
    Ok(match array.data_type() {
        Arrow::Boolean => Literal::boolean(array.as_boolean().value(index)),
        Arrow::Int8 => Literal::byte(number::<Int8Type>(array, index)),
        Arrow::Int16 => Literal::short(number::<Int16Type>(array, index)),
        Arrow::Int32 => Literal::integer(number::<Int32Type>(array, index)),
        Arrow::Int64 => Literal::long(number::<Int64Type>(array, index)),
        Arrow::Float32 => Literal::float(number::<Float32Type>(array, index)),
        Arrow::Float64 => Literal::double(number::<Float64Type>(array, index)),
        Arrow::Decimal128(precision, scale) => {
            let scale = u8::try_from(*scale).map_err(|_| no_literal(array))?;
            Literal::decimal(number::<Decimal128Type>(array, index), *precision, scale)?
        }
        Arrow::Utf8 => Literal::string(array.as_string::<i32>().value(index)),
        Arrow::Binary => Literal::binary(array.as_binary::<i32>().value(index).to_vec()),
        Arrow::Date32 => Literal::date(number::<Date32Type>(array, index)),
        timestamp @ Arrow::Timestamp(TimeUnit::Microsecond, _) => {
            let micros = number::<TimestampMicrosecondType>(array, index);
            if is_instant(timestamp) { Literal::timestamp(micros) } else { Literal::timestamp_ntz(micros) }
        }
        Arrow::Time64(TimeUnit::Nanosecond) => {
            let nanos = u64::try_from(number::<Time64NanosecondType>(array, index));
            Literal::time(nanos.map_err(|_| LiteralError::new("a time of day is before midnight"))?)?
        }
        Arrow::Duration(TimeUnit::Microsecond) => {
            Literal::day_time_interval(number::<DurationMicrosecondType>(array, index))
        }
        Arrow::Interval(arrow_schema::IntervalUnit::YearMonth) => {
            Literal::year_month_interval(number::<IntervalYearMonthType>(array, index))
        }
        Arrow::Interval(arrow_schema::IntervalUnit::MonthDayNano) => {
            let interval = number::<IntervalMonthDayNanoType>(array, index);
            if interval.nanoseconds % 1_000 != 0 {
                return Err(LiteralError::finer_than_micros("an interval"));
            }
            Literal::calendar_interval(interval.months, interval.days, interval.nanoseconds / 1_000)?
        }
        _ => return Err(no_literal(array)),
    })
}

/// A value whose index has been looked at.
fn number<P: ArrowPrimitiveType>(array: &dyn Array, index: usize) -> P::Native {
    array.as_primitive::<P>().value(index)
}

fn no_literal(array: &dyn Array) -> LiteralError {
    LiteralError::new(format!("a {} cannot be a literal", DataType::from_arrow(array.data_type())))
}

fn all(array: &dyn Array) -> Result<Vec<Literal>, LiteralError> {
    (0..array.len()).map(|index| Literal::from_arrow(array, index)).collect()
}

fn entries(maps: &MapArray, index: usize) -> Result<Literal, LiteralError> {
    let entries = maps.value(index);
    let (keys, values) = (all(entries.column(0))?, all(entries.column(1))?);
    let types = [entries.column(0), entries.column(1)].map(|column| DataType::from_arrow(column.data_type()));
    let [key, value] = types;
    Literal::map(key, value, keys.into_iter().zip(values))
}

fn fields_of(structs: &StructArray, index: usize) -> Result<Literal, LiteralError> {
    let fields = structs.fields().iter().zip(structs.columns());
    let fields =
        fields.map(|(field, column)| Ok((field.name().clone(), Literal::from_arrow(column, index)?)));
    Literal::structure(fields.collect::<Result<Vec<_>, LiteralError>>()?)
}
