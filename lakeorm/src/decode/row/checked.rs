//! Batches that have passed every check, and their rows as vectors.

use std::fmt;
use std::iter::repeat_with;
use std::ops::Range;

use super::batch::LARGE;
use super::{DecodeError, LakeRow, LakeRowOwned, Layout, RowBatch};
use crate::column::{ReadError, infallible};

mod pieces;

pub(crate) use pieces::Pieces;

/// A batch whose columns are those of the result, with no NULL where `T` has no room for one.
///
/// [`Layout::check`] makes it.
pub struct CheckedBatch<T> {
    batch: RowBatch,
    layout: Layout<T>,
}

impl<T> CheckedBatch<T> {
    pub(super) fn new(batch: RowBatch, layout: Layout<T>) -> Self {
        Self { batch, layout }
    }

    /// How many rows the batch has.
    #[must_use]
    pub fn num_rows(&self) -> usize {
        self.batch.num_rows()
    }
}

impl<T: LakeRowOwned> CheckedBatch<T> {
    /// Decodes these rows of the batch, as far as it has them, and appends them to `out`.
    ///
    /// # Errors
    /// A value outside its field's range; the rows before it are in `out`. Or more rows than fit the memory.
    pub fn decode(&self, rows: Range<usize>, out: &mut Vec<T>) -> Result<(), DecodeError> {
        let (places, batch) = (self.layout.places(), self.batch.record_batch());
        let rows = rows.start..rows.end.min(batch.num_rows());
        let place = |(row, error)| places.place_row(error, self.batch.first_row(), row);
        if out.try_reserve(rows.len()).is_err() {
            // A batch of VOID columns takes no bytes, whatever its number of rows.
            let error = ReadError::new("the batch has more rows than fit the memory; read them one by one");
            return Err(place((rows.start, error)));
        }
        let next = read_fast::<T>(places.bind::<T>(batch)?, &rows, out).map_err(place)?;
        if next < rows.end {
            read_rest(&places.bind::<T>(batch)?, next..rows.end, out).map_err(place)?;
        }
        Ok(())
    }
}

impl<T> fmt::Debug for CheckedBatch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedBatch").field("batch", &self.batch).finish_non_exhaustive()
    }
}

/// Reads rows as long as the readers have them without a second look and `out` has room; gives the next row.
///
/// A function of its own, so that the compiler has nothing but the loop before it: it sees that every index is
/// below every length and leaves the checks out.
#[inline(never)]
fn read_fast<'b, T: LakeRow<'b>>(
    readers: T::Readers,
    rows: &Range<usize>,
    out: &mut Vec<T>,
) -> Result<usize, (usize, ReadError)> {
    let end = T::fast_rows(&readers, rows.end).max(rows.start);
    let rows = rows.start..end;
    if const { T::INFALLIBLE && size_of::<T>() > LARGE } {
        extend_with_large(&readers, rows, out);
        return Ok(end);
    }
    if const { T::INFALLIBLE } {
        extend_with_small(readers, rows, out);
        return Ok(end);
    }
    for row in rows {
        if out.len() == out.capacity() {
            // Not reached after a reserve, and telling so keeps the call that grows a vector out of the loop.
            return Ok(row);
        }
        match T::read_fast(&readers, row) {
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
        let end = T::fast_rows(&readers, usize::MAX);
        if row < end { infallible(T::read_fast(&readers, row)) } else { unreachable!("the rows end before") }
    };
    out.extend(repeat_with(row).take(count));
}

/// A large row is made by a call, which is better off without its hundred readers in every register.
#[inline(always)]
fn extend_with_large<'b, T: LakeRow<'b>>(readers: &T::Readers, mut rows: Range<usize>, out: &mut Vec<T>) {
    let count = rows.len();
    out.extend(repeat_with(|| infallible(T::read_fast(readers, next_of(&mut rows)))).take(count));
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
        match T::read_out_of_line(readers, row) {
            Ok(value) => out.push(value),
            Err(error) => return Err((row, error)),
        }
    }
    Ok(())
}
