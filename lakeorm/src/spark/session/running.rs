//! The results and statements that run in a session, and their end when it is closed.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures_core::Stream;
use futures_util::future::select;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use spark_connect::clock::{sleep, sleep_until};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};

/// How long closing waits for what runs, and again for the server to be told of what was stopped.
pub(super) const CLOSE_BOUND: Duration = Duration::from_secs(5);

/// The results and statements that run in a session.
pub(in crate::spark) struct Running {
    /// None once what runs has been stopped, and what comes later is stopped at once.
    runs: Mutex<Option<Vec<Weak<dyn Stop>>>>,
    /// Each run holds a receiver, so that the end of the last can be waited for.
    ended: watch::Sender<()>,
    /// Each removal after a run holds a receiver of this one.
    removals: watch::Sender<()>,
}

trait Stop: Send + Sync {
    fn stop(&self);
}

/// One of them, which closing may end while its owner does not look.
struct Run<T>(Mutex<RunState<T>>);

enum RunState<T> {
    Running(BoxStream<'static, Result<T>>, Option<Waker>),
    Stopped,
    Ended,
}

struct Tracked<T> {
    run: Arc<Run<T>>,
    _running: watch::Receiver<()>,
}

impl Running {
    pub(super) fn track<T: Send + 'static>(
        &self,
        results: BoxStream<'static, Result<T>>,
    ) -> BoxStream<'static, Result<T>> {
        let run = Arc::new(Run(Mutex::new(RunState::Running(results, None))));
        match &mut *self.runs() {
            Some(runs) => {
                runs.retain(|run| run.strong_count() > 0);
                runs.push(Arc::downgrade(&run) as Weak<dyn Stop>);
            }
            None => run.stop(),
        }
        Tracked { run, _running: self.ended.subscribe() }.boxed()
    }

    pub(in crate::spark) async fn track_one<T: Send + 'static>(
        &self,
        result: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let ended = || Err(Error::new(ErrorKind::Closed, "the session was closed"));
        self.track(stream::once(result).boxed()).next().await.unwrap_or_else(ended)
    }

    /// Has closing wait for `removal`, from now on. It is not stopped: what it removes would stay.
    pub(in crate::spark) fn track_removal<F: Future + Send>(
        &self,
        removal: F,
    ) -> impl Future<Output = F::Output> + Send + use<F> {
        let running = self.removals.subscribe();
        async move {
            let removed = removal.await;
            drop(running);
            removed
        }
    }

    /// Waits for the removals.
    pub(super) async fn wait_for_removals(&self, deadline: Option<Instant>) {
        // Without timers nothing is waited for.
        select(pin!(self.removals.closed()), pin!(sleep_until(deadline))).await;
    }

    /// Waits for what runs, within a bound, and stops the rest.
    pub(super) async fn end(&self) {
        // Without timers nothing is waited for.
        select(pin!(self.ended.closed()), pin!(sleep(CLOSE_BOUND))).await;
        let runs = self.runs().take();
        runs.iter().flatten().filter_map(Weak::upgrade).for_each(|run| run.stop());
    }

    fn runs(&self) -> MutexGuard<'_, Option<Vec<Weak<dyn Stop>>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Running {
    fn default() -> Self {
        Self {
            runs: Mutex::new(Some(Vec::new())),
            ended: watch::Sender::default(),
            removals: watch::Sender::default(),
        }
    }
}

impl<T> Run<T> {
    fn state(&self) -> MutexGuard<'_, RunState<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Stop for Run<T> {
    fn stop(&self) {
        let mut state = self.state();
        if let RunState::Running(_, waker) = &mut *state {
            let waker = waker.take();
            // Dropping the results stops the run.
            *state = RunState::Stopped;
            drop(state);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

impl<T> Stream for Tracked<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.run.state();
        let item = match &mut *state {
            RunState::Running(results, waker) => {
                *waker = Some(cx.waker().clone());
                ready!(results.poll_next_unpin(cx))
            }
            RunState::Stopped => Some(Err(stopped())),
            RunState::Ended => None,
        };
        if !matches!(item, Some(Ok(_))) {
            *state = RunState::Ended;
        }
        Poll::Ready(item)
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Cancelled, "the session was closed while this ran; the server is told to stop it")
}

#[cfg(test)]
mod tests;
