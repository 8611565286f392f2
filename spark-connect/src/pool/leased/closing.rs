//! Closing a session while what was made with it may still run.

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream;
use futures_util::future::{Either, select};
use futures_util::{TryStreamExt, stream};
use tokio::sync::watch;

use crate::clock;
use crate::error::{Error, ErrorKind, Result};

/// How far a session is closed. Clones are of one session, and what runs in it holds a receiver, so that the end of the last
/// can be waited for.
#[derive(Clone, Default)]
pub(super) struct Closing(Arc<watch::Sender<Phase>>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    #[default]
    Open,
    /// Running calls may end.
    Closed,
    /// Running calls are stopped.
    Stopped,
}

impl Closing {
    pub(super) fn check(&self) -> Result<()> {
        match *self.0.borrow() {
            Phase::Open => Ok(()),
            Phase::Closed | Phase::Stopped => {
                Err(Error::new(ErrorKind::Closed, "the session was closed: take another one"))
            }
        }
    }

    /// Refuses what comes, waits for what runs within a bound, and stops the rest.
    pub(super) async fn close(&self, bound: Duration) {
        self.reach(Phase::Closed);
        let _ = clock::wait_until(clock::deadline(bound), self.0.closed()).await;
        self.reach(Phase::Stopped);
    }

    fn reach(&self, phase: Phase) {
        self.0.send_if_modified(|reached| {
            let goes_on = *reached < phase;
            *reached = phase.max(*reached);
            goes_on
        });
    }

    pub(super) async fn run<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        self.check()?;
        let mut run = self.0.subscribe();
        unless_stopped(&mut run, call).await.unwrap_or_else(|| Err(stopped()))
    }

    pub(super) fn stream<T, S>(&self, items: S) -> impl Stream<Item = Result<T>> + use<T, S>
    where
        S: Stream<Item = Result<T>> + Unpin,
    {
        stream::try_unfold((items, self.0.subscribe()), |(mut items, mut run)| async move {
            // Items that are always there would never leave the stop its turn.
            if *run.borrow() == Phase::Stopped {
                return Err(stopped());
            }
            match unless_stopped(&mut run, items.try_next()).await {
                Some(item) => Ok(item?.map(|item| (item, (items, run)))),
                None => Err(stopped()),
            }
        })
    }
}

/// The output of `call`, unless the session is closed and the time is over that it had then. What is dropped stops.
async fn unless_stopped<T>(run: &mut watch::Receiver<Phase>, call: impl Future<Output = T>) -> Option<T> {
    let stop = async {
        if run.wait_for(|phase| *phase == Phase::Stopped).await.is_err() {
            // With the last handle went whoever could close it.
            pending::<()>().await;
        }
    };
    match select(pin!(call), pin!(stop)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

/// The stopped call may have been a write.
fn stopped() -> Error {
    let message = "the session was closed while this ran; the server is told to stop it";
    Error::new(ErrorKind::Cancelled, message).with_may_have_run(true)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use futures_util::{FutureExt, StreamExt};
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
        let mut items = Box::pin(closing.stream(stream::iter([Ok(1), Ok(2)])));
        let begun = Instant::now();
        let reading = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            (items.next().await, items.next().await, items.next().await)
        };
        let (read, ()) = tokio::join!(reading, closing.close(BOUND));
        assert!(matches!(read, (Some(Ok(1)), Some(Ok(2)), None)), "{read:?}");
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_nobody_reads_ends_with_one_error_when_it_is_read() {
        let closing = Closing::default();
        let mut items = Box::pin(closing.stream(stream::iter([Ok(1), Ok(2)]).chain(stream::pending())));
        assert!(matches!(items.next().now_or_never(), Some(Some(Ok(1)))));
        closing.close(BOUND).await;
        closing.close(BOUND).await;
        let mut read = Vec::new();
        while let Some(item) = items.next().await {
            read.push(item.map_err(|error| error.kind()));
        }
        assert_eq!(read, [Err(ErrorKind::Cancelled)]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_outlives_the_last_handle_runs_on() {
        let closing = Closing::default();
        let items = Box::pin(closing.stream(stream::iter([Ok(1), Ok(2)])));
        drop(closing);
        assert_eq!(items.map(Result::unwrap).collect::<Vec<_>>().await, [1, 2]);
    }
}
