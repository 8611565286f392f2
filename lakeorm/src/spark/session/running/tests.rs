use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt;
use tokio::time::Instant;

use super::*;

/// Says whether it was dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A result that never ends, and whether it was dropped.
fn endless() -> (BoxStream<'static, Result<u8>>, Arc<AtomicBool>) {
    let dropped = Arc::new(AtomicBool::new(false));
    let held = Dropped(Arc::clone(&dropped));
    let results = stream::once(async move {
        let _held = held;
        std::future::pending().await
    });
    (results.boxed(), dropped)
}

#[tokio::test(start_paused = true)]
async fn closing_waits_for_what_comes_to_its_end() {
    let running = Running::default();
    let mut results = running.track(stream::iter([Ok(1), Ok(2)]).boxed());
    let begun = Instant::now();
    let reading = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let read = (results.next().await, results.next().await, results.next().await);
        drop(results);
        read
    };
    let ((), read) = tokio::join!(running.end(), reading);
    assert!(matches!(read, (Some(Ok(1)), Some(Ok(2)), None)), "{read:?}");
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn what_still_runs_then_is_dropped_though_nobody_polls_it_and_ends_with_one_error() {
    let running = Running::default();
    let (results, dropped) = endless();
    let mut results = running.track(results);
    assert!(results.next().now_or_never().is_none());
    let begun = Instant::now();
    running.end().await;
    assert_eq!(begun.elapsed(), CLOSE_BOUND);
    assert!(dropped.load(Ordering::Relaxed));
    assert_eq!(results.next().await.unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(results.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_result_that_is_stopped_is_woken() {
    let running = Arc::new(Running::default());
    let waiting = tokio::spawn({
        let running = Arc::clone(&running);
        async move { running.track_one::<u8>(std::future::pending()).await }
    });
    tokio::task::yield_now().await;
    running.end().await;
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn what_was_dropped_is_not_waited_for() {
    let running = Running::default();
    let (results, dropped) = endless();
    let mut results = running.track(results);
    assert!(results.next().now_or_never().is_none());
    drop(results);
    assert!(dropped.load(Ordering::Relaxed));
    let begun = Instant::now();
    running.end().await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_taken_away_is_waited_for_from_its_making_and_never_stopped() {
    let running = Running::default();
    let removal = running.track_removal(tokio::time::sleep(Duration::from_secs(1)));
    let begun = Instant::now();
    running.end().await;
    running.wait_for_removals(Some(begun + Duration::from_millis(500))).await;
    assert_eq!(begun.elapsed(), Duration::from_millis(500), "it was not begun");
    let ((), ()) = tokio::join!(removal, running.wait_for_removals(None));
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_the_end_is_stopped_at_once() {
    let running = Running::default();
    running.end().await;
    let (results, dropped) = endless();
    let mut results = running.track(results);
    assert!(dropped.load(Ordering::Relaxed));
    assert_eq!(results.next().await.unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
}
