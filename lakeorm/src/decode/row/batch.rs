//! A batch of a result, and the rows read from it.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::Range;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use spark_connect::redaction::Redaction;

use super::layout::Places;
use super::unpack::unpack;
use super::{DecodeError, LakeRow, LakeRowOwned, Layout, SchemaMismatch};

/// One batch of a result, for rows that borrow from it.
///
/// ```
/// use lakeorm::{LakeRow, RowBatch};
///
/// #[derive(LakeRow)]
/// struct UserRef<'a> {
///     id: i64,
///     email: &'a str,
/// }
///
/// fn longest(batch: &RowBatch) -> Result<usize, Box<dyn std::error::Error>> {
///     let mut longest = 0;
///     for user in batch.rows::<UserRef<'_>>()? {
///         longest = longest.max(user?.email.len());
///     }
///     Ok(longest)
/// }
/// ```
#[derive(Clone)]
pub struct RowBatch {
    batch: RecordBatch,
    first_row: u64,
    /// The values of the query, which a column may be named after.
    redaction: Option<Redaction>,
}

impl RowBatch {
    /// A batch whose first row has this number in the whole result, from zero. Dictionary and run-end encoded
    /// columns are unpacked here, once.
    ///
    /// # Errors
    /// A dictionary column whose keys are out of range.
    pub fn new(batch: RecordBatch, first_row: u64) -> Result<Self, DecodeError> {
        Self::numbered(batch, first_row, None)
    }

    /// The same, of a query with values, which errors do not show.
    pub(crate) fn numbered(
        batch: RecordBatch,
        first_row: u64,
        redaction: Option<Redaction>,
    ) -> Result<Self, DecodeError> {
        let batch = unpack(batch).map_err(|error| match &redaction {
            // Arrow's reasons name the fields inside of a column.
            Some(redaction) => error
                .with_column_as(|name| redaction.kept_in(name))
                .with_arrows_reason_as(|reason| redaction.kept_in(reason)),
            None => error,
        })?;
        Ok(Self { batch, first_row, redaction })
    }

    pub(super) fn redaction(&self) -> Option<&Redaction> {
        self.redaction.as_ref()
    }

    /// How many rows the batch has.
    #[must_use]
    pub fn num_rows(&self) -> usize {
        self.batch.num_rows()
    }

    /// The number of the batch's first row in the whole result, from zero.
    #[must_use]
    pub fn first_row(&self) -> u64 {
        self.first_row
    }

    /// The columns' names and types.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.batch.schema()
    }

    /// The Arrow batch itself.
    #[must_use]
    pub fn record_batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// The rows of the batch. `T` may borrow from it.
    ///
    /// # Errors
    /// [`RowsError::Schema`] where the batch's columns do not fit `T`, [`RowsError::Decode`] where it has a NULL
    /// under a field that is not an `Option`.
    pub fn rows<'b, T: LakeRow<'b>>(&'b self) -> Result<Rows<'b, T>, RowsError> {
        let places = Places::of::<T>(self)?;
        places.check(&self.batch, self.first_row)?;
        let readers = places.bind::<T>(&self.batch)?;
        Ok(Rows { readers, places, next: 0, len: self.batch.num_rows(), first_row: self.first_row })
    }

    /// The rows of the batch as a vector, in one pass: the fastest way to all of them.
    ///
    /// # Errors
    /// As for [`rows`](Self::rows), and [`RowsError::Decode`] for a value outside its field's range.
    pub fn to_vec<T: LakeRowOwned>(&self) -> Result<Vec<T>, RowsError> {
        let layout = Layout::<T>::of(self)?;
        let mut rows = Vec::new();
        layout.check(self.clone())?.decode(0..self.num_rows(), &mut rows)?;
        Ok(rows)
    }
}

impl fmt::Debug for RowBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The cells are the user's data and stay out of logs.
        f.debug_struct("RowBatch")
            .field("num_rows", &self.num_rows())
            .field("first_row", &self.first_row)
            .finish_non_exhaustive()
    }
}

/// The rows of one batch, in order.
pub struct Rows<'b, T: LakeRow<'b>> {
    readers: T::Readers,
    places: Places,
    next: usize,
    len: usize,
    first_row: u64,
}

/// The bytes above which a row is read by a call.
pub(super) const LARGE: usize = 256;

impl<'b, T: LakeRow<'b>> Rows<'b, T> {
    #[inline(never)]
    fn next_out_of_line(&mut self) -> Option<Result<T, DecodeError>> {
        self.next_inline()
    }

    #[inline(always)]
    fn next_inline(&mut self) -> Option<Result<T, DecodeError>> {
        if self.next >= self.len {
            return None;
        }
        let row = self.next;
        self.next += 1;
        Some(T::read(&self.readers, row).map_err(|error| self.places.place_row(error, self.first_row, row)))
    }
}

impl<'b, T: LakeRow<'b>> Iterator for Rows<'b, T> {
    type Item = Result<T, DecodeError>;

    // A row that a call returns goes through memory. For a few numbers that costs more than reading them; a large
    // row goes there anyway, and its loop is better off without its hundred readers.
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if const { size_of::<T>() > LARGE } { self.next_out_of_line() } else { self.next_inline() }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.len.saturating_sub(self.next);
        (left, Some(left))
    }

    // `for_each` calls it.
    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut f: F) -> B {
        if const { size_of::<T>() > LARGE } {
            let mut folded = init;
            while let Some(row) = self.next_out_of_line() {
                folded = f(folded, row);
            }
            return folded;
        }
        let fast_rows = T::fast_rows(&self.readers, self.len);
        let (mut folded, mut next) = fold_fast(&self.readers, self.next..fast_rows, init, &mut f);
        while next < fast_rows {
            // A row that is not read the fast way has an error, which is worth a second look.
            folded = self.fold_rest(next..next + 1, folded, &mut f);
            (folded, next) = fold_fast(&self.readers, next + 1..fast_rows, folded, &mut f);
        }
        let left = next..self.len;
        if left.is_empty() { folded } else { self.fold_rest(left, folded, &mut f) }
    }
}

impl<'b, T: LakeRow<'b>> Rows<'b, T> {
    /// Folds rows that need a second look, and the errors among them.
    #[inline(never)]
    fn fold_rest<B>(
        &self,
        rows: Range<usize>,
        init: B,
        f: &mut impl FnMut(B, Result<T, DecodeError>) -> B,
    ) -> B {
        let place = |error, row| self.places.place_row(error, self.first_row, row);
        rows.fold(init, |folded, row| {
            f(folded, T::read_out_of_line(&self.readers, row).map_err(|error| place(error, row)))
        })
    }
}

/// Folds rows that are read the shortest way, up to the first that has an error; gives the row after the last.
///
/// Like `read_fast` a function of its own. It calls `f` in one place and with nothing but rows, so that `f` is inlined
/// and a row need not go through memory.
#[inline(never)]
fn fold_fast<'b, T: LakeRow<'b>, B>(
    readers: &T::Readers,
    rows: Range<usize>,
    init: B,
    f: &mut impl FnMut(B, Result<T, DecodeError>) -> B,
) -> (B, usize) {
    let mut folded = init;
    let end = T::fast_rows(readers, rows.end);
    for row in rows.start..end {
        match T::read_fast(readers, row) {
            Ok(value) => folded = f(folded, Ok(value)),
            Err(_) => return (folded, row),
        }
    }
    (folded, rows.start.max(end))
}

impl<'b, T: LakeRow<'b>> ExactSizeIterator for Rows<'b, T> {}

impl<'b, T: LakeRow<'b>> FusedIterator for Rows<'b, T> {}

impl<'b, T: LakeRow<'b>> fmt::Debug for Rows<'b, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("next", &self.next).field("len", &self.len).finish_non_exhaustive()
    }
}

/// Why the rows of a batch cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum RowsError {
    /// The batch's columns do not fit the row type.
    Schema(SchemaMismatch),
    /// A value of the batch does not fit the row type.
    Decode(DecodeError),
}

impl fmt::Display for RowsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema(error) => error.fmt(f),
            Self::Decode(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RowsError {}

impl From<SchemaMismatch> for RowsError {
    fn from(error: SchemaMismatch) -> Self {
        Self::Schema(error)
    }
}

impl From<DecodeError> for RowsError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}
