//! The options of a pool of sessions.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::SessionPool;
use super::cluster::{ClusterState, ClusterWait, OnClusterState};
use super::opening::SessionFactory;
use super::slots::{Limits, OnPoolStatus, PoolStatus};
use crate::channel::DEFAULT_CONNECT_TIMEOUT;
use crate::error::Result;
use crate::listener::Listener;

/// The numbers that a pool keeps to, and what it does to a session before it is first borrowed.
#[derive(Clone)]
pub(crate) struct PoolOptions {
    pub(crate) limits: Limits,
    pub(crate) connect_timeout: Duration,
    pub(crate) confs: BTreeMap<String, String>,
    pub(crate) statements: Vec<String>,
    pub(crate) cluster_wait: ClusterWait,
    pub(crate) on_cluster_state: Option<OnClusterState>,
    pub(crate) on_status: Option<OnPoolStatus>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let limits = Limits {
            size: 8,
            acquire_timeout: Duration::from_secs(30),
            // Below what servers allow: Sail ends a session after 15 idle minutes, Spark after 60.
            idle_timeout: minutes(10),
            max_lifetime: minutes(60),
        };
        Self {
            limits,
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            confs: BTreeMap::new(),
            statements: Vec::new(),
            cluster_wait: ClusterWait::default(),
            on_cluster_state: None,
            on_status: None,
        }
    }
}

/// Options for a [`SessionPool`].
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct SessionPoolBuilder {
    pub(crate) options: PoolOptions,
}

impl SessionPoolBuilder {
    /// How many sessions there may be at once, and so how many queries; a dropped query counts until the server has
    /// stopped it. A hard bound; default 8. 0 is an error at [`build`](Self::build), and a number above 2²⁰ counts as
    /// 2²⁰.
    pub fn pool_size(mut self, sessions: usize) -> Self {
        self.options.limits.size = sessions;
        self
    }

    /// How long a caller waits for a session: for a free slot, for the check of a session that may be lost, and for the
    /// opening of a new one with its statements. Default 30 s. Time during which a cluster is starting does not count:
    /// see [`SessionPoolBuilder::cluster_wait`].
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.options.limits.acquire_timeout = timeout;
        self
    }

    /// How long the server may take to answer the first call of a new session. Default 10 s. While a cluster is
    /// starting, it bounds each attempt.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// How long a session may be idle before it is ended, by a task on the runtime that it came back on; where it came back
    /// outside of Tokio, when the next one is asked for. Default 10 minutes; keep it below the server's own limit,
    /// `spark.connect.session.manager.defaultSessionTimeout`.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.options.limits.idle_timeout = timeout;
        self
    }

    /// How old a session may become before it is ended, as soon as it is idle. Default one hour.
    pub fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.options.limits.max_lifetime = lifetime;
        self
    }

    /// A conf that every session gets before it is first used, such as `spark.sql.session.timeZone`. A later value
    /// for the same key wins.
    pub fn session_conf(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.confs.insert(key.into(), value.into());
        self
    }

    /// A statement that every session runs before it is first used, after its confs and in the order given: `USE db`,
    /// a temporary view.
    ///
    /// If its answer is lost, it runs again in another session where its effects end with the session (`USE`, `SET`, a
    /// temporary view). Otherwise, and in a session that others share, opening fails with an error that names the
    /// statement and is not [retryable](crate::Error::is_retryable).
    pub fn session_statement(mut self, sql: impl Into<String>) -> Self {
        self.options.statements.push(sql.into());
        self
    }

    /// How to wait for a Databricks cluster that is being started; [`ClusterWait::none`] to not wait at all. Calls that
    /// the borrower of a session makes in it do not wait.
    pub fn cluster_wait(mut self, policy: ClusterWait) -> Self {
        self.options.cluster_wait = policy;
        self
    }

    /// Calls `tell` with the state of a cluster that is being waited for, after every answer and once when it is ready.
    /// It must not block. If it panics, it is not called again.
    pub fn on_cluster_state(mut self, tell: impl Fn(&ClusterState) + Send + Sync + 'static) -> Self {
        self.options.on_cluster_state = Some(Arc::new(Listener::new("the state of a cluster", tell)));
        self
    }

    /// Calls `tell` with how many sessions are in use, idle and waited for, whenever that changes; changes that come while
    /// it runs are told as one. It must not block. If it panics, it is not called again. It may use the pool: what it
    /// changes there is told once, and what it changes then with the next change of others.
    pub fn on_status(mut self, tell: impl Fn(PoolStatus) + Send + Sync + 'static) -> Self {
        let tell = move |status: &PoolStatus| tell(*status);
        self.options.on_status = Some(Arc::new(Listener::new("the status of the pool", tell)));
        self
    }

    /// The pool. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`](crate::ErrorKind::InvalidOption) if an option is wrong.
    pub fn build(self, factory: impl SessionFactory) -> Result<SessionPool> {
        SessionPool::new(factory, self.options)
    }
}

/// Prints names of confs without values, and no statements: both may hold secrets.
impl fmt::Debug for SessionPoolBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionPoolBuilder")
            .field("limits", &self.options.limits)
            .field("session_confs", &self.options.confs.keys())
            .field("session_statements", &self.options.statements.len())
            .finish_non_exhaustive()
    }
}
