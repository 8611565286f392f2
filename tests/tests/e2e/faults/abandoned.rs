//! Queries that are dropped while they run: how soon they make room for others, and what they leave behind.

use std::time::{Duration, Instant};

use lakeorm::spark::SparkDriver;
use lakeorm::{Client, query};
use lakeorm_tests::engine::{Ability, Engine};
use spark_connect::{Channel, Relation, Session};

const SLOTS: usize = 4;
/// More than there are slots, so that some are dropped while they wait for one.
const DROPS: usize = 5 * SLOTS;
const REPORT_INTERVAL: &str = "spark.connect.progress.reportInterval";

/// Minutes of work in one task, so that the other one of the server is for the tests beside.
const LONG: &str = "SELECT sum((id * 31) % 1000003) AS id FROM range(0, 100000000000, 1, 1)";

/// The same with little work: a server that has planned it once plans the long one within the bound of its end.
const SHORT: &str = "SELECT sum((id * 31) % 1000003) AS id FROM range(0, 100, 1, 1)";

async fn one(drv: &SparkDriver) -> Duration {
    let begun = Instant::now();
    let source = drv.from_sql("SELECT 1").timeout(Duration::from_secs(30));
    let rows = query::<(i32,)>(&Client::new(drv.clone()), source).await.unwrap();
    assert_eq!(rows, [(1,)]);
    begun.elapsed()
}

/// The next query finds a slot as soon as the server has stopped one.
#[tokio::test]
async fn a_drop_takes_no_time_and_gives_its_slot_back_soon() {
    let engine = Engine::from_env();
    let drv = engine.compiling().pool_size(SLOTS).build().unwrap();
    let db = Client::new(drv.clone());
    query::<(i64,)>(&db, drv.from_sql(SHORT)).await.unwrap();
    let mut slowest_drop = Duration::ZERO;
    for _ in 0..DROPS {
        let mut running = Box::pin(query::<(i64,)>(&db, drv.from_sql(LONG)));
        assert!(tokio::time::timeout(Duration::from_millis(60), &mut running).await.is_err());
        let begun = Instant::now();
        drop(running);
        slowest_drop = slowest_drop.max(begun.elapsed());
    }
    let waited = one(&drv).await;
    println!("a drop took {slowest_drop:?} at most, the next query {waited:?}");
    assert!(slowest_drop < Duration::from_millis(50), "{slowest_drop:?}");
    // Far below the minutes of the dropped ones, and far above what a busy machine makes of it.
    assert!(waited < Duration::from_secs(20), "{waited:?}");
    let begun = Instant::now();
    while drv.status().in_use > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", drv.status());
        tokio::task::yield_now().await;
    }
    println!("all slots were free after {:?}", begun.elapsed());
    drv.close().await.unwrap();
}

#[tokio::test]
async fn a_dropped_query_leaves_the_confs_of_its_session_as_they_were() {
    let engine = Engine::from_env();
    let channel = Channel::builder(engine.remote.parse().unwrap()).build().unwrap();
    for set in [None, Some("3s")] {
        let session = Session::new(&channel);
        if let Some(value) = set {
            session.set_confs([(REPORT_INTERVAL, value)]).await.unwrap();
        }
        let before = session.confs([REPORT_INTERVAL]).await.unwrap();
        futures::TryStreamExt::try_collect::<Vec<_>>(session.query(&Relation::sql(SHORT))).await.unwrap();
        let mut batches = session.query(&Relation::sql(LONG));
        let first = futures::TryStreamExt::try_next(&mut batches);
        assert!(tokio::time::timeout(Duration::from_millis(300), first).await.is_err());
        drop(batches);
        channel.drained().await;
        assert_eq!(session.confs([REPORT_INTERVAL]).await.unwrap(), before);
        session.release().await.unwrap();
    }
}

/// What one process does with a session that its connection string names is no end of it for another.
#[tokio::test]
async fn a_session_that_the_connection_string_names_outlives_the_driver() {
    let engine = Engine::from_env();
    let id = uuid::Uuid::new_v4();
    let remote = format!("{}/;session_id={id}", engine.remote.trim_end_matches('/'));
    let other = Session::new(&Channel::builder(remote.parse().unwrap()).build().unwrap());
    other.set_confs([("spark.sql.session.timeZone", "Asia/Tokyo")]).await.unwrap();
    let drv = SparkDriver::builder(&remote).pool_size(2).idle_timeout(Duration::ZERO).build().unwrap();
    drop(drv.session().await.unwrap());
    one(&drv).await;
    let view = engine.unique("ours");
    drv.exec(format!("CREATE OR REPLACE TEMPORARY VIEW {view} AS SELECT 1 AS one")).await.unwrap();
    drv.close().await.unwrap();
    let confs = other.confs(["spark.sql.session.timeZone"]).await.unwrap();
    assert_eq!(confs["spark.sql.session.timeZone"], "Asia/Tokyo");
    let schema = other.schema(&Relation::table(view.as_str())).await.unwrap();
    assert_eq!(schema.to_string(), "one INT NOT NULL");
    other.release().await.unwrap();

    let late = SparkDriver::remote(&remote).unwrap();
    let answer = query::<(i32,)>(&Client::new(late.clone()), late.from_sql("SELECT 1")).await;
    if !engine.has(Ability::EndsSessions) {
        return assert_eq!(answer.unwrap(), [(1,)]);
    }
    let error = answer.unwrap_err();
    assert!(error.is_session_lost(), "{error}");
    // Not every server says whether that is for good.
    if engine.has(Ability::ErrorDetails) {
        assert!(!error.is_retryable(), "{error}");
        assert!(error.to_string().contains("its id is used up"), "{error}");
    }
}
