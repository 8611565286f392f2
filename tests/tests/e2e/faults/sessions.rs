//! Sessions that end behind the client's back.

use std::time::Duration;

use futures::TryStreamExt;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, query, query_stream};
use lakeorm_tests::engine::{Engine, EngineName};
use lakeorm_tests::proxy::{Faults, Proxy};
use spark_connect::{Channel, RetryPolicy, Session};

/// A driver with one session, and the way that its calls take.
async fn watched(engine: &Engine) -> (SparkDriver, Proxy) {
    let proxy = Proxy::start(engine.address(), Faults::default()).await;
    let builder = engine.behind(proxy.address()).builder().pool_size(1);
    let drv = builder.session_conf("spark.sql.session.timeZone", "Asia/Tokyo").build().unwrap();
    (drv, proxy)
}

/// Ends the driver's session as someone else would.
async fn end_session(engine: &Engine, proxy: &Proxy) {
    let remote = engine.remote.parse().unwrap();
    let remote = spark_connect::Remote::with_environment(remote).unwrap();
    let channel = Channel::lazy(remote, Duration::from_secs(10), RetryPolicy::default()).unwrap();
    Session::with_id(&channel, proxy.session_id().expect("the driver has a session"))
        .release()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_query_runs_again_in_a_new_session_with_the_same_confs() {
    const SQL: &str = "SELECT CAST(TIMESTAMP '2026-01-01 00:00:00+00:00' AS STRING)";
    let engine = Engine::from_env();
    let (drv, proxy) = watched(&engine).await;
    let db = Client::new(drv.clone());
    let tokyo = [("2026-01-01 09:00:00".to_owned(),)];
    assert_eq!(query::<(String,)>(&db, drv.from_sql(SQL)).await.unwrap(), tokyo);
    end_session(&engine, &proxy).await;
    assert_eq!(query::<(String,)>(&db, drv.from_sql(SQL)).await.unwrap(), tokyo);
    drv.close().await.unwrap();
}

#[tokio::test]
async fn a_result_whose_session_ends_in_the_middle_is_an_error_and_never_short() {
    const ROWS: i64 = 3_000_000;
    let engine = Engine::from_env();
    let (drv, proxy) = watched(&engine).await;
    let db = Client::new(drv.clone());
    let mut rows =
        query_stream::<(i64,)>(&db, drv.from_sql(format!("SELECT id FROM range(0, {ROWS}, 1, 1)")));
    assert!(rows.try_next().await.unwrap().is_some());
    end_session(&engine, &proxy).await;
    let mut count = 1;
    let end = loop {
        match rows.try_next().await {
            Ok(Some(_)) => count += 1,
            Ok(None) => break Ok(count),
            Err(error) => break Err(error),
        }
    };
    let error = end.expect_err("the session ended, and so did the result");
    println!("{count} rows, then {:?}: {error}", error.kind());
    assert!(error.is_cancelled() || error.is_session_lost(), "{error}");
    // The driver goes on in another session.
    assert_eq!(query::<(i64,)>(&db, drv.from_sql("SELECT id FROM range(1)")).await.unwrap(), [(0,)]);
}

#[tokio::test]
async fn an_insert_runs_exactly_once() {
    let engine = Engine::from_env();
    let (drv, proxy) = watched(&engine).await;
    let db = Client::new(drv.clone());
    let (create, table) = match engine.name {
        // A table of Sail's ends with its session, its files do not.
        EngineName::Sail => {
            let path = engine.dir.join(engine.unique("inserted"));
            let table = engine.unique("inserted");
            let create = format!(
                "CREATE TABLE {table} USING delta LOCATION '{}' AS SELECT id FROM range(1)",
                path.display()
            );
            (create, format!("delta.`{}`", path.display()))
        }
        EngineName::Spark | EngineName::Spark43 => {
            let table = engine.unique("inserted");
            (format!("CREATE TABLE {table} {} AS SELECT id FROM range(1)", engine.table_format()), table)
        }
    };
    drv.exec(create).await.unwrap();
    end_session(&engine, &proxy).await;
    drv.exec(format!("INSERT INTO {table} SELECT id + 7 AS id FROM range(1)")).await.unwrap();
    let mut rows = query::<(i64,)>(&db, drv.from_sql(format!("SELECT id FROM {table}"))).await.unwrap();
    rows.sort_unstable();
    assert_eq!(rows, [(0,), (7,)]);
}
