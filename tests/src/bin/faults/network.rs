//! Long results through connections and streams that end early.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use lakeorm::{Client, query_batches, query_stream};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::numbered::{self, Checksum};
use lakeorm_tests::proxy::{Fault, Faults, Proxy};

use crate::{figure, reattaches};

/// Ten million rows with a reset every 2 MB, against none.
pub(crate) async fn resets(engine: &Engine) {
    const ROWS: u64 = 10_000_000;
    let whole = Checksum::whole(ROWS);
    for (what, faults) in
        [("no resets", Faults::none()), ("a reset every 2 MB", Faults::none().after(2_000_000, Fault::Cut))]
    {
        for attempt in 1.. {
            let proxy = Proxy::start(engine.address(), faults.clone()).await;
            let drv = engine.behind(proxy.address()).builder().build().unwrap();
            let begun = Instant::now();
            let batches = query_batches(&Client::new(drv.clone()), drv.from_sql(numbered::query(ROWS)));
            let read = Checksum::read(batches).await;
            let (time, cuts) = (begun.elapsed(), proxy.cuts());
            match read {
                Ok(read) => {
                    assert_eq!(read, whole, "{what}");
                    figure(
                        format!("10M rows, {what}"),
                        format!("{time:.1?}, {cuts} resets, exact, attempt {attempt}"),
                    );
                    break;
                }
                Err(error) => {
                    figure(
                        format!("10M rows, {what}"),
                        format!("{time:.1?}, {cuts} resets, {:?}: {error}", error.kind()),
                    );
                    assert!(error.is_retryable() && attempt < 5, "{error}");
                }
            }
        }
    }
}

/// A result that takes a minute from a server that ends each stream after two seconds or a megabyte.
pub(crate) async fn short_streams(engine: &Engine) {
    const ROWS: i64 = 5_000_000;
    const MINUTE: Duration = Duration::from_secs(60);
    let reattaches = reattaches::counted();
    let drv = engine.driver();
    let sql = format!("SELECT id FROM range(0, {ROWS}, 1, 50)");
    let mut rows = query_stream::<(i64,)>(&Client::new(drv.clone()), drv.from_sql(sql));
    let begun = Instant::now();
    let mut next = 0;
    while let Some((id,)) = rows.try_next().await.unwrap() {
        assert_eq!(id, next);
        next += 1;
        if next % 50_000 == 0 {
            tokio::time::sleep(MINUTE / 100).await;
        }
    }
    assert_eq!(next, ROWS);
    let reattaches = reattaches.load(Ordering::Relaxed);
    figure(
        "5M rows over a minute, streams of 2 s or 1 MB",
        format!("{:.1?}, {reattaches} reattaches, exact", begun.elapsed()),
    );
    assert!(reattaches >= 20, "{reattaches} reattaches");
}
