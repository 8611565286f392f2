//! Many results under one cut of their connection: each comes whole, whatever the number beside it, and goes on where the
//! server keeps it.

use std::time::Duration;

use futures::TryStreamExt;
use futures::future::join_all;
use lakeorm::spark::{RetryPolicy, SparkDriver};
use lakeorm::{Client, ErrorKind, Result, query_stream};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::proxy::{Faults, Proxy};
use tokio::sync::Barrier;

/// With a text of a thousand bytes beside each number they are a multiple of [`WINDOW`], so that a cut takes something of
/// each result. What a server needs for them grows with their number, not with their bytes.
const ROWS: usize = 4_000;

/// The bytes of one result that may be on the way.
const WINDOW: usize = 256 * 1024;

/// Reads the numbers, each of which must come once. Behind the first it waits for all others.
async fn read(drv: &SparkDriver, begun: Option<&Barrier>) -> Result<()> {
    let sql = format!("SELECT id, repeat('x', 1000) AS rest FROM range(0, {ROWS}, 1, 4)");
    let mut rows = query_stream::<(i64, String)>(&Client::new(drv.clone()), drv.from_sql(sql));
    let mut seen = vec![false; ROWS];
    let mut first = rows.try_next().await;
    if let Some(begun) = begun {
        begun.wait().await;
    }
    while let Some((id, _)) = first? {
        let seen = &mut seen[usize::try_from(id).unwrap()];
        assert!(!std::mem::replace(seen, true), "{id} came twice");
        first = rows.try_next().await;
    }
    assert!(seen.into_iter().all(|seen| seen), "rows are missing");
    Ok(())
}

/// Sail forgets a result once it has sent the last response, whether that arrived or not, and Spark 3.5 a session that is
/// the oldest of a hundred; the error says that the query may be asked again, and then it is.
async fn read_whole(drv: &SparkDriver, begun: &Barrier) -> bool {
    let mut result = read(drv, Some(begun)).await;
    let went_on = result.is_ok();
    let engine = Engine::from_env();
    let mut attempts = if engine.has(Ability::KeepsSessions) { 1 } else { 5 };
    while let Err(error) = result {
        let lost = error.is_session_lost() && !engine.has(Ability::KeepsSessions);
        let forgotten = error.kind() == ErrorKind::Unavailable && !engine.has(Ability::KeepsResults);
        assert!(attempts > 0 && error.is_retryable() && (lost || forgotten), "{error}");
        attempts -= 1;
        result = read(drv, None).await;
    }
    went_on
}

async fn survive(streams: usize, away: Duration, retries: RetryPolicy) {
    let engine = Engine::from_env();
    let proxy = Proxy::start(engine.address(), Faults::none()).await;
    let builder = engine.behind(proxy.address()).compiling();
    let builder =
        builder.stream_window(WINDOW).retry_policy(retries).acquire_timeout(Duration::from_secs(300));
    let drv = builder.pool_size(streams).build().unwrap();
    let begun = Barrier::new(streams + 1);
    let cut = async {
        begun.wait().await;
        proxy.refuse();
        tokio::time::sleep(away).await;
        proxy.admit().await;
    };
    let (whole, ()) = tokio::join!(join_all((0..streams).map(|_| read_whole(&drv, &begun))), cut);
    let went_on = whole.iter().filter(|whole| **whole).count();
    println!("{streams} results, away for {away:?}: {went_on} went on");
    // Elsewhere all of them may be lost, and are asked for again.
    if engine.has(Ability::KeepsSessions) && engine.has(Ability::KeepsResults) {
        assert_eq!(went_on, streams);
    }
    assert!(proxy.connections() > 1);
    drv.close().await.unwrap();
}

#[tokio::test]
async fn each_of_eight_and_of_a_hundred_results_comes_whole_behind_a_cut() {
    for streams in [8, 100] {
        survive(streams, Duration::from_millis(10), RetryPolicy::default()).await;
    }
}

#[tokio::test]
async fn each_of_twenty_results_comes_whole_behind_a_server_that_is_away_for_seconds() {
    // Of twenty, one may draw the longest wait of the default, which is most of a minute.
    let retries = RetryPolicy { max_backoff: Duration::from_secs(2), ..RetryPolicy::default() };
    for away in [1, 3] {
        survive(20, Duration::from_secs(away), retries).await;
    }
}
