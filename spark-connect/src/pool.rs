//! A bounded pool of sessions: opening, sharing, waiting for a cluster.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::session::Session;
use crate::sql::Statement;

mod cluster;
mod ending;
mod idle;
mod leased;
mod opening;
mod options;
mod sharing;
mod slot;
mod slots;
mod startup;
mod wait;

pub use cluster::{ClusterState, ClusterWait};
pub use leased::{PooledSession, SessionRetry};
pub use opening::SessionFactory;
pub use options::SessionPoolBuilder;
pub use slots::PoolStatus;

use opening::Sessions;
use options::PoolOptions;
use slots::Slots;

/// How long closing waits for what runs.
const CLOSE_BOUND: Duration = Duration::from_secs(5);

/// A bounded pool of Spark Connect sessions, usable without a driver. Clones share it.
///
/// There are never more sessions than its size. They are handed out in the order in which they were asked for, with the
/// builder's confs set and its statements run. A session whose borrower may have changed it, because it was handed out
/// raw, is replaced by a new one instead of being handed on.
///
/// On a server that keeps tables inside sessions (Sail), all slots share one session, so every borrower sees the same
/// temporary views, confs and current database. They also share one if the connection string names it
/// (`;session_id=…`); others may use that session too, so the pool never ends it and cannot replace it. One that the
/// factory made to be [shared](Session::shared) is not ended either, and the factory is asked for another where the server
/// has lost it.
///
/// What is dropped is stopped by a task of Tokio: where a runtime of one thread stands still after `block_on` with a
/// timeout, it runs on and keeps its session, unless another runtime with threads of its own uses the pool. What is dropped
/// outside of Tokio, with no such runtime, keeps none: its session is replaced.
///
/// ```no_run
/// use std::time::Duration;
/// use spark_connect::pool::SessionPool;
/// use spark_connect::{Channel, Session};
///
/// # async fn run() -> spark_connect::Result<()> {
/// let remote = "sc://localhost:15002".parse().expect("a connection string");
/// let channel = Channel::builder(remote).connect_timeout(Duration::from_secs(5)).build()?;
/// let pool = SessionPool::builder()
///     .pool_size(4)
///     .session_conf("spark.sql.session.timeZone", "UTC")
///     .build(move || {
///         let channel = channel.clone();
///         async move { Ok(Session::new(&channel)) }
///     })?;
/// let session = pool.acquire().await?;
/// println!("{}: {:?}", session.spark_version().await?, pool.status());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SessionPool {
    inner: Arc<Inner>,
}

struct Inner {
    slots: Slots<Session>,
    sessions: Sessions,
}

impl SessionPool {
    /// Options for a pool.
    pub fn builder() -> SessionPoolBuilder {
        SessionPoolBuilder::default()
    }

    pub(super) fn new(factory: impl SessionFactory, options: PoolOptions) -> Result<Self> {
        if options.limits.size == 0 {
            let message = "`pool_size` is 0: a pool needs at least one session";
            return Err(Error::new(ErrorKind::InvalidOption, message));
        }
        let (limits, on_status) = (options.limits, options.on_status.clone());
        let sessions = Sessions::new(factory, options);
        let slots = Slots::new(sessions.clone(), limits, sessions.cluster().startup(), on_status);
        Ok(Self { inner: Arc::new(Inner { slots, sessions }) })
    }

    /// A session for the caller alone. When it is dropped, it is replaced, since nobody knows what was done with it.
    ///
    /// # Errors
    ///
    /// [`NoRuntime`](ErrorKind::NoRuntime) outside of Tokio; [`PoolTimeout`](ErrorKind::PoolTimeout) and
    /// [`ClusterNotReady`](ErrorKind::ClusterNotReady), which say what was waited for and how many sessions were in
    /// use; [`Closed`](ErrorKind::Closed); and if a session had to be opened and could not be, the errors of
    /// [`Session::open`], such as [`Connect`](ErrorKind::Connect), [`Timeout`](ErrorKind::Timeout) and
    /// [`Unavailable`](ErrorKind::Unavailable).
    ///
    /// # Cancel safety
    ///
    /// A dropped call gives its slot back; a session that was being opened for it goes to the next caller. While a
    /// cluster is starting, the opening stops too.
    pub async fn acquire(&self) -> Result<PooledSession> {
        let session = self.acquire_to_query().await?;
        session.taint();
        Ok(session)
    }

    /// A session that goes back to the pool as it is, for a borrower who only queries; one who does change it calls
    /// [`PooledSession::taint`].
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    ///
    /// # Cancel safety
    ///
    /// As [`acquire`](Self::acquire).
    #[doc(hidden)]
    pub async fn acquire_to_query(&self) -> Result<PooledSession> {
        let slot = self.inner.slots.acquire().await?;
        PooledSession::new(slot).ok_or_else(slots::closed)
    }

    /// Whether a statement may leave its session other than the pool's others are: its borrower has to
    /// [taint](PooledSession::taint) it. A table that is dropped may be a view that the pool's own statements made.
    #[doc(hidden)]
    #[must_use]
    pub fn is_changed_by(&self, statement: &Statement) -> bool {
        statement.changes_session() || statement.may_drop_view() && self.inner.sessions.has_statements()
    }

    /// The answer to `call` in `session`, which is repeated while a cluster is starting, for as long as
    /// [`ClusterWait::budget`] lasts.
    ///
    /// # Errors
    ///
    /// Those of the call; [`ErrorKind::ClusterNotReady`] once the budget is used up; [`ErrorKind::Closed`] if the pool
    /// is closed meanwhile.
    ///
    /// # Cancel safety
    ///
    /// As the call itself.
    #[doc(hidden)]
    pub async fn when_ready<T, F>(&self, session: &Session, call: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.inner.sessions.cluster().repeat(|| session.probe(), call).await
    }

    /// Makes a call in a session of the pool, which is replaced if the server has lost it. A call with `effects` is not
    /// made again if it may have done something.
    ///
    /// ```
    /// # async fn run(pool: spark_connect::pool::SessionPool) -> spark_connect::Result<()> {
    /// let version = pool.run(false, |session| async move { session.spark_version().await }).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire) and [`when_ready`](Self::when_ready).
    ///
    /// # Cancel safety
    ///
    /// As the call itself; the session goes back to the pool.
    #[doc(hidden)]
    pub async fn run<T, F>(&self, effects: bool, mut call: impl FnMut(Session) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut retry = SessionRetry::new(effects);
        loop {
            let session = self.acquire_to_query().await?;
            match self.when_ready(&session, || call(Session::clone(&session))).await {
                Err(error) if retry.allows(&session, &error) => {}
                answer => return answer,
            }
        }
    }

    /// A number that no other pool of the program has.
    pub(crate) fn id(&self) -> u64 {
        self.inner.slots.id()
    }

    /// How many sessions are in use, idle and waited for.
    #[must_use]
    pub fn status(&self) -> PoolStatus {
        self.inner.slots.status()
    }

    /// Changes how many sessions there may be; 0 counts as 1, and a number above 2²⁰ as 2²⁰. Sessions beyond a smaller
    /// size end at once if they are idle, and otherwise when they come back; sessions that all slots share stay.
    pub fn resize(&self, size: usize) {
        self.inner.slots.resize(size.max(1));
    }

    /// Hands out no more sessions, waits a while for those in use, and ends all of them on the server, which stops what
    /// still runs; whoever still waits for that then gets [`Closed`](ErrorKind::Closed), also where the server is silent.
    /// It takes ten seconds at most. In a session that others may use too, which the connection string names or which was made
    /// to be [shared](Session::shared), only the operations of this pool are stopped; the session stays.
    ///
    /// # Cancel safety
    ///
    /// A call after one that ended every session does nothing; after one that was dropped, or that the server did not answer
    /// in time, it does the rest. Nothing is handed out meanwhile.
    pub async fn close(&self) {
        self.inner.sessions.keep_for_the_end();
        self.inner.slots.close(CLOSE_BOUND).await;
        self.inner.sessions.end_all(self.id()).await;
    }
}

impl fmt::Debug for SessionPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionPool").field("status", &self.status()).finish_non_exhaustive()
    }
}
