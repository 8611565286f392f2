//! STRING that holds JSON.

use arrow_array::Array;
use arrow_schema::DataType;
use serde::Deserialize;
use serde_json::error::Category;

use super::{FromColumn, ReadError, Refusal, Shape, short_type_name};
use crate::Json;
use crate::json::{Strict, any_twice, line_of};

impl<'b, T: Deserialize<'b>> FromColumn<'b> for Json<T> {
    type Reader = <&'b str as FromColumn<'b>>::Reader;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        <&str>::accepts(data_type)
    }

    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
        <&str>::bind(array, shape)
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        let text: &'b str = <&'b str as FromColumn<'b>>::read(reader, row)?;
        let mut json = serde_json::Deserializer::from_str(text);
        let value = T::deserialize(Strict::value(&mut json)).and_then(|value| json.end().map(|()| value));
        let value = value.map_err(|error| refused::<T>(&error, text))?;
        match any_twice(text) {
            false => Ok(Self(value)),
            true => Err(ambiguous()),
        }
    }
}

super::converted::converted!(serde_json::Value, Json<Self>, |json| Ok(json.0));

#[cold]
fn ambiguous() -> ReadError {
    ReadError::new("the JSON object has a duplicate key: write the key once, or read the column as a String")
}

/// Without serde's text, which may repeat the value.
#[cold]
fn refused<T>(error: &serde_json::Error, text: &str) -> ReadError {
    let rust_type = short_type_name(std::any::type_name::<T>());
    // The only word of the kind of an error that serde_json gives away; it holds nothing of the text.
    let told = error.to_string();
    if told.starts_with("recursion limit") {
        return ReadError::new("the JSON is nested deeper than 127 levels; read it as a String");
    }
    let what = match error.classify() {
        Category::Data => format!("the JSON does not fit {rust_type}"),
        _ if told.starts_with("number out of range") => {
            "the JSON holds a number that is too great for its type; read it as a String".to_owned()
        }
        _ => "the text is not JSON".to_owned(),
    };
    let line = line_of(error, text.as_bytes());
    ReadError::new(format!("{what} (line {line}, column {} of the text)", error.column()))
}
