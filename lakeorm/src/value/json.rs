//! Values whose types are not known when the program is written, as JSON.

use std::collections::HashSet;

use serde::ser::{Error, Serialize, SerializeStruct, Serializer};

use super::{Moment, Value};
use crate::CalendarInterval;
use crate::json::scalar;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = match self {
            Self::Null => return serializer.serialize_unit(),
            Self::Boolean(value) => return serializer.serialize_bool(*value),
            Self::Byte(value) => return serializer.serialize_i8(*value),
            Self::Short(value) => return serializer.serialize_i16(*value),
            Self::Integer(value) | Self::YearMonthInterval(value) => return serializer.serialize_i32(*value),
            Self::Long(value) | Self::DayTimeInterval(value) => return serializer.serialize_i64(*value),
            Self::UnsignedLong(value) => return serializer.serialize_u64(*value),
            Self::Float(value) => scalar::float(*value),
            Self::Double(value) => scalar::double(*value),
            Self::Decimal(value) => scalar::decimal(*value),
            Self::String(value) => return serializer.serialize_str(value),
            Self::Binary(value) => scalar::base64(value).into(),
            Self::Date(days) => within::<S::Error>(scalar::date(*days), "date")?,
            Self::Timestamp(moment) => within::<S::Error>(timestamp(*moment, true), "timestamp")?,
            Self::TimestampNtz(moment) => within::<S::Error>(timestamp(*moment, false), "timestamp")?,
            Self::Time(nanos) => within::<S::Error>(scalar::time(*nanos), "time")?,
            Self::CalendarInterval(interval) => return parts(interval, serializer),
            Self::Array(elements) => return serializer.collect_seq(elements),
            Self::Map(entries) => return map(entries, serializer),
            Self::Struct(fields) => {
                return object(fields.iter().map(|(name, value)| (name.as_str(), value)), serializer);
            }
            Self::Unsupported(name) => {
                return Err(S::Error::custom(format!(
                    "a value of type {name} has no JSON: cast its column in the query"
                )));
            }
        };
        json.serialize(serializer)
    }
}

fn within<E: Error>(value: Option<serde_json::Value>, what: &str) -> Result<serde_json::Value, E> {
    value
        .ok_or_else(|| E::custom(format!("a {what} is out of range: cast its column to STRING in the query")))
}

fn timestamp(moment: Moment, zoned: bool) -> Option<serde_json::Value> {
    let micros = u32::try_from(moment.micros.rem_euclid(1_000_000)).ok()?;
    scalar::timestamp(moment.micros.div_euclid(1_000_000), micros * 1_000 + u32::from(moment.nanos), zoned)
}

fn parts<S: Serializer>(interval: &CalendarInterval, serializer: S) -> Result<S::Ok, S::Error> {
    let mut parts = serializer.serialize_struct("CalendarInterval", 3)?;
    parts.serialize_field("months", &interval.months)?;
    parts.serialize_field("days", &interval.days)?;
    parts.serialize_field("micros", &interval.micros)?;
    parts.end()
}

/// An object by the JSON of the keys.
fn map<S: Serializer>(entries: &[(Value, Value)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut keys = HashSet::new();
    for (key, _) in entries {
        if !keys.insert(serde_json::to_string(key).map_err(S::Error::custom)?) {
            return Err(S::Error::custom("a key of a MAP is there twice"));
        }
    }
    serializer.collect_map(entries.iter().map(|(key, value)| (key, value)))
}

/// An object. Readers of JSON keep one value for each name.
pub(crate) fn object<'v, S: Serializer>(
    fields: impl Iterator<Item = (&'v str, &'v Value)> + Clone,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut names = HashSet::new();
    if !fields.clone().all(|(name, _)| names.insert(name)) {
        return Err(S::Error::custom("a name is there twice: give each column its own with AS in the query"));
    }
    serializer.collect_map(fields)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use arrow_schema::{DataType, Field, Schema};
    use serde_json::json;

    use super::*;
    use crate::row::{DynamicRow, RowBatch};

    fn text(value: &impl Serialize) -> Result<String, String> {
        serde_json::to_string(value).map_err(|error| error.to_string())
    }

    #[test]
    fn values_become_the_json_that_means_the_same() {
        let moment = |micros| Moment { micros, nanos: 7 };
        let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
        let interval = CalendarInterval { months: 1, days: -2, micros: 3 };
        let fields = vec![("a".to_owned(), Value::Null), ("A".to_owned(), Value::Boolean(true))];
        for (value, expected) in [
            (Value::Byte(-1), json!(-1)),
            (Value::Long(i64::MIN), json!(i64::MIN)),
            (Value::UnsignedLong(u64::MAX), json!(u64::MAX)),
            (Value::Float(0.1), json!(0.1)),
            (Value::Double(f64::NEG_INFINITY), json!("-inf")),
            (decimal("12.340"), json!(12.34)),
            (decimal("5.00"), json!(5)),
            (decimal("123456789012345678.9"), json!("123456789012345678.9")),
            (Value::String("a".to_owned()), json!("a")),
            (Value::Binary(vec![0xff, 0xfe].into()), json!("//4=")),
            (Value::Date(1), json!("1970-01-02")),
            (Value::Timestamp(moment(-1)), json!("1969-12-31T23:59:59.999999007Z")),
            (Value::TimestampNtz(Moment::default()), json!("1970-01-01T00:00:00")),
            (Value::Time(1_000_000_001), json!("00:00:01.000000001")),
            (Value::YearMonthInterval(14), json!(14)),
            (Value::DayTimeInterval(-5), json!(-5)),
            (Value::CalendarInterval(interval), json!({"months": 1, "days": -2, "micros": 3})),
            (Value::Array(vec![Value::Short(1), Value::Null]), json!([1, null])),
            (Value::Map(vec![(Value::Integer(1), Value::Null)]), json!({"1": null})),
            (Value::Map(vec![(Value::Date(0), Value::Short(2))]), json!({"1970-01-01": 2})),
            (Value::Struct(fields), json!({"a": null, "A": true})),
        ] {
            assert_eq!(serde_json::to_value(&value).unwrap(), expected, "{value:?}");
        }
    }

    #[test]
    fn what_json_would_lose_is_an_error() {
        let twice = vec![("a".to_owned(), Value::Null), ("a".to_owned(), Value::Null)];
        let key = || (Value::String("a".to_owned()), Value::Null);
        let list = (Value::Array(Vec::new()), Value::Null);
        for (value, expected) in [
            (Value::Struct(twice), "a name is there twice"),
            (Value::Map(vec![key(), key()]), "a key of a MAP is there twice"),
            (Value::Map(vec![list]), "key must be a string"),
            (Value::Date(i32::MAX), "a date is out of range"),
            (Value::Timestamp(Moment { micros: i64::MAX, nanos: 0 }), "a timestamp is out of range"),
            (Value::Time(-1), "a time is out of range"),
            (Value::Unsupported("GEOMETRY".into()), "a value of type GEOMETRY has no JSON"),
        ] {
            let error = text(&Value::Array(vec![value])).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn a_row_is_the_object_of_its_columns() {
        let row = |names: [&str; 2]| {
            let field = |name: &str, data_type| Field::new(name, data_type, true);
            let [id, name] = names;
            let schema = Schema::new(vec![field(id, DataType::Int64), field(name, DataType::Utf8)]);
            let columns: Vec<ArrayRef> =
                vec![Arc::new(Int64Array::from(vec![7])), Arc::new(StringArray::from(vec![None::<&str>]))];
            let batch = RecordBatch::try_new(Arc::new(schema), columns).unwrap();
            RowBatch::numbered(batch, 0, None).unwrap().to_vec::<DynamicRow>().unwrap().remove(0)
        };
        assert_eq!(text(&row(["id", "name"])).unwrap(), r#"{"id":7,"name":null}"#);
        assert!(text(&row(["x", "x"])).unwrap_err().starts_with("a name is there twice"));
    }
}
