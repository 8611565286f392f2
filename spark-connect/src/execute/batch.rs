//! The rows of a query, as Arrow record batches.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use arrow_array::RecordBatch;
use futures_core::{FusedStream, Stream};
use futures_util::stream::{BoxStream, StreamExt, TryStreamExt, try_unfold};
use uuid::Uuid;

use super::assemble::Assembly;
use super::decode::Decoder;
use super::{Execution, ExecutionStats, Observer};
use crate::error::{Error, Result};
use crate::proto::execute_plan_response::{ArrowBatch, ResponseType};
use crate::redaction::Redaction;

/// The batches of one result, each row once and in the server's order.
///
/// A server sends at least one batch, empty if the result is, so that the schema is always known. The stream
/// ends without an error only where the server said that the result is complete.
///
/// # Errors
///
/// The items have the kinds of [`Session::query`](crate::Session::query). The first error ends the stream.
///
/// # Cancel safety
///
/// Dropping a call of `next` loses no batch. Dropping the stream stops the query on the server.
#[must_use = "a stream does nothing until it is polled"]
pub struct BatchStream {
    operation_id: Uuid,
    observer: Observer,
    batches: BoxStream<'static, Result<RecordBatch>>,
    ended: bool,
}

impl BatchStream {
    /// The batches of an execution; no error tells a value of its plan.
    pub(crate) fn new(execution: Execution, redaction: Option<Redaction>) -> Self {
        let operation_id = execution.operation_id();
        let observer = execution.observer().clone();
        let max_batch_bytes = execution.max_batch_bytes();
        // Boxed, as it is copied with each batch that is handed on.
        let reading = Box::new(Reading {
            execution,
            ready: VecDeque::new(),
            assembly: Assembly::new(max_batch_bytes),
            decoder: Decoder::new(max_batch_bytes).redacting(redaction.clone()),
        });
        let batches = try_unfold(reading, |mut reading| async move {
            Ok(reading.next().await?.map(|batch| (batch, reading)))
        });
        let batches = match redaction {
            Some(redaction) => batches.map_err(move |error| redaction.apply(error)).boxed(),
            None => batches.boxed(),
        };
        Self { operation_id, observer, batches, ended: false }
    }

    /// The same batches with other errors.
    pub(crate) fn map_errors(self, change: impl Fn(Error) -> Error + Send + 'static) -> Self {
        Self { batches: self.batches.map_err(change).boxed(), ..self }
    }

    /// The operation as the server names it.
    pub fn operation_id(&self) -> Uuid {
        self.operation_id
    }

    /// The statistics of the query so far; with an observer of its own, of all that it looks at.
    pub fn stats(&self) -> ExecutionStats {
        self.observer.stats()
    }
}

struct Reading {
    execution: Execution,
    ready: VecDeque<RecordBatch>,
    assembly: Assembly,
    decoder: Decoder,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Ok(Some(batch));
            }
            let Some(response) = self.execution.next().await else {
                return self.finish().map_err(|error| self.execution.unreadable(error));
            };
            let response = response?;
            self.decoder.note_schema(response.schema);
            // Everything else (metrics, progress, and what a newer server may add) carries no rows.
            let Some(ResponseType::ArrowBatch(message)) = response.response_type else { continue };
            self.execution.observer().received(message.data.len());
            let batches = self.decode(message).map_err(|error| self.execution.unreadable(error))?;
            self.execution.observer().decoded(&batches);
            self.ready.extend(batches);
        }
    }

    /// The batches that a message completes.
    fn decode(&mut self, message: ArrowBatch) -> Result<Vec<RecordBatch>> {
        match self.assembly.push(message)? {
            Some(encoded) => self.decoder.decode(encoded),
            None => Ok(Vec::new()),
        }
    }

    fn finish(&self) -> Result<Option<RecordBatch>> {
        self.assembly.finish()?;
        match self.decoder.has_schema() {
            true => Ok(None),
            // Rows of no known shape fit every row type, so this would be a result that nobody checked.
            false => Err(Error::protocol("the result ended without a batch, so its columns are not known")),
        }
    }
}

impl Stream for BatchStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let batch = ready!(self.batches.poll_next_unpin(cx));
        self.ended = !matches!(batch, Some(Ok(_)));
        Poll::Ready(batch)
    }
}

impl FusedStream for BatchStream {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl fmt::Debug for BatchStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchStream").field("operation_id", &self.operation_id).finish_non_exhaustive()
    }
}
