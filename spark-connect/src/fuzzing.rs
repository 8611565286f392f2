//! The way of a result from the bytes of its responses to its batches, without a connection, for fuzzers; and the names
//! of the functions, for the tests that call each.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use arrow_array::RecordBatch;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, TryStreamExt};
use prost::Message;
use uuid::Uuid;

use crate::channel::{DEFAULT_MAX_BATCH_BYTES, Effects};
use crate::error::{Error, Result};
use crate::execute::{BatchStream, Execution};
use crate::proto::ExecutePlanResponse;
use crate::proto::execute_plan_response::ResponseType;

mod script;

pub use script::run_operation;

/// Every function that a server calculates, under its name in [`functions`](crate::functions) and its name on the server.
#[must_use]
pub fn function_names() -> Vec<(&'static str, &'static str)> {
    crate::functions::names()
}

/// Reads a result out of encoded responses, each behind its length in four bytes, little-endian; gives its number
/// of rows.
///
/// # Errors
///
/// [`ErrorKind::Protocol`](crate::ErrorKind::Protocol) unless the responses are a whole result.
pub fn read_result(responses: &[u8]) -> Result<usize> {
    let execution = Execution::of(Uuid::nil(), Effects::ReadOnly, stream::iter(decoded(responses)).boxed());
    rows(execution)
}

/// Reads the batches out of an Arrow stream.
///
/// # Errors
///
/// [`ErrorKind::Protocol`](crate::ErrorKind::Protocol) unless it is one that servers may send.
pub fn read_batches(stream: &[u8]) -> Result<Vec<RecordBatch>> {
    crate::execute::read_stream(Bytes::copy_from_slice(stream), DEFAULT_MAX_BATCH_BYTES)
}

/// Reads all rows of a result, which are there already.
fn rows(execution: Execution) -> Result<usize> {
    let batches = BatchStream::new(execution, None);
    at_once(batches.try_fold(0_usize, |rows, batch| async move { Ok(rows.saturating_add(batch.num_rows())) }))
}

/// The output of a future that waits for nothing; it may give way to others.
fn at_once<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

/// The responses before the end of the result, and an error if there is no end.
fn decoded(bytes: &[u8]) -> Vec<Result<ExecutePlanResponse>> {
    let mut bytes = Bytes::copy_from_slice(bytes);
    let mut responses = Vec::new();
    loop {
        let response = framed(&mut bytes).ok_or_else(|| Error::protocol("the responses end in the middle"));
        match response.and_then(response_of) {
            Ok(response) => match response.response_type {
                Some(ResponseType::ResultComplete(_)) => return responses,
                _ => responses.push(Ok(response)),
            },
            Err(error) => {
                responses.push(Err(error));
                return responses;
            }
        }
    }
}

/// The bytes behind their length.
fn framed(bytes: &mut Bytes) -> Option<Bytes> {
    let length = usize::try_from(u32::from_le_bytes(*bytes.first_chunk()?)).ok()?;
    let end = length.checked_add(4).filter(|end| *end <= bytes.len())?;
    Some(bytes.split_to(end).slice(4..))
}

fn response_of(bytes: Bytes) -> Result<ExecutePlanResponse> {
    ExecutePlanResponse::decode(bytes)
        .map_err(|error| Error::protocol("a response is not readable").with_source(error))
}
