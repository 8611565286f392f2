//! Waiting that never panics: outside of a runtime, on one without timers, behind the end of one, and for ever.
//!
//! Tokio's own timers panic in all of these places, and a future may well be carried from one runtime to another. All
//! waiting of the crate goes through here.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::net::Ipv4Addr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::runtime::{Handle, Id, RuntimeFlavor};
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};

/// The runtime that a call is made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Runtime {
    id: Id,
    /// It runs only while somebody blocks on it.
    single_threaded: bool,
}

/// Whether the timers of a runtime run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timers {
    Running,
    /// It was built without.
    Missing,
    /// It was shut down.
    Ended,
}

thread_local! {
    /// The runtime that this thread looked at last, and its timers.
    static LAST: Cell<Option<(Id, Timers)>> = const { Cell::new(None) };
}

impl Timers {
    /// Those of the current runtime, as this thread saw them last; `None` outside of one.
    fn last_seen() -> Option<(Id, Self)> {
        let id = Handle::try_current().ok()?.id();
        let last = LAST.get().filter(|(last, _)| *last == id);
        Some(last.unwrap_or_else(|| Self::tried().seen_of(id)))
    }

    fn seen_of(self, id: Id) -> (Id, Self) {
        LAST.set(Some((id, self)));
        (id, self)
    }

    /// Tries a timer, since Tokio has no other way to ask. One whose time has passed wakes no thread.
    fn tried() -> Self {
        const BEFORE: Duration = Duration::from_secs(3600);
        let is_made = Cell::new(false);
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let now = Instant::now();
            let passed = pin!(tokio::time::sleep_until(now.checked_sub(BEFORE).unwrap_or(now)));
            is_made.set(true);
            passed.poll(&mut Context::from_waker(Waker::noop())).is_ready()
        }));
        match (polled, is_made.get()) {
            (Ok(_), _) => Self::Running,
            (Err(_), false) => Self::Missing,
            (Err(_), true) => Self::Ended,
        }
    }
}

impl Runtime {
    /// The current one, if its timers run.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoRuntime`] outside of Tokio, on a runtime without timers, and on one that was shut down.
    pub(crate) fn current() -> Result<Self> {
        let seen = match Timers::last_seen() {
            // It may have been shut down since.
            Some((id, Timers::Running)) => Some(Timers::tried().seen_of(id)),
            seen => seen,
        };
        match seen {
            Some((id, Timers::Running)) => Ok(Self { id, single_threaded: is_single_threaded() }),
            Some((_, Timers::Missing)) => Err(no_runtime(
                "the Tokio runtime has no timers: build it with `enable_all()` (or `enable_time()` and `enable_io()`)",
            )),
            Some((_, Timers::Ended)) => {
                Err(no_runtime("the Tokio runtime was shut down: make the call on one that runs"))
            }
            None => Err(no_runtime(
                "the call was made outside of a Tokio runtime: make it from async code under Tokio",
            )),
        }
    }

    /// The one of a handle, whether its timers run or not.
    pub(crate) fn of(handle: &Handle) -> Self {
        Self { id: handle.id(), single_threaded: !has_threads(handle) }
    }

    /// Whether it runs only while somebody blocks on it.
    pub(crate) fn is_single_threaded(self) -> bool {
        self.single_threaded
    }

    /// Checks that sockets work on it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoRuntime`] on a runtime without I/O.
    pub(crate) fn check_io(self) -> Result<()> {
        // Without a loopback interface nothing can be tried.
        let Ok(socket) = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)) else { return Ok(()) };
        if socket.set_nonblocking(true).is_err() {
            return Ok(());
        }
        // Tokio has no other way to ask.
        match catch_unwind(|| drop(tokio::net::UdpSocket::from_std(socket))) {
            Ok(()) => Ok(()),
            Err(_) => Err(no_runtime("the Tokio runtime has no I/O: build it with `enable_all()`")),
        }
    }

    /// The output of `future`, which tasks of this runtime bring about; `None` if it is polled where nobody runs them:
    /// a runtime of one thread runs only while somebody blocks on it, and its caller has moved to another one.
    pub(crate) async fn reach<F: Future>(self, future: F) -> Option<F::Output> {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.is_out_of_reach() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Whether its tasks may stand still while the caller waits for them.
    pub(crate) fn is_out_of_reach(self) -> bool {
        self.single_threaded && !Handle::try_current().is_ok_and(|current| current.id() == self.id)
    }
}

fn is_single_threaded() -> bool {
    Handle::try_current().is_ok_and(|handle| !has_threads(&handle))
}

/// Whether the runtime goes on while nobody blocks on it.
fn has_threads(handle: &Handle) -> bool {
    handle.runtime_flavor() != RuntimeFlavor::CurrentThread
}

/// The runtime on which a task that nobody waits for gets to its end, of those that the work before it was done on, the
/// last of them first: one of these that has threads of its own, else the current one. Another one of one thread may
/// never run again.
///
/// The current one is not the first: a call may be dropped anywhere, on a runtime that ends right after, or that nobody
/// blocks on any more. One that the work was done on drives the connections, and has shown that it lasts.
#[doc(hidden)]
pub fn lasting<'h>(worked_on: impl Iterator<Item = &'h Handle>) -> Option<Handle> {
    let mut with_threads = worked_on.filter(|handle| has_threads(handle));
    with_threads.find(|handle| takes_tasks(handle)).cloned().or_else(current)
}

/// The current runtime, if it takes tasks.
pub(crate) fn current() -> Option<Handle> {
    Runtime::current().ok()?;
    Handle::try_current().ok().filter(takes_tasks)
}

/// Whether the runtime takes tasks. One that has ended, or is about to, drops each at once. One that stands still keeps
/// what was tried until it runs again.
pub(crate) fn takes_tasks(handle: &Handle) -> bool {
    // Tokio has no other way to ask that does not panic.
    let tried = handle.spawn(std::future::pending::<()>());
    let is_taken = !tried.is_finished();
    tried.abort();
    is_taken
}

pub(crate) fn no_runtime(message: &'static str) -> Error {
    Error::new(ErrorKind::NoRuntime, message)
}

/// The end of a bound that begins now; `None` for one that lies beyond all clocks.
#[must_use]
pub fn deadline(bound: Duration) -> Option<Instant> {
    Instant::now().checked_add(bound)
}

/// Waits for `duration`; for ever where that lies beyond all clocks. Where there are no timers it does not wait.
pub fn sleep(duration: Duration) -> Sleeping {
    sleep_until(deadline(duration))
}

/// Waits until `deadline`; for ever without one. Where there are no timers it does not wait.
pub fn sleep_until(deadline: Option<Instant>) -> Sleeping {
    Sleeping { timer: RuntimeTimer { deadline, running: None } }
}

/// The output of `future`, or `None` if it does not come within `bound`.
///
/// Where there are no timers the bound does not hold.
pub fn timeout<F: Future>(bound: Duration, future: F) -> Bounded<F> {
    timeout_at(deadline(bound), future)
}

/// The output of `future`, or `None` if it does not come before `deadline`.
///
/// Where there are no timers the deadline does not hold.
pub fn timeout_at<F: Future>(deadline: Option<Instant>, future: F) -> Bounded<F> {
    // Boxed, since futures of calls are large and would be copied at every level.
    Bounded { future: Box::pin(future), timer: RuntimeTimer { deadline, running: None } }
}

/// The output of `future`, or `None` if it does not come before `deadline`.
///
/// Where there are no timers it is not waited for.
pub(crate) async fn wait_until<F: Future>(deadline: Option<Instant>, future: F) -> Option<F::Output> {
    match select(pin!(future), pin!(sleep_until(deadline))).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

/// A future under a bound of time.
#[must_use = "futures do nothing unless they are awaited"]
pub struct Bounded<F> {
    future: Pin<Box<F>>,
    timer: RuntimeTimer,
}

impl<F: Future> Future for Bounded<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        if let Poll::Ready(output) = self.future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        match self.timer.poll(cx) {
            Poll::Ready(Some(Elapsed)) => Poll::Ready(None),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

impl<F> fmt::Debug for Bounded<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounded").field("timer", &self.timer).finish_non_exhaustive()
    }
}

/// A wait that [`sleep`] begins.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Sleeping {
    timer: RuntimeTimer,
}

impl Future for Sleeping {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.timer.poll(cx).map(|_| ())
    }
}

/// The deadline has passed.
struct Elapsed;

/// A timer of the runtime that polls it, whichever that is.
#[derive(Debug)]
struct RuntimeTimer {
    deadline: Option<Instant>,
    running: Option<(Id, Pin<Box<tokio::time::Sleep>>)>,
}

impl RuntimeTimer {
    /// `None` where there are no timers.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Elapsed>> {
        let Some((id, Timers::Running)) = Timers::last_seen() else { return Poll::Ready(None) };
        let Some(deadline) = self.deadline else { return Poll::Pending };
        // A timer of a runtime that has ended panics where it is polled.
        let (_, sleep) = match self.running.take().filter(|(of, _)| *of == id) {
            Some(running) => self.running.insert(running),
            None => self.running.insert((id, Box::pin(tokio::time::sleep_until(deadline)))),
        };
        // The runtime may have been shut down since it was looked at.
        match catch_unwind(AssertUnwindSafe(|| sleep.as_mut().poll(cx))) {
            Ok(polled) => polled.map(|()| Some(Elapsed)),
            Err(_) => {
                Timers::Ended.seen_of(id);
                self.running = None;
                Poll::Ready(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::FutureExt;
    use tokio::runtime::Builder;

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test(start_paused = true)]
    async fn waits_end_when_their_time_has_come() {
        let begun = Instant::now();
        sleep(LONG).await;
        assert_eq!(begun.elapsed(), LONG);
        assert_eq!(timeout(LONG, pending::<()>()).await, None);
        assert_eq!(begun.elapsed(), 2 * LONG);
        assert_eq!(timeout(LONG, ready(7)).await, Some(7));
    }

    #[tokio::test(start_paused = true)]
    async fn what_lies_beyond_all_clocks_is_for_ever() {
        assert_eq!(deadline(Duration::MAX), None);
        assert_eq!(timeout(Duration::MAX, sleep(LONG)).await, Some(()));
        assert_eq!(timeout(LONG, sleep(Duration::MAX)).await, None);
    }

    #[test]
    fn outside_of_tokio_the_error_says_so_and_nothing_waits() {
        let error = Runtime::current().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoRuntime);
        assert!(error.to_string().contains("outside of a Tokio runtime"), "{error}");
        assert_eq!(sleep(LONG).now_or_never(), Some(()));
        assert_eq!(timeout(LONG, ready(7)).now_or_never(), Some(Some(7)));
        assert_eq!(timeout(Duration::ZERO, pending::<()>()).now_or_never(), None);
    }

    #[test]
    fn on_a_runtime_without_timers_the_error_says_what_to_write() {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let error = Runtime::current().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NoRuntime);
            assert!(error.to_string().contains("enable_all()"), "{error}");
            sleep(LONG).await;
            assert_eq!(timeout(LONG, ready(7)).await, Some(7));
        });
    }

    #[test]
    fn on_a_runtime_that_was_shut_down_the_error_says_so_and_nothing_waits() {
        let multi_thread = || Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let current_thread = || Builder::new_current_thread().enable_all().build().unwrap();
        for build in [multi_thread as fn() -> tokio::runtime::Runtime, current_thread] {
            for was_used in [false, true] {
                let runtime = build();
                let handle = runtime.handle().clone();
                let mut begun = Box::pin(sleep(LONG));
                if was_used {
                    runtime.block_on(async {
                        Runtime::current().unwrap();
                        assert_eq!(begun.as_mut().now_or_never(), None);
                    });
                }
                drop(runtime);
                handle.block_on(async {
                    begun.await;
                    sleep(LONG).await;
                    assert_eq!(timeout(LONG, ready(7)).await, Some(7));
                    let error = Runtime::current().unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::NoRuntime);
                    assert!(error.to_string().contains("was shut down"), "{error}");
                });
            }
        }
    }

    #[test]
    fn what_nobody_waits_for_runs_where_it_gets_to_its_end() {
        let multi_thread = || Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let current_thread = || Builder::new_current_thread().enable_all().build().unwrap();
        let (first, last, one, other) = (multi_thread(), multi_thread(), current_thread(), multi_thread());
        let handles = [&one, &last, &first].map(|runtime| runtime.handle().clone());
        let lasting_of = |handles: &[Handle]| lasting(handles.iter()).map(|handle| handle.id());
        let lasting_on = |runtime: &tokio::runtime::Runtime, handles: &[Handle]| {
            let _entered = runtime.enter();
            lasting_of(handles)
        };
        let [id_of_last, id_of_first] = [&last, &first].map(|runtime| runtime.handle().id());
        assert_eq!(lasting_on(&other, &handles), Some(id_of_last));
        assert_eq!(lasting_on(&one, &handles), Some(id_of_last));
        drop(last);
        assert_eq!(lasting_of(&handles), Some(id_of_first));
        drop(first);
        assert_eq!(lasting_on(&other, &handles), Some(other.handle().id()));
        assert_eq!(lasting_on(&one, &handles), Some(one.handle().id()));
        // It may never run again.
        assert_eq!(lasting_of(&handles), None);
    }

    #[test]
    fn outside_of_tokio_what_is_not_there_is_not_waited_for() {
        assert_eq!(wait_until(deadline(LONG), ready(7)).now_or_never(), Some(Some(7)));
        assert_eq!(wait_until(deadline(LONG), pending::<()>()).now_or_never(), Some(None));
    }

    #[test]
    fn a_wait_goes_on_on_another_runtime_when_its_own_has_ended() {
        let runtime = || Builder::new_current_thread().enable_all().build().unwrap();
        let mut waiting = Box::pin(timeout(Duration::from_millis(50), pending::<()>()));
        let mut sleeping = Box::pin(sleep(Duration::from_millis(50)));
        runtime().block_on(async {
            assert_eq!(waiting.as_mut().now_or_never(), None);
            assert_eq!(sleeping.as_mut().now_or_never(), None);
        });
        runtime().block_on(async {
            assert_eq!(waiting.await, None);
            sleeping.await;
        });
    }
}
