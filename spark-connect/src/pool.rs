//! A bounded pool of sessions: opening, sharing, waiting for a cluster.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::session::Session;

mod cluster;
mod leased;
mod opening;
mod options;
mod sharing;
mod slots;
mod startup;
mod wait;

pub use cluster::{ClusterState, ClusterWait};
pub use leased::PooledSession;
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
/// There are never more sessions than its size. They are handed out in the order in which they were asked for, with
/// the confs and after the statements of its builder. A session whose borrower may have changed it, because it was
/// handed out raw, is replaced by a new one and not handed on.
///
/// On a server that keeps tables inside sessions (Sail) all slots share one session: there temporary views, confs and
/// the current database are seen by every borrower.
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
            let message = "pool_size is 0: a pool needs at least one session";
            return Err(Error::new(ErrorKind::InvalidOption, message));
        }
        let limits = options.limits;
        let sessions = Sessions::new(factory, options);
        let slots = Slots::new(sessions.clone(), limits, sessions.cluster().startup());
        Ok(Self { inner: Arc::new(Inner { slots, sessions }) })
    }

    /// A session for the caller alone. When it is dropped it is replaced, since what was done with it is not known.
    ///
    /// # Errors
    ///
    /// [`PoolTimeout`](ErrorKind::PoolTimeout) and [`ClusterNotReady`](ErrorKind::ClusterNotReady) with what was
    /// waited for and the counts of the moment; [`Closed`](ErrorKind::Closed); [`Connect`](ErrorKind::Connect), [`Unauthenticated`](ErrorKind::Unauthenticated) and
    /// [`Server`](ErrorKind::Server) if a session had to be opened and could not be.
    ///
    /// # Cancel safety
    ///
    /// A dropped call gives its slot back; a session that was being opened for it goes to the next caller. While a
    /// cluster is starting the opening stops too.
    pub async fn acquire(&self) -> Result<PooledSession> {
        let session = self.acquire_to_query().await?;
        session.taint();
        Ok(session)
    }

    /// A session that goes back as it is, for a borrower who only queries; one who changes it all the same calls
    /// [`PooledSession::taint`].
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    ///
    /// # Cancel safety
    ///
    /// As [`acquire`](Self::acquire).
    pub async fn acquire_to_query(&self) -> Result<PooledSession> {
        loop {
            let slot = self.inner.slots.acquire().await?;
            let Some(session) = PooledSession::new(slot) else { return Err(slots::closed()) };
            if self.inner.sessions.holds(&session).await? {
                return Ok(session);
            }
            session.discard();
        }
    }

    /// The answer to `call`, which is made again for as long as [`ClusterWait::budget`] lasts while a cluster is
    /// starting.
    ///
    /// # Errors
    ///
    /// Those of the call; [`ErrorKind::ClusterNotReady`] once the budget is used up; [`ErrorKind::Closed`] if the pool
    /// is closed meanwhile.
    ///
    /// # Cancel safety
    ///
    /// As the call itself.
    pub async fn when_ready<T, F>(&self, call: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.inner.sessions.cluster().ready(call).await
    }

    /// How many sessions are in use, idle and waited for.
    pub fn status(&self) -> PoolStatus {
        self.inner.slots.status()
    }

    /// Changes how many sessions there may be; at least one. Sessions beyond a smaller size end when they come back.
    pub fn resize(&self, size: usize) {
        self.inner.slots.resize(size.max(1));
    }

    /// Hands out no more sessions, waits a while for those in use, and ends all of them on the server, which stops
    /// what still runs. A second call does nothing. It takes no more than a few seconds.
    ///
    /// # Cancel safety
    ///
    /// A dropped call leaves the pool half closed; call it again.
    pub async fn close(&self) {
        if self.inner.slots.is_closed() {
            return;
        }
        // Taken out before the pool retires them one by one, so that their end is waited for.
        let mut sessions = self.inner.sessions.take_all();
        self.inner.slots.close(CLOSE_BOUND).await;
        sessions.extend(self.inner.sessions.take_all());
        let newest = self.inner.sessions.newest().take();
        opening::end(&sessions, newest).await;
    }
}

impl fmt::Debug for SessionPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionPool").field("status", &self.status()).finish_non_exhaustive()
    }
}
