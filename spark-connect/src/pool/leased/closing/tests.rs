use futures_util::FutureExt;
use tokio::time::Instant;

use super::*;

const BOUND: Duration = Duration::from_secs(5);

/// Says whether it was dropped.
#[derive(Default)]
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn two_items() -> impl Stream<Item = Result<u8>> + Send + 'static {
    stream::iter([Ok(1), Ok(2)])
}

/// A stream that never ends, and whether it was dropped.
fn endless() -> (BoxStream<'static, Result<u8>>, Arc<AtomicBool>) {
    let held = Dropped::default();
    let dropped = Arc::clone(&held.0);
    let items = stream::once(async move {
        let _held = held;
        pending().await
    });
    (items.boxed(), dropped)
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_the_close_is_refused_and_not_begun() {
    let closing = Closing::default();
    let begun = Instant::now();
    closing.close(BOUND).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(closing.check().unwrap_err().kind(), ErrorKind::Closed);
    let is_begun = AtomicBool::new(false);
    let call = async {
        is_begun.store(true, Ordering::Relaxed);
        Ok(())
    };
    assert_eq!(closing.clone().run(call).await.unwrap_err().kind(), ErrorKind::Closed);
    assert!(!is_begun.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn what_runs_has_a_while_to_end_and_is_dropped_then() {
    let closing = Closing::default();
    let (short, dropped) = (Duration::from_secs(1), Dropped::default());
    let was_dropped = Arc::clone(&dropped.0);
    let ending = closing.run(async {
        clock::sleep(short).await;
        Ok(7)
    });
    let endless = closing.run(async move {
        let _held = dropped;
        pending::<Result<()>>().await
    });
    let begun = Instant::now();
    let (ended, stopped, ()) = tokio::join!(ending, endless, async {
        tokio::task::yield_now().await;
        closing.close(BOUND).await;
    });
    assert_eq!((ended.unwrap(), begun.elapsed()), (7, BOUND));
    let stopped = stopped.unwrap_err();
    assert_eq!((stopped.kind(), stopped.may_have_run()), (ErrorKind::Cancelled, true));
    assert!(was_dropped.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn closing_waits_no_longer_than_for_the_last_that_runs() {
    let closing = Closing::default();
    let mut items = closing.stream(two_items());
    let begun = Instant::now();
    let reading = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        (items.next().await, items.next().await, items.next().await)
    };
    let (read, ()) = tokio::join!(reading, closing.close(BOUND));
    assert!(matches!(read, (Some(Ok(1)), Some(Ok(2)), None)), "{read:?}");
    assert_eq!(begun.elapsed(), Duration::from_secs(1), "its end is enough: `items` is not dropped yet");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_nobody_reads_is_dropped_by_the_close_and_ends_with_one_error() {
    let closing = Closing::default();
    let (rest, was_dropped) = endless();
    let mut items = closing.stream(two_items().chain(rest));
    assert!(matches!(items.next().now_or_never(), Some(Some(Ok(1)))));
    let begun = Instant::now();
    closing.close(BOUND).await;
    assert_eq!(begun.elapsed(), BOUND);
    assert!(was_dropped.load(Ordering::Relaxed));
    closing.close(BOUND).await;
    assert_eq!(begun.elapsed(), BOUND);
    let mut read = Vec::new();
    while let Some(item) = items.next().await {
        read.push(item.map_err(|error| (error.kind(), error.may_have_run())));
    }
    assert_eq!(read, [Err((ErrorKind::Cancelled, true))]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_call_that_is_stopped_is_woken() {
    let closing = Closing::default();
    let waiting = tokio::spawn({
        let closing = closing.clone();
        async move { closing.future(pending::<Result<()>>()).await }
    });
    tokio::task::yield_now().await;
    closing.close(BOUND).await;
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_dropped_is_not_waited_for() {
    let closing = Closing::default();
    let (items, was_dropped) = endless();
    let mut items = closing.stream(items);
    assert!(items.next().now_or_never().is_none());
    drop(items);
    assert!(was_dropped.load(Ordering::Relaxed));
    let begun = Instant::now();
    closing.close(BOUND).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_comes_after_the_close_is_stopped_at_once() {
    let closing = Closing::default();
    closing.close(BOUND).await;
    let (items, was_dropped) = endless();
    let mut items = closing.stream(items);
    assert!(was_dropped.load(Ordering::Relaxed));
    assert_eq!(items.next().await.unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(items.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_closes_its_own_session_is_stopped_by_it() {
    let closing = Closing::default();
    let (inner, held) = (closing.clone(), Dropped::default());
    let was_dropped = Arc::clone(&held.0);
    let mut items = closing.stream(stream::poll_fn(move |_| {
        let _held = &held;
        inner.stop_streams();
        Poll::<Option<Result<u8>>>::Pending
    }));
    let stopped = items.next().now_or_never().flatten().unwrap().unwrap_err();
    assert_eq!(stopped.kind(), ErrorKind::Cancelled);
    assert!(was_dropped.load(Ordering::Relaxed));
    assert!(items.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_awaits_the_close_of_its_own_session_ends() {
    let closing = Closing::default();
    let (inner, begun) = (closing.clone(), Instant::now());
    let call = async move {
        inner.close(BOUND).await;
        Ok::<_, Error>(7)
    };
    assert_eq!(closing.future(call).await.unwrap(), 7);
    assert_eq!(begun.elapsed(), BOUND);
    assert_eq!(closing.check().unwrap_err().kind(), ErrorKind::Closed);
}

#[tokio::test(start_paused = true)]
async fn what_outlives_the_last_handle_runs_on() {
    let closing = Closing::default();
    let items = closing.stream(two_items());
    drop(closing);
    assert_eq!(items.map(Result::unwrap).collect::<Vec<_>>().await, [1, 2]);
}
