//! STRING that holds JSON.

use std::ops::{Deref, DerefMut};

use arrow_array::Array;
use arrow_schema::DataType;
use serde::{Deserialize, Serialize};
use spark_connect::literal::LiteralError;
use spark_connect::{DataType as SparkType, Literal, ToLiteral};

use super::{FromColumn, ReadError, Refusal, Shape, short_type_name};

/// A value that a STRING column holds as JSON. `#[lake(json)]` on a field does the same without the wrapper.
///
/// ```
/// use lakeorm::{Json, LakeRow};
///
/// #[derive(serde::Deserialize)]
/// struct Settings {
///     theme: String,
/// }
///
/// #[derive(LakeRow)]
/// struct User {
///     #[lake(json)]
///     settings: Settings,
///     history: Vec<Json<Settings>>,
/// }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_structs, reason = "a wrapper around one value")]
pub struct Json<T>(pub T);

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
        serde_json::from_str(text).map(Json).map_err(|error| refused::<T>(&error))
    }
}

super::through::through!(serde_json::Value, Json<Self>, |json| Ok(json.0));

/// Binds as the STRING that the JSON is.
impl<T: Serialize> ToLiteral for Json<T> {
    fn data_type() -> SparkType {
        SparkType::String
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        let rust_type = || short_type_name(std::any::type_name::<T>());
        serde_json::to_string(&self.0).map(Literal::string).map_err(|_| {
            LiteralError::new(format!("{} has no JSON, as of a map with keys that are no text", rust_type()))
        })
    }
}

/// Without serde's text, which may repeat the value.
#[cold]
fn refused<T>(error: &serde_json::Error) -> ReadError {
    let rust_type = short_type_name(std::any::type_name::<T>());
    // The only word of the kind of an error that serde_json gives away; it holds nothing of the text.
    if error.to_string().starts_with("recursion limit") {
        return ReadError::new("the JSON is nested deeper than 127 levels; read it as a String");
    }
    let what = match error.classify() {
        serde_json::error::Category::Data => format!("the JSON does not fit {rust_type}"),
        _ => "the text is not JSON".to_owned(),
    };
    ReadError::new(format!("{what} (line {}, column {} of the text)", error.line(), error.column()))
}

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
