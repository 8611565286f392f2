//! One operation as a state machine over a handful of RPCs: execute, reattach, release, interrupt.
//!
//! The rules are those of reattachable execution: the client names the operation before the first request and
//! remembers each response once it has handed it on; only `result_complete` ends a result; a stream that ends
//! before that, or breaks, is resumed after the last response. A plan is sent a second time only while
//! the server has answered nothing and the plan has no side effects, where the connector says that the plan never
//! left, where HTTP/2 says that it was not processed (once, if it has effects), or where Databricks says that it has
//! turned the plan away before it ran.
//!
//! Sail keeps 128 sent responses and drops older ones without a word, and its responses have no number; so there a
//! stream is resumed one response earlier, and has to begin with the response that is known already.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use futures_util::future::{Either, MaybeDone, maybe_done, select};
use futures_util::stream::{Peekable, StreamExt, try_unfold};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Observer, observe};
use crate::channel::Effects;
use crate::clock;
use crate::error::status::Failure;
use crate::error::{Error, ErrorKind, Result};
use crate::proto::ExecutePlanResponse;
use crate::proto::execute_plan_response::ResponseType;
use crate::retry::{Attempts, Retrying};
use crate::rpc::{LONGEST_ID, PlanSent, is_id};

mod calls;
mod certainty;
mod recovery;
mod resume;

pub(crate) use calls::OperationRpc;
pub(super) use certainty::outcome_unknown;

use certainty::Received;
use resume::{Delivered, ResponseOrder};

/// After this many bytes the server is told which responses it may forget. It keeps 10 MiB of sent responses
/// for reattaching (`spark.connect.execute.reattachable.observerRetryBufferSize`).
const RELEASE_AFTER: usize = 4 * 1024 * 1024;

/// A stream that brings nothing for this long is resumed, as the reference client does: where a router on the way
/// forgot the connection nobody would ever tell. It says nothing about the operation, so it is no failed attempt.
const SILENCE: Duration = Duration::from_secs(600);

/// After this much silence the session is looked for where a server may have dropped it meanwhile. That makes it one that
/// was used of late, which is not the next to be dropped, and the answer shows that the connection lives.
const SHORT_SILENCE: Duration = Duration::from_secs(15);

/// After this much silence the server is asked something where the plan may end with the call that brought it: that
/// call is not given up for its silence, so something else has to show that the server is there. It also keeps the
/// session from being one that nobody used.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The stream of the responses.
enum ResponseStream<R: OperationRpc> {
    /// There is none: one is to be opened.
    None,
    Opening(Opening<R>),
    Open(Peekable<R::Responses>),
}

/// A call that opens a stream, until the server begins to answer. A server may do so only when a statement is done.
struct Opening<R: OperationRpc> {
    call: MaybeDone<BoxFuture<'static, Result<R::Responses, Failure>>>,
    /// Whether it is the one that brings the plan.
    carries_plan: bool,
}

impl<R: OperationRpc> ResponseStream<R> {
    /// The stream, if it is open.
    fn take_open(&mut self) -> Option<Peekable<R::Responses>> {
        match std::mem::replace(self, Self::None) {
            Self::Open(responses) => Some(responses),
            other => {
                *self = other;
                None
            }
        }
    }

    /// The call, if one is under way.
    fn take_opening(&mut self) -> Option<Opening<R>> {
        match std::mem::replace(self, Self::None) {
            Self::Opening(opening) => Some(opening),
            other => {
                *self = other;
                None
            }
        }
    }
}

pub(crate) struct Operation<R: OperationRpc> {
    rpc: Arc<R>,
    retrying: Retrying,
    id: Uuid,
    effects: Effects,
    observer: Observer,
    stream: ResponseStream<R>,
    state: State,
    /// Whether the result is complete or has failed.
    is_over: bool,
}

/// How far the operation has come.
#[derive(Default)]
struct State {
    /// Whether the plan may have reached the server.
    sent: Arc<PlanSent>,
    /// The answers of the server since the plan was sent, which decide what a failure of a statement with effects says.
    received: Received,
    delivered: Delivered,
    /// The retries since the result last went on.
    attempts: Attempts,
    /// The same of those while a router in front of the server may have failed.
    attempts_at_router: Attempts,
    /// Whether a response came that says that the server works on the plan.
    is_at_work: bool,
    /// Whether the server has turned the plan away. While it waits to be sent again it counts as not sent.
    is_turned_away: bool,
    last_stream: LastStream,
    /// Whether a stream ended with neither an error nor `result_complete`, and the result has not gone on since.
    has_ended_early: bool,
    /// Whether the server took the token no longer, and nothing has come since.
    is_token_refused: bool,
    /// Whether the plan left once, and the server said by the rules of HTTP/2 that it has not processed it.
    was_unprocessed: bool,
    /// The bytes of the rows handed on since the server was last told what it may forget.
    unreleased: usize,
    has_schema: bool,
    has_rows: bool,
}

/// The stream that was begun last, which may be over.
#[derive(Default)]
struct LastStream {
    /// Whether it is that of the call that brought the plan.
    carries_plan: bool,
    /// None before the first.
    begun: Option<Instant>,
    /// Whether a response came.
    has_spoken: bool,
    /// For how long nothing has come.
    silent: Duration,
}

impl LastStream {
    fn begin(carries_plan: bool) -> Self {
        Self { carries_plan, begun: Some(Instant::now()), has_spoken: false, silent: Duration::ZERO }
    }
}

impl<R: OperationRpc> Operation<R> {
    pub(crate) fn new(rpc: R, retrying: Retrying, id: Uuid, effects: Effects, observer: Observer) -> Self {
        let (rpc, stream, state) = (Arc::new(rpc), ResponseStream::None, State::default());
        Self { rpc, retrying, id, effects, observer, stream, state, is_over: false }
    }

    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<ExecutePlanResponse>> + Send {
        // The state that goes from one response to the next is copied several times.
        try_unfold(Box::new(self), |mut operation| async move {
            Ok(operation.next_until_closed().await?.map(|response| (response, operation)))
        })
    }

    /// The next response, unless the operation ends with the pool of its session before.
    async fn next_until_closed(&mut self) -> Result<Option<ExecutePlanResponse>> {
        let rpc = Arc::clone(&self.rpc);
        let closed = match select(pin!(self.next()), pin!(rpc.ended_with_pool())).await {
            Either::Left((next, _)) => return next,
            Either::Right((closed, _)) => closed,
        };
        self.stop_with(closed).await
    }

    /// The next response; `None` once the result is complete, after which it is not asked for.
    async fn next(&mut self) -> Result<Option<ExecutePlanResponse>> {
        loop {
            match self.receive().await {
                Some(Ok(Some(response))) => {
                    if self.is_new(&response).await? {
                        return self.deliver(response);
                    }
                }
                Some(Ok(None)) => self.on_early_end().await?,
                Some(Err(failure)) => self.recover(failure).await?,
                None => self.on_silence().await?,
            }
        }
    }

    /// Opens a stream if there is none, and waits for its next message. `None` where nothing came for too long.
    async fn receive(&mut self) -> Option<Result<Option<ExecutePlanResponse>, Failure>> {
        let mut responses = match self.stream.take_open() {
            Some(responses) => responses,
            None => match self.wait_for_stream().await? {
                Ok(responses) => responses.peekable(),
                Err(failure) => return Some(Err(failure)),
            },
        };
        let silence = if self.rpc.profile().evicts_sessions() { SHORT_SILENCE } else { SILENCE };
        let received = clock::timeout(silence, responses.next()).await.map(Option::transpose);
        if matches!(received, None | Some(Ok(Some(_)))) {
            self.stream = ResponseStream::Open(responses);
        }
        if received.is_none() {
            self.state.last_stream.silent = self.state.last_stream.silent.saturating_add(silence);
        }
        received
    }

    /// The stream, once the server begins to answer. The call that opens it is kept where that takes too long: dropped it
    /// may take its plan with it.
    async fn wait_for_stream(&mut self) -> Option<Result<R::Responses, Failure>> {
        // A large plan over a slow link is no silence.
        let mut sending = Duration::ZERO;
        let mut opening = match self.stream.take_opening() {
            Some(opening) => opening,
            None => {
                // Has a bound of its own. Cut off it would be asked again and again.
                if let Err(failure) = self.check_session().await {
                    // It is not the plan that was not processed.
                    return Some(Err(Failure { unprocessed: false, ..failure }));
                }
                if !self.was_sent() {
                    sending = self.rpc.sending_time();
                }
                self.open()
            }
        };
        let silence = self.silence_before_an_answer(&opening);
        // The output stays in the call until it is taken.
        let _ = clock::timeout(silence.saturating_add(sending), &mut opening.call).await;
        let Some(opened) = Pin::new(&mut opening.call).take_output() else {
            self.stream = ResponseStream::Opening(opening);
            self.state.last_stream.silent = self.state.last_stream.silent.saturating_add(silence);
            return None;
        };
        self.state.last_stream.silent = Duration::ZERO;
        if opened.is_ok() {
            self.state.received.begins();
        }
        Some(opened)
    }

    fn silence_before_an_answer(&self, opening: &Opening<R>) -> Duration {
        if self.rpc.profile().evicts_sessions() {
            SHORT_SILENCE
        } else if self.may_end_with(opening) {
            LOOK_EVERY
        } else {
            SILENCE
        }
    }

    /// Whether the plan may end with the call that opens the stream. One that asks for the rest has no plan to lose.
    fn may_end_with(&self, opening: &Opening<R>) -> bool {
        opening.carries_plan && self.rpc.profile().may_end_plans_with_calls()
    }

    async fn check_session(&mut self) -> Result<(), Failure> {
        if !self.was_sent() {
            return self.rpc.check_before_plan(self.effects).await;
        }
        self.state.last_stream = LastStream::begin(false);
        self.state.received = Received::Some;
        match self.rpc.profile().evicts_sessions() {
            true => self.rpc.look().await,
            false => Ok(()),
        }
    }

    fn open(&mut self) -> Opening<R> {
        self.state.last_stream = LastStream::begin(!self.was_sent());
        let rpc = Arc::clone(&self.rpc);
        if self.was_sent() {
            let last = self.state.delivered.resume_after(self.rpc.profile().drops_responses());
            tracing::debug!(operation = %self.id, ?last, "reattaching");
            let observer = self.observer.clone();
            let reattaching = async move {
                let opened = rpc.reattach(last.as_deref()).await;
                // What did not leave, or was not processed, asked for nothing, however often it is tried.
                let is_unsent = opened.as_ref().is_err_and(|failure| failure.unsent);
                if !is_unsent {
                    observer.reattached();
                }
                opened
            };
            return Opening { call: maybe_done(reattaching.boxed()), carries_plan: false };
        }
        let sent = Arc::clone(&self.state.sent);
        let executing = async move {
            let opened = rpc.execute(&sent).await;
            if opened.as_ref().is_err_and(|failure| failure.unsent) {
                sent.undo();
            }
            opened
        };
        Opening { call: maybe_done(executing.boxed()), carries_plan: true }
    }

    fn may_change(&self) -> bool {
        self.effects.may_change()
    }

    fn was_sent(&self) -> bool {
        self.state.sent.is_noted()
    }

    /// Whether the response is the next one; if not, it has been handed on already.
    async fn is_new(&mut self, response: &ExecutePlanResponse) -> Result<bool> {
        self.state.received = Received::Some;
        self.state.last_stream.has_spoken = true;
        self.state.is_at_work = self.state.is_at_work || !is_empty_progress(response);
        self.state.is_token_refused = false;
        self.state.last_stream.silent = Duration::ZERO;
        if response.response_id.len() > LONGEST_ID {
            return self
                .stop_with(Error::protocol("the server gave a response of the result an invalid id"))
                .await;
        }
        if !response.operation_id.is_empty() && !is_id(self.id, &response.operation_id) {
            return self.stop_with(Error::protocol("the server answered for another operation")).await;
        }
        match self.state.delivered.order(response, self.rpc.profile().drops_responses()) {
            ResponseOrder::New => Ok(true),
            ResponseOrder::Old => Ok(false),
            ResponseOrder::Wrong(message) => self.stop_with(Error::protocol(message)).await,
            ResponseOrder::Dropped => {
                let message = "the server dropped a part of the result while the connection was broken";
                self.stop_with(Error::new(ErrorKind::Unavailable, message)).await
            }
        }
    }

    fn deliver(&mut self, response: ExecutePlanResponse) -> Result<Option<ExecutePlanResponse>> {
        if self.advances(&response) {
            self.state.attempts.succeeded();
            self.state.attempts_at_router.succeeded();
            self.state.has_ended_early = false;
            self.retrying.budget.refill();
        }
        self.state.delivered.note(&response);
        match &response.response_type {
            Some(ResponseType::ResultComplete(_)) => {
                self.is_over = true;
                self.rpc.finish(self.stream.take_open().map(Peekable::into_inner));
                return Ok(None);
            }
            Some(ResponseType::ArrowBatch(batch)) => {
                self.state.unreleased += batch.data.len();
                self.state.has_rows = true;
            }
            Some(ResponseType::ExecutionProgress(_)) => {}
            None => self.state.has_schema |= !response.schema.is_empty(),
            Some(_) => self.state.has_rows = true,
        }
        if self.state.unreleased >= RELEASE_AFTER {
            self.state.unreleased = 0;
            let taken = self.state.delivered.releasable(self.rpc.profile().drops_responses());
            if taken.is_some() {
                self.rpc.release(taken);
            }
        }
        Ok(Some(response))
    }

    /// Whether the result goes on with `response`. Progress does not say that asking the server again gets anywhere.
    fn advances(&self, response: &ExecutePlanResponse) -> bool {
        match &response.response_type {
            Some(ResponseType::ArrowBatch(batch)) => batch.row_count > 0 || !self.state.has_rows,
            Some(ResponseType::ExecutionProgress(_)) => false,
            Some(ResponseType::ResultComplete(_)) => true,
            Some(_) => !self.state.has_rows,
            // Once: where it has no id it comes again with each stream.
            None => !response.schema.is_empty() && !self.state.has_schema && self.state.delivered.is_empty(),
        }
    }
}

/// Whether a response says nothing but that the server has the plan, before it does anything with it.
fn is_empty_progress(response: &ExecutePlanResponse) -> bool {
    match &response.response_type {
        Some(ResponseType::ExecutionProgress(encoded)) => {
            response.schema.is_empty()
                && observe::progress(encoded)
                    .is_some_and(|progress| progress.stages.is_empty() && progress.num_inflight_tasks == 0)
        }
        _ => false,
    }
}

/// A dropped operation stops: dropping the connection would leave it running on every server.
impl<R: OperationRpc> Drop for Operation<R> {
    fn drop(&mut self) {
        if !self.is_over {
            self.abandon();
        }
    }
}

#[cfg(test)]
mod tests;
