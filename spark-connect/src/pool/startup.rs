//! That a cluster is starting, as all callers of a pool know it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::ServerError;

/// Tells everyone who waits for a session that a cluster is starting, while somebody waits for it. Clones share it.
#[derive(Clone)]
pub(crate) struct ClusterStartup {
    /// How long a caller waits for a cluster.
    pub(crate) budget: Duration,
    now: Arc<watch::Sender<StartupState>>,
}

#[derive(Default)]
struct StartupState {
    starting: Option<Starting>,
    waiters: usize,
    closed: bool,
}

/// A cluster that is starting.
#[derive(Clone)]
pub(crate) struct Starting {
    /// The last answer of the server.
    pub(crate) server: ServerError,
    pub(crate) since: Instant,
    /// How often it was asked.
    pub(crate) asked: u32,
}

impl ClusterStartup {
    pub(crate) fn new(budget: Duration) -> Self {
        Self { budget, now: Arc::default() }
    }

    pub(crate) fn starting(&self) -> Option<Starting> {
        self.now.borrow().starting.clone()
    }

    pub(crate) fn is_on(&self) -> bool {
        self.now.borrow().starting.is_some()
    }

    /// Takes part in the waiting. Gives the cluster's state back if nobody waited for it before.
    pub(crate) fn join(&self, server: &ServerError) -> (Waiter<'_>, Option<Starting>) {
        self.now.send_modify(|now| now.waiters += 1);
        (Waiter(self), self.begin(server))
    }

    /// Notes that the cluster is starting, unless that is known.
    pub(crate) fn begin(&self, server: &ServerError) -> Option<Starting> {
        let mut begun = None;
        self.now.send_if_modified(|now| {
            if now.starting.is_none() {
                begun = Some(Starting { server: server.clone(), since: Instant::now(), asked: 1 });
                now.starting.clone_from(&begun);
            }
            begun.is_some()
        });
        begun
    }

    /// Notes what the server said when it was asked again.
    pub(crate) fn asked_again(&self, server: &ServerError) -> Starting {
        let mut noted = Starting { server: server.clone(), since: Instant::now(), asked: 1 };
        self.now.send_modify(|now| {
            if let Some(before) = &now.starting {
                noted.since = before.since;
                noted.asked = before.asked.saturating_add(1);
            }
            now.starting = Some(noted.clone());
        });
        noted
    }

    /// Notes that the cluster answers. Gives back what was known of its start.
    pub(crate) fn over(&self) -> Option<Starting> {
        let mut before = None;
        self.now.send_modify(|now| before = now.starting.take());
        before
    }

    pub(crate) async fn ended_or_begun(&self, starting: bool) {
        // The sender is `self`, so the wait cannot fail.
        let _ = self.now.subscribe().wait_for(|now| now.starting.is_some() != starting).await;
    }

    /// Ends the waiting of everyone, now and later.
    pub(crate) fn close(&self) {
        self.now.send_modify(|now| now.closed = true);
    }

    /// Waits until the waiting is to end.
    pub(crate) async fn closed(&self) {
        // The sender is `self`, so the wait cannot fail.
        let _ = self.now.subscribe().wait_for(|now| now.closed).await;
    }

    /// Waits until a cluster is starting.
    pub(crate) async fn begun(&self) {
        self.ended_or_begun(false).await;
    }
}

/// One of those who wait for the cluster. When the last one leaves, nothing is known about the cluster any more.
pub(crate) struct Waiter<'s>(&'s ClusterStartup);

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.now.send_modify(|now| {
            now.waiters = now.waiters.saturating_sub(1);
            if now.waiters == 0 {
                now.starting = None;
            }
        });
    }
}

/// The state and its age: `PENDING, since 42 s`.
impl fmt::Display for Starting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.server.cluster_state().unwrap_or("state unknown");
        write!(f, "{state}, since {} s", self.since.elapsed().as_secs())
    }
}
