//! Futures that are dropped in the middle.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

/// Polls a future as often as it wakes, but not more than `wakes` times, and drops it. Says whether it ended.
pub async fn dropped_after<T>(wakes: usize, future: impl Future<Output = T>) -> bool {
    let mut future = pin!(future);
    let mut polled = 0;
    std::future::poll_fn(|context| {
        if polled == wakes {
            return Poll::Ready(false);
        }
        polled += 1;
        future.as_mut().poll(context).map(|_| true)
    })
    .await
}
