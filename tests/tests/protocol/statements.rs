//! Statements that may change something: never sent a second time.

use lakeorm_tests::fake::{Failure, Fake, Statement, execute, reattach_from};
use spark_connect::{ErrorKind, Sql};

use crate::given::{driver, ids, numbers, session, soon};

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
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
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
    assert_eq!(error.kind(), lakeorm::ErrorKind::OutcomeUnknown);
    assert_eq!(fake.sent("ExecutePlan").len(), 1);
    fake.finish();
}

#[tokio::test]
async fn a_refused_statement_is_the_servers_error() {
    let fake = Fake::start([execute().fail(Failure::spark("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07"))]).await;
    let drv = driver(&fake);
    let error = soon(async { drv.exec("CREATE TABLE t (a INT)").await }).await.unwrap_err();
    assert_eq!(error.kind(), lakeorm::ErrorKind::Server);
    assert_eq!(
        (error.error_class(), error.sql_state()),
        (Some("TABLE_OR_VIEW_ALREADY_EXISTS"), Some("42P07"))
    );
    fake.finish();
}
