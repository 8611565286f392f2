//! What the pool adds to a query.

use std::time::{Duration, Instant};

use futures::TryStreamExt;
use lakeorm::spark::{RetryPolicy, SessionPool};
use lakeorm::{Client, query_batches};
use lakeorm_tests::engine::Engine;
use spark_connect::{Channel, Relation, Session};

use crate::{figure, percentile};

const SQL: &str = "SELECT 1";

/// Borrowing alone, and a query through the driver against the same on a bare session of its own.
pub(crate) async fn cost(engine: &Engine) {
    borrowing(engine).await;
    querying(engine).await;
    replacing(engine).await;
}

fn channel(engine: &Engine) -> Channel {
    Channel::builder(engine.remote.parse().unwrap()).retry_policy(RetryPolicy::default()).build().unwrap()
}

fn pool(engine: &Engine) -> SessionPool {
    let channel = channel(engine);
    SessionPool::builder()
        .session_conf("spark.sql.session.timeZone", "UTC")
        .build(move || {
            let channel = channel.clone();
            async move { Ok(Session::new(&channel)) }
        })
        .unwrap()
}

async fn borrowing(engine: &Engine) {
    const TIMES: u32 = 200_000;
    let pool = pool(engine);
    drop(pool.acquire_to_query().await.unwrap());
    let begun = Instant::now();
    for _ in 0..TIMES {
        drop(pool.acquire_to_query().await.unwrap());
    }
    let each = begun.elapsed() / TIMES;
    figure("acquire and release, uncontended", format!("{each:?}"));
    assert!(each <= Duration::from_micros(2), "{each:?}");
    pool.close().await;
}

/// The two ways take turns, so that what else the machine does hits both.
async fn querying(engine: &Engine) {
    const ROUNDS: usize = 400;
    let drv = engine.driver();
    let db = Client::new(drv.clone());
    let bare = Session::new(&channel(engine));
    let relation = Relation::sql(SQL);
    let (mut pooled_times, mut bare_times) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS + 50 {
        let begun = Instant::now();
        let batches: Vec<_> = query_batches(&db, drv.from_sql(SQL)).try_collect().await.unwrap();
        let pooled = begun.elapsed();
        assert_eq!(batches[0].num_rows(), 1);
        let begun = Instant::now();
        let batches: Vec<_> = bare.query(&relation).try_collect().await.unwrap();
        let bare = begun.elapsed();
        assert_eq!(batches[0].num_rows(), 1);
        // The first ones warm the server up.
        if round >= 50 {
            pooled_times.push(pooled);
            bare_times.push(bare);
        }
    }
    let (pooled, bare) = (percentile(&mut pooled_times, 50), percentile(&mut bare_times, 50));
    let ratio = pooled.as_secs_f64() / bare.as_secs_f64();
    figure("SELECT 1, pooled against bare", format!("{pooled:.1?} against {bare:.1?}: {ratio:.3} x"));
    drv.close().await.unwrap();
}

/// A new session with a conf, as the pool makes it for one that was changed.
async fn replacing(engine: &Engine) {
    const TIMES: usize = 100;
    let pool = pool(engine);
    drop(pool.acquire_to_query().await.unwrap());
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let begun = Instant::now();
        let session = pool.acquire().await.unwrap();
        times.push(begun.elapsed());
        drop(session);
    }
    figure("a session replaced by a new one with a conf", format!("{:.1?}", percentile(&mut times, 50)));
    pool.close().await;
}
