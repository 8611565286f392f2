//! Many small calls on one warm session.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use lakeorm::{Client, query_first};
use lakeorm_tests::engine::Engine;
use serde_json::json;

use crate::figures::{Clock, Figures};
use crate::raw::{self, Raw};
use crate::windows::Windows;

pub(crate) const RUNNERS: [&str; 3] = ["raw", "raw, reattachable", "lakeorm"];

/// How many at once.
pub(crate) const TASKS: [usize; 3] = [1, 8, 32];

const CALLS: usize = 4000;
const SQL: &str = "SELECT 1 AS one";

/// Calls per second, the processor time of each and the median of how long each took.
pub(crate) async fn measured(engine: &Engine, runner: &str, tasks: usize) -> Figures {
    if runner == "lakeorm" {
        let db = Client::new(engine.builder().pool_size(tasks).build().unwrap());
        return run(tasks, move || {
            let db = db.clone();
            async move { assert_eq!(query_first::<(i32,)>(&db, SQL).await.unwrap(), (1,)) }
        })
        .await;
    }
    let raw = Raw::connect(engine, runner.contains("reattachable"), Windows::Own).await;
    run(tasks, move || {
        let raw = raw.clone();
        async move {
            let mut responses = raw.query(SQL).await;
            let mut rows = 0;
            while let Some(data) = raw::next(&mut responses).await {
                rows += raw::decoded(&data).map(|batch| batch.num_rows()).sum::<usize>();
            }
            assert_eq!(rows, 1);
        }
    })
    .await
}

async fn run<F: Future<Output = ()> + Send + 'static>(
    tasks: usize,
    call: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> Figures {
    for _ in 0..50 {
        call().await;
    }
    let left = Arc::new(AtomicUsize::new(CALLS));
    let clock = Clock::start();
    let begun = Instant::now();
    let workers = (0..tasks).map(|_| {
        let (left, call) = (Arc::clone(&left), call.clone());
        tokio::spawn(async move {
            let mut times = Vec::new();
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
            {
                let begun = Instant::now();
                call().await;
                times.push(begun.elapsed());
            }
            times
        })
    });
    let mut times: Vec<Duration> = join_all(workers).await.into_iter().flat_map(Result::unwrap).collect();
    let wall = begun.elapsed();
    let mut figures = clock.stop();
    times.sort();
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let cpu = figures["cpu_ms"].as_f64().unwrap() * 1000.0 / CALLS as f64;
    figures.insert("calls_per_second".to_owned(), json!(CALLS as f64 / wall.as_secs_f64()));
    figures.insert("cpu_us_per_call".to_owned(), json!(cpu));
    figures.insert("p50_us".to_owned(), json!(micros(times[times.len() / 2])));
    figures
}
