//! Why a value cannot be written.

use std::borrow::Cow;
use std::fmt;

use arrow_buffer::OffsetBuffer;
use arrow_schema::ArrowError;

use crate::column::ReadError;
use crate::row::DecodeError;

/// Why a value does not fit its column. The row and the row type are added by whoever encodes the row, so that an
/// implementation of [`ToColumn`](super::ToColumn) only says what is wrong.
///
/// Reasons must not contain the value: messages end up in logs.
pub struct WriteError(ReadError);

impl WriteError {
    /// An error with this reason, a clause such as "the value is not between 0 and 100".
    #[cold]
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(ReadError::new(reason))
    }

    /// Puts a field's name in front of the path.
    #[cold]
    #[must_use]
    pub fn in_field(self, field: impl AsRef<str>) -> Self {
        Self(self.0.in_field(field))
    }

    /// The same of the value with this index in its column.
    #[cold]
    pub(super) fn at(self, position: usize) -> Self {
        Self(self.0.at(position))
    }

    /// The same of the list that the value is an element of.
    #[cold]
    pub(super) fn in_list(self, offsets: &OffsetBuffer<i32>) -> Self {
        let Some(element) = self.position() else { return self };
        let ends = offsets.get(1..).unwrap_or_default();
        let is_before = |end: &i32| usize::try_from(*end).is_ok_and(|end| end <= element);
        self.at(ends.partition_point(is_before))
    }

    /// The index of the value in its column, if the error is of one that is known.
    pub(super) fn position(&self) -> Option<usize> {
        self.0.position()
    }

    /// A column that Arrow refuses as a whole.
    #[cold]
    pub(super) fn column(error: &ArrowError) -> Self {
        Self::new(format!("the column cannot be made: {error}"))
    }

    /// A column whose values do not fit the 32-bit offsets of one batch.
    #[cold]
    pub(super) fn too_large() -> Self {
        Self::new("the column has more than 2^31 bytes or elements in one batch; write fewer rows at a time")
    }
}

/// The reason of a row whose key another row has.
pub(crate) fn same_key(other: impl fmt::Display) -> String {
    format!("row {other} has the same merge key: combine the two rows first")
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WriteError").field(&self.0.to_string()).finish()
    }
}

impl std::error::Error for WriteError {}

/// A row that cannot be written: a value that its column cannot hold exactly.
///
/// The message names the row type, the field and the row, and what to change. It never holds the value itself.
#[derive(Debug)]
pub struct EncodeError(DecodeError);

impl EncodeError {
    #[cold]
    pub(crate) fn new(row_type: &'static str, row: Option<usize>, error: WriteError) -> Self {
        let error = DecodeError::new(row_type, error.0);
        Self(match row.and_then(|row| u64::try_from(row).ok()) {
            Some(row) => error.at_row(row),
            None => error,
        })
    }

    /// The same error after this number of other rows.
    pub(crate) fn offset_by(self, rows: usize) -> Self {
        match self.row().and_then(|row| u64::try_from(row.saturating_add(rows)).ok()) {
            Some(row) => Self(self.0.at_row(row)),
            None => self,
        }
    }

    /// The row type's name, `User`.
    #[must_use]
    pub fn row_type(&self) -> &str {
        self.0.row_type()
    }

    /// The field, with the path inside nested values (`orders[].sku`).
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.0.field()
    }

    /// The row's index among those that were given, counted from zero.
    #[must_use]
    pub fn row(&self) -> Option<usize> {
        self.0.row().and_then(|row| usize::try_from(row).ok())
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for EncodeError {}
