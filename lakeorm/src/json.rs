//! [`Json`]: a value that travels as a STRING of JSON; and what no JSON may hold, however it travels.

use std::ops::{Deref, DerefMut};

use serde::Serialize;
use spark_connect::LiteralError;
use spark_connect::{DataType, Literal, ToLiteral};

use crate::type_name::short_type_name;

mod keys_once;

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
#[allow(clippy::exhaustive_structs, reason = "a wrapper around one value")]
pub struct Json<T>(pub T);

/// Binds as the STRING that the JSON is.
impl<T: Serialize> ToLiteral for Json<T> {
    fn data_type() -> DataType {
        DataType::String
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        let rust_type = || short_type_name(std::any::type_name::<T>());
        serde_json::to_string(&self.0).map(Literal::string).map_err(|_| {
            LiteralError::new(format!("{} has no JSON, as of a map with keys that are no text", rust_type()))
        })
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
