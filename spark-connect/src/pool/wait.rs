//! How long one caller of a pool waits: for the pool itself, and for a cluster behind it, which takes minutes.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::startup::{ClusterStartup, Starting};
use crate::clock;

/// The time that one caller may still wait. Time in which a cluster is starting counts against the budget for that
/// only.
///
/// A clone has the same time left and knows of the same failure.
#[derive(Clone)]
pub(crate) struct WaitBudget {
    startup: ClusterStartup,
    own: Duration,
    for_cluster: Duration,
    last_failure: Arc<Mutex<Option<String>>>,
}

/// Which part of the budget is used up.
pub(crate) enum Expired {
    Acquire,
    Cluster(Box<Starting>),
}

impl WaitBudget {
    pub(crate) fn new(own: Duration, startup: &ClusterStartup) -> Self {
        let (startup, for_cluster) = (startup.clone(), startup.budget);
        Self { startup, own, for_cluster, last_failure: Arc::default() }
    }

    /// The output of `future`, unless the budget is used up first.
    pub(crate) async fn wait<T>(&mut self, future: impl Future<Output = T>) -> Result<T, Expired> {
        let mut future = pin!(future);
        loop {
            let starting = self.startup.is_on();
            let left = if starting { &mut self.for_cluster } else { &mut self.own };
            let begun = Instant::now();
            tokio::select! {
                biased;
                done = &mut future => {
                    *left = left.saturating_sub(begun.elapsed());
                    return Ok(done);
                }
                () = self.startup.ended_or_begun(starting) => {
                    *left = left.saturating_sub(begun.elapsed());
                }
                () = clock::sleep(*left) => {
                    *left = Duration::ZERO;
                    return Err(self.expired());
                }
            }
        }
    }

    /// The wait of a caller without time left.
    pub(crate) fn expired(&self) -> Expired {
        match self.startup.starting() {
            Some(starting) => Expired::Cluster(Box::new(starting)),
            None => Expired::Acquire,
        }
    }

    /// When the wait ends if nothing changes; `None` for never.
    pub(crate) fn end(&self) -> Option<Instant> {
        clock::deadline(if self.startup.is_on() { self.for_cluster } else { self.own })
    }

    /// The end that the wait had when it began, or its end now if a cluster was waited for since.
    pub(crate) fn end_since(&self, began: Option<Instant>) -> Option<Instant> {
        let waited_for_cluster = self.startup.is_on() || self.for_cluster < self.startup.budget;
        if waited_for_cluster { self.end() } else { began }
    }

    /// Remembers why the wait goes on.
    pub(crate) fn note(&self, failure: String) {
        *self.failure() = Some(failure);
    }

    /// Why the wait went on, as far as is known.
    pub(crate) fn last_failure(&self) -> Option<String> {
        self.failure().clone()
    }

    fn failure(&self) -> MutexGuard<'_, Option<String>> {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
