//! A server that does what a fuzzer's bytes say.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http::{HeaderMap, HeaderValue};
use prost::Message;
use tonic::Status;
use uuid::Uuid;

use super::{at_once, framed, rows};
use crate::channel::Effects;
use crate::error::status::{Failure, Unreadable};
use crate::error::{Error, Result};
use crate::execute::{CommandResult, Execution, Operation, OperationRpc};
use crate::proto::{ExecutePlanResponse, FetchErrorDetailsResponse};
use crate::retry::{RetryPolicy, Retrying, Timer};
use crate::{Observer, channel, rpc};

/// Runs an operation on a server that sends what `script` says; gives how many rows came.
///
/// The first byte says how: bit 0, a server that drops responses; bit 1, a plan with effects; bit 2, a statement and no
/// query. Behind it stand the server's doings in order, each a byte for its kind and then its bytes behind their length
/// in four bytes, little-endian: a response (0), the end of a stream (1), a status of its code, its details and its
/// message as the headers are (2) or with the details encoded first (3), a broken connection (4), the details that are
/// kept of the next failure (5).
///
/// # Errors
///
/// Whatever a server's doings lead to.
pub fn run_operation(script: &[u8]) -> Result<usize> {
    let (flags, rest) = script.split_first().unwrap_or((&0, &[]));
    let is = |bit: u8| flags & (1 << bit) != 0;
    let (drops, effects, statement) = (is(0), Effects::of(is(1)), is(2));
    let server = Server {
        drops,
        doings: Arc::new(Mutex::new(Bytes::copy_from_slice(rest))),
        details: Arc::new(Mutex::new(None)),
    };
    let timer = Timer::new(|_| Box::pin(std::future::ready(())), || 1.0);
    let (policy, budget) = (RetryPolicy::default(), Default::default());
    let retrying = Retrying { policy, timer, budget, server: "host:443".into() };
    let operation = Operation::new(server, retrying, Uuid::nil(), effects, Observer::new());
    let mut execution = Execution::of(Uuid::nil(), effects, operation.into_stream().boxed());
    if !statement {
        return rows(execution);
    }
    match at_once(CommandResult::read_from(&mut execution))? {
        Some(CommandResult::Rows(batches)) => Ok(batches.iter().map(|batch| batch.num_rows()).sum()),
        Some(CommandResult::Query(_) | CommandResult::Kept(_)) | None => Ok(0),
    }
}

#[derive(Clone)]
struct Server {
    drops: bool,
    doings: Arc<Mutex<Bytes>>,
    /// What is kept of the next failure.
    details: Arc<Mutex<Option<Bytes>>>,
}

impl Server {
    /// What comes next in a stream, or its end.
    fn next(&self) -> Option<Result<ExecutePlanResponse, Failure>> {
        loop {
            let mut doings = self.doings.lock().unwrap_or_else(PoisonError::into_inner);
            let kind = *doings.first()?;
            doings.advance(1);
            let bytes = framed(&mut doings)?;
            drop(doings);
            let status = match kind % 6 {
                0 => match ExecutePlanResponse::decode(bytes) {
                    Ok(response) => return Some(Ok(response)),
                    Err(error) => Status::from_error(Box::new(Unreadable(error))),
                },
                1 => return None,
                2 => status(bytes, false),
                3 => status(bytes, true),
                4 => Status::from_error(Box::new(std::io::Error::other("cut"))),
                _ => {
                    *self.details.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
                    continue;
                }
            };
            return Some(Err(Failure::from_status(&status, "host:443")));
        }
    }

    /// A stream of responses, unless the server is out of doings.
    fn stream(&self) -> Result<BoxStream<'static, Result<ExecutePlanResponse, Failure>>, Failure> {
        if self.doings.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return Err(Failure::fatal(Error::protocol("the script ends")));
        }
        let server = self.clone();
        Ok(stream::iter(std::iter::from_fn(move || server.next())).boxed())
    }
}

/// A status in the headers that the bytes say: its code, the length of its details, these, and its message.
fn status(mut bytes: Bytes, encode: bool) -> Status {
    let code = if bytes.has_remaining() { bytes.get_u8() % 20 } else { 2 };
    let details = if bytes.len() < 2 { 0 } else { usize::from(bytes.get_u16_le()) };
    let details = bytes.split_to(details.min(bytes.len()));
    let details = if encode { BASE64_STANDARD.encode(&details).into() } else { details };
    let values = [
        ("grpc-status", Bytes::from(code.to_string())),
        ("grpc-status-details-bin", details),
        ("grpc-message", bytes),
    ];
    let values = values.into_iter().filter_map(|(name, value)| {
        Some((http::HeaderName::from_static(name), HeaderValue::from_maybe_shared(value).ok()?))
    });
    let mut headers: HeaderMap = values.collect();
    channel::sanitize(&mut headers);
    Status::from_header_map(&headers).unwrap_or_else(|| Status::unknown("no status"))
}

impl OperationRpc for Server {
    type Responses = BoxStream<'static, Result<ExecutePlanResponse, Failure>>;

    async fn check_before_plan(&self, _: Effects) -> Result<(), Failure> {
        Ok(())
    }

    async fn execute(&self, sent: &rpc::PlanSent) -> Result<Self::Responses, Failure> {
        sent.note();
        self.stream()
    }

    fn may_be_several(&self) -> bool {
        false
    }

    fn sending_time(&self) -> Duration {
        Duration::ZERO
    }

    async fn look(&self) -> Result<(), Failure> {
        Ok(())
    }

    async fn reattach(&self, _: Option<&str>) -> Result<Self::Responses, Failure> {
        self.stream()
    }

    fn profile(&self) -> rpc::ServerProfile {
        // Sail, or Spark.
        let server_side = if self.drops { "ours" } else { "another" };
        rpc::ServerProfile::told_by("ours", true, Some(server_side), false)
    }

    async fn ended_with_pool(&self) -> Error {
        std::future::pending().await
    }

    async fn explain(&self, mut error: Error) -> Error {
        let details = self.details.lock().unwrap_or_else(PoisonError::into_inner).take();
        let details = details.and_then(|bytes| FetchErrorDetailsResponse::decode(bytes).ok());
        if let (Some(server), Some(details)) = (error.server_mut(), details) {
            rpc::fill_details(server, &details);
        }
        error.reclassified()
    }

    fn release(&self, _: Option<String>) {}

    fn finish(&self, responses: Option<Self::Responses>) {
        drop(responses);
    }

    fn probe_session_next(&self) {}

    fn doubt_session(&self) {}

    fn abandon(&self, _: bool) {}
}
