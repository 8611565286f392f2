//! One operation as a state machine over a handful of RPCs: execute, reattach, release, interrupt.
//!
//! The rules are those of reattachable execution: the client names the operation before the first request and
//! remembers each response once it has handed it on; only `result_complete` ends a result; a stream that ends
//! before that, or breaks, is taken up again behind the last response. A plan is sent a second time only while
//! the server has answered nothing and the plan has no side effects.
//!
//! Sail keeps 128 sent responses and drops older ones without a word, and no response of its has a number; so
//! there a stream is taken up one response earlier, and has to begin with the response that is known already.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream;
use futures_util::stream::{StreamExt, try_unfold};
use tokio::time::Instant;
use uuid::Uuid;

use super::Observer;
use crate::clock;
use crate::error::status::{Failure, Remedy};
use crate::error::{Error, ErrorKind, Result};
use crate::proto::ExecutePlanResponse;
use crate::proto::execute_plan_response::ResponseType;
use crate::retry::Retrying;

/// After this many bytes the server is told which responses it may forget. It keeps 10 MiB of sent responses
/// for reattaching (`spark.connect.execute.reattachable.observerRetryBufferSize`).
const RELEASE_AFTER: usize = 4 * 1024 * 1024;

/// A stream that was open for so long and brought nothing belongs to a slow query.
const PATIENT: Duration = Duration::from_secs(10);

/// A stream that brings nothing for so long is taken up anew, as the reference client does: where a router on the way
/// forgot the connection nobody would ever tell. It says nothing about the operation, so it is no failed attempt.
const SILENCE: Duration = Duration::from_secs(600);

/// The RPCs of one operation.
pub(crate) trait OperationRpc: Send + Sync + 'static {
    type Responses: Stream<Item = Result<ExecutePlanResponse, Failure>> + Send + Unpin + 'static;

    fn execute(&self) -> impl Future<Output = Result<Self::Responses, Failure>> + Send;
    /// The responses behind `last`, or all of them.
    fn reattach(&self, last: Option<&str>) -> impl Future<Output = Result<Self::Responses, Failure>> + Send;
    /// Whether the server drops responses that nobody has taken, and resumes behind the gap as if there were none.
    fn drops_responses(&self) -> bool;
    /// Completes an error with what the server kept about it.
    fn explain(&self, error: Error) -> impl Future<Output = Error> + Send;
    /// Lets the server forget responses, up to and including `until` or all; in the background.
    fn release(&self, until: Option<String>);
    /// Lets the server forget the complete operation, and reads the stream to its very end; in the background.
    fn finish(&self, responses: Option<Self::Responses>);
    /// Stops the operation and lets the server forget it, in the background. Whether it is `planned` already is not
    /// known of every operation.
    fn abandon(&self, planned: bool);
}

pub(crate) struct Operation<R: OperationRpc> {
    rpc: Arc<R>,
    retrying: Retrying,
    id: Uuid,
    effects: bool,
    observer: Observer,
    responses: Option<R::Responses>,
    progress: Progress,
    end: End,
}

/// How far the operation has come.
#[derive(Default)]
struct Progress {
    /// Whether the plan may have reached the server.
    sent: bool,
    last_response: Option<String>,
    response_before: Option<String>,
    resume_check: ResumeCheck,
    /// Retries since the last response.
    retries: u32,
    /// Whether a connection broke while the plan may have been with the server, so that an error after it says
    /// nothing about whether the plan ran.
    broken: bool,
    /// Whether the server was asked for responses of a plan that it should have.
    reattached: bool,
    /// Whether the last stream ended with neither an error nor `result_complete`.
    ended_early: bool,
    /// When the last stream was opened.
    opened: Option<Instant>,
    unreleased: usize,
    has_rows: bool,
}

/// What the next response has to be so that none is missing before it.
#[derive(Default)]
enum ResumeCheck {
    #[default]
    Any,
    /// The first of the operation, if the server drops responses.
    First,
    /// The one with this id, which has been handed on already.
    Known(String),
}

#[derive(PartialEq)]
enum End {
    NotYet,
    Complete,
    Failed,
}

impl<R: OperationRpc> Operation<R> {
    pub(crate) fn new(rpc: R, retrying: Retrying, id: Uuid, effects: bool, observer: Observer) -> Self {
        let progress = Progress::default();
        let (rpc, end) = (Arc::new(rpc), End::NotYet);
        Self { rpc, retrying, id, effects, observer, responses: None, progress, end }
    }

    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<ExecutePlanResponse>> + Send {
        try_unfold(self, |mut operation| async move {
            Ok(operation.next().await?.map(|response| (response, operation)))
        })
    }

    /// The next response; `None` once the result is complete.
    async fn next(&mut self) -> Result<Option<ExecutePlanResponse>> {
        if self.end != End::NotYet {
            return Ok(None);
        }
        loop {
            match clock::timeout(SILENCE, self.receive()).await {
                Some(Ok(Some(response))) => {
                    if self.is_new(&response)? {
                        return self.deliver(response);
                    }
                }
                Some(Ok(None)) => self.ended_early().await?,
                Some(Err(failure)) => self.recover(failure).await?,
                // The stream went with the call.
                None => tracing::debug!(operation = %self.id, "nothing came for {SILENCE:?}"),
            }
        }
    }

    /// Opens a stream if there is none, and waits for its next message.
    async fn receive(&mut self) -> Result<Option<ExecutePlanResponse>, Failure> {
        let mut responses = match self.responses.take() {
            Some(responses) => responses,
            None => self.open().await?,
        };
        match responses.next().await {
            Some(Ok(response)) => {
                self.responses = Some(responses);
                Ok(Some(response))
            }
            Some(Err(failure)) => Err(failure),
            None => Ok(None),
        }
    }

    async fn open(&mut self) -> Result<R::Responses, Failure> {
        self.progress.opened = Some(Instant::now());
        if self.progress.sent {
            let behind = self.resume_behind();
            tracing::debug!(operation = %self.id, ?behind, "reattaching");
            self.progress.reattached = true;
            self.observer.reattached();
            return self.rpc.reattach(behind.as_deref()).await;
        }
        // Set before the call: if it is dropped half-way, the server may have the plan all the same.
        self.progress.sent = true;
        self.rpc.execute().await.inspect_err(|failure| {
            self.progress.sent = failure.remedy != Remedy::NotSent;
        })
    }

    /// The response to resume behind: the last one, or the one before it where what comes next has to be checked.
    fn resume_behind(&mut self) -> Option<String> {
        let Progress { last_response, response_before, resume_check, .. } = &mut self.progress;
        match last_response {
            Some(last) if self.rpc.drops_responses() => {
                *resume_check = ResumeCheck::Known(last.clone());
                response_before.clone()
            }
            Some(last) => Some(last.clone()),
            None => {
                *resume_check = ResumeCheck::First;
                None
            }
        }
    }

    /// Whether the response is the next one; if not, it is the last one again.
    fn is_new(&mut self, response: &ExecutePlanResponse) -> Result<bool> {
        let (missing, new) = match std::mem::take(&mut self.progress.resume_check) {
            ResumeCheck::Any => (false, true),
            ResumeCheck::Known(id) => (response.response_id != id, false),
            ResumeCheck::First => {
                let has_rows = matches!(response.response_type, Some(ResponseType::ArrowBatch(_)));
                // The first response of such a server tells the schema.
                (has_rows && response.schema.is_none() && self.rpc.drops_responses(), true)
            }
        };
        match missing {
            true => {
                let message = "the server dropped a part of the result while the connection was broken";
                self.fail(Error::new(ErrorKind::Unavailable, message))
            }
            false => Ok(new),
        }
    }

    fn deliver(&mut self, response: ExecutePlanResponse) -> Result<Option<ExecutePlanResponse>> {
        if !response.operation_id.is_empty() && response.operation_id != self.id.to_string() {
            return self.fail(Error::protocol("the server answered for another operation"));
        }
        self.progress.retries = 0;
        self.progress.ended_early = false;
        self.retrying.budget.refill();
        if !response.response_id.is_empty() {
            let last = self.progress.last_response.replace(response.response_id.clone());
            self.progress.response_before = last;
        }
        match &response.response_type {
            Some(ResponseType::ResultComplete(_)) => {
                self.end = End::Complete;
                self.rpc.finish(self.responses.take());
                return Ok(None);
            }
            Some(ResponseType::ArrowBatch(batch)) => {
                self.progress.unreleased += batch.data.len();
                self.progress.has_rows = true;
            }
            _ => {}
        }
        if self.progress.unreleased >= RELEASE_AFTER {
            self.progress.unreleased = 0;
            let Progress { last_response, response_before, .. } = &self.progress;
            let taken = if self.rpc.drops_responses() { response_before } else { last_response };
            if taken.is_some() {
                self.rpc.release(taken.clone());
            }
        }
        Ok(Some(response))
    }

    /// The server closed a healthy stream; it does so by size and by age
    /// (`spark.connect.execute.reattachable.senderMaxStreamSize` and `…Duration`). An empty stream is legal, and
    /// one that was held open for a while is a slow query; but a server that ends one after the other at once is
    /// not asked again without a pause.
    async fn ended_early(&mut self) -> Result<()> {
        let again = std::mem::replace(&mut self.progress.ended_early, true);
        let patient = self.progress.opened.is_some_and(|opened| opened.elapsed() >= PATIENT);
        if !again || patient {
            return Ok(());
        }
        let message = "the server keeps ending the result before it is complete";
        let error = Error::new(ErrorKind::Unavailable, message);
        self.pause(Failure { error, remedy: Remedy::Retry, retry_delay: None }).await
    }

    async fn recover(&mut self, failure: Failure) -> Result<()> {
        match failure.remedy {
            Remedy::NotSent => self.pause(failure).await,
            Remedy::Retry => {
                self.progress.broken = true;
                self.pause(failure).await
            }
            Remedy::Reattach => {
                let error = failure.error;
                self.pause(Failure { error, remedy: Remedy::Retry, retry_delay: None }).await
            }
            Remedy::OperationNotFound => self.operation_not_found(failure).await,
            Remedy::None if self.is_unknown(&failure.error) => self.fail(self.outcome_unknown(failure.error)),
            Remedy::None => {
                let error = self.rpc.explain(failure.error).await;
                self.fail(error)
            }
        }
    }

    async fn pause(&mut self, failure: Failure) -> Result<()> {
        let retry = self.progress.retries;
        self.progress.retries += 1;
        match self.retrying.pause(retry, failure).await {
            Ok(()) => {
                self.observer.retried();
                Ok(())
            }
            Err(error) if self.effects && self.progress.sent => self.fail(self.outcome_unknown(error)),
            Err(error) => self.fail(error),
        }
    }

    /// Whether `error` leaves open whether the statement ran: it came after a broken connection and is about the
    /// session or the operation, or a server on its way out sent it; it is not the statement's own failure. A cluster
    /// that is being started refuses a plan before it runs, unless it is one that had the plan before.
    fn is_unknown(&self, error: &Error) -> bool {
        let own = error.kind() == ErrorKind::Server
            && !error.server().is_some_and(|server| server.is_of_the_protocol());
        let dying = error.kind() == ErrorKind::Unavailable;
        let begun = self.progress.reattached || self.progress.last_response.is_some();
        let restarting = begun && error.server().is_some_and(|server| server.cluster_state().is_some());
        self.effects && (dying || restarting || self.progress.broken && !own)
    }

    async fn operation_not_found(&mut self, failure: Failure) -> Result<()> {
        if self.progress.ended_early {
            // How Sail ends an interrupted operation: no error, no completion, and no trace of it afterwards.
            let message = "the operation was interrupted before its result was complete";
            return self.fail(Error::new(ErrorKind::Cancelled, message).with_source(failure.error));
        }
        if self.effects {
            return self.fail(self.outcome_unknown(failure.error));
        }
        if self.progress.last_response.is_some() {
            let error = match failure.error.kind() {
                ErrorKind::SessionLost => failure.error,
                _ => failure.error.into_kind(
                    ErrorKind::Unavailable,
                    "the server no longer has the rest of the result: it restarted, or the client was away too long",
                ),
            };
            return self.fail(error);
        }
        // Nothing of the plan arrived: sending it again is the first time for the server.
        self.progress.sent = false;
        self.pause(Failure { remedy: Remedy::Retry, ..failure }).await
    }

    fn outcome_unknown(&self, cause: Error) -> Error {
        let message = "the statement was sent and its answer was lost: it may or may not have run, so it was \
                       not sent again; look at its effects before you do";
        Error::new(ErrorKind::OutcomeUnknown, message).with_source(cause)
    }

    fn fail<T>(&mut self, error: Error) -> Result<T> {
        self.end = End::Failed;
        self.responses = None;
        if self.progress.sent {
            self.rpc.release(None);
        }
        Err(error.with_operation(self.id))
    }
}

/// What is dropped stops: dropping a connection leaves the operation running on every server.
impl<R: OperationRpc> Drop for Operation<R> {
    fn drop(&mut self) {
        if self.end == End::NotYet && self.progress.sent {
            self.rpc.abandon(self.progress.has_rows);
        }
    }
}

#[cfg(test)]
mod tests;
