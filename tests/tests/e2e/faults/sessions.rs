//! Sessions that end behind the client's back.

use futures::TryStreamExt;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, ErrorKind, query, query_stream};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::proxy::{Faults, Proxy};

use super::end_session;

/// A driver with one session, and the way that its calls take.
async fn watched(engine: &Engine) -> (SparkDriver, Proxy) {
    let proxy = Proxy::start(engine.address(), Faults::none()).await;
    let builder = engine.behind(proxy.address()).compiling().pool_size(1);
    let drv = builder.session_conf("spark.sql.session.timeZone", "Asia/Tokyo").build().unwrap();
    (drv, proxy)
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
    if !engine.has(Ability::EndsSessions) {
        return assert_eq!(end.unwrap(), ROWS);
    }
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
    let table = engine.unique("inserted");
    let location = format!("LOCATION '{}'", engine.dir.join(&table).display());
    let format = engine.table_format();
    drv.exec(format!("CREATE TABLE {table} {format} {location} AS SELECT id FROM range(1)")).await.unwrap();
    end_session(&engine, &proxy).await;
    let insert = || drv.exec(format!("INSERT INTO {table} SELECT id + 7 AS id FROM range(1)"));
    // The statement met the lost session, and once the server has answered it is not sent again, whatever the answer
    // says; or a broken connection had the session looked at before, and it ran in another one.
    let mut answer = insert().await;
    if let Err(error) = &answer
        && error.kind() == ErrorKind::OutcomeUnknown
    {
        answer = insert().await;
    }
    if !engine.has(Ability::SharedTables) {
        // Sail's table ends with its session: the statement reaches a new session and does not find it there.
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server, "{error}");
        assert!(error.to_string().contains(&table), "{error}");
        drv.exec(format!("CREATE TABLE {table} {format} {location}")).await.unwrap();
        answer = insert().await;
    }
    answer.unwrap();
    let mut rows = query::<(i64,)>(&Client::new(drv.clone()), drv.from_table(&table)).await.unwrap();
    rows.sort_unstable();
    assert_eq!(rows, [(0,), (7,)]);
}
