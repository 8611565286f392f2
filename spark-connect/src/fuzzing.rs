//! The way of a result from the bytes of its responses to its batches, without a connection, for fuzzers.

use futures_util::stream::{self, TryStreamExt};
use futures_util::{FutureExt, StreamExt};
use prost::Message;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::execute::{BatchStream, Execution};
use crate::proto::ExecutePlanResponse;
use crate::proto::execute_plan_response::ResponseType;

/// Reads a result out of encoded responses, each behind its length in four bytes, little-endian; gives its number
/// of rows.
///
/// # Errors
///
/// [`ErrorKind::Protocol`](crate::ErrorKind::Protocol) unless the responses are a whole result.
pub fn read_result(responses: &[u8]) -> Result<usize> {
    let execution = Execution::of(Uuid::nil(), stream::iter(decoded(responses)).boxed());
    let batches = BatchStream::new(execution)
        .try_fold(0_usize, |rows, batch| async move { Ok(rows.saturating_add(batch.num_rows())) });
    // Everything is there already.
    batches.now_or_never().unwrap_or_else(|| Err(Error::protocol("the result waits for nothing")))
}

/// The responses before the end of the result, and an error if there is no end.
fn decoded(mut bytes: &[u8]) -> Vec<Result<ExecutePlanResponse>> {
    let mut responses = Vec::new();
    loop {
        match next(&mut bytes) {
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

fn next(bytes: &mut &[u8]) -> Result<ExecutePlanResponse> {
    let cut = || Error::protocol("the responses end in the middle");
    let (length, rest) = bytes.split_first_chunk().ok_or_else(cut)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| cut())?;
    let (response, rest) = rest.split_at_checked(length).ok_or_else(cut)?;
    *bytes = rest;
    ExecutePlanResponse::decode(response)
        .map_err(|error| Error::protocol("a response is not readable").with_source(error))
}
