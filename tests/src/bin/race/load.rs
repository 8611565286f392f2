//! Many calls by tasks that take turns at them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use crate::figures::{Clock, Figures};

const CALLS: usize = 4000;

/// Calls per second, the processor time of each and the median of how long each took.
pub(crate) async fn run<F: Future<Output = ()> + Send + 'static>(
    tasks: usize,
    call: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> Figures {
    for _ in 0..50 {
        call().await;
    }
    let left = Arc::new(AtomicUsize::new(CALLS));
    let clock = Clock::start();
    let begun = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..tasks {
        workers.spawn(work(Arc::clone(&left), call.clone()));
    }
    let mut times = workers.join_all().await.concat();
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

/// Calls until none is left, and tells how long each took.
async fn work<F: Future<Output = ()>>(left: Arc<AtomicUsize>, call: impl Fn() -> F) -> Vec<Duration> {
    let mut times = Vec::new();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let begun = Instant::now();
        call().await;
        times.push(begun.elapsed());
    }
    times
}
