//! The recovery of a stream that ended or broke before the result was complete.

use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::time::Instant;

use super::certainty::{Received, outcome_unknown};
use super::resume::Delivered;
use super::{LOOK_EVERY, Operation, OperationRpc, ResponseStream, SHORT_SILENCE, SILENCE};
use crate::clock;
use crate::error::status::{Failure, Remedy};
use crate::error::{Error, ErrorKind, Result, ServerError};
use crate::retry::{RetryPolicy, Retrying};

/// A stream that was open for this long and brought nothing belongs to a slow query: asking again is no storm.
const LONG: Duration = Duration::from_secs(1);

/// A stream that served a slow query for this long was a good one: its end is the first failure again.
const HEALTHY: Duration = Duration::from_secs(10);

/// What a look at the session found, in a silence.
enum ProbeResult {
    /// The server has it, or what was awaited came.
    Answered,
    Unanswered,
    Lost(Failure),
}

impl<R: OperationRpc> Operation<R> {
    /// The server closed a healthy stream; it does so by size and by age
    /// (`spark.connect.execute.reattachable.senderMaxStreamSize` and `…Duration`). An empty stream is legal, and
    /// one that was held open for a while is a slow query; but a server that ends one after the other at once is
    /// not asked again without a pause.
    pub(super) async fn on_early_end(&mut self) -> Result<()> {
        self.state.received = Received::Some;
        let again = std::mem::replace(&mut self.state.has_ended_early, true);
        self.check_resumable(Self::cannot_resume("ended early")).await?;
        if !again || self.was_open_for(LONG) {
            return Ok(());
        }
        let message = "the server keeps ending the result before it is complete";
        let error = Error::new(ErrorKind::Unavailable, message);
        self.pause(Failure::transient(error)).await
    }

    /// Nothing came for too long. What is awaited is kept while the session is there, and while that is found out:
    /// dropped in silence a stream would take its connection with it, which the answer shows to be alive, and a call
    /// that opens one may take its plan with it. Without an answer it is taken up anew, as the connection may be dead.
    pub(super) async fn on_silence(&mut self) -> Result<()> {
        if self.state.last_stream.silent < SILENCE {
            // A plan that waits for its token is nothing that the server could be asked about.
            if matches!(self.stream, ResponseStream::Opening(_)) && !self.was_sent() {
                return Ok(());
            }
            let begun = Instant::now();
            match self.look_beside_the_stream().await {
                // Looks before it that had no answer do not count any more. Pings end a dead connection, and the call
                // with it; where they are off, a look may go another way than the call.
                ProbeResult::Answered => {
                    if self.may_wait_for_the_call() {
                        self.state.last_stream.silent = Duration::ZERO;
                    }
                    return Ok(());
                }
                ProbeResult::Unanswered if self.may_wait_for_the_call() => {
                    self.state.last_stream.silent =
                        self.state.last_stream.silent.saturating_add(begun.elapsed());
                    return Ok(());
                }
                ProbeResult::Lost(failure) => {
                    self.leave_stream();
                    self.state.received = Received::Some;
                    return self.recover(failure).await;
                }
                ProbeResult::Unanswered => {}
            }
        }
        self.leave_stream();
        // Without a plan there is nothing that could have been answered.
        if self.was_sent() {
            self.state.received = Received::Some;
        }
        tracing::debug!(operation = %self.id, "nothing came for too long");
        self.check_resumable(Self::cannot_resume("fell silent")).await
    }

    /// Whether the call that opens the stream is waited for as long as the server answers others.
    fn may_wait_for_the_call(&self) -> bool {
        matches!(&self.stream, ResponseStream::Opening(opening) if self.may_end_with(opening))
    }

    fn leave_stream(&mut self) {
        // The server was asked for the rest, if without an answer.
        if matches!(&self.stream, ResponseStream::Opening(opening) if !opening.carries_plan) {
            self.observer.reattached();
        }
        self.stream = ResponseStream::None;
    }

    /// Finds out whether the session is there, unless what is awaited comes before.
    async fn look_beside_the_stream(&mut self) -> ProbeResult {
        let is_dropped_for_others = self.rpc.profile().evicts_sessions();
        let Self { rpc, stream, .. } = self;
        let awaited = async {
            match stream {
                ResponseStream::None => {}
                ResponseStream::Opening(opening) => (&mut opening.call).await,
                ResponseStream::Open(responses) => _ = Pin::new(responses).peek().await,
            }
        };
        let bound = if is_dropped_for_others { SHORT_SILENCE } else { LOOK_EVERY };
        let look = clock::timeout(bound, rpc.look());
        let looked = match select(pin!(look), pin!(awaited)).await {
            Either::Left((looked, _)) => looked,
            Either::Right(_) => Some(Ok(())),
        };
        match looked {
            None => ProbeResult::Unanswered,
            Some(Err(failure)) if is_no_answer(&failure) => ProbeResult::Unanswered,
            // Elsewhere a refusal, such as that of a token which has ended since, says nothing about the plan.
            Some(Err(failure)) if is_dropped_for_others || failure.error.kind() == ErrorKind::SessionLost => {
                ProbeResult::Lost(failure)
            }
            Some(_) => ProbeResult::Answered,
        }
    }

    /// Fails with `error` where the rest of the result cannot be asked for: all of it would come again.
    async fn check_resumable(&mut self, error: Error) -> Result<()> {
        match self.state.delivered.can_resume() {
            true => Ok(()),
            false => self.stop_with(error).await,
        }
    }

    fn was_open_for(&self, duration: Duration) -> bool {
        self.state.last_stream.begun.is_some_and(|begun| begun.elapsed() >= duration)
    }

    fn cannot_resume(what: &str) -> Error {
        let message = format!(
            "the stream of the result {what}, and the server gave its responses no ids, so what is left cannot be asked \
             for"
        );
        Error::new(ErrorKind::Unavailable, message)
    }

    pub(super) async fn recover(&mut self, failure: Failure) -> Result<()> {
        let failure = self.with_one_more_token(failure);
        if !self.was_sent() {
            return self.recover_before_sending(failure).await;
        }
        if failure.is_turned_away() && self.rpc.profile().may_be_behind_a_router() {
            return self.on_turned_away(failure).await;
        }
        match failure.remedy {
            // Asking for the rest did not leave, or was not processed; nothing new is in doubt.
            Remedy::Retry if failure.unsent => self.pause(failure).await,
            Remedy::Retry | Remedy::Reattach => {
                self.state.received = Received::Some;
                if self.state.last_stream.has_spoken {
                    // The operation was there after the stream that ended early.
                    self.state.has_ended_early = false;
                    if self.was_open_for(HEALTHY) {
                        self.state.attempts.succeeded();
                    }
                }
                if !self.state.delivered.can_resume() {
                    return self
                        .stop_with(Self::cannot_resume("ended early").with_source(failure.error))
                        .await;
                }
                self.pause(Failure { remedy: Remedy::Retry, ..failure }).await
            }
            Remedy::ReattachBriefly if self.may_ask_past_router(&failure) => {
                self.ask_past_router(failure).await
            }
            Remedy::OperationNotFound => self.on_operation_not_found(failure).await,
            // There is no token at the moment to ask for the rest with.
            Remedy::None if failure.unsent && failure.error.kind() == ErrorKind::Unauthenticated => {
                self.pause(Failure { remedy: Remedy::Retry, ..failure }).await
            }
            // A call that did not leave, or was not processed, has ended nothing on the server.
            Remedy::None | Remedy::ReattachBriefly if failure.unsent => self.stop_with(failure.error).await,
            Remedy::None | Remedy::ReattachBriefly => self.end_with(failure.error).await,
        }
    }

    /// Nothing is in doubt before the plan was sent: a deadline that passed on the way is no more than a failed attempt.
    async fn recover_before_sending(&mut self, failure: Failure) -> Result<()> {
        // As in gRPC's clients: once for a plan with effects, should what says so be wrong.
        if failure.unprocessed
            && self.may_change()
            && std::mem::replace(&mut self.state.was_unprocessed, true)
        {
            return self.stop_with(failure.error).await;
        }
        let remedy = match failure.remedy {
            Remedy::Reattach => Remedy::Retry,
            remedy => remedy,
        };
        self.pause(Failure { remedy, ..failure }).await
    }

    /// Ends an operation for which nothing more can be done.
    async fn end_with(&mut self, error: Error) -> Result<()> {
        match self.may_go_on(&error) {
            true => self.stop_with(error).await,
            false => self.finish_with(error).await,
        }
    }

    /// The operation has ended, so there is no rest to ask for. A plan that has not run is sent once more, where the server
    /// asks to wait for that: all begins anew.
    async fn on_turned_away(&mut self, failure: Failure) -> Result<()> {
        if self.may_have_begun() {
            return self.end_with(failure.error).await;
        }
        self.state.sent.undo();
        self.state.is_turned_away = true;
        self.state.received = Received::default();
        self.state.delivered = Delivered::default();
        self.state.has_ended_early = false;
        self.pause(failure).await
    }

    /// Whether a part of a plan may have run before it was turned away. It has not where the server has said nothing of it
    /// but that it has it. A plan with effects also has to be one statement, and the refusal to be the answer to the call
    /// that brought it.
    fn may_have_begun(&self) -> bool {
        let is_certain =
            !self.may_change() || self.state.last_stream.carries_plan && !self.rpc.may_be_several();
        self.state.is_at_work || !is_certain
    }

    fn may_ask_past_router(&self, failure: &Failure) -> bool {
        let may_be_one = match failure.error.kind() {
            // Any gateway may turn calls away. One that brought the plan was refused whole.
            ErrorKind::Unauthenticated => self.state.received == Received::Some,
            _ => self.rpc.profile().may_be_behind_a_router(),
        };
        !failure.unsent && may_be_one && self.state.delivered.can_resume()
    }

    /// Asks for the rest again where a router in front of the server may have failed: that runs nothing twice, and the
    /// server tells what became of the plan. Where it goes on for long it is the failure of the plan after all.
    async fn ask_past_router(&mut self, failure: Failure) -> Result<()> {
        self.state.received = Received::Some;
        if self.state.last_stream.has_spoken && self.was_open_for(HEALTHY) {
            self.state.attempts_at_router.succeeded();
        }
        let policy = while_a_router_is_away(self.retrying.policy);
        let retrying = Retrying { policy, ..self.retrying.clone() };
        let failure = Failure { remedy: Remedy::Retry, ..failure };
        match retrying.pause(&mut self.state.attempts_at_router, failure).await {
            Ok(_) => {
                self.observer.retried();
                Ok(())
            }
            // Its calls were let in before, and the one that stops it may be.
            Err(error) if error.kind() == ErrorKind::Unauthenticated => self.stop_with(error).await,
            Err(error) => self.end_with(error).await,
        }
    }

    /// The rest may be asked for with another token, once: a server that takes none may lock an account. One that says
    /// PERMISSION_DENIED takes the token, if not what comes with it.
    fn with_one_more_token(&mut self, failure: Failure) -> Failure {
        // The token of a stream that was open for long was taken.
        if self.was_open_for(HEALTHY) {
            self.state.is_token_refused = false;
        }
        let is_retried = failure.remedy == Remedy::Retry && !failure.unsent;
        let is_refused = is_retried && failure.error.kind() == ErrorKind::Unauthenticated;
        match is_refused && std::mem::replace(&mut self.state.is_token_refused, true) {
            true => Failure { remedy: Remedy::None, ..failure },
            false => failure,
        }
    }

    /// Whether the operation may go on on the server: the client has failed, could not read a message, or a proxy between
    /// them ended the stream or took no call. A message that is too large the client refuses in the words of a server.
    fn may_go_on(&self, error: &Error) -> bool {
        let bare_refusals = self.rpc.profile().has_bare_refusals();
        match error.kind() {
            ErrorKind::TooLarge => true,
            // Whoever is not let in can stop nothing either.
            ErrorKind::SessionLost | ErrorKind::Unauthenticated => false,
            _ => error.server().is_none_or(|server| server.may_be_of_a_gateway(bare_refusals)),
        }
    }

    async fn pause(&mut self, failure: Failure) -> Result<()> {
        match self.retrying.pause(&mut self.state.attempts, failure).await {
            Ok(is_retry) => {
                if is_retry {
                    self.observer.retried();
                }
                Ok(())
            }
            Err(error) => self.stop_with(error).await,
        }
    }

    async fn on_operation_not_found(&mut self, failure: Failure) -> Result<()> {
        if self.rpc.profile().ends_interrupted_without_error()
            && self.state.has_ended_early
            && failure.error.kind() != ErrorKind::SessionLost
        {
            let message = "the operation was interrupted by someone before its result was complete, or a proxy ended the \
                           stream of the result";
            return self
                .finish_with(Error::new(ErrorKind::Cancelled, message).with_source(failure.error))
                .await;
        }
        if !self.state.delivered.is_empty() {
            let message = "the server no longer has the rest of the result: the connection broke when it had sent all \
                           of it, the server restarted, or the client was away too long";
            return self.finish_with(unless_session_lost(failure.error, message)).await;
        }
        let message = "the connection broke before the plan arrived, or the server restarted";
        let error = unless_session_lost(failure.error, message);
        if self.may_change() {
            return self.finish_with(error).await;
        }
        // Nothing of the plan arrived: sending it again is the first time for the server. Or it restarted meanwhile, and
        // makes the session anew.
        self.state.sent.undo();
        self.rpc.doubt_session();
        self.pause(Failure { error, remedy: Remedy::Retry, ..failure }).await
    }

    /// Ends an operation that has ended on the server, with `error`.
    async fn finish_with<T>(&mut self, error: Error) -> Result<T> {
        let error = self.explain(error).await;
        if self.was_sent() {
            self.rpc.release(None);
        }
        Err(self.final_error(error))
    }

    /// Ends an operation that may go on on the server, with `error`, and stops it there.
    pub(super) async fn stop_with<T>(&mut self, error: Error) -> Result<T> {
        let error = self.explain(error).await;
        self.abandon();
        Err(self.final_error(error))
    }

    /// Has the server stop the operation, or forget one that it turned away.
    pub(super) fn abandon(&self) {
        if self.was_sent() {
            self.rpc.abandon(self.state.has_rows);
        } else if self.state.is_turned_away {
            self.rpc.release(None);
        }
    }

    /// The error, completed with what the server kept about it. Dropped meanwhile, the operation is given up like any
    /// other.
    async fn explain(&mut self, error: Error) -> Error {
        self.leave_stream();
        if self.was_sent() || self.state.is_turned_away { self.rpc.explain(error).await } else { error }
    }

    fn final_error(&mut self, error: Error) -> Error {
        self.is_over = true;
        let sent = self.was_sent();
        // Anything but a condition of the statement may be one of the session.
        if sent && !error.server().is_some_and(ServerError::has_condition_of_a_statement) {
            self.rpc.probe_session_next();
        }
        let error = match self.may_change() && !self.is_certain(&error) {
            true => outcome_unknown(error),
            false => error,
        };
        let error = error.with_operation(self.id).with_may_have_run(sent);
        // Texts and kinds say what a server said, not that nothing happened: repeating it is for someone who knows.
        if self.may_change() && sent { error.not_repeatable() } else { error }
    }
}

/// The waits for a router, some thirty seconds in all: one that is away for longer is no momentary failure.
fn while_a_router_is_away(policy: RetryPolicy) -> RetryPolicy {
    RetryPolicy {
        max_retries: policy.max_retries.min(8),
        initial_backoff: Duration::from_millis(250),
        multiplier: 2.0,
        max_backoff: policy.max_backoff.min(Duration::from_secs(8)),
        ..policy
    }
}

/// Whether the failure says no more than that no answer came.
fn is_no_answer(failure: &Failure) -> bool {
    matches!(failure.error.kind(), ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Unavailable)
}

/// What an operation that the server does not know says, unless it is the session that the server does not know.
fn unless_session_lost(error: Error, message: &'static str) -> Error {
    match error.kind() {
        ErrorKind::SessionLost => error,
        _ => error.into_kind(ErrorKind::Unavailable, message),
    }
}
