//! Servers that give a session no id of their own: Spark before 4.0, and one that is not Sail and echoes.

use std::collections::BTreeSet;
use std::future::IntoFuture;
use std::sync::{Arc, Mutex};

use arrow_schema::{DataType, Field, Schema};
use futures::TryStreamExt;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, ErrorKind, query, query_stream};
use lakeorm_tests::fake::{Exchange, Failure, Fake, Statement, batch, execute, reattach_from};
use lakeorm_tests::proxy::Proxy;
use spark_connect::{Channel, RetryPolicy, Session};

use crate::setup::{A_MOMENT, all, builder, driver, error_of, later, numbers, select, session, soon};

const ZONE: &str = "spark.sql.session.timeZone";

#[tokio::test]
async fn a_session_that_the_server_dropped_for_others_is_opened_anew_with_its_confs() {
    let done = || execute().answer([numbers(0..1)]);
    let fake = Fake::builder().names_no_sessions().script([done(), done(), done()]).start().await;
    let drv = builder(&fake).pool_size(1).session_conf(ZONE, "Asia/Tokyo").build().unwrap();
    let db = Client::new(drv.clone());
    let zero = || query::<(i64,)>(&db, drv.from_sql("SELECT 0"));
    assert_eq!(soon(zero()).await.unwrap(), [(0,)]);
    assert_eq!(soon(zero()).await.unwrap(), [(0,)]);
    fake.drop_sessions();
    later(A_MOMENT).await;
    assert_eq!(soon(zero()).await.unwrap(), [(0,)]);
    let sessions = fake.sessions("ExecutePlan");
    assert_eq!(sessions[0], sessions[1]);
    assert_ne!(sessions[1], sessions[2]);
    let zones = fake.sent("Config").into_iter().filter(|request| request.confs_set().contains_key(ZONE));
    let zoned: BTreeSet<String> = zones.map(|request| request.session_id).collect();
    assert_eq!(zoned, sessions.into_iter().collect());
    fake.finish();
}

#[tokio::test]
async fn a_session_that_is_held_and_dropped_by_the_server_is_an_error_and_never_another_answer() {
    let fake = Fake::builder().names_no_sessions().start().await;
    let drv = driver(&fake);
    let session = soon(drv.session()).await.unwrap();
    session.set_confs([(ZONE, "Asia/Tokyo")]).await.unwrap();
    fake.drop_sessions();
    later(A_MOMENT).await;
    let statement = spark_connect::Sql::new("INSERT INTO t SELECT current_timezone()");
    let error = soon(session.command(&statement)).await.unwrap_err();
    assert_eq!(error.kind(), spark_connect::ErrorKind::SessionLost, "{error}");
    assert!(error.to_string().contains("the server made the session anew"), "{error}");
    assert_eq!(fake.sent("ExecutePlan").len(), 0);
    fake.finish();
}

/// Such a server never tells the end of an operation whose session it dropped.
#[tokio::test]
async fn a_session_that_is_dropped_while_a_statement_runs_is_found_out_when_its_stream_ends() {
    let running = execute().stall("dropped").end().released();
    let fake = Fake::builder().names_no_sessions().script([running]).start().await;
    let drv = driver(&fake);
    let statement = drv.exec("INSERT INTO t SELECT 1").into_future();
    let dropped = async {
        fake.wait_for("ExecutePlan").await;
        fake.drop_sessions();
        later(A_MOMENT).await;
        fake.release("dropped");
    };
    let (ended, ()) = soon(async { tokio::join!(statement, dropped) }).await;
    let error = ended.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("the server made the session anew"), "{cause}");
    assert_eq!(fake.sent("ReattachExecute").len(), 0);
    soon(drv.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn spark_3_5_gets_bare_statements_and_literals() {
    let fake = Fake::builder().names_no_sessions().script([execute().answer([])]).start().await;
    let drv = driver(&fake);
    soon(drv.exec("INSERT INTO t VALUES (?, ?)").bind(7_i64).bind("it's").into_future()).await.unwrap();
    let sent = &fake.sent("ExecutePlan")[0];
    let text = "INSERT INTO t VALUES (7L, CAST(X'69742773' AS STRING))";
    assert_eq!(sent.statement(), Some(Statement::new(text)));
    assert_eq!(sent.bare_statement(), Some(text));
    assert_eq!(fake.sent("AnalyzePlan").len(), 0);
    fake.finish();
}

#[tokio::test]
async fn a_statement_travels_once_to_a_server_that_takes_it_from_the_plan() {
    let fake = Fake::builder().echoes_session_ids().script([execute().answer([])]).start().await;
    soon(driver(&fake).exec("CREATE TABLE t (id BIGINT)").into_future()).await.unwrap();
    assert_eq!(fake.sent("ExecutePlan")[0].bare_statement(), Some(""));
    fake.finish();
}

/// Databricks 14.3 gives sessions ids of their own, and takes a statement from the place of Spark 3.5 alone.
#[tokio::test]
async fn a_server_that_names_sessions_gets_a_short_statement_in_both_places() {
    let fake = Fake::start([execute().answer([]), execute().answer([])]).await;
    let drv = driver(&fake);
    let text = "INSERT INTO t VALUES (?)";
    soon(drv.exec(text).bind(7_i64).into_future()).await.unwrap();
    let long = format!("INSERT INTO t VALUES ('{}')", "x".repeat(1024 * 1024));
    soon(drv.exec(long.as_str()).into_future()).await.unwrap();
    let [short, long]: [_; 2] = fake.sent("ExecutePlan").try_into().unwrap();
    assert_eq!(short.statement(), Some(Statement::new(text).values([7_i64])));
    assert_eq!((short.bare_statement(), short.bare_values()), (Some(text), 1));
    assert_eq!(long.bare_statement(), Some(""));
    fake.finish();
}

/// The error of Spark before 4.0 for an operation that an interrupt ended.
fn cancelled() -> Failure {
    Failure::internal("[OPERATION_CANCELED] Operation has been canceled.")
        .java_classes(&["org.apache.spark.SparkSQLException", "java.lang.Throwable"])
}

/// A plan that no server can plan, after which it cancels what is left of the operation.
fn cancelling() -> Exchange {
    let fails = Failure::internal("Expected Relation to be set, but is empty.");
    let fails = fails.java_classes(&["java.lang.IndexOutOfBoundsException"]);
    execute().when("no relation", |request| request.statement().is_none()).fail(fails)
}

/// Drops a query that the server has begun, and waits until the driver is idle again.
async fn drop_one(fake: &Fake) {
    let drv = driver(fake);
    let db = Client::new(drv.clone());
    tokio::select! {
        rows = query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t")) => panic!("nothing was sent: {rows:?}"),
        _ = fake.wait_for("ExecutePlan") => {}
    }
    let idle = async {
        while drv.status().in_use > 0 {
            tokio::task::yield_now().await;
        }
    };
    soon(idle).await;
    let set = fake.sent("Config").into_iter().flat_map(|request| request.confs_set().into_keys());
    assert!(set.into_iter().all(|key| key.starts_with("lakeorm.session.sentinel")));
}

#[tokio::test]
async fn a_dropped_query_is_interrupted_without_waiting_for_progress_that_never_comes() {
    let ended = reattach_from(None).fail(cancelled());
    let script = [execute().interrupted().released(), ended];
    let fake = Fake::builder().names_no_sessions().script(script).start().await;
    drop_one(&fake).await;
    assert_eq!(fake.sent("Interrupt").len(), 1);
    fake.finish();
}

/// It loses an interrupt that comes while it plans, and takes no second one.
#[tokio::test]
async fn a_dropped_query_that_an_interrupt_does_not_end_has_its_jobs_cancelled_under_its_id() {
    let mut script = vec![execute().interrupted().released(), reattach_from(None)];
    script.extend((0..4).map(|_| cancelling()));
    let fake = Fake::builder().names_no_sessions().script(script).start().await;
    drop_one(&fake).await;
    let ids: BTreeSet<_> = fake.sent("ExecutePlan").into_iter().map(|request| request.operation_id).collect();
    assert_eq!(ids.len(), 1);
    fake.finish();
}

#[tokio::test]
async fn closing_stops_what_runs_where_a_session_cannot_be_ended() {
    let running = execute().send(batch(&numbers(0..3))).interrupted();
    let ended = reattach_from(None).fail(cancelled());
    let fake = Fake::builder().names_no_sessions().script([running, ended]).start().await;
    let drv = driver(&fake);
    let mut rows = query_stream::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
    soon(drv.close()).await.unwrap();
    assert_eq!(fake.sent("Interrupt").len(), 1);
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 0"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    drop(rows);
    fake.finish();
}

/// The statement is a query, so a second operation follows the first, and would run on for nobody.
#[tokio::test]
async fn nothing_is_sent_in_a_session_that_was_ended_where_the_server_would_go_on_with_it() {
    let fake = Fake::builder().names_no_sessions().script([execute().answer([numbers(0..1)])]).start().await;
    let session = session(&fake);
    assert_eq!(all(select(&session)).await.unwrap(), [0]);
    soon(session.release()).await.unwrap();
    let error = error_of(select(&session)).await;
    assert_eq!(
        (error.kind(), error.may_have_run()),
        (spark_connect::ErrorKind::SessionLost, false),
        "{error}"
    );
    assert!(error.to_string().starts_with("the session was released: open another one"), "{error}");
    assert_eq!(fake.sent("ExecutePlan").len(), 1);
    fake.finish();
}

/// It answers the question about its catalog as Spark does.
#[tokio::test]
async fn a_server_that_echoes_and_keeps_its_tables_beside_the_sessions_is_not_taken_for_sail() {
    let running = || execute().send(batch(&numbers(0..3))).interrupted();
    let namespaces = Schema::new(vec![Field::new("namespace", DataType::Utf8, false)]);
    let fake =
        Fake::builder().echoes_session_ids().schema(&namespaces).script([running(), running()]).start().await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut rows = query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
        assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
        held.push(rows);
    }
    let sessions: BTreeSet<String> = fake.sessions("ExecutePlan").into_iter().collect();
    assert_eq!(sessions.len(), 2);
    drop(held);
    soon(drv.close()).await.unwrap();
    fake.finish();
}

/// A look that finds nobody there says nothing of the session, and its address may be one that a service has left.
#[tokio::test]
async fn an_idle_session_whose_server_is_not_found_is_replaced_by_one_at_the_address_of_then() {
    let old = Fake::builder().names_no_sessions().script([execute().answer([numbers(1..2)])]).start().await;
    let new = Fake::builder().names_no_sessions().script([execute().answer([numbers(2..3)])]).start().await;
    let proxy = Proxy::before(&old).await;
    let address = Arc::new(Mutex::new(format!("sc://{}", proxy.address())));
    let current = Arc::clone(&address);
    let drv = SparkDriver::factory_builder("moving", move || {
        let remote = current.lock().unwrap().parse().unwrap();
        let channel = Channel::builder(remote).retry_policy(RetryPolicy::none()).build();
        async move { Ok(Session::new(&channel?)) }
    });
    let db = Client::new(drv.pool_size(1).build().unwrap());
    let read = || soon(query::<(i64,)>(&db, "SELECT id FROM t"));
    assert_eq!(read().await.unwrap(), [(1,)]);
    proxy.refuse();
    later(A_MOMENT).await;
    // The first look may find that its connection broke.
    while read().await.unwrap_err().kind() != ErrorKind::Connect {}
    *address.lock().unwrap() = new.remote();
    assert_eq!(read().await.unwrap(), [(2,)]);
    soon(db.close()).await.unwrap();
    old.finish();
    new.finish();
}
