//! The slots of a pool: how many items there may be, who waits for one, and which are idle.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Instant;

use super::startup::ClusterStartup;
use super::wait::{Expired, WaitBudget};
use crate::clock::Runtime;
use crate::error::{Error, ErrorKind, Result};

/// Makes the items that the slots hold, and ends them.
pub(crate) trait Lifecycle<S: 'static>: Send + Sync + 'static {
    /// Makes one.
    fn open(&self) -> BoxFuture<'_, Result<S>>;
    /// Ends one that the pool no longer wants; may not wait.
    fn retire(&self, item: S);
    /// Drops one that is lost already.
    fn discard(&self, item: S);
}

/// The numbers that a pool keeps to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) size: usize,
    /// How long one waits, for a slot and for what goes into it, unless a cluster is starting.
    pub(crate) acquire_timeout: Duration,
    /// How long something lies idle before it is retired.
    pub(crate) idle_timeout: Duration,
    /// How old something gets before it is retired.
    pub(crate) max_lifetime: Duration,
}

/// What a pool looks like at one moment.
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

/// At most `size` items, handed out in the order in which they were asked for.
///
/// A permit of the semaphore is a slot. Its holder takes an idle item or has a new one made, so there are never more
/// items than slots.
pub(crate) struct Slots<S: 'static> {
    shared: Arc<Shared<S>>,
}

struct Shared<S: 'static> {
    lifecycle: Box<dyn Lifecycle<S>>,
    limits: Limits,
    startup: ClusterStartup,
    permits: Arc<Semaphore>,
    /// The most recently used last; what nobody needed for long gathers at the front.
    idle: Mutex<VecDeque<Idle<S>>>,
    size: AtomicUsize,
    /// Slots that a smaller size takes away once they come back.
    surplus: AtomicUsize,
    in_use: AtomicUsize,
    waiting: AtomicUsize,
}

struct Idle<S> {
    item: S,
    opened: Instant,
    since: Instant,
}

/// The item goes to the next borrower.
const KEEP: u8 = 0;
/// The item is retired.
const RETIRE: u8 = 1;
/// The item is lost.
const DISCARD: u8 = 2;

/// A borrowed item, with the slot that it occupies. Dropping it gives both back, once.
pub(crate) struct Slot<S: 'static> {
    item: Option<S>,
    opened: Instant,
    /// What becomes of the item when the slot comes back.
    fate: AtomicU8,
    shared: Arc<Shared<S>>,
    permit: Option<OwnedSemaphorePermit>,
}

impl<S: Send + 'static> Slots<S> {
    pub(crate) fn new(lifecycle: impl Lifecycle<S>, limits: Limits, startup: ClusterStartup) -> Self {
        let permits = Arc::new(Semaphore::new(limits.size));
        let shared = Shared {
            lifecycle: Box::new(lifecycle),
            limits,
            startup,
            permits,
            idle: Mutex::default(),
            size: AtomicUsize::new(limits.size),
            surplus: AtomicUsize::new(0),
            in_use: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// An idle item, or a new one, once there is a free slot.
    ///
    /// A new item is made in a task of its own: a caller that gives up half-way leaves it to the next one. Only while
    /// a cluster is starting the task ends with its caller, or the cluster would be asked for on nobody's behalf.
    pub(crate) async fn acquire(&self) -> Result<Slot<S>> {
        Runtime::current()?;
        let shared = &self.shared;
        let mut budget = WaitBudget::new(shared.limits.acquire_timeout, &shared.startup);
        let slot = {
            let _waiting = Counted::new(shared, |shared| &shared.waiting);
            let permit = budget.wait(Arc::clone(&shared.permits).acquire_owned()).await;
            let permit = permit
                .map_err(|expired| shared.expired(expired, "for a free session"))?
                .map_err(|_| closed())?;
            Slot::empty(Arc::clone(shared), permit)
        };
        let slot = match slot.filled_from_idle() {
            Ok(slot) => return Ok(slot),
            Err(empty) => empty,
        };
        match budget.wait(open_in_background(slot)).await {
            Ok(Ok(filled)) => filled,
            Ok(Err(_)) => Err(closed()),
            Err(expired) => Err(shared.expired(expired, "for a session to be opened")),
        }
    }

    pub(crate) fn status(&self) -> PoolStatus {
        self.shared.status()
    }

    /// Changes how many items there may be. What is borrowed beyond a smaller size is retired when it comes back.
    pub(crate) fn resize(&self, size: usize) {
        let shared = &self.shared;
        let before = shared.size.swap(size, Ordering::AcqRel);
        if size >= before {
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
                let mut idle = shared.idle();
                let surplus = idle.len().saturating_sub(kept);
                idle.drain(..surplus).collect()
            };
            retired.into_iter().for_each(|idle| shared.lifecycle.retire(idle.item));
        }
    }

    /// Hands out nothing more, waits for what is out for at most `bound`, and retires what is idle. Who waits for a
    /// cluster does so no longer.
    pub(crate) async fn close(&self, bound: Duration) {
        let shared = &self.shared;
        shared.startup.close();
        let all = u32::try_from(shared.size.load(Ordering::Acquire)).unwrap_or(u32::MAX);
        if tokio::time::timeout(bound, shared.permits.acquire_many(all)).await.is_err() {
            tracing::debug!("sessions are still in use after {bound:?}");
        }
        shared.permits.close();
        let idle = std::mem::take(&mut *shared.idle());
        idle.into_iter().for_each(|idle| shared.lifecycle.retire(idle.item));
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.shared.permits.is_closed()
    }
}

impl<S: 'static> Shared<S> {
    fn idle(&self) -> MutexGuard<'_, VecDeque<Idle<S>>> {
        // A panic elsewhere leaves a list that is as good as before.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The item used last, with those that outlived a limit taken out of the way.
    fn take_idle(&self) -> Option<Idle<S>> {
        let now = Instant::now();
        let limits = &self.limits;
        let (fresh, expired) = {
            let mut idle = self.idle();
            let (kept, expired): (VecDeque<_>, VecDeque<_>) =
                std::mem::take(&mut *idle).into_iter().partition(|idle| {
                    now.duration_since(idle.since) < limits.idle_timeout
                        && now.duration_since(idle.opened) < limits.max_lifetime
                });
            *idle = kept;
            (idle.pop_back(), expired)
        };
        expired.into_iter().for_each(|idle| self.lifecycle.retire(idle.item));
        fresh
    }

    fn status(&self) -> PoolStatus {
        PoolStatus {
            size: self.size.load(Ordering::Acquire),
            in_use: self.in_use.load(Ordering::Acquire),
            idle: self.idle().len(),
            waiting: self.waiting.load(Ordering::Acquire),
        }
    }

    /// The error of a caller that waited as long as it may, which says `what` for.
    fn expired(&self, expired: Expired, what: &str) -> Error {
        let PoolStatus { size, in_use, idle, waiting } = self.status();
        let counts = format!("{in_use} of {size} in use, {idle} idle, {waiting} waiting");
        match expired {
            Expired::Acquire => {
                let message = format!(
                    "waited {:?} (acquire_timeout) {what}: {counts}; let streams end sooner, or raise pool_size or \
                     acquire_timeout",
                    self.limits.acquire_timeout
                );
                Error::new(ErrorKind::PoolTimeout, message)
            }
            Expired::Cluster(starting) => {
                let message = format!(
                    "waited {:?} (budget of cluster_wait) {what}: a cluster is starting ({starting}); {counts}; ask \
                     again later, or raise the budget",
                    self.startup.budget
                );
                Error::new(ErrorKind::ClusterNotReady, message).with_server(starting.server)
            }
        }
    }
}

/// Fills `slot` in a task of its own. Where nobody listens any more the slot drops there, and its item becomes idle.
fn open_in_background<S: Send + 'static>(slot: Slot<S>) -> oneshot::Receiver<Result<Slot<S>>> {
    let (mut sender, receiver) = oneshot::channel();
    let startup = slot.shared.startup.clone();
    tokio::spawn(async move {
        let filled = tokio::select! {
            filled = slot.filled_by_opening() => filled,
            () = async { sender.closed().await; startup.begun().await } => return,
        };
        drop(sender.send(filled));
    });
    receiver
}

pub(crate) fn closed() -> Error {
    Error::new(ErrorKind::Closed, "the pool of sessions was closed")
}

impl<S: 'static> Slot<S> {
    fn empty(shared: Arc<Shared<S>>, permit: OwnedSemaphorePermit) -> Self {
        shared.in_use.fetch_add(1, Ordering::AcqRel);
        Self { item: None, opened: Instant::now(), fate: AtomicU8::new(KEEP), shared, permit: Some(permit) }
    }

    fn filled_from_idle(mut self) -> Result<Self, Self> {
        match self.shared.take_idle() {
            Some(idle) => {
                self.item = Some(idle.item);
                self.opened = idle.opened;
                Ok(self)
            }
            None => Err(self),
        }
    }

    async fn filled_by_opening(mut self) -> Result<Self> {
        self.item = Some(self.shared.lifecycle.open().await?);
        self.opened = Instant::now();
        Ok(self)
    }

    /// What was borrowed.
    pub(crate) fn item(&self) -> Option<&S> {
        self.item.as_ref()
    }

    /// Has the item retired instead of handed to the next borrower.
    pub(crate) fn taint(&self) {
        self.fate.fetch_max(RETIRE, Ordering::AcqRel);
    }

    /// Has the item, which is lost already, dropped.
    pub(crate) fn discard(&self) {
        self.fate.fetch_max(DISCARD, Ordering::AcqRel);
    }
}

impl<S: 'static> Drop for Slot<S> {
    fn drop(&mut self) {
        let shared = &self.shared;
        shared.in_use.fetch_sub(1, Ordering::AcqRel);
        let surplus = shared
            .surplus
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |surplus| surplus.checked_sub(1));
        if let Some(item) = self.item.take() {
            match *self.fate.get_mut() {
                DISCARD => shared.lifecycle.discard(item),
                KEEP if surplus.is_err() && !shared.permits.is_closed() => {
                    shared.idle().push_back(Idle { item, opened: self.opened, since: Instant::now() });
                }
                _ => shared.lifecycle.retire(item),
            }
        }
        // Last, so that whoever waits for the slot finds the item idle.
        if let Some(permit) = self.permit.take()
            && surplus.is_ok()
        {
            permit.forget();
        }
    }
}

/// Counts its owner for as long as it lives.
struct Counted<'s, S: 'static> {
    shared: &'s Shared<S>,
    counter: fn(&Shared<S>) -> &AtomicUsize,
}

impl<'s, S: 'static> Counted<'s, S> {
    fn new(shared: &'s Shared<S>, counter: fn(&Shared<S>) -> &AtomicUsize) -> Self {
        counter(shared).fetch_add(1, Ordering::AcqRel);
        Self { shared, counter }
    }
}

impl<S: 'static> Drop for Counted<'_, S> {
    fn drop(&mut self) {
        (self.counter)(self.shared).fetch_sub(1, Ordering::AcqRel);
    }
}

impl<S: 'static> fmt::Debug for Slots<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots").field("status", &self.shared.status()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
