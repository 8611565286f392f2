//! A healthy query that is silent for longer than servers like to be pinged.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use lakeorm::{Client, query};
use lakeorm_tests::engine::Engine;

use crate::{figure, reattaches};

/// The optimizer sleeps, so that not even progress is told. Servers up to Spark 4.2 end the connection at the fourth ping.
pub(crate) async fn pings(engine: &Engine) {
    let reattaches = reattaches::counted();
    let drv = engine.driver();
    let begun = Instant::now();
    let sql = "SELECT reflect('java.lang.Thread', 'sleep', 100000L) IS NULL OR true";
    let rows = query::<(bool,)>(&Client::new(drv.clone()), drv.from_sql(sql)).await.unwrap();
    assert_eq!(rows, [(true,)]);
    let reattaches = reattaches.load(Ordering::Relaxed);
    figure("a query that is silent for 100 s", format!("{:.1?}, {reattaches} reattaches", begun.elapsed()));
    assert!(begun.elapsed() >= Duration::from_secs(100), "the server did not sleep");
    assert!(reattaches <= 2, "{reattaches} reattaches");
}
