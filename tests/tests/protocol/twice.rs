//! A statement with effects is sent once, whatever the server says after that.

use std::future::IntoFuture;

use lakeorm::ErrorKind;
use lakeorm_tests::fake::{
    Code, Failure, Fake, batch, complete, execute, progress, reattach_from, sql_result,
};
use spark_connect::Sql;

use crate::given::{all, counted, driver, error_of, numbers, select, session, soon};

/// What servers say about sessions, operations and themselves.
fn endings() -> Vec<Failure> {
    let sail = |words: &str| Failure::sail("java.lang.IllegalArgumentException", words);
    vec![
        Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "08003"),
        Failure::spark("INVALID_HANDLE.SESSION_CHANGED", "08003"),
        Failure::spark("INVALID_HANDLE.SESSION_NOT_FOUND", "08003"),
        Failure::spark("INVALID_HANDLE.OPERATION_NOT_FOUND", "HY000"),
        Failure::spark("INVALID_HANDLE.OPERATION_ABANDONED", "HY000"),
        Failure::spark("OPERATION_CANCELED", "HY008"),
        sail("invalid argument: session 1 is not running"),
        Failure::sail("org.apache.spark.SparkRuntimeException", "job runner is stopped"),
        sail("operation not found: 1"),
        Failure::internal("Cannot call methods on a stopped SparkContext"),
    ]
}

/// What a server, a gateway or this client says in gRPC's codes.
fn codes() -> Vec<Failure> {
    [
        Code::Unauthenticated,
        Code::PermissionDenied,
        Code::ResourceExhausted,
        Code::OutOfRange,
        Code::Unimplemented,
        Code::Cancelled,
        Code::Internal,
        Code::Unknown,
        Code::Aborted,
        Code::FailedPrecondition,
    ]
    .map(|code| Failure::status(code, "the server's own words"))
    .into()
}

#[tokio::test]
async fn a_statement_that_was_answered_is_not_sent_again_in_another_session() {
    for ending in endings() {
        let text = format!("{ending:?}");
        let fake = Fake::start([execute().fail(ending)]).await;
        let drv = driver(&fake);
        let error = soon(drv.exec("CREATE TABLE t AS SELECT 1").into_future()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{text}: {error}");
        assert!(error.may_have_run() && !error.is_retryable(), "{text}");
        assert_eq!(fake.sent("ExecutePlan").len(), 1, "{text}");
        fake.finish();
    }
}

#[tokio::test]
async fn behind_a_word_of_progress_no_failure_but_the_statements_own_says_that_nothing_happened() {
    for ending in endings().into_iter().chain(codes()) {
        let text = format!("{ending:?}");
        let fake = Fake::start([execute().send(progress()).fail(ending)]).await;
        let drv = driver(&fake);
        let error = soon(drv.exec("INSERT INTO t VALUES (1)").into_future()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{text}: {error}");
        assert_eq!(fake.sent("ExecutePlan").len(), 1, "{text}");
        fake.finish();
    }
    let own = Failure::spark("DIVIDE_BY_ZERO", "22012");
    let fake = Fake::start([execute().send(progress()).fail(own)]).await;
    let error = soon(driver(&fake).exec("INSERT INTO t VALUES (1/0)").into_future()).await.unwrap_err();
    assert_eq!((error.kind(), error.error_class()), (ErrorKind::Server, Some("DIVIDE_BY_ZERO")));
    fake.finish();
}

#[tokio::test]
async fn a_commit_that_may_stand_is_no_failure_of_which_the_outcome_is_known() {
    const UNKNOWN: &str = "org.apache.iceberg.exceptions.CommitStateUnknownException";
    let text = "Cannot determine whether the commit was successful or not";
    let failures = [
        Failure::internal(text).java_classes(&[UNKNOWN, "java.lang.RuntimeException", "java.lang.Object"]),
        Failure::spark("DELTA_POST_COMMIT_HOOK_FAILED", "2DKD0"),
    ];
    for failure in failures {
        let fake = Fake::start([execute().fail(failure)]).await;
        let error = soon(driver(&fake).exec("INSERT INTO t VALUES (1)").into_future()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
        assert!(error.to_string().contains("what it wrote may stand"), "{error}");
        assert!(!error.is_retryable() && !error.is_commit_conflict(), "{error}");
        assert_eq!(fake.sent("ExecutePlan").len(), 1);
        fake.finish();
    }
}

#[tokio::test]
async fn a_session_that_may_be_lost_is_looked_at_before_a_statement_is_sent_in_it() {
    let fake = Fake::start([
        execute().stall("cut").reset(),
        reattach_from(None).send(batch(&numbers(0..1))).send(complete()),
        execute().send(sql_result(None)).send(complete()),
    ])
    .await;
    let session = session(&fake);
    soon(session.set_confs([("k", "v")])).await.unwrap();
    fake.release("cut");
    assert_eq!(all(select(&session)).await.unwrap(), counted(0..1));
    soon(session.command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap();
    assert_eq!(fake.sent("ExecutePlan").len(), 2);
    fake.finish();
}

#[tokio::test]
async fn a_response_that_comes_again_is_handed_on_once_or_ends_the_result_with_an_error() {
    let fake = Fake::start([
        execute().send(batch(&numbers(0..1))).send(batch(&numbers(1..2))).end(),
        reattach_from(Some("r2")).repeat("r2").send(batch(&numbers(2..3))).send(complete()),
    ])
    .await;
    assert_eq!(all(select(&session(&fake))).await.unwrap(), counted(0..3));
    fake.finish();
    let fake = Fake::start([execute().send(batch(&numbers(0..1))).repeat("r1").send(complete())]).await;
    assert_eq!(error_of(select(&session(&fake))).await.kind(), spark_connect::ErrorKind::Protocol);
    fake.finish_anywhere();
}
