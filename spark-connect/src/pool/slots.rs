//! The slots of a pool: how many items there may be, who waits for one, and which are idle.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use futures_core::future::BoxFuture;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::Instant;

use super::idle::{Idle, IdleItems};
use super::slot::Slot;
use super::startup::ClusterStartup;
use super::wait::{Expired, WaitBudget};
use crate::clock::{self, Runtime};
use crate::error::{Error, ErrorKind, Result};
use crate::listener::Listener;
pub(crate) use crate::rpc::pool_closed as closed;

/// Makes the items that the slots hold, and ends them.
pub(crate) trait Lifecycle<S: Send + 'static>: Send + Sync + 'static {
    /// Makes one. What it waits for before or between attempts is bounded by `budget`.
    fn open(&self, budget: WaitBudget) -> BoxFuture<'_, Result<S>>;
    /// Finds out whether an item may be handed out; `None` where there is nothing to find out. Attempts that fail are
    /// noted in `budget`.
    fn check(&self, item: &S, budget: &WaitBudget) -> Option<BoxFuture<'_, Result<bool>>>;
    /// Ends one that the pool no longer wants; may not wait.
    fn retire(&self, item: S);
    /// Ends one that came to its end while nobody asked for one; may not wait.
    fn expire(&self, item: S) {
        self.retire(item);
    }
    /// Drops one that is lost already.
    fn discard(&self, item: S);
}

/// The reason to wait of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Slot,
    Opening,
    Look,
}

/// More slots than any server has sessions; a larger size is taken for this one.
const MAX_SIZE: usize = 1 << 20;

/// The numbers that a pool keeps to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) size: usize,
    /// How long a caller waits for a slot and for what goes into it, unless a cluster is starting.
    pub(crate) acquire_timeout: Duration,
    /// How long something lies idle before it is retired.
    pub(crate) idle_timeout: Duration,
    /// How old something gets before it is retired.
    pub(crate) max_lifetime: Duration,
}

/// The state of a pool at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStatus {
    /// How many sessions there may be.
    pub size: usize,
    /// How many are borrowed or being opened.
    pub in_use: usize,
    /// How many lie ready.
    pub idle: usize,
    /// How many callers wait for a slot.
    pub waiting: usize,
}

/// The listener to the status of a pool.
pub(crate) type OnPoolStatus = Arc<Listener<PoolStatus>>;

/// At most `size` items, handed out in the order in which they were asked for.
///
/// A permit of the semaphore is a slot. Its holder takes an idle item or has a new one made, so there are never more
/// items than slots.
pub(crate) struct Slots<S: Send + 'static> {
    shared: Arc<SlotsInner<S>>,
}

pub(super) struct SlotsInner<S: Send + 'static> {
    /// A number that no other slots of the program have.
    pub(super) id: u64,
    pub(super) lifecycle: Box<dyn Lifecycle<S>>,
    pub(super) limits: Limits,
    startup: ClusterStartup,
    pub(super) permits: Arc<Semaphore>,
    idle: Mutex<IdleItems<S>>,
    size: AtomicUsize,
    /// Slots that a smaller size takes away once they come back.
    pub(super) surplus: AtomicUsize,
    pub(super) in_use: AtomicUsize,
    waiting: AtomicUsize,
    /// The end of the wait for what is out, once the pool is being closed.
    closing: OnceLock<Option<Instant>>,
    /// Tells those who wait for a slot that the pool is being closed.
    close_begun: Notify,
    on_status: Option<OnPoolStatus>,
    telling: Mutex<Telling>,
}

/// The telling of the status. Whoever makes the first change tells it, for all that come meanwhile too: so an older
/// status never follows a newer one, and the lock is not held, whatever the callback does.
#[derive(Default)]
struct Telling {
    /// The thread that tells it at the moment.
    by: Option<ThreadId>,
    /// Whether others made a change since the status was last looked at.
    is_changed: bool,
    /// Whether the callback made one itself.
    is_changed_by_callback: bool,
    /// The status that was told last.
    last: Option<PoolStatus>,
}

impl<S: Send + 'static> Slots<S> {
    pub(crate) fn new(
        lifecycle: impl Lifecycle<S>,
        limits: Limits,
        startup: ClusterStartup,
        on_status: Option<OnPoolStatus>,
    ) -> Self {
        let limits = Limits { size: limits.size.min(MAX_SIZE), ..limits };
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let shared = SlotsInner {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            lifecycle: Box::new(lifecycle),
            permits: Arc::new(Semaphore::new(limits.size)),
            idle: Mutex::default(),
            size: AtomicUsize::new(limits.size),
            surplus: AtomicUsize::new(0),
            in_use: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            closing: OnceLock::new(),
            close_begun: Notify::new(),
            on_status,
            telling: Mutex::default(),
            limits,
            startup,
        };
        Self { shared: Arc::new(shared) }
    }

    /// An idle item, or a new one, once there is a free slot.
    ///
    /// The deadline covers all of it: the wait for the slot, the look at an idle item, and the opening of a new one. A
    /// new item is made in a task of its own: a caller that gives up half-way leaves it to the next one. Only while a
    /// cluster is starting the task ends with its caller, or the cluster would be asked for on nobody's behalf.
    pub(crate) async fn acquire(&self) -> Result<Slot<S>> {
        Runtime::current()?;
        let shared = &self.shared;
        let mut budget = WaitBudget::new(shared.limits.acquire_timeout, &shared.startup);
        let mut slot = self.empty_slot(&mut budget).await?;
        loop {
            let filled = match slot.filled_from_idle() {
                Ok(filled) => filled,
                Err(empty) => shared.open(empty, &mut budget).await?,
            };
            match shared.is_usable(&filled, &mut budget).await {
                // Closing may have begun meanwhile; the slot goes back with what is in it.
                Ok(true) => return if shared.is_closing() { Err(closed()) } else { Ok(filled) },
                Ok(false) => slot = filled.emptied(),
                Err(error) => {
                    // What may be lost is not handed on: its address may be a dead one, and a new item know another.
                    let is_timeout = error.kind() == ErrorKind::PoolTimeout;
                    if error.found_no_server() || is_timeout && budget.last_failure().is_some() {
                        filled.taint();
                    }
                    return Err(error);
                }
            }
        }
    }

    async fn empty_slot(&self, budget: &mut WaitBudget) -> Result<Slot<S>> {
        let shared = &self.shared;
        if shared.is_closing() {
            return Err(closed());
        }
        // Permits go to those who wait first, so a free one is nobody else's.
        if let Ok(permit) = Arc::clone(&shared.permits).try_acquire_owned() {
            return Ok(Slot::empty(Arc::clone(shared), permit));
        }
        let _waiting = Waiting::new(shared);
        let freed = Arc::clone(&shared.permits).acquire_owned();
        let permit = budget.wait(shared.unless_closed(freed)).await;
        let permit = permit.map_err(|expired| shared.expired(expired, Awaited::Slot, budget))?;
        let permit = permit.and_then(Result::ok).ok_or_else(closed)?;
        Ok(Slot::empty(Arc::clone(shared), permit))
    }

    pub(crate) fn id(&self) -> u64 {
        self.shared.id
    }

    pub(crate) fn status(&self) -> PoolStatus {
        self.shared.status()
    }

    /// Changes how many items there may be. What is borrowed beyond a smaller size is retired when it comes back.
    pub(crate) fn resize(&self, size: usize) {
        let shared = &self.shared;
        let size = size.min(MAX_SIZE);
        let before = shared.size.swap(size, Ordering::AcqRel);
        if size == before {
            return;
        }
        if size > before {
            let owed = shared.surplus.fetch_update(Ordering::AcqRel, Ordering::Acquire, |surplus| {
                Some(surplus.saturating_sub(size - before))
            });
            let returned = owed.unwrap_or(0).min(size - before);
            shared.permits.add_permits(size - before - returned);
        } else {
            let taken = shared.permits.forget_permits(before - size);
            shared.surplus.fetch_add(before - size - taken, Ordering::AcqRel);
            let kept = shared.permits.available_permits();
            let retired: Vec<Idle<S>> = {
                let items = &mut shared.idle().items;
                let surplus = items.len().saturating_sub(kept);
                items.drain(..surplus).collect()
            };
            retired.into_iter().for_each(|idle| shared.lifecycle.retire(idle.item));
        }
        shared.tell_status();
    }

    /// Hands out nothing more, waits for what is out for at most `bound` from the first call on, and retires what is
    /// idle. Who waits for a slot, a session or a cluster does so no longer. Outside of Tokio it waits for nothing.
    pub(crate) async fn close(&self, bound: Duration) {
        let shared = &self.shared;
        let deadline = *shared.closing.get_or_init(|| clock::deadline(bound));
        shared.close_begun.notify_waiters();
        shared.startup.close();
        let all = u32::try_from(shared.size.load(Ordering::Acquire)).unwrap_or(u32::MAX);
        if clock::wait_until(deadline, shared.permits.acquire_many(all)).await.is_none() {
            tracing::debug!("sessions are still in use after {bound:?}");
        }
        shared.permits.close();
        let idle = std::mem::take(&mut *shared.idle());
        idle.items.into_iter().for_each(|idle| shared.lifecycle.retire(idle.item));
        shared.tell_status();
    }
}

impl<S: Send + 'static> SlotsInner<S> {
    /// The slot with a new item in it.
    async fn open(&self, empty: Slot<S>, budget: &mut WaitBudget) -> Result<Slot<S>> {
        // Its caller may have moved to another executor since it began to wait.
        Runtime::current()?;
        match budget.wait(self.unless_closed(open_in_background(empty, budget.clone()))).await {
            Ok(Some(Ok(Err(error)))) if error.kind() == ErrorKind::PoolTimeout => {
                Err(self.expired(budget.expired(), Awaited::Opening, budget))
            }
            Ok(Some(Ok(filled))) => filled,
            Ok(None) => Err(closed()),
            Ok(Some(Err(_))) if self.is_closing() => Err(closed()),
            Ok(Some(Err(_))) => Err(Error::new(
                ErrorKind::Unavailable,
                "the task that opened a session ended too early: its runtime was shut down, or it panicked",
            )),
            Err(expired) => Err(self.expired(expired, Awaited::Opening, budget)),
        }
    }

    async fn is_usable(&self, filled: &Slot<S>, budget: &mut WaitBudget) -> Result<bool> {
        let check = filled.item().and_then(|item| self.lifecycle.check(item, budget));
        let Some(check) = check else { return Ok(true) };
        match budget.wait(self.unless_closed(check)).await {
            Ok(checked) => checked.unwrap_or_else(|| Err(closed())),
            Err(expired) => Err(self.expired(expired, Awaited::Look, budget)),
        }
    }

    pub(super) fn idle(&self) -> MutexGuard<'_, IdleItems<S>> {
        // A panic elsewhere leaves a list that is as good as before.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing more is handed out.
    fn is_closing(&self) -> bool {
        self.closing.get().is_some()
    }

    /// What `future` gives, unless the pool is being closed before.
    async fn unless_closed<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut close_begun = pin!(self.close_begun.notified());
        close_begun.as_mut().enable();
        if self.is_closing() {
            return None;
        }
        tokio::select! {
            biased;
            () = close_begun => None,
            output = future => Some(output),
        }
    }

    /// The item used last, with those that outlived a limit taken out of the way.
    pub(super) fn take_idle(&self) -> Option<Idle<S>> {
        let (expired, fresh) = {
            let mut idle = self.idle();
            (idle.take_expired(&self.limits), idle.items.pop_back())
        };
        expired.into_iter().for_each(|idle| self.lifecycle.retire(idle.item));
        self.tell_status();
        fresh
    }

    fn status(&self) -> PoolStatus {
        PoolStatus {
            size: self.size.load(Ordering::Acquire),
            in_use: self.in_use.load(Ordering::Acquire),
            idle: self.idle().items.len(),
            waiting: self.waiting.load(Ordering::Acquire),
        }
    }

    fn telling(&self) -> MutexGuard<'_, Telling> {
        self.telling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the state of the pool, if somebody listens and it is another than the one told last.
    pub(super) fn tell_status(&self) {
        let Some(on_status) = &self.on_status else { return };
        let here = thread::current().id();
        {
            let mut telling = self.telling();
            match telling.by {
                Some(by) if by == here => return telling.is_changed_by_callback = true,
                Some(_) => return telling.is_changed = true,
                None => telling.by = Some(here),
            }
        }
        let mut is_answered = false;
        loop {
            let status = self.status();
            let last = self.telling().last.replace(status);
            if last != Some(status) {
                on_status.tell(&status);
            }
            let mut telling = self.telling();
            let is_changed = std::mem::take(&mut telling.is_changed);
            let is_changed_by_callback = std::mem::take(&mut telling.is_changed_by_callback);
            // A callback hears of what it did itself once, or one that always does something would never end.
            if !is_changed && (is_answered || !is_changed_by_callback) {
                telling.by = None;
                return;
            }
            is_answered |= is_changed_by_callback;
        }
    }

    /// The error of a caller that waited as long as it may, which says what for.
    fn expired(&self, expired: Expired, awaited: Awaited, budget: &WaitBudget) -> Error {
        let PoolStatus { size, in_use, idle, waiting } = self.status();
        let failure = budget
            .last_failure()
            .map_or_else(String::new, |failure| format!("; the last attempt failed: {failure}"));
        let counts = format!("{in_use} of {size} in use, {idle} idle, {waiting} waiting{failure}");
        let what = awaited.text();
        match expired {
            Expired::Acquire => {
                let advice = match awaited {
                    Awaited::Slot => "; let streams end sooner, or raise `pool_size` or `acquire_timeout`",
                    // The failure says what to change.
                    _ if !failure.is_empty() => "",
                    Awaited::Opening => "; raise `acquire_timeout` if the server needs longer",
                    Awaited::Look => {
                        "; no answer came: either the network swallows the calls, or the server needs longer (raise \
                         `acquire_timeout`)"
                    }
                };
                let message = format!(
                    "waited {:?} (`acquire_timeout`) {what}: {counts}{advice}",
                    self.limits.acquire_timeout
                );
                Error::new(ErrorKind::PoolTimeout, message)
            }
            Expired::Cluster(starting) => {
                let message = format!(
                    "waited {:?} (budget of `cluster_wait`) {what}: a cluster is starting ({starting}); {counts}; ask \
                     again later, or raise the budget",
                    self.startup.budget
                );
                Error::new(ErrorKind::ClusterNotReady, message).with_server(starting.server)
            }
        }
    }
}

impl Awaited {
    fn text(self) -> &'static str {
        match self {
            Self::Slot => "for a free session",
            Self::Opening => "for a session to be opened",
            Self::Look => "for a session to be found intact",
        }
    }
}

/// Fills `slot` in a task of its own. Where nobody listens any more the slot drops there, and its item becomes idle.
fn open_in_background<S: Send + 'static>(
    slot: Slot<S>,
    budget: WaitBudget,
) -> oneshot::Receiver<Result<Slot<S>>> {
    let (mut sender, receiver) = oneshot::channel();
    let (startup, timeout) = (slot.shared.startup.clone(), slot.shared.limits.acquire_timeout);
    tokio::spawn(async move {
        // Once its caller is gone an opening gets that time once more, and while a cluster is starting none.
        let given_up = async {
            sender.closed().await;
            let _ = clock::timeout(timeout, startup.begun()).await;
        };
        let filled = tokio::select! {
            filled = slot.filled_by_opening(budget) => filled,
            () = given_up => return,
        };
        drop(sender.send(filled));
    });
    receiver
}

/// Counts a caller that waits for a slot, for as long as it lives.
struct Waiting<'s, S: Send + 'static>(&'s SlotsInner<S>);

impl<'s, S: Send + 'static> Waiting<'s, S> {
    fn new(shared: &'s SlotsInner<S>) -> Self {
        shared.waiting.fetch_add(1, Ordering::AcqRel);
        shared.tell_status();
        Self(shared)
    }
}

impl<S: Send + 'static> Drop for Waiting<'_, S> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
        self.0.tell_status();
    }
}

impl<S: Send + 'static> fmt::Debug for Slots<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots").field("status", &self.shared.status()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
