//! [`Json`]: a value that is a STRING of JSON in a column; and the checks of every JSON that is written.

use std::ops::{Deref, DerefMut};

use serde::Serialize;
use spark_connect::LiteralError;
use spark_connect::{DataType, Literal, ToLiteral};

use crate::type_name::short_type_name;
use keys::Fault;

mod finite;
mod keys;
mod keys_once;
pub(crate) mod scalar;

pub(crate) use keys::any_twice;
pub(crate) use keys_once::{KEY_TWICE, keys_are_told_once};

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
pub struct Json<T>(pub T);

/// Binds as the STRING that the JSON is.
impl<T: Serialize> ToLiteral for Json<T> {
    fn data_type() -> DataType {
        DataType::String
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        text_of(&self.0).map(Literal::string).map_err(LiteralError::new)
    }
}

/// Why an object is not written.
const TWICE: &str = "the JSON object has a duplicate key and could not be read back: rename the field or key (also fields \
                     added by #[serde(flatten)])";

/// Why a deep value is not written.
const DEEP: &str = "the JSON is nested deeper than 127 levels and could not be read back: use another type";

/// Why a number has no JSON.
const INFINITE: &str =
    "the value holds NaN or an infinity, which JSON cannot represent: leave it out or write it as a string";

/// The JSON of a value, or why there is none. The text of serde's error is not repeated: it may hold the value.
pub(crate) fn text_of<T: Serialize>(value: &T) -> Result<String, String> {
    let text = serde_json::to_string(value).map_err(|_| {
        let rust_type = short_type_name(std::any::type_name::<T>());
        format!(
            "{rust_type} cannot be written as JSON (a map with keys that are not strings, for example): use another \
             type"
        )
    })?;
    // A number without JSON is a `null` there, so that the value need not be looked at again where none is.
    match text.contains("null") && !finite::is_finite(value) {
        false => match keys::fault(&text, keys::LEVELS) {
            None => Ok(text),
            Some(Fault::KeyTwice) => Err(TWICE.to_owned()),
            Some(Fault::TooDeep) => Err(DEEP.to_owned()),
        },
        true => Err(INFINITE.to_owned()),
    }
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
