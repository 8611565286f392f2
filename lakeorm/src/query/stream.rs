//! From a stream of batches to a stream of rows.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use arrow_array::RecordBatch;
use futures_core::{FusedStream, Stream};
use spark_connect::redaction::Redaction;

use crate::driver::BatchStream;
use crate::error::{Error, Result};
use crate::row::{CheckedBatch, LakeRowOwned, Layout, Pieces, RowBatch};
use crate::source::Source;

/// The rows of a result, decoded as they are asked for.
///
/// # Errors
///
/// The items have the kinds of [`query_stream`](crate::query_stream). The first error ends the stream; rows before a value
/// that its field cannot hold are returned before the error.
///
/// # Cancel safety
///
/// Dropping a call of `next` loses no row. Dropping the stream stops the query on the server.
#[must_use = "a stream does nothing until it is polled"]
pub struct RowStream<T> {
    batches: BatchStream,
    decoding: Decoding<T>,
    current: Option<Pieces<T>>,
    /// Rows that are decoded, the next one at the end.
    ready: Vec<T>,
    ended: bool,
}

impl<T: LakeRowOwned> RowStream<T> {
    pub(super) fn new(batches: BatchStream, decoding: Decoding<T>) -> Self {
        Self { batches, decoding, current: None, ready: Vec::new(), ended: false }
    }

    /// Decodes the next piece of the current batch; says whether there was one. `ready` is empty before, and stays so on an
    /// error.
    fn decode_piece(&mut self) -> Result<bool> {
        let Some(current) = &mut self.current else { return Ok(false) };
        if !current.next_into(&mut self.ready).map_err(|error| self.decoding.told(error))? {
            self.current = None;
        }
        Ok(self.current.is_some())
    }

    #[inline(never)]
    fn poll_refilled(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let row = ready!(self.poll_row(cx)).transpose();
        if !matches!(row, Some(Ok(_))) {
            self.ended = true;
            self.current = None;
            free(&mut self.batches);
        }
        Poll::Ready(row)
    }

    fn poll_row(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>>> {
        loop {
            if let Some(row) = self.ready.pop() {
                return Poll::Ready(Ok(Some(row)));
            }
            if self.decode_piece()? {
                continue;
            }
            match ready!(self.batches.as_mut().poll_next(cx)) {
                Some(batch) => {
                    let batch = self.decoding.accept(batch?)?;
                    self.current = Some(Pieces::of(batch));
                }
                None => return Poll::Ready(Ok(None)),
            }
        }
    }
}

impl<T: LakeRowOwned> Stream for RowStream<T> {
    type Item = Result<T>;

    // Most calls find a decoded row, so only that path is inlined into the caller's loop.
    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        match this.ready.pop() {
            Some(row) => Poll::Ready(Some(Ok(row))),
            None => this.poll_refilled(cx),
        }
    }
}

impl<T: LakeRowOwned> FusedStream for RowStream<T> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl<T> Unpin for RowStream<T> {}

impl<T> fmt::Debug for RowStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowStream").field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// The batches of a result, from which rows are decoded or borrow.
///
/// # Errors
///
/// The items have the kinds of [`query_batches`](crate::query_batches). The first error ends the stream.
///
/// # Cancel safety
///
/// Dropping a call of `next` loses no batch. Dropping the stream stops the query on the server.
#[must_use = "a stream does nothing until it is polled"]
pub struct RowBatches {
    batches: BatchStream,
    answer: Answer,
    ended: bool,
}

impl RowBatches {
    pub(super) fn new(batches: BatchStream, answer: Answer) -> Self {
        Self { batches, answer, ended: false }
    }
}

impl Stream for RowBatches {
    type Item = Result<RowBatch>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.ended {
            return Poll::Ready(None);
        }
        let batch = ready!(this.batches.as_mut().poll_next(cx));
        let batch = batch.map(|batch| this.answer.next(batch?));
        if !matches!(batch, Some(Ok(_))) {
            this.ended = true;
            free(&mut this.batches);
        }
        Poll::Ready(batch)
    }
}

impl FusedStream for RowBatches {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl fmt::Debug for RowBatches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowBatches").field("rows", &self.answer.rows).finish_non_exhaustive()
    }
}

/// Resolves the schema at the first batch, and checks each batch once.
pub(super) struct Decoding<T> {
    layout: Option<Layout<T>>,
    answer: Answer,
}

impl<T> Decoding<T> {
    pub(super) fn new(answer: Answer) -> Self {
        Self { layout: None, answer }
    }

    /// The error of a row of the answer. Apart from the rows, which are many.
    #[cold]
    #[inline(never)]
    pub(super) fn told(&self, error: impl Into<Error>) -> Error {
        self.answer.told(error)
    }
}

impl<T: LakeRowOwned> Decoding<T> {
    /// Every check that can be made before a row of the batch is handed out.
    pub(super) fn accept(&mut self, batch: RecordBatch) -> Result<CheckedBatch<T>> {
        let batch = self.answer.next(batch)?;
        self.checked(batch).map_err(|error| self.told(error))
    }

    fn checked(&mut self, batch: RowBatch) -> Result<CheckedBatch<T>> {
        let layout = match self.layout.take() {
            Some(layout) => layout,
            None => Layout::of(&batch)?,
        };
        Ok(self.layout.insert(layout).check(batch)?)
    }
}

/// Frees what the driver's stream holds. Its session is wanted back when the result ends, and not when the caller
/// drops the stream of rows.
fn free(batches: &mut BatchStream) {
    *batches = Box::pin(futures_util::stream::empty());
}

/// The answer to a source as it comes. It gives each batch the number of its first row in the whole result, and the
/// values of the query, which errors do not show.
pub(super) struct Answer {
    rows: u64,
    redaction: Option<Redaction>,
    /// Whether the source has effects, which are there once a batch has come.
    has_effects: bool,
}

impl Answer {
    pub(super) fn to(source: &Source) -> Self {
        Self { rows: 0, redaction: source.redaction(), has_effects: source.has_effects() }
    }

    fn next(&mut self, batch: RecordBatch) -> Result<RowBatch> {
        let first_row = self.rows;
        self.rows = first_row.saturating_add(u64::try_from(batch.num_rows()).unwrap_or(u64::MAX));
        RowBatch::numbered(batch, first_row, self.redaction.clone()).map_err(|error| self.told(error))
    }

    fn told(&self, error: impl Into<Error>) -> Error {
        error.into().of_answer(self.has_effects)
    }
}
