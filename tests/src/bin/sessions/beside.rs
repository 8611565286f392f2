//! Small queries while a large result streams on the same driver.

use std::time::{Duration, Instant};

use futures::TryStreamExt;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, query, query_batches};
use lakeorm_tests::engine::Engine;

use crate::{figure, percentile};

const ROWS: u64 = 10_000_000;

/// With one, two and four connections under the driver.
pub(crate) async fn beside(engine: &Engine) {
    for connections in [1, 2, 4] {
        let drv = engine.builder().connections(connections).build().unwrap();
        let db = Client::new(drv.clone());
        small(&drv, &db, Duration::from_secs(2)).await;
        let mut alone = small(&drv, &db, Duration::from_secs(6)).await;
        let streaming = tokio::spawn({
            let (drv, db) = (drv.clone(), db.clone());
            async move { streamed(&drv, &db).await }
        });
        let mut beside = Vec::new();
        while !streaming.is_finished() {
            beside.extend(small(&drv, &db, Duration::from_millis(200)).await);
        }
        let took = streaming.await.unwrap();
        figure(
            format!("{connections} connections, SELECT 1 alone"),
            format!("p50 {:.1?}, p99 {:.1?}", percentile(&mut alone, 50), percentile(&mut alone, 99)),
        );
        figure(
            format!("{connections} connections, beside 10M rows"),
            format!(
                "p50 {:.1?}, p99 {:.1?}; the rows took {took:.1?}",
                percentile(&mut beside, 50),
                percentile(&mut beside, 99)
            ),
        );
        drv.close().await.unwrap();
    }
}

async fn small(drv: &SparkDriver, db: &Client, long: Duration) -> Vec<Duration> {
    let begun = Instant::now();
    let mut times = Vec::new();
    while begun.elapsed() < long {
        let one = Instant::now();
        assert_eq!(query::<(i32,)>(db, drv.from_sql("SELECT 1")).await.unwrap(), [(1,)]);
        times.push(one.elapsed());
    }
    times
}

/// Three times ten million rows, so that there is something to measure beside them.
async fn streamed(drv: &SparkDriver, db: &Client) -> Duration {
    let begun = Instant::now();
    for _ in 0..3 {
        let sql = format!("SELECT id, CAST(id AS STRING) AS text FROM range(0, {ROWS}, 1, 4)");
        let mut batches = query_batches(db, drv.from_sql(sql));
        let mut rows = 0;
        while let Some(batch) = batches.try_next().await.unwrap() {
            rows += u64::try_from(batch.num_rows()).unwrap();
        }
        assert_eq!(rows, ROWS);
    }
    begun.elapsed() / 3
}
