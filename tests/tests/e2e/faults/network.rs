//! Results through a connection that breaks again and again.

use std::time::Duration;

use lakeorm::spark::RetryPolicy;
use lakeorm::{Client, ErrorKind, query_batches};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::numbered::{self, Checksum};
use lakeorm_tests::proxy::{Faults, Proxy};

/// Waits that a test can afford, and as many attempts as the default has.
fn quick() -> RetryPolicy {
    let backoff = Duration::from_millis(10);
    RetryPolicy { initial_backoff: backoff, max_backoff: backoff, ..RetryPolicy::default() }
}

#[tokio::test]
async fn a_million_rows_arrive_once_each_while_the_connection_is_reset_every_two_megabytes() {
    const ROWS: u64 = 1_000_000;
    let engine = Engine::from_env();
    let proxy = Proxy::start(engine.address(), Faults { cut_after: Some(2_000_000), ..Faults::default() }).await;
    let drv = engine.behind(proxy.address()).builder().build().unwrap();
    let db = Client::new(drv.clone());
    let read = Checksum::read(query_batches(&db, drv.from_sql(numbered::query(ROWS)))).await;
    println!("{} resets, {} connections", proxy.cuts(), proxy.connections());
    assert_eq!(read.unwrap(), Checksum::whole(ROWS));
    assert!(proxy.cuts() >= 7, "{} resets", proxy.cuts());
    drv.close().await.unwrap();
}

/// Less than one of the engine's messages comes through at a time, or little more.
#[tokio::test]
async fn resets_every_64_kilobytes_give_the_whole_result_or_one_error() {
    const ROWS: u64 = 50_000;
    let engine = Engine::from_env();
    let proxy = Proxy::start(engine.address(), Faults { cut_after: Some(64 * 1024), ..Faults::default() }).await;
    let drv = engine.behind(proxy.address()).builder().retry_policy(quick()).build().unwrap();
    let db = Client::new(drv.clone());
    let read = Checksum::read(query_batches(&db, drv.from_sql(numbered::query(ROWS)))).await;
    println!("{} resets, {} connections: {read:?}", proxy.cuts(), proxy.connections());
    match read {
        Ok(read) => assert_eq!(read, Checksum::whole(ROWS)),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"),
    }
}

#[tokio::test]
async fn probe() {
    let engine = Engine::from_env();
    for sql in ["SELECT id FROM range(0, 2000000, 1, 1)".to_owned(), numbered::query(1_000_000)] {
    for cut in [1_000_000_000, 1_000_000_000, 2_000_000, 2_000_000, 300_000] {
        let proxy = Proxy::start(engine.address(), Faults { cut_after: Some(cut), ..Faults::default() }).await;
        let drv = engine.behind(proxy.address()).builder().retry_policy(quick()).build().unwrap();
        let t = std::time::Instant::now();
        let mut b = query_batches(&Client::new(drv.clone()), drv.from_sql(&sql));
        let mut n = 0;
        let r = loop { use futures::TryStreamExt; match b.try_next().await { Ok(Some(b)) => n += b.num_rows(), Ok(None) => break Ok(n), Err(e) => break Err((n, e.to_string()[..60].to_owned())) } };
        println!("{cut}: {} resets, {} connections: {:?} {r:?}", proxy.cuts(), proxy.connections(), t.elapsed());
    }}
}
