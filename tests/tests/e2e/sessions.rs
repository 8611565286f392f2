//! The pool on a real server.

use futures::future::try_join_all;
use lakeorm::{Client, query};
use lakeorm_tests::engine::Engine;

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
