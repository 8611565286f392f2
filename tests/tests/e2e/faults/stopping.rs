//! What is given up stops on the server.

use std::time::{Duration, Instant};

use futures::TryStreamExt;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, ErrorKind, query};
use lakeorm_tests::engine::Engine;
use spark_connect::{Channel, Relation, Session};

/// Hours of work for one core of the server; the other one is for the tests beside.
const ENDLESS: &str = "SELECT sum((id * 31) % 1000003) AS id FROM range(0, 100000000000, 1, 1)";

/// Far below what anything here has left to do, on two cores that others use too.
const SOON: Duration = Duration::from_secs(10);

/// The one slot is free and the server has room for its query, soon: what was stopped had hours to go, and Spark 3.5 loses an
/// interrupt while it plans.
async fn is_idle(drv: &SparkDriver) {
    let begun = Instant::now();
    let sql = "SELECT sum(id) FROM range(0, 100000, 1, 4)";
    let rows = query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql(sql)).await.unwrap();
    assert_eq!(rows, [(4_999_950_000,)]);
    println!("the next query took {:?}", begun.elapsed());
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

/// A driver with one session that has answered once, so that what follows measures the server alone.
async fn warm(engine: &Engine) -> SparkDriver {
    let drv = engine.compiling().pool_size(1).build().unwrap();
    let rows =
        query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT sum(id) FROM range(10)")).await;
    assert_eq!(rows.unwrap(), [(45,)]);
    drv
}

#[tokio::test]
async fn a_query_that_reaches_its_timeout_stops() {
    const TIMEOUT: Duration = Duration::from_millis(700);
    let engine = Engine::from_env();
    let drv = warm(&engine).await;
    let begun = Instant::now();
    let source = drv.from_sql(ENDLESS).timeout(TIMEOUT);
    let error = query::<(i64,)>(&Client::new(drv.clone()), source).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(error.to_string().contains("timeout"), "{error}");
    assert!(begun.elapsed() >= TIMEOUT && begun.elapsed() < TIMEOUT + SOON, "{:?}", begun.elapsed());
    is_idle(&drv).await;
}

#[tokio::test]
async fn a_statement_that_reaches_its_timeout_stops_and_leaves_nothing() {
    let engine = Engine::from_env();
    let drv = warm(&engine).await;
    let table = engine.unique("stopped");
    drv.exec(format!("CREATE TABLE {table} (id BIGINT) {}", engine.table_format())).await.unwrap();
    let error = drv
        .exec(format!("INSERT INTO {table} {ENDLESS}"))
        .timeout(Duration::from_millis(700))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    is_idle(&drv).await;
    assert_eq!(query::<(i64,)>(&Client::new(drv.clone()), drv.from_table(&table)).await.unwrap(), []);
}

/// Sail does not end it with its session.
#[tokio::test]
async fn an_aggregation_that_runs_as_its_driver_is_closed_stops() {
    const GROUPED: &str = "SELECT id % 1000003 AS id, count(*) AS n FROM range(0, 300000000000) GROUP BY 1";
    let engine = Engine::from_env();
    let drv = warm(&engine).await;
    let db = Client::new(drv.clone());
    let running = query::<(i64, i64)>(&db, drv.from_sql(GROUPED));
    let closing = async {
        while drv.status().in_use == 0 {
            tokio::task::yield_now().await;
        }
        // It waits five seconds for what runs.
        let begun = Instant::now();
        drv.close().await.unwrap();
        begun
    };
    let (ended, closing) = tokio::join!(running, closing);
    let error = ended.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
    assert!(closing.elapsed() < 2 * SOON, "{:?}", closing.elapsed());
    is_idle(&warm(&engine).await).await;
}

#[tokio::test]
async fn a_dropped_stream_stops_soon() {
    let engine = Engine::from_env();
    let channel = Channel::builder(engine.remote.parse().unwrap()).build().unwrap();
    let session = Session::new(&channel);
    let mut batches = session.query(&Relation::sql("SELECT id FROM range(0, 10000000000, 1, 1000)"));
    assert!(batches.try_next().await.unwrap().is_some());
    let operation = batches.operation_id();
    let begun = Instant::now();
    drop(batches);
    channel.drained().await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert!(!session.interrupt(operation).await.unwrap(), "the operation was still running");
    session.release().await.unwrap();
}

#[tokio::test]
async fn a_query_dropped_before_its_first_row_stops() {
    let engine = Engine::from_env();
    let drv = warm(&engine).await;
    let db = Client::new(drv.clone());
    let running = query::<(i64,)>(&db, drv.from_sql(ENDLESS));
    assert!(tokio::time::timeout(Duration::from_millis(700), running).await.is_err());
    is_idle(&drv).await;
}

/// The drop meets the server while it still plans the query.
#[tokio::test]
async fn a_query_dropped_right_after_it_was_sent_stops() {
    let engine = Engine::from_env();
    let drv = warm(&engine).await;
    let db = Client::new(drv.clone());
    for wait in [1, 3, 5, 10, 20, 40, 80] {
        let running = query::<(i64,)>(&db, drv.from_sql(ENDLESS));
        assert!(tokio::time::timeout(Duration::from_millis(wait), running).await.is_err());
        println!("dropped after {wait} ms");
        is_idle(&drv).await;
    }
}
