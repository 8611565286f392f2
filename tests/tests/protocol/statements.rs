//! A statement with effects is sent once, whatever the server says after that.

use std::future::IntoFuture;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use futures::TryStreamExt;
use lakeorm::ErrorKind;
use lakeorm_tests::fake::{
    Code, Failure, Fake, Statement, batch, complete, execute, progress, reattach_from, schema, sql_result,
};
use spark_connect::{Relation, Sql};

use crate::setup::{all, counted, driver, every_text, ids, numbers, select, session, soon};

/// Errors about sessions, operations and the servers themselves.
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

/// Errors of a server, a gateway or this client in gRPC's codes.
fn codes() -> Vec<Failure> {
    [
        Code::Unauthenticated,
        Code::PermissionDenied,
        Code::ResourceExhausted,
        Code::OutOfRange,
        Code::Unimplemented,
        Code::Cancelled,
        Code::Internal,
        Code::Aborted,
        Code::FailedPrecondition,
    ]
    .map(|code| Failure::status(code, "the server's own words"))
    .into()
}

#[tokio::test]
async fn a_statement_gives_the_rows_that_come_with_its_answer() {
    let fake = Fake::start([execute().answer([numbers(4..6)]), execute().answer([])]).await;
    let drv = driver(&fake);
    let outcome = soon(async { drv.exec("INSERT INTO t VALUES (?)").bind(7_i64).await }).await.unwrap();
    assert_eq!(outcome.batches().iter().flat_map(ids).collect::<Vec<_>>(), [4, 5]);
    let outcome = soon(async { drv.exec("CREATE TABLE t (a INT)").await }).await.unwrap();
    assert_eq!(outcome.batches().len(), 0);
    let sent = &fake.sent("ExecutePlan")[0];
    assert!(sent.is_command());
    assert_eq!(sent.statement(), Some(Statement::new("INSERT INTO t VALUES (?)").values([7_i64])));
    fake.finish();
}

#[tokio::test]
async fn a_lost_answer_is_waited_for_by_reattaching() {
    let fake = Fake::start([
        execute().fail(Failure::unavailable("gone")),
        reattach_from(None).end(),
        reattach_from(None).answer([]),
    ])
    .await;
    soon(session(&fake).command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap();
    assert_eq!(fake.sent("ExecutePlan").len(), 1);
    fake.finish();
}

#[tokio::test]
async fn a_statement_whose_answer_is_lost_may_have_run_and_the_error_says_so() {
    let fake = Fake::start([
        execute().fail(Failure::unavailable("gone")),
        reattach_from(None).fail(Failure::spark("INVALID_HANDLE.OPERATION_NOT_FOUND", "HY000")),
    ])
    .await;
    let error = soon(session(&fake).command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap_err();
    assert_eq!(error.kind(), spark_connect::ErrorKind::OutcomeUnknown);
    assert!(error.to_string().contains("may or may not have run"), "{error}");
    assert_eq!(fake.sent("ExecutePlan").len(), 1);
    fake.finish();
}

#[tokio::test]
async fn a_query_function_does_not_send_a_statement_twice_either() {
    let fake = Fake::start([
        execute().fail(Failure::unavailable("gone")),
        reattach_from(None).fail(Failure::spark("INVALID_HANDLE.SESSION_NOT_FOUND", "08003")),
    ])
    .await;
    let drv = driver(&fake);
    let db = lakeorm::Client::new(drv.clone());
    let source = drv.from_sql("INSERT INTO t VALUES (1)");
    let error = soon(lakeorm::query::<(i64,)>(&db, source)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(fake.sent("ExecutePlan").len(), 1);
    fake.finish();
}

#[tokio::test]
async fn an_answer_that_does_not_fit_leaves_a_statement_run() {
    use ErrorKind::{Decode, NoRows, SchemaMismatch};
    let null: ArrayRef = Arc::new(Int64Array::from(vec![None::<i64>]));
    let null = RecordBatch::try_from_iter_with_nullable([("id", null, true)]).unwrap();
    for (text, ran) in [("INSERT INTO t VALUES (1)", true), ("SELECT id FROM t", false)] {
        let batches = [numbers(0..1), null.clone(), null.clone(), null.clone(), numbers(0..0)];
        let fake = Fake::start(batches.map(|batch| execute().answer([batch]).at_work())).await;
        let db = lakeorm::Client::new(driver(&fake));
        let errors = soon(async {
            [
                lakeorm::query::<(String,)>(&db, text).await.unwrap_err(),
                lakeorm::query::<(i64,)>(&db, text).await.unwrap_err(),
                lakeorm::query_stream::<(i64,)>(&db, text).try_next().await.unwrap_err(),
                lakeorm::query_optional::<(i64,)>(&db, text).await.unwrap_err(),
                lakeorm::query_scalar::<i64>(&db, text).await.unwrap_err(),
            ]
        })
        .await;
        let kinds: Vec<_> = errors.iter().map(lakeorm::Error::kind).collect();
        assert_eq!(kinds, [SchemaMismatch, Decode, Decode, Decode, NoRows], "{text}");
        for error in errors {
            assert_eq!((error.may_have_run(), error.is_retryable()), (ran, false), "{text}: {error}");
            assert_eq!(error.to_string().starts_with("the statement ran: "), ran, "{text}: {error}");
        }
        fake.finish();
    }
}

#[tokio::test]
async fn a_refused_statement_is_the_servers_error() {
    let fake = Fake::start([execute().fail(Failure::spark("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07"))]).await;
    let drv = driver(&fake);
    let error = soon(async { drv.exec("CREATE TABLE t (a INT)").await }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(
        (error.error_class(), error.sql_state()),
        (Some("TABLE_OR_VIEW_ALREADY_EXISTS"), Some("42P07"))
    );
    fake.finish();
}

#[tokio::test]
async fn a_statement_that_was_answered_is_not_sent_again_in_another_session() {
    for ending in endings() {
        let text = format!("{ending:?}");
        let fake = Fake::start([execute().at_work().fail(ending)]).await;
        let drv = driver(&fake);
        let error = soon(drv.exec("CREATE TABLE t AS SELECT 1").into_future()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{text}: {error}");
        assert!(error.may_have_run() && !error.is_retryable(), "{text}");
        assert_eq!(fake.sent("ExecutePlan").len(), 1, "{text}");
        fake.finish();
    }
}

#[tokio::test]
async fn after_progress_only_the_statements_own_error_says_that_nothing_happened() {
    for ending in endings().into_iter().chain(codes()) {
        let text = format!("{ending:?}");
        let fake = Fake::start([execute().at_work().send(progress()).fail(ending)]).await;
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

/// A proxy that lost the answer says no more, and does not know what became of the statement.
#[tokio::test]
async fn words_alone_are_no_refusal_but_for_what_sail_calls_internal() {
    let bare = |code| Failure::status(code, "the server's own words");
    let internal = || Failure::internal("internal error: no such plan");
    let class = Failure::internal("no such plan").java_classes(&["java.lang.RuntimeException"]);
    for (failure, is_sail, kind) in [
        (bare(Code::Internal), false, ErrorKind::OutcomeUnknown),
        (bare(Code::Unknown), true, ErrorKind::OutcomeUnknown),
        (bare(Code::DataLoss), false, ErrorKind::OutcomeUnknown),
        (bare(Code::Aborted), false, ErrorKind::OutcomeUnknown),
        (bare(Code::Internal), true, ErrorKind::OutcomeUnknown),
        (internal(), false, ErrorKind::OutcomeUnknown),
        (internal(), true, ErrorKind::Server),
        (class, false, ErrorKind::Server),
    ] {
        let text = format!("{failure:?}");
        let fake = Fake::builder().script([execute().at_work().fail(failure)]);
        let fake = if is_sail { fake.echoes_session_ids() } else { fake };
        let fake = fake.start().await;
        let error = soon(driver(&fake).exec("INSERT INTO t VALUES (1)").into_future()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{text}: {error}");
        assert_eq!(fake.sent("ExecutePlan").len(), 1, "{text}");
        fake.finish();
    }
}

#[tokio::test]
async fn a_request_larger_than_servers_take_is_an_error_and_breaks_no_connection() {
    let fake = Fake::start([execute().answer([numbers(0..1)])]).await;
    let session = session(&fake);
    let vast = "x".repeat(128 << 20);
    let errors = [
        soon(session.set_confs([("k", vast.as_str())])).await.unwrap_err(),
        all(session.query(&Relation::table(vast))).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), spark_connect::ErrorKind::TooLarge, "{error}");
        assert!(!error.may_have_run(), "{error}");
        assert!(error.to_string().contains("servers take 134217728 at most"), "{error}");
    }
    assert!(fake.requests().is_empty());
    assert_eq!(all(select(&session)).await.unwrap(), [0]);
    assert_eq!(session.channel().breaks(), 0);
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

/// Sail begins to answer before it fails, and gives its failures no condition.
#[tokio::test]
async fn the_failure_of_a_statement_that_is_plainly_a_query_is_certain() {
    let failure = || Failure::sail("org.apache.spark.SparkRuntimeException", "cannot cast 'p' to INT");
    let failing = || execute().send(schema(numbers(0..0).schema_ref())).fail(failure());
    for (text, kind) in [
        ("SELECT CAST(s AS INT) FROM t", ErrorKind::Server),
        ("INSERT INTO t TABLE u", ErrorKind::OutcomeUnknown),
    ] {
        let fake = Fake::builder().echoes_session_ids().script([failing()]).start().await;
        let error = soon(driver(&fake).exec(text).into_future()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{text}: {error}");
        assert!(every_text(&error).contains("cannot cast 'p' to INT"), "{text}: {error}");
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
