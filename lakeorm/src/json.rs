//! [`Json`]: a value that is a STRING of JSON in a column; and the checks of every JSON that is written.

use std::io;
use std::ops::{Deref, DerefMut};

use serde::Serialize;
use serde_json::ser::Formatter;
use spark_connect::LiteralError;
use spark_connect::{DataType, Literal, ToLiteral};

use crate::type_name::short_type_name;
use keys::Fault;

mod finite;
mod keys;
mod keys_once;
pub(crate) mod scalar;
mod strict;

pub(crate) use keys::any_twice;
pub(crate) use keys_once::{KEY_TWICE, keys_are_told_once};
pub(crate) use strict::{Fields, NO_SUCH_FIELD, Strict};

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
///
/// An array is read as a `Vec` or a tuple and never as a struct. A field that a struct does not have is passed over,
/// unless the struct has `#[serde(deny_unknown_fields)]`. What [`from_json`](crate::from_json) says of numbers,
/// decimals and the keys of maps is so here too: a `serde_json::Value` rounds a number beyond 64 bits or 17 digits, and
/// a `rust_decimal::Decimal` one beyond 28 places.
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

/// The line of an error, which is one of the text's: serde_json believes a number that a type's own error ends in.
pub(crate) fn line_of(error: &serde_json::Error, text: &[u8]) -> usize {
    let breaks = text.iter().filter(|byte| **byte == b'\n').count();
    error.line().clamp(1, breaks.saturating_add(1))
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
    let text = written(value).map_err(|error| {
        // Only the levels are refused so: a `Vec` takes all bytes.
        if error.is_io() {
            return DEEP.to_owned();
        }
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

/// The text of a value, which is refused at the first level that could not be read back, before the stack ends.
fn written<T: Serialize>(value: &T) -> serde_json::Result<String> {
    let mut text = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, Levels(keys::LEVELS)))?;
    String::from_utf8(text).map_err(serde::ser::Error::custom)
}

/// How many levels more there may be.
struct Levels(usize);

impl Levels {
    fn begin(&mut self, writer: &mut (impl io::Write + ?Sized), sign: u8) -> io::Result<()> {
        self.0 = self.0.checked_sub(1).ok_or_else(|| io::Error::other(DEEP))?;
        writer.write_all(&[sign])
    }

    fn end(&mut self, writer: &mut (impl io::Write + ?Sized), sign: u8) -> io::Result<()> {
        self.0 = self.0.saturating_add(1);
        writer.write_all(&[sign])
    }
}

impl Formatter for Levels {
    fn begin_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b'[')
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b']')
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b'{')
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b'}')
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
