//! A batch that is decoded a few rows at a time.

use std::fmt;
use std::future::poll_fn;
use std::mem::{needs_drop, replace, swap};
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::{CheckedBatch, read_rest};
use crate::column::ReadError;
use crate::row::{DecodeError, LakeRow, LakeRowOwned};

/// The rows of a batch, in pieces.
///
/// The readers of its columns borrow from the batch, and are bound once: both live in a future, which safe code lets borrow
/// from itself. It waits for nothing. Each poll decodes a piece.
pub(crate) struct Pieces<T> {
    decoding: Pin<Box<dyn Future<Output = Result<(), DecodeError>> + Send>>,
    piece: Arc<Mutex<Vec<T>>>,
}

impl<T: LakeRowOwned> Pieces<T> {
    pub(crate) fn of(batch: CheckedBatch<T>) -> Self {
        let piece = Arc::<Mutex<Vec<T>>>::default();
        Self { decoding: Box::pin(decode(batch, Arc::clone(&piece))), piece }
    }

    /// Fills an empty vector with the next rows, the first of them at its end, from where they are taken one by one. Says
    /// whether more may follow.
    pub(crate) fn next_into(&mut self, rows: &mut Vec<T>) -> Result<bool, DecodeError> {
        match self.decoding.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(end) => end.map(|()| false),
            Poll::Pending => {
                swap(&mut *locked(&self.piece), rows);
                Ok(true)
            }
        }
    }
}

/// How many rows are decoded at a time. A row that frees what it owns does so near where it was made, and an allocator keeps
/// a few of each size at hand for the next: glibc's seven. Others spread the cost of a piece over more.
const fn size<T>() -> usize {
    if needs_drop::<T>() { 7 } else { 64 }
}

async fn decode<T: LakeRowOwned>(
    batch: CheckedBatch<T>,
    rows: Arc<Mutex<Vec<T>>>,
) -> Result<(), DecodeError> {
    let places = batch.layout.places();
    let readers = places.bind::<T>(batch.batch.record_batch())?;
    let count = batch.num_rows();
    let fast = T::fast_rows(&readers, count);
    let mut next = 0;
    while next < count {
        let piece = next..count.min(next + const { size::<T>() });
        next = piece.end;
        let is_read = piece.end <= fast && read_backwards::<T>(&readers, piece.clone(), &mut locked(&rows));
        let read = if is_read { Ok(()) } else { read_again::<T>(&readers, piece, &mut locked(&rows)) };
        // The rows before one that has an error come before the error.
        taken().await;
        read.map_err(|(row, error)| places.place_row(error, batch.batch.first_row(), row))?;
    }
    Ok(())
}

/// Reads rows that the readers have without a second look, from the last to the first; none where one of them has an error,
/// which is worth that look.
#[inline(never)]
fn read_backwards<'b, T: LakeRow<'b>>(readers: &T::Readers, rows: Range<usize>, out: &mut Vec<T>) -> bool {
    for row in rows.rev() {
        match T::read_fast(readers, row) {
            Ok(value) => out.push(value),
            Err(_) => {
                out.clear();
                return false;
            }
        }
    }
    true
}

/// Reads rows with a second look at each, up to the first that has an error.
fn read_again<'b, T: LakeRow<'b>>(
    readers: &T::Readers,
    rows: Range<usize>,
    out: &mut Vec<T>,
) -> Result<(), (usize, ReadError)> {
    let read = read_rest(readers, rows, out);
    out.reverse();
    read
}

/// Ends a poll, and goes on in the next.
fn taken() -> impl Future<Output = ()> {
    let mut polled = false;
    poll_fn(move |_| if replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending })
}

/// Nobody else has it at the same time. A panic while a row was made leaves rows as whole as any.
fn locked<T>(rows: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    rows.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> fmt::Debug for Pieces<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pieces").finish_non_exhaustive()
    }
}
