//! One operation as a state machine over a handful of RPCs: execute, reattach, release, interrupt.
//!
//! The rules are those of reattachable execution: the client names the operation before the first request and
//! remembers each response once it has handed it on; only `result_complete` ends a result; a stream that ends
//! before that, or breaks, is taken up again behind the last response. A plan is sent a second time only while
//! the server has answered nothing and the plan has no side effects, or where the connector says that the plan never
//! left.
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
use crate::error::{Error, ErrorKind, Result, ServerError};
use crate::proto::ExecutePlanResponse;
use crate::proto::execute_plan_response::ResponseType;
use crate::retry::{Attempts, Retrying};

mod resume;

use resume::{Delivered, Place};

/// After this many bytes the server is told which responses it may forget. It keeps 10 MiB of sent responses
/// for reattaching (`spark.connect.execute.reattachable.observerRetryBufferSize`).
const RELEASE_AFTER: usize = 4 * 1024 * 1024;

/// A stream that was open for so long and brought nothing belongs to a slow query: asking again is no storm.
const LONG: Duration = Duration::from_secs(1);

/// A stream that served a slow query for so long was a good one: its end is the first failure again.
const HEALTHY: Duration = Duration::from_secs(10);

/// A stream that brings nothing for so long is taken up anew, as the reference client does: where a router on the way
/// forgot the connection nobody would ever tell. It says nothing about the operation, so it is no failed attempt.
const SILENCE: Duration = Duration::from_secs(600);

/// The RPCs of one operation.
pub(crate) trait OperationRpc: Send + Sync + 'static {
    type Responses: Stream<Item = Result<ExecutePlanResponse, Failure>> + Send + Unpin + 'static;

    /// Finds out, where it is in doubt, whether the server would refuse the plan for something else than the plan.
    fn check_before_effects(&self) -> impl Future<Output = Result<(), Failure>> + Send;
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
    /// Has the session looked at before the next statement with effects: an answer was lost, and it may be too.
    fn doubt_session(&self) {}
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
    /// What the server has answered to the plan, which decides what a failure of a statement with effects says.
    answer: Answer,
    delivered: Delivered,
    /// The retries since the result last went on.
    attempts: Attempts,
    /// Whether the last stream ended with neither an error nor `result_complete`.
    ended_early: bool,
    /// When the last stream was opened, and whether it brought anything.
    opened: Option<Instant>,
    heard: bool,
    unreleased: usize,
    has_rows: bool,
}

/// What is known of the one time that a plan was sent.
#[derive(Default, Clone, Copy, PartialEq)]
enum Answer {
    /// Nothing came yet. A refusal would be the first and only answer.
    #[default]
    None,
    /// The server began to answer; whether with a refusal shows next.
    Begun,
    /// A response came, the stream ended, the connection broke, or the server was asked for more.
    Some,
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
                    if self.is_new(&response).await? {
                        return self.deliver(response);
                    }
                }
                Some(Ok(None)) => self.ended_early().await?,
                Some(Err(failure)) => self.recover(failure).await?,
                // The stream went with the call.
                None => {
                    self.progress.answer = Answer::Some;
                    tracing::debug!(operation = %self.id, "nothing came for {SILENCE:?}");
                }
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
        if self.progress.sent {
            self.begin_stream();
            self.progress.answer = Answer::Some;
            let behind = self.progress.delivered.resume_behind(self.rpc.drops_responses());
            tracing::debug!(operation = %self.id, ?behind, "reattaching");
            self.observer.reattached();
            return self.rpc.reattach(behind.as_deref()).await;
        }
        if self.effects {
            self.rpc.check_before_effects().await?;
        }
        self.begin_stream();
        // Set before the call: if it is dropped half-way, the server may have the plan all the same.
        self.progress.sent = true;
        let opened = self.rpc.execute().await;
        match &opened {
            Ok(_) => self.progress.answer = self.progress.answer.max_of(Answer::Begun),
            Err(failure) => self.progress.sent = !failure.unsent,
        }
        opened
    }

    fn begin_stream(&mut self) {
        self.progress.opened = Some(Instant::now());
        self.progress.heard = false;
    }

    /// Whether the response is the next one; if not, it has been handed on already.
    async fn is_new(&mut self, response: &ExecutePlanResponse) -> Result<bool> {
        self.progress.answer = Answer::Some;
        self.progress.heard = true;
        if !response.operation_id.is_empty() && response.operation_id != self.id.to_string() {
            return self.fail(Error::protocol("the server answered for another operation")).await;
        }
        match self.progress.delivered.place(response, self.rpc.drops_responses()) {
            Place::New => Ok(true),
            Place::Old => Ok(false),
            Place::Wrong(message) => self.fail(Error::protocol(message)).await,
            Place::Dropped => {
                let message = "the server dropped a part of the result while the connection was broken";
                self.fail(Error::new(ErrorKind::Unavailable, message)).await
            }
        }
    }

    fn deliver(&mut self, response: ExecutePlanResponse) -> Result<Option<ExecutePlanResponse>> {
        if self.advances(&response) {
            self.progress.attempts.succeeded();
            self.progress.ended_early = false;
            self.retrying.budget.refill();
        }
        self.progress.delivered.note(&response);
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
            let taken = self.progress.delivered.releasable(self.rpc.drops_responses());
            if taken.is_some() {
                self.rpc.release(taken);
            }
        }
        Ok(Some(response))
    }

    /// Whether the result goes on with `response`. What a server sends while it works does not say that asking it again
    /// gets anywhere.
    fn advances(&self, response: &ExecutePlanResponse) -> bool {
        match &response.response_type {
            Some(ResponseType::ArrowBatch(batch)) => batch.row_count > 0 || !self.progress.has_rows,
            Some(ResponseType::ExecutionProgress(_)) => false,
            Some(_) => true,
            None => response.schema.is_some() && self.progress.delivered.is_empty(),
        }
    }

    /// The server closed a healthy stream; it does so by size and by age
    /// (`spark.connect.execute.reattachable.senderMaxStreamSize` and `…Duration`). An empty stream is legal, and
    /// one that was held open for a while is a slow query; but a server that ends one after the other at once is
    /// not asked again without a pause.
    async fn ended_early(&mut self) -> Result<()> {
        self.progress.answer = Answer::Some;
        let again = std::mem::replace(&mut self.progress.ended_early, true);
        if !self.progress.delivered.can_resume() {
            return self.fail(Self::unnamed()).await;
        }
        if !again || self.was_open_for(LONG) {
            return Ok(());
        }
        let message = "the server keeps ending the result before it is complete";
        let error = Error::new(ErrorKind::Unavailable, message);
        self.pause(Failure::passing(error)).await
    }

    fn was_open_for(&self, duration: Duration) -> bool {
        self.progress.opened.is_some_and(|opened| opened.elapsed() >= duration)
    }

    fn unnamed() -> Error {
        let message = "the stream of the result ended early, and the server gave its responses no ids, so what is \
                       left cannot be asked for";
        Error::new(ErrorKind::Unavailable, message)
    }

    async fn recover(&mut self, failure: Failure) -> Result<()> {
        // Before the plan was sent: nothing is in doubt.
        if !self.progress.sent {
            return self.pause(failure).await;
        }
        match failure.remedy {
            // Asking for the rest did not leave; nothing new is in doubt.
            Remedy::Retry if failure.unsent => self.pause(failure).await,
            Remedy::Retry | Remedy::Reattach => {
                self.progress.answer = Answer::Some;
                if self.progress.heard && self.was_open_for(HEALTHY) {
                    self.progress.attempts.succeeded();
                }
                if !self.progress.delivered.can_resume() {
                    return self.fail(Self::unnamed().with_source(failure.error)).await;
                }
                self.pause(Failure { remedy: Remedy::Retry, ..failure }).await
            }
            Remedy::OperationNotFound => self.operation_not_found(failure).await,
            Remedy::None => self.fail(failure.error).await,
        }
    }

    async fn pause(&mut self, failure: Failure) -> Result<()> {
        match self.retrying.pause(&mut self.progress.attempts, failure).await {
            Ok(()) => {
                self.observer.retried();
                Ok(())
            }
            Err(error) => self.fail(error).await,
        }
    }

    async fn operation_not_found(&mut self, failure: Failure) -> Result<()> {
        if self.progress.ended_early {
            // How Sail ends an interrupted operation: no error, no completion, and no trace of it afterwards.
            let message = "the operation was interrupted before its result was complete";
            return self.fail(Error::new(ErrorKind::Cancelled, message).with_source(failure.error)).await;
        }
        if self.effects {
            return self.fail(failure.error).await;
        }
        if !self.progress.delivered.is_empty() {
            let error = match failure.error.kind() {
                ErrorKind::SessionLost => failure.error,
                _ => failure.error.into_kind(
                    ErrorKind::Unavailable,
                    "the server no longer has the rest of the result: it restarted, or the client was away too long",
                ),
            };
            return self.fail(error).await;
        }
        // Nothing of the plan arrived: sending it again is the first time for the server.
        self.progress.sent = false;
        self.pause(Failure { remedy: Remedy::Retry, ..failure }).await
    }

    /// Whether a failure of a statement with effects says what became of the statement: it was not sent, the failure is
    /// a condition of Spark's about the statement itself, or a refusal is the first and only thing that the server
    /// answered. Everything else, and whatever comes behind another answer or a broken connection, leaves it open.
    fn is_certain(&self, error: &Error) -> bool {
        if !self.progress.sent || error.server().is_some_and(ServerError::has_condition_of_a_statement) {
            return true;
        }
        if error.server().is_some_and(ServerError::is_of_the_protocol) {
            return false;
        }
        match (error.kind(), self.progress.answer) {
            (_, Answer::Some) => false,
            // Behind the head of an answer, and where the answer was not read, it may be the answer that is too large.
            (ErrorKind::TooLarge, answer) => answer == Answer::None && error.server().is_some(),
            (kind, _) => matches!(
                kind,
                ErrorKind::Server
                    | ErrorKind::Unsupported
                    | ErrorKind::Unauthenticated
                    | ErrorKind::ClusterNotReady
            ),
        }
    }

    fn outcome_unknown(cause: Error) -> Error {
        let message = "the statement was sent and its answer was lost: it may or may not have run, so it was \
                       not sent again; look at its effects before you do";
        Error::new(ErrorKind::OutcomeUnknown, message).with_source(cause)
    }

    /// Ends the operation with `error`, completed with what the server kept about it.
    async fn fail<T>(&mut self, error: Error) -> Result<T> {
        self.responses = None;
        let sent = self.progress.sent;
        // Dropped meanwhile, the operation is given up like any other.
        let error = if sent { self.rpc.explain(error).await } else { error };
        self.end = End::Failed;
        if sent {
            self.rpc.release(None);
        }
        let error = match self.effects && !self.is_certain(&error) {
            true => {
                self.rpc.doubt_session();
                Self::outcome_unknown(error)
            }
            false => error,
        };
        let error = error.with_operation(self.id).with_may_have_run(sent);
        // Texts and kinds say what a server said, not that nothing happened: repeating it is for someone who knows.
        Err(if self.effects && sent { error.not_repeatable() } else { error })
    }
}

impl Answer {
    fn max_of(self, other: Self) -> Self {
        if self == Self::None { other } else { self }
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
