//! How long one caller of a pool waits: for the pool itself, and for a cluster behind it, which takes minutes.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::startup::{ClusterStartup, Starting};

/// What one caller may still wait. Time in which a cluster is starting counts against the budget for that only.
pub(super) struct WaitBudget<'s> {
    startup: &'s ClusterStartup,
    own: Duration,
    for_cluster: Duration,
}

/// Which part of the budget is used up.
pub(super) enum Expired {
    Acquire,
    Cluster(Box<Starting>),
}

impl<'s> WaitBudget<'s> {
    pub(super) fn new(own: Duration, startup: &'s ClusterStartup) -> Self {
        Self { startup, own, for_cluster: startup.budget }
    }

    pub(super) async fn wait<T>(&mut self, future: impl Future<Output = T>) -> Result<T, Expired> {
        let mut future = pin!(future);
        loop {
            let starting = self.startup.is_on();
            let left = if starting { &mut self.for_cluster } else { &mut self.own };
            let begun = Instant::now();
            tokio::select! {
                biased;
                done = &mut future => return Ok(done),
                () = self.startup.ended_or_begun(starting) => {
                    *left = left.saturating_sub(begun.elapsed());
                }
                () = sleep(*left) => return Err(match self.startup.starting() {
                    Some(starting) => Expired::Cluster(Box::new(starting)),
                    None => Expired::Acquire,
                }),
            }
        }
    }
}
