//! What is dropped at any await stops, and its slot is free.

use std::fs;
use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::{Duration, Instant};

use lakeorm::{Client, query};
use lakeorm_tests::engine::Engine;

use crate::{figure, server};

/// Drops a query after each number of polls up to its end, and an endless one after each of the first ones.
pub(crate) async fn drops(engine: &Engine) {
    let drv = engine.builder().pool_size(1).build().unwrap();
    let db = Client::new(drv.clone());
    let small = || query::<(i64,)>(&db, drv.from_sql("SELECT id FROM range(0, 100000, 1, 4)"));
    small().await.unwrap();
    let (mut polls, mut slowest) = (0, Duration::ZERO);
    while !dropped_after(polls, small()).await {
        let begun = Instant::now();
        assert_eq!(small().await.unwrap().len(), 100_000, "after {polls} polls");
        slowest = slowest.max(begun.elapsed());
        polls += 1;
    }
    figure(
        "a query dropped after 0 to n polls",
        format!("n = {polls}, the next one took at most {slowest:.1?}"),
    );
    let endless = "SELECT sum((id * 31) % 1000003) AS id FROM range(0, 100000000000, 1, 4)";
    for wait in [0, 5, 20, 50, 200, 1000] {
        let running = query::<(i64,)>(&db, drv.from_sql(endless));
        assert!(tokio::time::timeout(Duration::from_millis(wait), running).await.is_err());
        let idle = idle_after().await;
        figure(
            format!("an endless query dropped after {wait} ms"),
            idle.map_or_else(
                || "still runs".to_owned(),
                |idle| format!("the server is idle after {idle:.1?}"),
            ),
        );
        assert!(idle.is_some(), "the query still runs");
        small().await.unwrap();
    }
    drv.close().await.unwrap();
}

/// How long the server still works, if it stops soon: the query would keep two cores busy for hours.
async fn idle_after() -> Option<Duration> {
    const BOUND: Duration = Duration::from_secs(10);
    const PIECE: Duration = Duration::from_millis(250);
    let begun = Instant::now();
    let mut before = ticks();
    while begun.elapsed() < BOUND {
        let at = begun.elapsed();
        tokio::time::sleep(PIECE).await;
        let now = ticks();
        // A third of a core is what is left of compiling and collecting.
        if now - before < 8 {
            return Some(at);
        }
        before = now;
    }
    None
}

/// Polls a future as often as it wakes, but not more than `polls` times, and drops it; says whether it ended.
async fn dropped_after<T>(polls: usize, future: impl Future<Output = T>) -> bool {
    let mut future = std::pin::pin!(future);
    let mut polled = 0;
    poll_fn(|context| {
        if polled == polls {
            return Poll::Ready(false);
        }
        polled += 1;
        future.as_mut().poll(context).map(|_| true)
    })
    .await
}

/// The processor time that the server has used, in clock ticks of a hundredth of a second.
fn ticks() -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server::process())).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    fields.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
}
