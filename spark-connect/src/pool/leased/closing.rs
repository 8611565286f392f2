//! Closing a session while what was made with it may still run.

use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures_core::Stream;
use futures_util::future::{Either, select};
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::sync::watch;

use crate::clock;
use crate::error::{Error, ErrorKind, Result};

/// How far a session is closed, and what runs in it. Clones are of one session.
#[derive(Clone, Default)]
pub(super) struct Closing(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// What runs holds a receiver, so that the end of the last can be waited for.
    phase: watch::Sender<Phase>,
    streams: Mutex<Streams>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    #[default]
    Open,
    /// Running calls may end.
    Closed,
    /// Running calls are stopped.
    Stopped,
}

/// The streams of the session, which are stopped whether somebody reads them or not.
#[derive(Default)]
struct Streams {
    running: Vec<Weak<dyn Stop>>,
    /// Whether they were stopped, and what comes later is stopped at once.
    are_stopped: bool,
}

trait Stop: Send + Sync {
    fn stop(&self);
}

/// One of them.
struct Run<T, E> {
    /// Locked while the stream is polled.
    state: Mutex<State<T, E>>,
    /// Whether it is to stop. What is polled looks at it then: it may be the stream itself that closes the session.
    is_to_stop: AtomicBool,
}

enum State<T, E> {
    Running {
        items: BoxStream<'static, Result<T, E>>,
        /// Of who reads it.
        waker: Option<Waker>,
        /// Dropped after the items, whose drop stops the run.
        _run: watch::Receiver<Phase>,
    },
    Stopped,
    Ended,
}

/// The stream as its reader has it.
struct Tracked<T, E>(Arc<Run<T, E>>);

impl Closing {
    pub(super) fn check(&self) -> Result<()> {
        match *self.0.phase.borrow() {
            Phase::Open => Ok(()),
            Phase::Closed | Phase::Stopped => {
                Err(Error::new(ErrorKind::Closed, "the session was closed: take another one"))
            }
        }
    }

    /// Refuses what comes, waits for what runs within a bound, and stops the rest.
    pub(super) async fn close(&self, bound: Duration) {
        self.reach(Phase::Closed);
        let _ = clock::wait_until(clock::deadline(bound), self.0.phase.closed()).await;
        // These first: a call that a stream waits for is dropped with it, and does not fail it.
        self.stop_streams();
        self.reach(Phase::Stopped);
    }

    fn reach(&self, phase: Phase) {
        self.0.phase.send_if_modified(|reached| {
            let goes_on = *reached < phase;
            *reached = phase.max(*reached);
            goes_on
        });
    }

    /// Makes a call that is stopped the next time that its owner polls it.
    pub(super) async fn run<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        self.check()?;
        let mut run = self.0.phase.subscribe();
        unless_stopped(&mut run, call).await.unwrap_or_else(|| Err(stopped()))
    }

    /// The items of a stream, which is stopped though nobody reads it.
    pub(super) fn stream<T, E, S>(&self, items: S) -> BoxStream<'static, Result<T, E>>
    where
        T: 'static,
        E: From<Error> + 'static,
        S: Stream<Item = Result<T, E>> + Send + 'static,
    {
        let running = State::Running { items: items.boxed(), waker: None, _run: self.0.phase.subscribe() };
        let run = Arc::new(Run { state: Mutex::new(running), is_to_stop: AtomicBool::new(false) });
        self.keep(&run);
        Tracked(run).boxed()
    }

    /// The output of a call, which is stopped though nobody polls it.
    pub(super) async fn future<T, E, F>(&self, call: F) -> Result<T, E>
    where
        T: 'static,
        E: From<Error> + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let mut output = self.stream(stream::once(call));
        output.next().await.unwrap_or_else(|| Err(stopped().into()))
    }

    fn keep(&self, run: &Arc<impl Stop + 'static>) {
        let mut streams = self.streams();
        if streams.are_stopped {
            drop(streams);
            return run.stop();
        }
        streams.running.retain(|run| run.strong_count() > 0);
        streams.running.push(Arc::downgrade(run) as Weak<dyn Stop>);
    }

    fn stop_streams(&self) {
        let running = {
            let mut streams = self.streams();
            streams.are_stopped = true;
            std::mem::take(&mut streams.running)
        };
        running.iter().filter_map(Weak::upgrade).for_each(|run| run.stop());
    }

    fn streams(&self) -> MutexGuard<'_, Streams> {
        self.0.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T, E> Run<T, E> {
    /// The state, unless the stream is being polled.
    fn idle_state(&self) -> Option<MutexGuard<'_, State<T, E>>> {
        match self.state.try_lock() {
            Ok(state) => Some(state),
            Err(TryLockError::Poisoned(state)) => Some(state.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Whether it is to stop. A read-modify-write, so that a later `stop` sees the state this poll left.
    fn is_to_stop(&self) -> bool {
        self.is_to_stop.fetch_or(false, Ordering::AcqRel)
    }
}

impl<T, E: From<Error>> Run<T, E> {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Result<T, E>>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let item = match &mut *state {
            State::Running { items, waker, .. } => {
                if waker.as_ref().is_none_or(|waker| !waker.will_wake(cx.waker())) {
                    *waker = Some(cx.waker().clone());
                }
                ready!(items.poll_next_unpin(cx))
            }
            State::Stopped => Some(Err(stopped().into())),
            State::Ended => None,
        };
        // What has ended is dropped when the state is free.
        let ended = (!matches!(item, Some(Ok(_)))).then(|| std::mem::replace(&mut *state, State::Ended));
        drop(state);
        drop(ended);
        Poll::Ready(item)
    }
}

impl<T, E> Stop for Run<T, E> {
    fn stop(&self) {
        self.is_to_stop.fetch_or(true, Ordering::AcqRel);
        let Some(mut state) = self.idle_state() else { return };
        if !matches!(*state, State::Running { .. }) {
            return;
        }
        let running = std::mem::replace(&mut *state, State::Stopped);
        drop(state);
        if let State::Running { items, waker, _run } = running {
            drop(items);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

impl<T, E: From<Error>> Stream for Tracked<T, E> {
    type Item = Result<T, E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let run = &self.0;
        let item = run.poll(cx);
        if !run.is_to_stop() {
            return item;
        }
        run.stop();
        if item.is_pending() { run.poll(cx) } else { item }
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
mod tests;
