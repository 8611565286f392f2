//! A batch of a result, and the rows read from it.

use std::fmt;
use std::iter::{FusedIterator, repeat_with};
use std::ops::Range;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::{DecodeError, LakeRow, LakeRowOwned, Layout, SchemaMismatch, unpack};
use crate::column::{ReadError, sure};

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
}

impl RowBatch {
    /// A batch whose first row has this number in the whole result, from zero. Dictionary and run-end encoded
    /// columns are unpacked here, once.
    ///
    /// # Errors
    /// An encoded column that its own keys do not fit.
    pub fn new(batch: RecordBatch, first_row: u64) -> Result<Self, DecodeError> {
        Ok(Self { batch: unpack(batch)?, first_row })
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
        let layout = Layout::resolve::<T>(self.batch.schema_ref().fields())?;
        layout.check(&self.batch, self.first_row)?;
        let readers = layout.bind::<T>(&self.batch)?;
        Ok(Rows { readers, layout, next: 0, len: self.batch.num_rows(), first_row: self.first_row })
    }

    /// The rows of the batch as a vector, in one pass: the fastest way to all of them.
    ///
    /// # Errors
    /// As for [`rows`](Self::rows), and [`RowsError::Decode`] for a value outside its field's range.
    pub fn to_vec<T: LakeRowOwned>(&self) -> Result<Vec<T>, RowsError> {
        let layout = Layout::resolve::<T>(self.batch.schema_ref().fields())?;
        layout.check(&self.batch, self.first_row)?;
        let mut rows = Vec::new();
        decode_rows(&self.batch, &layout, 0..self.num_rows(), self.first_row, &mut rows)?;
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
    layout: Layout,
    next: usize,
    len: usize,
    first_row: u64,
}

/// The bytes above which a row is read by a call.
const LARGE: usize = 256;

impl<'b, T: LakeRow<'b>> Rows<'b, T> {
    #[inline(never)]
    fn next_apart(&mut self) -> Option<Result<T, DecodeError>> {
        self.next_here()
    }

    #[inline(always)]
    fn next_here(&mut self) -> Option<Result<T, DecodeError>> {
        if self.next >= self.len {
            return None;
        }
        let row = self.next;
        self.next += 1;
        Some(T::read(&self.readers, row).map_err(|error| self.layout.place_row(error, self.first_row, row)))
    }
}

impl<'b, T: LakeRow<'b>> Iterator for Rows<'b, T> {
    type Item = Result<T, DecodeError>;

    // A row that a call returns goes through memory. For a few numbers that costs more than reading them; a large
    // row goes there anyway, and its loop is better off without its hundred readers.
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if const { size_of::<T>() > LARGE } { self.next_apart() } else { self.next_here() }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.len.saturating_sub(self.next);
        (left, Some(left))
    }

    // What `for_each` is made of.
    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut f: F) -> B {
        if const { size_of::<T>() > LARGE } {
            let mut folded = init;
            while let Some(row) = self.next_apart() {
                folded = f(folded, row);
            }
            return folded;
        }
        let direct = T::direct(&self.readers, self.len);
        let place = |error, row| self.layout.place_row(error, self.first_row, row);
        let folded = fold_direct(&self.readers, self.next..direct, place, init, &mut f);
        let left = self.next.max(direct)..self.len;
        if left.is_empty() { folded } else { fold_rest(&self.readers, left, place, folded, &mut f) }
    }
}

/// Folds rows that are read the shortest way. Like `read_direct` a function of its own, and one that calls `f` in
/// one place, so that it is taken in.
#[inline(never)]
fn fold_direct<'b, T: LakeRow<'b>, B>(
    readers: &T::Readers,
    rows: Range<usize>,
    place: impl Fn(ReadError, usize) -> DecodeError,
    init: B,
    f: &mut impl FnMut(B, Result<T, DecodeError>) -> B,
) -> B {
    let mut folded = init;
    let end = T::direct(readers, rows.end);
    for row in rows.start..end {
        folded = f(folded, T::read_direct(readers, row).map_err(|error| place(error, row)));
    }
    folded
}

/// Folds the rows that are left.
#[inline(never)]
fn fold_rest<'b, T: LakeRow<'b>, B>(
    readers: &T::Readers,
    rows: Range<usize>,
    place: impl Fn(ReadError, usize) -> DecodeError,
    init: B,
    f: &mut impl FnMut(B, Result<T, DecodeError>) -> B,
) -> B {
    rows.fold(init, |folded, row| f(folded, T::read_apart(readers, row).map_err(|error| place(error, row))))
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

/// Decodes a piece of a batch into owned rows and appends them to `out`. `first_row` is the number of the batch's
/// (not the piece's) first row in the whole result.
///
/// The batch must have gone through [`unpack`] and [`Layout::check`] once.
///
/// # Errors
/// A value outside its field's range; the rows before it are in `out`. Or more rows than fit the memory.
pub fn decode_rows<T: LakeRowOwned>(
    batch: &RecordBatch,
    layout: &Layout,
    range: Range<usize>,
    first_row: u64,
    out: &mut Vec<T>,
) -> Result<(), DecodeError> {
    let rows = range.start..range.end.min(batch.num_rows());
    if out.try_reserve(rows.len()).is_err() {
        // A batch of VOID columns has as many rows as it likes in no bytes at all.
        let error = ReadError::new("the batch has more rows than fit the memory; read them one by one");
        return Err(layout.place_row(error, first_row, rows.start));
    }
    let place = |(row, error)| layout.place_row(error, first_row, row);
    let next = read_direct::<T>(layout.bind::<T>(batch)?, &rows, out).map_err(place)?;
    if next < rows.end {
        read_rest(&layout.bind::<T>(batch)?, next..rows.end, out).map_err(place)?;
    }
    Ok(())
}

/// Reads rows as long as the readers have them without a second look and `out` has room; gives the next row.
///
/// A function of its own, so that the compiler has nothing but the loop before it: it sees that every index is
/// below every length and leaves the checks out.
#[inline(never)]
fn read_direct<'b, T: LakeRow<'b>>(
    readers: T::Readers,
    rows: &Range<usize>,
    out: &mut Vec<T>,
) -> Result<usize, (usize, ReadError)> {
    let end = T::direct(&readers, rows.end).max(rows.start);
    let rows = rows.start..end;
    if const { T::SURE && size_of::<T>() > LARGE } {
        extend_with_large(&readers, rows, out);
        return Ok(end);
    }
    if const { T::SURE } {
        extend_with_small(readers, rows, out);
        return Ok(end);
    }
    for row in rows {
        if out.len() == out.capacity() {
            // Not reached after a reserve, and telling so keeps the call that grows a vector out of the loop.
            return Ok(row);
        }
        match T::read_direct(&readers, row) {
            Ok(value) => out.push(value),
            Err(error) => return Err((row, error)),
        }
    }
    Ok(end)
}

// The vector learns how many rows come, so that it looks for room once and makes each row in its place. Its loop may
// be compiled apart from the functions below, and only knows what the closure holds: so for small rows that is all.
// A look through a reference for each row, or a check for each column, would cost as much as the reading.

#[inline(always)]
fn extend_with_small<'b, T: LakeRow<'b>>(readers: T::Readers, mut rows: Range<usize>, out: &mut Vec<T>) {
    let count = rows.len();
    let row = move || {
        let row = next_of(&mut rows);
        // The same for every row, so it moves out of the loop; that the row is below it is known to be below all.
        let end = T::direct(&readers, usize::MAX);
        if row < end { sure(T::read_direct(&readers, row)) } else { unreachable!("the rows end before") }
    };
    out.extend(repeat_with(row).take(count));
}

/// A large row is made by a call, which is better off without its hundred readers in every register.
#[inline(always)]
fn extend_with_large<'b, T: LakeRow<'b>>(readers: &T::Readers, mut rows: Range<usize>, out: &mut Vec<T>) {
    let count = rows.len();
    out.extend(repeat_with(|| sure(T::read_direct(readers, next_of(&mut rows)))).take(count));
}

/// The next row of a range that has one: which tells the compiler that the row is below the range's end.
#[inline(always)]
fn next_of(rows: &mut Range<usize>) -> usize {
    match rows.next() {
        Some(row) => row,
        None => unreachable!("as many rows are asked for as the range has"),
    }
}

/// Reads the rows that are left: those of widened columns.
#[inline(never)]
fn read_rest<'b, T: LakeRow<'b>>(
    readers: &T::Readers,
    rows: Range<usize>,
    out: &mut Vec<T>,
) -> Result<(), (usize, ReadError)> {
    for row in rows {
        match T::read_apart(readers, row) {
            Ok(value) => out.push(value),
            Err(error) => return Err((row, error)),
        }
    }
    Ok(())
}
