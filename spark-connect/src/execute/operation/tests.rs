//! The machine against a scripted server: no sockets, no waiting.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream::{self, BoxStream, TryStreamExt};

use super::*;
use crate::channel::Effects::{MayChange, ReadOnly};
use crate::error::ServerError;
use crate::error::status::Remedy;
use crate::proto::execute_plan_response::{ArrowBatch, ResultComplete};
use crate::retry::{RetryBudget, RetryPolicy, Timer};
use crate::rpc::{Cooperative, ServerProfile};

mod certainty;
mod dropped_responses;
mod endless;
mod healthy;
mod repeated;
mod routed;
mod silence;
mod unsent;

/// The answer of the server to one request for responses.
type Answer = Result<Vec<Result<ExecutePlanResponse, Failure>>, Failure>;

/// A call of the client.
#[derive(Debug, Clone, PartialEq)]
enum Call {
    Execute,
    Reattach(Option<String>),
    Release(Option<String>),
    Abandon { planned: bool },
    Sleep(Duration),
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Call>>>);

impl Log {
    fn push(&self, call: Call) {
        self.0.lock().unwrap().push(call);
    }

    fn calls(&self) -> Vec<Call> {
        self.0.lock().unwrap().clone()
    }

    /// How often was waited before something was tried again.
    fn sleeps(&self) -> usize {
        self.calls().iter().filter(|call| matches!(call, Call::Sleep(_))).count()
    }
}

struct Script {
    answers: Mutex<VecDeque<Answer>>,
    /// How long nothing comes on a stream at first.
    slow: Duration,
    /// How long each stream is held open before it ends.
    age: Duration,
    /// The server, of which nothing is known at first.
    profile: ServerProfile,
    /// Whether the session is gone before anything is sent.
    session_lost: bool,
    /// The failures of the first looks before the plan is sent.
    failing_looks: Mutex<VecDeque<Failure>>,
    /// How often a look finds the session.
    found: Option<usize>,
    looks: AtomicUsize,
    /// The failure of the look after that.
    lost: ErrorKind,
    /// How long the look at the session takes.
    look: Duration,
    /// The same for the first looks, with what they fail with.
    first_looks: Mutex<VecDeque<(Duration, Result<(), ErrorKind>)>>,
    /// How long the plan waits for its token the first time.
    token: Mutex<Duration>,
    /// How long the plan is on its way.
    sending: Duration,
    /// How long the server does not begin to answer.
    head: Duration,
    /// The same for the first call that asks for the rest.
    reattach_head: Mutex<Duration>,
    log: Log,
}

impl Script {
    fn next(&self) -> Result<BoxStream<'static, Result<ExecutePlanResponse, Failure>>, Failure> {
        let answer =
            self.answers.lock().unwrap().pop_front().expect("a request that the script does not expect");
        let silence = (!self.slow.is_zero()).then(|| tokio::time::sleep(self.slow));
        let age = tokio::time::sleep(self.age);
        let nothing = |()| async { None::<Result<ExecutePlanResponse, Failure>> };
        let silent = stream::iter(silence).then(|silence| silence).filter_map(nothing);
        let responses = silent.chain(stream::iter(answer?)).chain(stream::once(age).filter_map(nothing));
        Ok(Cooperative::new(responses.boxed()).boxed())
    }
}

/// A server of which nothing is known: a plan may end with its call.
fn unknown() -> ServerProfile {
    ServerProfile::told_by("ours", false, None, false)
}

/// A server that keeps few sessions: Spark before 4.0.
fn nameless() -> ServerProfile {
    ServerProfile::told_by("ours", true, None, false)
}

/// A server that drops responses, and has refusals without a class: Sail.
fn echoed() -> ServerProfile {
    ServerProfile::told_by("ours", true, Some("ours"), false)
}

/// A server that tells the end of an interrupted operation: Spark.
fn own() -> ServerProfile {
    ServerProfile::told_by("ours", true, Some("another"), false)
}

impl OperationRpc for Script {
    type Responses = BoxStream<'static, Result<ExecutePlanResponse, Failure>>;

    async fn check_before_plan(&self, effects: Effects) -> Result<(), Failure> {
        tokio::time::sleep(self.look).await;
        let failing = self.failing_looks.lock().unwrap().pop_front();
        if let Some(failure) = failing {
            return Err(failure);
        }
        match self.session_lost && effects.may_change() {
            true => Err(Failure::fatal(Error::new(ErrorKind::SessionLost, "gone"))),
            false => Ok(()),
        }
    }

    async fn execute(&self, sent: &PlanSent) -> Result<Self::Responses, Failure> {
        let token = std::mem::take(&mut *self.token.lock().unwrap());
        if !token.is_zero() {
            tokio::time::sleep(token).await;
        }
        sent.note();
        self.log.push(Call::Execute);
        let begins = self.sending + self.head;
        if !begins.is_zero() {
            tokio::time::sleep(begins).await;
        }
        self.next()
    }

    /// The plan is one statement.
    fn may_be_several(&self) -> bool {
        false
    }

    fn sending_time(&self) -> Duration {
        self.sending
    }

    fn profile(&self) -> ServerProfile {
        self.profile
    }

    async fn look(&self) -> Result<(), Failure> {
        let first = self.first_looks.lock().unwrap().pop_front();
        if let Some((takes, found)) = first {
            tokio::time::sleep(takes).await;
            self.looks.fetch_add(1, Ordering::Relaxed);
            return found.map_err(|kind| Failure::fatal(Error::new(kind, "no answer")));
        }
        tokio::time::sleep(self.look).await;
        let looks = self.looks.fetch_add(1, Ordering::Relaxed);
        match self.found {
            Some(found) if looks >= found => Err(Failure::fatal(Error::new(self.lost, "gone"))),
            _ => Ok(()),
        }
    }

    async fn reattach(&self, last: Option<&str>) -> Result<Self::Responses, Failure> {
        self.log.push(Call::Reattach(last.map(str::to_owned)));
        let begins = std::mem::take(&mut *self.reattach_head.lock().unwrap());
        if !begins.is_zero() {
            tokio::time::sleep(begins).await;
        }
        self.next()
    }

    /// There is no pool.
    async fn ended_with_pool(&self) -> Error {
        std::future::pending().await
    }

    async fn explain(&self, error: Error) -> Error {
        error
    }

    fn release(&self, until: Option<String>) {
        self.log.push(Call::Release(until));
    }

    fn finish(&self, responses: Option<Self::Responses>) {
        assert!(responses.is_some());
        self.log.push(Call::Release(None));
    }

    fn probe_session_next(&self) {}

    fn doubt_session(&self) {}

    fn abandon(&self, planned: bool) {
        self.log.push(Call::Abandon { planned });
    }
}

fn operation(effects: Effects, answers: Vec<Answer>) -> (Operation<Script>, Log) {
    let log = Log::default();
    let sleeps = log.clone();
    let timer = Timer {
        sleep: Arc::new(move |wait| {
            sleeps.push(Call::Sleep(wait));
            Box::pin(std::future::ready(()))
        }),
        jitter: Arc::new(|| 1.0),
    };
    let (policy, budget) = (RetryPolicy::default(), RetryBudget::default());
    let retrying = Retrying { policy, timer, budget, server: "host:443".into() };
    let script = Script {
        answers: Mutex::new(answers.into()),
        slow: Duration::ZERO,
        age: Duration::ZERO,
        profile: unknown(),
        session_lost: false,
        failing_looks: Mutex::default(),
        found: None,
        looks: AtomicUsize::new(0),
        lost: ErrorKind::SessionLost,
        look: Duration::ZERO,
        first_looks: Mutex::default(),
        token: Mutex::default(),
        sending: Duration::ZERO,
        head: Duration::ZERO,
        reattach_head: Mutex::default(),
        log: log.clone(),
    };
    (Operation::new(script, retrying, Uuid::nil(), effects, Observer::new()), log)
}

fn message(number: usize) -> ExecutePlanResponse {
    let batch = ArrowBatch { row_count: 1, ..Default::default() };
    ExecutePlanResponse {
        response_id: format!("r{number}"),
        response_type: Some(ResponseType::ArrowBatch(batch)),
        ..Default::default()
    }
}

fn complete() -> ExecutePlanResponse {
    ExecutePlanResponse {
        response_id: "end".into(),
        response_type: Some(ResponseType::ResultComplete(ResultComplete {})),
        ..Default::default()
    }
}

fn failure(remedy: Remedy) -> Failure {
    let error = Error::new(ErrorKind::Unavailable, "the connection was lost");
    Failure { remedy, ..Failure::fatal(error) }
}

fn unsent() -> Failure {
    failure(Remedy::Retry).before_sending()
}

fn not_found() -> Failure {
    let server = ServerError {
        message: "no such operation".into(),
        error_class: Some("INVALID_HANDLE.OPERATION_NOT_FOUND".into()),
        ..Default::default()
    };
    let error = Error::new(ErrorKind::Server, "the server failed the operation").with_server(server);
    Failure { remedy: Remedy::OperationNotFound, ..Failure::fatal(error) }
}

/// Messages `from..to` and then the end of the result.
fn rest(from: usize, to: usize) -> Answer {
    Ok((from..to).map(message).chain([complete()]).map(Ok).collect())
}

async fn ids(operation: Operation<Script>) -> Result<Vec<String>> {
    operation.into_stream().map_ok(|response| response.response_id).try_collect().await
}

#[tokio::test]
async fn a_result_broken_at_any_point_in_any_way_arrives_whole_and_in_order() {
    const MESSAGES: usize = 200;
    let whole: Vec<String> = (0..MESSAGES).map(|number| format!("r{number}")).collect();
    let ways: [fn() -> Option<Failure>; 4] =
        [|| None, || Some(failure(Remedy::Retry)), || Some(failure(Remedy::Reattach)), || Some(unsent())];
    let mut attempts = 0;
    for way in ways {
        for at in 0..=MESSAGES {
            let broken = (0..at).map(message).map(Ok).chain(way().map(Err)).collect();
            let (operation, log) = operation(ReadOnly, vec![Ok(broken), rest(at, MESSAGES)]);
            assert_eq!(ids(operation).await.unwrap(), whole);
            let last = at.checked_sub(1).map(|last| format!("r{last}"));
            let calls = log.calls();
            assert_eq!(calls.iter().filter(|call| **call == Call::Execute).count(), 1);
            assert!(calls.contains(&Call::Reattach(last)));
            assert_eq!(calls.last(), Some(&Call::Release(None)));
            attempts += 1;
        }
    }
    assert_eq!(attempts, 4 * (MESSAGES + 1));
}

#[tokio::test]
async fn a_statement_with_effects_is_never_sent_twice() {
    let answers = vec![Err(failure(Remedy::Retry)), Err(not_found())];
    let (operation, log) = operation(MayChange, answers);
    let error = ids(operation).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(error.operation_id(), Some(Uuid::nil()));
    assert_eq!(log.calls().iter().filter(|call| **call == Call::Execute).count(), 1);
}

#[tokio::test]
async fn a_statement_with_effects_whose_retries_run_out_has_an_unknown_outcome() {
    let answers = std::iter::repeat_with(|| Err(failure(Remedy::Retry))).take(16).collect();
    let (operation, log) = operation(MayChange, answers);
    assert_eq!(ids(operation).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    let calls = log.calls();
    assert_eq!(calls.iter().filter(|call| **call == Call::Execute).count(), 1);
    assert_eq!(log.sleeps(), 15);
}

#[tokio::test]
async fn an_operation_that_the_server_forgot_in_the_middle_is_an_error_and_not_a_second_run() {
    let broken = vec![Ok(message(0)), Err(failure(Remedy::Retry))];
    let (operation, log) = operation(ReadOnly, vec![Ok(broken), Err(not_found())]);
    let error = ids(operation).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.server().and_then(ServerError::error_class), Some("INVALID_HANDLE.OPERATION_NOT_FOUND"));
    assert_eq!(log.calls().iter().filter(|call| **call == Call::Execute).count(), 1);
}

#[tokio::test]
async fn a_clean_early_end_that_cannot_be_taken_up_is_a_cancelled_query_and_not_a_short_result() {
    let (operation, _) = operation(ReadOnly, vec![Ok(vec![Ok(message(0))]), Err(not_found())]);
    let error = ids(operation).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(error.to_string().contains("or a proxy ended the stream"), "{error}");
}

/// It says of an interrupted operation that it was cancelled.
#[tokio::test]
async fn elsewhere_such_a_result_is_lost_and_a_query_without_one_is_sent_again() {
    let (mut begun, _) = operation(ReadOnly, vec![Ok(vec![Ok(message(0))]), Err(not_found())]);
    Arc::get_mut(&mut begun.rpc).unwrap().profile = own();
    assert_eq!(ids(begun).await.unwrap_err().kind(), ErrorKind::Unavailable);
    let (mut lost, log) = operation(ReadOnly, vec![Ok(vec![]), Err(not_found()), rest(0, 1)]);
    Arc::get_mut(&mut lost.rpc).unwrap().profile = own();
    assert_eq!(ids(lost).await.unwrap(), ["r0"]);
    assert_eq!(log.calls().iter().filter(|call| **call == Call::Execute).count(), 2);
}

#[tokio::test]
async fn a_restart_seen_after_a_break_leaves_the_outcome_of_a_statement_open() {
    let changed = || {
        let error = Error::new(ErrorKind::SessionLost, "the server no longer has the session");
        Err(Failure::fatal(error))
    };
    let (statement, _) = operation(MayChange, vec![Err(failure(Remedy::Retry)), changed()]);
    assert_eq!(ids(statement).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    // The first answer may come when the statement has run half-way, so it says no more.
    let (statement, _) = operation(MayChange, vec![changed()]);
    assert_eq!(ids(statement).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn a_server_that_is_being_stopped_leaves_the_outcome_of_a_statement_open() {
    let (statement, _) = operation(MayChange, vec![Ok(vec![Err(failure(Remedy::None))])]);
    assert_eq!(ids(statement).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    let (query, _) = operation(ReadOnly, vec![Ok(vec![Err(failure(Remedy::None))])]);
    assert_eq!(ids(query).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

/// Their own waits are next to nothing, so what they wait for is their turn.
#[tokio::test(start_paused = true)]
async fn many_operations_on_a_server_that_is_away_retry_slowly_and_none_is_given_up_for_the_others() {
    let (budget, begun) = (RetryBudget::default(), Instant::now());
    let operations = (0..40).map(|_| {
        let away = std::iter::repeat_with(|| Err(failure(Remedy::Retry))).take(15);
        let (mut operation, _) = operation(ReadOnly, away.chain([rest(0, 1)]).collect());
        operation.retrying.budget = budget.clone();
        operation.retrying.timer = Timer::new(|wait| Box::pin(tokio::time::sleep(wait)), || 1.0);
        operation.retrying.policy.initial_backoff = Duration::from_millis(1);
        operation.retrying.policy.multiplier = 1.0;
        ids(operation)
    });
    for ended in futures_util::future::join_all(operations).await {
        assert_eq!(ended.unwrap(), ["r0"]);
    }
    // The first of them comes to its end with the last retry of all but a few, which are 5 ms apart.
    let waited = begun.elapsed();
    assert!((2000..3000).contains(&waited.as_millis()), "{waited:?}");
}

#[tokio::test]
async fn a_server_that_keeps_ending_early_is_asked_more_and_more_slowly_and_then_given_up() {
    let answers = std::iter::repeat_with(|| Ok(Vec::new())).take(17).collect();
    let (operation, log) = operation(ReadOnly, answers);
    assert_eq!(ids(operation).await.unwrap_err().kind(), ErrorKind::Unavailable);
    let sleeps = log.sleeps();
    assert_eq!(sleeps, 15);
}

#[tokio::test]
async fn each_response_renews_the_retries() {
    let mut answers: Vec<Answer> =
        (0..40).map(|number| Ok(vec![Ok(message(number)), Err(failure(Remedy::Retry))])).collect();
    answers.push(rest(40, 41));
    let (operation, log) = operation(ReadOnly, answers);
    assert_eq!(ids(operation).await.unwrap().len(), 41);
    let first = Call::Sleep(Duration::from_millis(50));
    assert_eq!(log.calls().iter().filter(|call| **call == first).count(), 40);
}

#[tokio::test]
async fn a_dropped_operation_is_abandoned_once_it_was_sent_and_only_then() {
    let (unsent, log) = operation(ReadOnly, vec![rest(0, 2)]);
    drop(unsent.into_stream());
    assert_eq!(log.calls(), []);

    let (sent, log) = operation(ReadOnly, vec![rest(0, 2)]);
    let mut stream = Box::pin(sent.into_stream());
    assert_eq!(stream.try_next().await.unwrap().unwrap().response_id, "r0");
    drop(stream);
    assert_eq!(log.calls(), [Call::Execute, Call::Abandon { planned: true }]);

    let (ended, log) = operation(ReadOnly, vec![rest(0, 1)]);
    let mut stream = Box::pin(ended.into_stream());
    while stream.try_next().await.unwrap().is_some() {}
    drop(stream);
    assert_eq!(log.calls(), [Call::Execute, Call::Release(None)]);
}

#[tokio::test(start_paused = true)]
async fn an_operation_without_rows_may_still_be_planned() {
    let (mut sent, log) = operation(ReadOnly, vec![Ok(Vec::new())]);
    Arc::get_mut(&mut sent.rpc).unwrap().age = Duration::from_secs(300);
    let mut stream = Box::pin(sent.into_stream());
    assert!(futures_util::poll!(stream.try_next()).is_pending());
    drop(stream);
    assert_eq!(log.calls(), [Call::Execute, Call::Abandon { planned: false }]);
}

#[tokio::test]
async fn what_was_handed_on_is_released_now_and_then() {
    let large = |number: usize| {
        let mut response = message(number);
        let batch =
            ArrowBatch { row_count: 1, data: vec![0; RELEASE_AFTER / 2].into(), ..Default::default() };
        response.response_type = Some(ResponseType::ArrowBatch(batch));
        Ok(response)
    };
    let answer = Ok((0..5).map(large).chain([Ok(complete())]).collect());
    let (operation, log) = operation(ReadOnly, vec![answer]);
    assert_eq!(ids(operation).await.unwrap().len(), 5);
    let released = |id: &str| Call::Release(Some(id.into()));
    assert_eq!(log.calls(), [Call::Execute, released("r1"), released("r3"), Call::Release(None)]);
}

#[tokio::test]
async fn a_response_of_another_operation_is_refused() {
    let foreign = ExecutePlanResponse { operation_id: Uuid::max().to_string(), ..message(0) };
    let (operation, log) = operation(ReadOnly, vec![Ok(vec![Ok(foreign)])]);
    assert_eq!(ids(operation).await.unwrap_err().kind(), ErrorKind::Protocol);
    // It goes on on the server, of which nothing was heard.
    assert_eq!(log.calls(), [Call::Execute, Call::Abandon { planned: false }]);
}

#[tokio::test]
async fn an_operation_that_is_given_up_is_stopped_and_one_that_the_server_ended_is_forgotten() {
    let words = ServerError { message: "decoded message length too large".into(), ..Default::default() };
    for unread in [
        Error::protocol("a message cannot be read"),
        Error::new(ErrorKind::TooLarge, "too large").with_server(words),
        Error::new(ErrorKind::Timeout, "the session was not found in time"),
    ] {
        let kind = unread.kind();
        let (given_up, log) =
            operation(ReadOnly, vec![Ok(vec![Ok(message(0)), Err(Failure::fatal(unread))])]);
        assert_eq!(ids(given_up).await.unwrap_err().kind(), kind);
        assert_eq!(log.calls().last(), Some(&Call::Abandon { planned: true }));
    }
    let server = ServerError { message: "division by zero".into(), ..Default::default() };
    let refused = Failure::fatal(Error::new(ErrorKind::Server, "refused").with_server(server));
    let (ended, log) = operation(ReadOnly, vec![Ok(vec![Ok(message(0)), Err(refused)])]);
    assert_eq!(ids(ended).await.unwrap_err().kind(), ErrorKind::Server);
    assert_eq!(log.calls(), [Call::Execute, Call::Release(None)]);
}

#[tokio::test]
async fn a_session_lost_after_a_stream_that_ended_early_is_no_interrupt() {
    let lost = || {
        let server = ServerError {
            message: "no such session".into(),
            error_class: Some("INVALID_HANDLE.SESSION_NOT_FOUND".into()),
            ..Default::default()
        };
        let error = Error::new(ErrorKind::SessionLost, "gone").with_server(server);
        Failure { remedy: Remedy::OperationNotFound, ..Failure::fatal(error) }
    };
    let (interrupted, _) = operation(ReadOnly, vec![Ok(vec![Ok(message(0))]), Err(not_found())]);
    assert_eq!(ids(interrupted).await.unwrap_err().kind(), ErrorKind::Cancelled);
    let (restarted, _) = operation(ReadOnly, vec![Ok(vec![Ok(message(0))]), Err(lost())]);
    assert_eq!(ids(restarted).await.unwrap_err().kind(), ErrorKind::SessionLost);
    // The next stream showed that the operation was there.
    let broken = Ok(vec![Ok(progress("p")), Err(failure(Remedy::Retry))]);
    let (later, _) = operation(ReadOnly, vec![Ok(vec![Ok(message(0))]), broken, Err(not_found())]);
    assert_eq!(ids(later).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

/// Nothing was asked of the server, so nothing has ended there.
#[tokio::test]
async fn resuming_retries_a_failing_token_provider_then_interrupts() {
    let no_token = || {
        let error = Error::new(ErrorKind::Unauthenticated, "there is no token to send");
        Err(Failure::fatal(error).before_sending())
    };
    let broken = || Ok(vec![Ok(message(0)), Err(failure(Remedy::Retry))]);
    let (passing, log) = operation(ReadOnly, vec![broken(), no_token(), rest(1, 2)]);
    assert_eq!(ids(passing).await.unwrap(), ["r0", "r1"]);
    assert_eq!(log.calls().last(), Some(&Call::Release(None)));

    let answers = std::iter::once(broken()).chain(std::iter::repeat_with(no_token).take(15)).collect();
    let (given_up, log) = operation(ReadOnly, answers);
    assert_eq!(ids(given_up).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
    let calls = log.calls();
    assert_eq!(log.sleeps(), 15);
    assert_eq!(calls.last(), Some(&Call::Abandon { planned: true }));
    assert!(!calls.contains(&Call::Release(None)));
}

/// Whatever it says of the session: the call that would have told the server did not leave.
#[tokio::test]
async fn a_call_for_the_rest_that_did_not_leave_has_ended_nothing_on_the_server() {
    let lost = || Failure::fatal(Error::new(ErrorKind::SessionLost, "the tokens are for another server"));
    for (failure_of, end) in
        [(lost().before_sending(), Call::Abandon { planned: true }), (lost(), Call::Release(None))]
    {
        let broken = Ok(vec![Ok(message(0)), Err(failure(Remedy::Retry))]);
        let (query, log) = operation(ReadOnly, vec![broken, Err(failure_of)]);
        assert_eq!(ids(query).await.unwrap_err().kind(), ErrorKind::SessionLost);
        assert_eq!(log.calls().last(), Some(&end));
    }
}

/// Sail runs on with an operation that it is told to forget.
#[tokio::test]
async fn an_operation_that_a_proxy_ended_is_interrupted() {
    for (words, may_go_on) in [("upstream error", true), ("internal error: no plan", false)] {
        let server = ServerError { message: words.into(), is_bare: true, ..Default::default() };
        let ended = Failure::fatal(Error::new(ErrorKind::Server, "refused").with_server(server));
        let (mut query, log) = operation(ReadOnly, vec![Ok(vec![Ok(message(0)), Err(ended)])]);
        Arc::get_mut(&mut query.rpc).unwrap().profile = echoed();
        assert_eq!(ids(query).await.unwrap_err().kind(), ErrorKind::Server);
        let end = if may_go_on { Call::Abandon { planned: true } } else { Call::Release(None) };
        assert_eq!(log.calls(), [Call::Execute, end], "{words}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_dropped_before_it_left_is_not_stopped() {
    let (mut operation, log) = operation(ReadOnly, vec![]);
    Arc::get_mut(&mut operation.rpc).unwrap().token = Mutex::new(SHORT_SILENCE);
    let mut stream = Box::pin(operation.into_stream());
    assert!(futures_util::poll!(stream.try_next()).is_pending());
    drop(stream);
    assert_eq!(log.calls(), []);
}

fn progress(id: &str) -> ExecutePlanResponse {
    let progress = Some(ResponseType::ExecutionProgress(Default::default()));
    ExecutePlanResponse { response_id: id.into(), response_type: progress, ..Default::default() }
}
