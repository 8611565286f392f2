//! A reader that is far slower than the server.

use std::fs;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use lakeorm::{Client, query_stream};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::numbered;

use crate::figure;

/// Takes one row per 10 ms out of ten million for half a minute; this process must not grow meanwhile.
pub(crate) async fn slow_reader(engine: &Engine) {
    const BOUND: u64 = 8 * 1024;
    let drv = engine.driver();
    let mut rows =
        query_stream::<(i64, String)>(&Client::new(drv.clone()), drv.from_sql(numbered::query(10_000_000)));
    for _ in 0..100 {
        assert!(rows.try_next().await.unwrap().is_some());
    }
    let (first, begun) = (resident(), Instant::now());
    let (mut most, mut read) = (first, 0);
    while begun.elapsed() < Duration::from_secs(30) {
        assert!(rows.try_next().await.unwrap().is_some());
        read += 1;
        most = most.max(resident());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    figure(
        "a row per 10 ms out of 10M, for 30 s",
        format!("{read} rows, {first} KiB resident, at most {most} KiB"),
    );
    assert!(most - first < BOUND, "the client grows");
    drop(rows);
    drv.close().await.unwrap();
}

/// Resident memory of this process, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
