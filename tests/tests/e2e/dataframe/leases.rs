//! Frames in a pool of two, and actions that are dropped in the middle.

use futures::future::{BoxFuture, join3};
use futures::{FutureExt, TryFutureExt};
use lakeorm::spark::DataFrame;
use lakeorm_tests::wakes::dropped_after;
use spark_connect::Result;

use super::setup;

type Run = fn(DataFrame) -> BoxFuture<'static, Result<()>>;

const ACTIONS: [(&str, Run); 5] = [
    ("collect", |frame| async move { frame.collect().map_ok(drop).await }.boxed()),
    ("count", |frame| async move { frame.count().map_ok(drop).await }.boxed()),
    ("show", |frame| async move { frame.show().map_ok(drop).await }.boxed()),
    ("schema", |frame| async move { frame.schema().map_ok(drop).await }.boxed()),
    ("create_temp_view", |frame| async move { frame.create_or_replace_temp_view("dropped").await }.boxed()),
];

#[tokio::test]
async fn with_two_slots_actions_dropped_in_the_middle_leave_a_kept_frame_and_the_other_slot_alone() {
    let s = setup();
    let drv = s.engine.builder().pool_size(2).build().unwrap();
    let session = drv.session().await.unwrap();
    session.range(0, 1000).create_temp_view("kept").await.unwrap();
    let kept = session.table("kept");
    drop(session);
    for (name, run) in ACTIONS {
        for wakes in 0..6 {
            let frame = match name {
                "create_temp_view" => kept.limit(10),
                _ => drv.range(0, 100_000).filter("id % 3 = 1"),
            };
            dropped_after(wakes, run(frame)).await;
            let rows = drv.range(0, 10);
            let counts = join3(kept.count(), rows.count(), rows.count()).await;
            let counts = (counts.0.unwrap(), counts.1.unwrap(), counts.2.unwrap());
            assert_eq!(counts, (1000, 10, 10), "{name} after {wakes} wakes");
        }
    }
    assert_eq!(drv.status().in_use, 1);
    drop(kept);
    // The task that stops a dropped action has its session until then, so the slots come back when it ends.
    let (one, other) = (drv.session().await.unwrap(), drv.session().await.unwrap());
    assert_eq!(drv.status().in_use, 2);
    drop((one, other));
    drv.close().await.unwrap();
}
