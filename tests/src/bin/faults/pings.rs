//! A healthy query that is silent for longer than servers like to be pinged.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use lakeorm::{Client, query};
use lakeorm_tests::engine::Engine;

use crate::{figure, reattaches};

/// Servers up to Spark 4.2 end the connection at the fourth ping of a silence, and what they tell of progress breaks one.
pub(crate) async fn pings(engine: &Engine) {
    let reattaches = reattaches::counted();
    let drv = engine.driver();
    let begun = Instant::now();
    let sql = "SELECT reflect('java.lang.Thread', 'sleep', 100000L)";
    let rows = query::<(Option<String>,)>(&Client::new(drv.clone()), drv.from_sql(sql)).await.unwrap();
    assert_eq!(rows.len(), 1);
    let reattaches = reattaches.load(Ordering::Relaxed);
    figure("a query that is silent for 100 s", format!("{:.1?}, {reattaches} reattaches", begun.elapsed()));
    assert!(begun.elapsed() >= Duration::from_secs(100), "the server did not sleep");
    assert!(reattaches <= 2, "{reattaches} reattaches");
}
