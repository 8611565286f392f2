//! A value that could not be decoded, with its location.

use std::fmt;

use crate::column::ReadError;
use crate::names::shown;

/// A value of a result that does not fit the row type: a NULL under a field that is not an `Option`, or a value
/// outside the field type's range.
///
/// The message names the row type, the field, the column and the row, and what to change. It never holds the
/// value itself.
#[derive(Debug)]
pub struct DecodeError(Box<Location>);

#[derive(Debug)]
struct Location {
    row_type: &'static str,
    field: Option<String>,
    column: Option<String>,
    row: Option<u64>,
    reason: String,
    /// Whether the reason is Arrow's, which names fields inside of a column.
    is_of_arrow: bool,
}

impl DecodeError {
    #[cold]
    pub(crate) fn new(row_type: &'static str, error: ReadError) -> Self {
        let (field, reason) = error.into_parts();
        let field = field.map(|field| shown(&field).into_owned());
        Self(Box::new(Location { row_type, field, column: None, row: None, reason, is_of_arrow: false }))
    }

    pub(super) fn with_column(mut self, column: &str) -> Self {
        self.0.column = Some(shown(column).into_owned());
        self
    }

    /// The error with another name of its column.
    pub(super) fn with_column_as(mut self, shown: impl Fn(&str) -> String) -> Self {
        self.0.column = self.0.column.as_deref().map(shown);
        self
    }

    /// The error with another path of its field.
    pub(super) fn with_field_as(mut self, shown: impl Fn(&str) -> String) -> Self {
        self.0.field = self.0.field.as_deref().map(shown);
        self
    }

    /// An error whose reason is Arrow's.
    pub(super) fn of_arrow(reason: String) -> Self {
        let mut error = Self::new("batch", ReadError::new(reason));
        error.0.is_of_arrow = true;
        error
    }

    /// The error with another text of its reason, where that is Arrow's.
    pub(super) fn with_arrows_reason_as(mut self, shown: impl Fn(&str) -> String) -> Self {
        if self.0.is_of_arrow {
            self.0.reason = shown(&self.0.reason);
        }
        self
    }

    pub(crate) fn at_row(mut self, row: u64) -> Self {
        self.0.row = Some(row);
        self
    }

    /// The row type's name, `User`.
    #[must_use]
    pub fn row_type(&self) -> &str {
        self.0.row_type
    }

    /// The field, with the path inside nested values (`orders[].sku`).
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// The result's column; its first letters if it has a very long name.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.0.column.as_deref()
    }

    /// The row's number in the whole result, counted from zero.
    #[must_use]
    pub fn row(&self) -> Option<u64> {
        self.0.row
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Location { row_type, field, column, row, reason, .. } = &*self.0;
        f.write_str(row_type)?;
        if let Some(field) = field {
            // An element of the one value that a row may be has no name.
            let dot = if field.starts_with(['[', '{']) { "" } else { "." };
            write!(f, "{dot}{field}")?;
        }
        match (column, row) {
            (Some(column), Some(row)) => write!(f, ": column \"{column}\", row {row} (the first is 0)")?,
            (Some(column), None) => write!(f, ": column \"{column}\"")?,
            (None, Some(row)) => write!(f, ": row {row} (the first is 0)")?,
            (None, None) => {}
        }
        write!(f, ": {reason}")
    }
}

impl std::error::Error for DecodeError {}
