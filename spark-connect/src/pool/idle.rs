//! What lies idle in a pool, and the task that retires it in time.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::slots::{Limits, SlotsInner};
use crate::clock::{self, Runtime};

/// How late a task may be on a runtime that is busy.
const LATENESS: Duration = Duration::from_secs(1);

/// An idle item.
pub(super) struct Idle<S> {
    pub(super) item: S,
    pub(super) opened: Instant,
    pub(super) since: Instant,
}

impl<S> Idle<S> {
    /// When it is to be retired; `None` for a moment beyond all clocks.
    fn end(&self, limits: &Limits) -> Option<Instant> {
        let unused = self.since.checked_add(limits.idle_timeout);
        let outlived = self.opened.checked_add(limits.max_lifetime);
        unused.into_iter().chain(outlived).min()
    }
}

/// The idle items.
pub(super) struct IdleItems<S> {
    /// The most recently used last; what nobody needed for long gathers at the front.
    pub(super) items: VecDeque<Idle<S>>,
    watch: Option<Watch>,
}

impl<S> Default for IdleItems<S> {
    fn default() -> Self {
        Self { items: VecDeque::new(), watch: None }
    }
}

/// The task that waits for the end of an item. It ends with what it watches.
struct Watch {
    task: AbortHandle,
    until: Instant,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<S> IdleItems<S> {
    /// Takes out what has come to its end.
    pub(super) fn take_expired(&mut self, limits: &Limits) -> VecDeque<Idle<S>> {
        let now = Instant::now();
        let is_fresh = |idle: &Idle<S>| idle.end(limits).is_none_or(|end| now < end);
        if self.items.iter().all(is_fresh) {
            return VecDeque::new();
        }
        let (fresh, expired) = std::mem::take(&mut self.items).into_iter().partition(is_fresh);
        self.items = fresh;
        expired
    }

    /// Whether something looks at the items at `end` or before. What should have looked by now is on a runtime that
    /// stands still.
    fn is_watched(&self, end: Instant) -> bool {
        self.watch.as_ref().is_some_and(|watch| {
            watch.until <= end && watch.until.elapsed() <= LATENESS && !watch.task.is_finished()
        })
    }

    /// When the first of the items comes to its end.
    fn first_end(&self, limits: &Limits) -> Option<Instant> {
        self.items.iter().filter_map(|idle| idle.end(limits)).min()
    }
}

impl<S: Send + 'static> SlotsInner<S> {
    /// Keeps an item for the next borrower, or until it has come to its end. Where no runtime takes tasks, the next
    /// borrower looks for that.
    pub(super) fn keep(self: &Arc<Self>, item: Idle<S>) {
        let end = item.end(&self.limits);
        let mut idle = self.idle();
        idle.items.push_back(item);
        if end.is_some_and(|end| !idle.is_watched(end))
            && let Some(until) = idle.first_end(&self.limits)
            && let Some(runtime) = clock::current()
        {
            let task = runtime.spawn(retire_in_time(Arc::downgrade(self), until)).abort_handle();
            idle.watch = Some(Watch { task, until });
        }
    }

    /// Retires what has come to its end, and tells when the next item does.
    fn retire_expired(&self) -> Option<Instant> {
        let (expired, next) = {
            let mut idle = self.idle();
            let expired = idle.take_expired(&self.limits);
            let next = idle.first_end(&self.limits);
            match (next, &mut idle.watch) {
                (Some(next), Some(watch)) => watch.until = next,
                _ => idle.watch = None,
            }
            (expired, next)
        };
        if !expired.is_empty() {
            expired.into_iter().for_each(|idle| self.lifecycle.expire(idle.item));
            self.tell_status();
        }
        next
    }
}

/// Retires items as they come to their ends, as long as there are any, in a pool that nobody may ask for one.
async fn retire_in_time<S: Send + 'static>(slots: Weak<SlotsInner<S>>, mut until: Instant) {
    loop {
        clock::sleep_until(Some(until)).await;
        // On a runtime that ends nothing waits any more.
        if Runtime::current().is_err() {
            return;
        }
        match slots.upgrade().and_then(|slots| slots.retire_expired()) {
            Some(next) => until = next,
            None => return,
        }
    }
}
