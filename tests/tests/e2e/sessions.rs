//! The pool on a real server.

use futures::future::try_join_all;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, ErrorKind, query, query_first};
use lakeorm_tests::engine::{Ability, Engine};
use spark_connect::{Channel, Remote, Session, Sql};

/// On Sail a table lives in its session, so the slots of the pool have to share one.
#[tokio::test]
async fn a_table_made_through_one_slot_is_there_for_every_other() {
    let engine = Engine::from_env();
    let drv = engine.builder().pool_size(4).build().unwrap();
    let db = Client::new(drv.clone());
    let table = engine.unique("shared");
    let format = engine.table_format();
    drv.exec(format!("CREATE TABLE {table} {format} AS SELECT id FROM range(10)")).await.unwrap();
    let reads = (0..12).map(|_| query::<(i64,)>(&db, drv.from_table(&table)));
    for mut rows in try_join_all(reads).await.unwrap() {
        rows.sort_unstable();
        assert_eq!(rows, (0..10).map(|id| (id,)).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn the_confs_of_the_driver_are_those_of_every_session() {
    let engine = Engine::from_env();
    let drv = engine
        .builder()
        .pool_size(3)
        .session_conf("spark.sql.session.timeZone", "Asia/Tokyo")
        .build()
        .unwrap();
    let db = Client::new(drv.clone());
    let sql = "SELECT CAST(TIMESTAMP '2026-01-01 00:00:00+00:00' AS STRING), sum(id) FROM range(1000)";
    let reads = (0..6).map(|_| query::<(String, i64)>(&db, drv.from_sql(sql)));
    for rows in try_join_all(reads).await.unwrap() {
        assert_eq!(rows, [("2026-01-01 09:00:00".to_owned(), 499_500)]);
    }
}

/// What one borrower does to its session is not there for the next: on Spark the session is replaced. On Sail all
/// slots share one session, and what is set is seen; the documentation says so.
#[tokio::test]
async fn what_a_borrower_sets_is_seen_by_the_next_only_where_sessions_are_shared() {
    let engine = Engine::from_env();
    let drv = engine.builder().pool_size(1).build().unwrap();
    let db = Client::new(drv.clone());
    let shared = !engine.has(Ability::SharedTables);
    let zone = || drv.from_sql("SELECT CAST(TIMESTAMP '2026-01-01 00:00:00+00:00' AS STRING)");
    assert_eq!(query_first::<(String,)>(&db, zone()).await.unwrap().0, "2026-01-01 00:00:00");

    let session = drv.session().await.unwrap();
    session.set_confs([("spark.sql.session.timeZone", "Asia/Tokyo")]).await.unwrap();
    session.command(&Sql::new("CREATE OR REPLACE TEMPORARY VIEW mine AS SELECT 1 AS one")).await.unwrap();
    drop(session);
    let expected = if shared { "2026-01-01 09:00:00" } else { "2026-01-01 00:00:00" };
    assert_eq!(query_first::<(String,)>(&db, zone()).await.unwrap().0, expected);
    let seen = |view: lakeorm::Result<(i32,)>| match view {
        Ok((value,)) => Some(value),
        Err(error) => {
            assert!(error.is_table_not_found(), "{error}");
            None
        }
    };
    let view = query_first::<(i32,)>(&db, drv.from_table("mine")).await;
    assert_eq!(seen(view), shared.then_some(1));

    drv.exec("CREATE OR REPLACE TEMPORARY VIEW ours AS SELECT 2 AS two").await.unwrap();
    let view = query_first::<(i32,)>(&db, drv.from_table("ours")).await;
    assert_eq!(seen(view), shared.then_some(2));
    drv.close().await.unwrap();
}

#[tokio::test]
async fn the_statements_of_the_driver_run_in_every_session_before_it_is_used() {
    let engine = Engine::from_env();
    let drv = engine
        .builder()
        .pool_size(3)
        .session_statement("CREATE OR REPLACE TEMPORARY VIEW everywhere AS SELECT 7 AS seven")
        .build()
        .unwrap();
    let db = Client::new(drv.clone());
    let reads = (0..6).map(|_| query::<(i32,)>(&db, drv.from_table("everywhere")));
    for rows in try_join_all(reads).await.unwrap() {
        assert_eq!(rows, [(7,)]);
    }
    let failing = engine.builder().session_statement("SELEC").build().unwrap();
    let error =
        query::<(i32,)>(&Client::new(failing.clone()), failing.from_sql("SELECT 1")).await.unwrap_err();
    assert!(
        error.to_string().starts_with("cannot open a session: `session_statement` number 1 failed"),
        "{error}"
    );
}

#[tokio::test]
async fn a_driver_over_a_factory_is_a_driver_like_any_other() {
    let engine = Engine::from_env();
    let remote: Remote = engine.remote.parse().unwrap();
    let drv = SparkDriver::factory_builder("a name of its own", move || {
        let remote = remote.clone();
        async move {
            let channel = Channel::builder(remote).build()?;
            Ok(Session::new(&channel))
        }
    })
    .pool_size(2)
    .session_conf("spark.sql.session.timeZone", "Asia/Tokyo")
    .build()
    .unwrap();
    assert_eq!(drv.name(), "a name of its own");
    let db = Client::new(drv.clone());
    let sql = "SELECT CAST(TIMESTAMP '2026-01-01 00:00:00+00:00' AS STRING)";
    let rows = query::<(String,)>(&db, drv.from_sql(sql)).await.unwrap();
    assert_eq!(rows, [("2026-01-01 09:00:00".to_owned(),)]);
    assert_eq!(drv.status().idle, 1);
    drv.close().await.unwrap();
}

#[tokio::test]
async fn a_conf_that_the_server_refuses_is_named_and_its_value_is_not() {
    const KEY: &str = "spark.sql.shuffle.partitions";
    const VALUE: &str = "as-many-as-it-takes";
    let engine = Engine::from_env();
    let drv = engine.builder().session_conf(KEY, VALUE).build().unwrap();
    let one = query::<(i32,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1")).await;
    match engine.has(Ability::RefusesConfs) {
        true => {
            let error = one.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Server);
            let text = format!("{error} {error:?}");
            assert!(
                text.starts_with(&format!("cannot open a session: the server refuses `session_conf` {KEY}")),
                "{text}"
            );
            assert!(!text.contains(VALUE), "{text}");
        }
        // Sail takes any text.
        false => assert_eq!(one.unwrap(), [(1,)]),
    }
}
