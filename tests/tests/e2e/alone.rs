//! What opens sessions by the hundred, and takes those of everybody else where a server keeps no more: there
//! `cargo xtask test` runs each when no other test does.

mod storms;

use lakeorm::{Client, query};
use lakeorm_tests::engine::Engine;
use spark_connect::{Channel, Session, Sql};

/// A server may keep a hundred sessions only, and make one that it dropped anew without a word.
#[tokio::test]
async fn a_driver_keeps_its_confs_however_many_sessions_come_between() {
    const OTHERS: usize = 130;
    let engine = Engine::from_env();
    let drv = engine.builder().session_conf("spark.sql.session.timeZone", "Asia/Tokyo").build().unwrap();
    let db = Client::new(drv.clone());
    let sql = "SELECT CAST(TIMESTAMP '2026-01-01 00:00:00+00:00' AS STRING)";
    let tokyo = [("2026-01-01 09:00:00".to_owned(),)];
    assert_eq!(query::<(String,)>(&db, drv.from_sql(sql)).await.unwrap(), tokyo);
    let held = drv.session().await.unwrap();
    let channel = Channel::builder(engine.remote.parse().unwrap()).build().unwrap();
    for _ in 0..OTHERS {
        let other = Session::new(&channel);
        other.confs(["spark.sql.session.timeZone"]).await.unwrap();
        other.release().await.unwrap();
    }
    assert_eq!(query::<(String,)>(&db, drv.from_sql(sql)).await.unwrap(), tokyo);
    match held.command(&Sql::new("CREATE OR REPLACE TEMPORARY VIEW mine AS SELECT 1 AS one")).await {
        Ok(_) => {
            let zone = held.confs(["spark.sql.session.timeZone"]).await.unwrap();
            assert_eq!(zone["spark.sql.session.timeZone"], "Asia/Tokyo");
        }
        Err(error) => assert_eq!(error.kind(), spark_connect::ErrorKind::SessionLost, "{error}"),
    }
    drop(held);
    drv.close().await.unwrap();
}
