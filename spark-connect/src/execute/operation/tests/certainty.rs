//! Whether a statement with effects ran, as a failure tells.

use super::*;

type Broken = fn() -> Failure;

fn refused(kind: ErrorKind, message: &str, class: Option<&str>) -> Failure {
    let server =
        ServerError { message: message.into(), error_class: class.map(str::to_owned), ..Default::default() };
    Failure::fatal(Error::new(kind, "refused").with_server(server))
}

/// A failure inside of which nothing but words came.
fn words_of_a_proxy(message: &str) -> Failure {
    let server = ServerError { message: message.into(), is_bare: true, ..Default::default() };
    Failure::fatal(Error::new(ErrorKind::Server, "refused").with_server(server))
}

fn throttled() -> Failure {
    let server = ServerError { message: "too many".into(), throttled: true, ..Default::default() };
    Failure::fatal(Error::new(ErrorKind::Server, "refused").with_server(server))
}

/// Everything that a server may answer to a statement, but for conditions of the statement's own.
const FAILURES: [(&str, Broken); 15] = [
    ("the token", || refused(ErrorKind::Unauthenticated, "no", None)),
    ("a size", || refused(ErrorKind::TooLarge, "too large", None)),
    ("a limit", throttled),
    ("what is missing", || refused(ErrorKind::Unsupported, "not here", None)),
    ("an interrupt", || refused(ErrorKind::Cancelled, "stopped", Some("OPERATION_CANCELED"))),
    ("a closed session", || refused(ErrorKind::SessionLost, "gone", Some("INVALID_HANDLE.SESSION_CLOSED"))),
    ("a new session", || refused(ErrorKind::SessionLost, "gone", Some("INVALID_HANDLE.SESSION_CHANGED"))),
    ("a stopped session", || refused(ErrorKind::SessionLost, "job runner is stopped", None)),
    ("a server that stops", || refused(ErrorKind::Unavailable, "stopped SparkContext", None)),
    ("a service that is away", || refused(ErrorKind::Unavailable, "later", Some("SOME_CONDITION"))),
    ("words", || refused(ErrorKind::Server, "some words", None)),
    ("a proxy", || words_of_a_proxy("upstream error")),
    ("a cursor", || refused(ErrorKind::Server, "where?", Some("INVALID_CURSOR.POSITION_NOT_AVAILABLE"))),
    ("a cluster", || refused(ErrorKind::ClusterNotReady, "pending", None)),
    ("nonsense", || refused(ErrorKind::Protocol, "?", None)),
];

fn executed(log: &Log) -> usize {
    log.calls().iter().filter(|call| **call == Call::Execute).count()
}

async fn failed(answers: Vec<Answer>) -> (Error, usize) {
    let (statement, log) = operation(MayChange, answers);
    (ids(statement).await.unwrap_err(), executed(&log))
}

#[tokio::test]
async fn after_any_answer_or_break_nothing_is_certain_or_sent_again() {
    let progress = || ExecutePlanResponse { response_id: "p".into(), ..Default::default() };
    for (name, failure_of) in FAILURES {
        let answered: Answer = Ok(vec![Ok(progress()), Err(failure_of())]);
        let (error, sent) = failed(vec![answered]).await;
        assert_eq!((error.kind(), sent), (ErrorKind::OutcomeUnknown, 1), "{name}");
        assert!(error.may_have_run(), "{name}");
        let (error, sent) = failed(vec![Err(failure(Remedy::Retry)), Err(failure_of())]).await;
        assert_eq!((error.kind(), sent), (ErrorKind::OutcomeUnknown, 1), "{name}");
    }
}

#[tokio::test]
async fn another_token_is_tried_once_until_a_response_comes() {
    let ended = || {
        let failure = refused(ErrorKind::Unauthenticated, "the token has expired", None);
        Failure { remedy: Remedy::Retry, ..failure }
    };
    let broken = |number| Ok(vec![Ok(message(number)), Err(ended())]);
    let (query, log) = operation(ReadOnly, vec![broken(0), broken(1), Ok(vec![Err(ended())])]);
    assert_eq!(ids(query).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
    let calls = log.calls();
    let resumed: Vec<&Call> = calls.iter().filter(|call| matches!(call, Call::Reattach(_))).collect();
    assert_eq!(resumed, [&Call::Reattach(Some("r0".into())), &Call::Reattach(Some("r1".into()))]);
}

#[tokio::test]
async fn an_uncertain_failure_is_said_to_be_one_and_no_lost_answer() {
    let answered: Answer = Ok(vec![Ok(message(0)), Err(refused(ErrorKind::Server, "some words", None))]);
    let (error, _) = failed(vec![answered]).await;
    assert!(error.to_string().starts_with("the statement was sent and failed"), "{error}");
    let broken = std::iter::repeat_with(|| Err(failure(Remedy::Retry))).take(16).collect();
    let (error, _) = failed(broken).await;
    assert!(error.to_string().starts_with("the statement was sent and its answer was lost"), "{error}");
}

#[tokio::test]
async fn a_refusal_is_certain_where_it_is_all_that_was_answered() {
    let certain = ["the token", "a size", "a limit", "what is missing", "words", "a cluster"];
    for (name, failure_of) in FAILURES {
        let (error, sent) = failed(vec![Err(failure_of())]).await;
        assert_eq!(error.kind() == ErrorKind::OutcomeUnknown, !certain.contains(&name), "{name}: {error}");
        assert_eq!((sent, error.may_have_run(), error.is_retryable()), (1, true, false), "{name}");
    }
    // After the head of the answer a message that is too large may be the answer, and the token may have ended since.
    for (kind, words) in [(ErrorKind::TooLarge, "too large"), (ErrorKind::Unauthenticated, "expired")] {
        let (error, sent) = failed(vec![Ok(vec![Err(refused(kind, words, None))])]).await;
        assert_eq!((error.kind(), sent), (ErrorKind::OutcomeUnknown, 1), "{kind:?}");
    }
    let (error, _) = failed(vec![Ok(vec![Err(throttled())])]).await;
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}

/// The token ends, or the cluster stops, while the statement runs.
#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_token_a_limit_or_the_cluster_is_certain_at_once_alone() {
    for (name, failure_of) in
        FAILURES.into_iter().filter(|(name, _)| ["the token", "a limit", "a cluster", "words"].contains(name))
    {
        for (seconds, certain) in [(4, true), (5, name == "words")] {
            let (mut statement, log) = operation(MayChange, vec![Err(failure_of())]);
            Arc::get_mut(&mut statement.rpc).unwrap().head = Duration::from_secs(seconds);
            let error = ids(statement).await.unwrap_err();
            assert_eq!(
                error.kind() != ErrorKind::OutcomeUnknown,
                certain,
                "{name} after {seconds} s: {error}"
            );
            assert_eq!(executed(&log), 1);
        }
    }
}

fn stopped_cluster() -> Failure {
    let status = tonic::Status::internal("BAD_REQUEST: unexpected state Terminated (requestId=7)");
    Failure::from_status(&status, "host:443")
}

/// A cluster that does not start again by itself is no `ClusterNotReady`, and stops while the statement runs all the same.
#[tokio::test(start_paused = true)]
async fn a_refusal_for_a_stopped_cluster_is_certain_at_once_alone() {
    for (seconds, kind) in [(4, ErrorKind::Server), (5, ErrorKind::OutcomeUnknown)] {
        let (mut statement, _) = operation(MayChange, vec![Err(stopped_cluster())]);
        Arc::get_mut(&mut statement.rpc).unwrap().head = Duration::from_secs(seconds);
        let error = ids(statement).await.unwrap_err();
        assert_eq!(error.kind(), kind, "after {seconds} s: {error}");
    }
}

/// A large plan over a slow link is refused no later for that.
#[tokio::test(start_paused = true)]
async fn the_way_of_the_plan_is_not_counted_where_a_refusal_has_to_come_at_once() {
    for (seconds, kind) in [(4, ErrorKind::Unauthenticated), (5, ErrorKind::OutcomeUnknown)] {
        let (mut statement, _) =
            operation(MayChange, vec![Err(refused(ErrorKind::Unauthenticated, "no", None))]);
        let script = Arc::get_mut(&mut statement.rpc).unwrap();
        (script.sending, script.head) = (Duration::from_secs(30), Duration::from_secs(seconds));
        let error = ids(statement).await.unwrap_err();
        assert_eq!(error.kind(), kind, "after {seconds} s: {error}");
    }
}

/// A provider that is slow to give a token has not sent the statement.
#[tokio::test(start_paused = true)]
async fn the_wait_for_a_token_makes_no_refusal_uncertain() {
    let (mut statement, _) = operation(MayChange, vec![Err(refused(ErrorKind::Unauthenticated, "no", None))]);
    Arc::get_mut(&mut statement.rpc).unwrap().token = Mutex::new(Duration::from_secs(30));
    assert_eq!(ids(statement).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_server_that_gives_some_refusals_no_class_is_known_by_its_words() {
    for (words, known) in [("internal error: no plan", true), ("upstream error", false)] {
        let (mut statement, _) = operation(MayChange, vec![Err(words_of_a_proxy(words))]);
        Arc::get_mut(&mut statement.rpc).unwrap().profile = echoed();
        let error = ids(statement).await.unwrap_err();
        assert_eq!(error.kind() == ErrorKind::Server, known, "{words}: {error}");
    }
}

#[tokio::test]
async fn a_condition_of_the_statements_own_is_its_failure_whatever_came_before() {
    let own = || Err(refused(ErrorKind::Server, "1/0", Some("DIVIDE_BY_ZERO")));
    for answers in [vec![own()], vec![Err(failure(Remedy::Retry)), own()]] {
        let (error, _) = failed(answers).await;
        assert_eq!(error.server().and_then(ServerError::error_class), Some("DIVIDE_BY_ZERO"));
        assert_eq!(error.kind(), ErrorKind::Server);
    }
}

#[tokio::test]
async fn a_commit_that_may_stand_leaves_the_outcome_open_and_its_error_is_kept() {
    fn thrown() -> Failure {
        let server = ServerError {
            message: "Cannot determine whether the commit was successful".into(),
            exception_classes: vec!["org.apache.iceberg.exceptions.CommitStateUnknownException".into()],
            ..Default::default()
        };
        Failure::fatal(Error::new(ErrorKind::Server, "refused").with_server(server))
    }
    let hook = || refused(ErrorKind::Server, "a hook", Some("DELTA_POST_COMMIT_HOOK_FAILED"));
    for failure_of in [thrown as Broken, hook] {
        for answers in [vec![Err(failure_of())], vec![Ok(vec![Ok(message(0)), Err(failure_of())])]] {
            let (error, sent) = failed(answers).await;
            assert_eq!((error.kind(), sent), (ErrorKind::OutcomeUnknown, 1), "{error}");
            assert!(error.to_string().starts_with("the statement failed as it committed"), "{error}");
            let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<Error>());
            assert!(cause.and_then(Error::server).is_some_and(ServerError::leaves_commit_open));
        }
    }
}

#[tokio::test]
async fn an_interrupted_statement_may_have_run() {
    let (error, sent) = failed(vec![Ok(vec![Ok(message(0))]), Err(not_found())]).await;
    assert_eq!((error.kind(), sent), (ErrorKind::OutcomeUnknown, 1));
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent_and_the_error_says_so() {
    for kind in [ErrorKind::Connect, ErrorKind::Timeout, ErrorKind::Unauthenticated, ErrorKind::NoRuntime] {
        let no_way = || Failure::fatal(Error::new(kind, "no way")).before_sending();
        let (error, _) = failed(vec![Err(no_way())]).await;
        assert_eq!((error.kind(), error.may_have_run()), (kind, false));
        let passing = || Failure { remedy: Remedy::Retry, ..no_way() };
        let answers = std::iter::repeat_with(|| Err(passing())).take(2000).collect();
        let (error, sent) = failed(answers).await;
        assert_eq!((error.kind(), error.may_have_run()), (kind, false));
        // The waits for a connection are waited in parts, with an attempt after each.
        assert!(if kind == ErrorKind::Connect { sent > 16 } else { sent == 16 }, "{kind:?}: {sent}");
        // But where it was sent before, the same says nothing.
        let broken = std::iter::once(Err(failure(Remedy::Retry)));
        let answers = broken.chain(std::iter::repeat_with(|| Err(no_way())).take(15)).collect();
        assert_eq!(failed(answers).await.0.kind(), ErrorKind::OutcomeUnknown);
    }
}

/// Nothing but the connector knows that a request did not leave, whatever an error calls itself.
#[tokio::test]
async fn the_kind_of_an_error_does_not_say_that_nothing_was_sent() {
    let answers = vec![Err(Failure::fatal(Error::new(ErrorKind::Connect, "no way")))];
    assert_eq!(failed(answers).await.0.kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn a_session_that_is_lost_before_the_statement_is_sent_says_that_nothing_ran() {
    let (mut statement, log) = operation(MayChange, vec![]);
    Arc::get_mut(&mut statement.rpc).unwrap().session_lost = true;
    let error = ids(statement).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::SessionLost, false));
    assert_eq!(log.calls(), []);
}
