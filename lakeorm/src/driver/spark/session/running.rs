//! What runs in a session that can be closed.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures_core::Stream;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use tokio::sync::watch;

use crate::error::{Error, ErrorKind, Result};

/// How long closing waits for what runs.
const CLOSE_BOUND: Duration = Duration::from_secs(5);

/// The results and statements that run in a session.
#[derive(Default)]
pub(super) struct Running {
    operations: Mutex<Vec<Weak<dyn Stop>>>,
    /// Each operation holds a receiver, so that the end of the last can be waited for.
    ended: watch::Sender<()>,
}

trait Stop: Send + Sync {
    fn stop(&self);
}

/// One of them, which closing may end while its owner does not look.
struct Operation<T>(Mutex<Progress<T>>);

enum Progress<T> {
    Running(BoxStream<'static, Result<T>>, Option<Waker>),
    Stopped,
    Ended,
}

struct Tracked<T> {
    operation: Arc<Operation<T>>,
    _running: watch::Receiver<()>,
}

impl Running {
    pub(super) fn track<T: Send + 'static>(
        &self,
        results: BoxStream<'static, Result<T>>,
    ) -> BoxStream<'static, Result<T>> {
        let operation = Arc::new(Operation(Mutex::new(Progress::Running(results, None))));
        let mut operations = self.operations();
        operations.retain(|operation| operation.strong_count() > 0);
        operations.push(Arc::downgrade(&operation) as Weak<dyn Stop>);
        Tracked { operation, _running: self.ended.subscribe() }.boxed()
    }

    pub(super) async fn track_one<T: Send + 'static>(
        &self,
        result: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let ended = || Err(Error::new(ErrorKind::Closed, "the session was closed"));
        self.track(stream::once(result).boxed()).next().await.unwrap_or_else(ended)
    }

    /// Waits for what runs, within a bound, and stops the rest.
    pub(super) async fn end(&self) {
        let _ended = tokio::time::timeout(CLOSE_BOUND, self.ended.closed()).await;
        let operations = std::mem::take(&mut *self.operations());
        operations.iter().filter_map(Weak::upgrade).for_each(|operation| operation.stop());
    }

    fn operations(&self) -> MutexGuard<'_, Vec<Weak<dyn Stop>>> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Operation<T> {
    fn progress(&self) -> MutexGuard<'_, Progress<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Stop for Operation<T> {
    fn stop(&self) {
        let mut progress = self.progress();
        if let Progress::Running(_, waker) = &mut *progress {
            let waker = waker.take();
            // What is dropped stops.
            *progress = Progress::Stopped;
            drop(progress);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

impl<T> Stream for Tracked<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut progress = self.operation.progress();
        let item = match &mut *progress {
            Progress::Running(results, waker) => {
                *waker = Some(cx.waker().clone());
                ready!(results.poll_next_unpin(cx))
            }
            Progress::Stopped => Some(Err(stopped())),
            Progress::Ended => None,
        };
        if !matches!(item, Some(Ok(_))) {
            *progress = Progress::Ended;
        }
        Poll::Ready(item)
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Cancelled, "the session was closed while this ran; the server is told to stop it")
}

#[cfg(test)]
mod tests;
