//! Why one value could not be read.

use std::borrow::Cow;
use std::fmt;

use arrow_array::Array;

use super::spark_name;

/// Why a value could not be decoded. The row and the row type are added by whoever reads the row, so that an
/// implementation of [`FromColumn`](super::FromColumn) only says what is wrong.
///
/// Reasons must not contain the value: messages end up in logs.
#[derive(Debug)]
pub struct ReadError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    field: Option<String>,
    reason: Cow<'static, str>,
    /// The index of the value among those of its column, where a column is refused as a whole.
    position: Option<usize>,
}

impl ReadError {
    /// An error with this reason, a clause such as "the value is not between 0 and 100".
    #[cold]
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner { field: None, reason: reason.into(), position: None }))
    }

    /// The index is not one of the batch's rows.
    #[cold]
    pub(super) fn outside(row: usize) -> Self {
        Self::new(format!("index {row} is outside the batch"))
    }

    /// The batch does not hold what its schema announced.
    #[cold]
    pub(crate) fn unexpected(array: &dyn Array) -> Self {
        let found = spark_name(array.data_type());
        // Without the fields of a STRUCT, which may be named after a bound value.
        let outermost = found.split('<').next().unwrap_or_default();
        Self::new(format!("the batch holds {outermost}, which is not what the result's schema announced"))
    }

    /// Puts a field's name in front of the path.
    #[cold]
    #[must_use]
    pub fn in_field(mut self, field: impl AsRef<str>) -> Self {
        let outer = field.as_ref();
        self.0.field = match self.0.field {
            Some(inner) => Some(joined(outer, &inner)),
            None if outer.is_empty() => None,
            None => Some(outer.to_owned()),
        };
        self
    }

    /// The same of the value with this index.
    #[cold]
    pub(crate) fn at(mut self, position: usize) -> Self {
        self.0.position = Some(position);
        self
    }

    /// The index of the value, if the error is of one that is known.
    pub(crate) fn position(&self) -> Option<usize> {
        self.0.position
    }

    pub(crate) fn into_parts(self) -> (Option<String>, String) {
        (self.0.field, self.0.reason.into_owned())
    }
}

/// `orders` and `[].sku` are `orders[].sku`, `address` and `city` are `address.city`.
pub(crate) fn joined(outer: &str, inner: &str) -> String {
    let dot = if outer.is_empty() || inner.is_empty() || inner.starts_with(['[', '{']) { "" } else { "." };
    format!("{outer}{dot}{inner}")
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.field {
            Some(field) => write!(f, "{field}: {}", self.0.reason),
            None => f.write_str(&self.0.reason),
        }
    }
}

impl std::error::Error for ReadError {}
