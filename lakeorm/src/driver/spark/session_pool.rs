//! A bounded pool of Spark Connect sessions.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use futures_util::future::join_all;
use spark_connect::{Channel, Session, Sql};
use uuid::Uuid;

use super::cluster::{Cluster, ClusterState, ClusterWait, OnClusterState};
use super::sharing::Sharing;
use crate::driver::pool::{self, Limits, Pool, PoolStatus, Slot};
use crate::error::{Error, ErrorKind, Result};

/// How long closing waits: once for what runs, once for the server's answers.
const CLOSE_BOUND: Duration = Duration::from_secs(5);

/// Makes sessions; closures that return a future of one do.
///
/// A session that comes out of it need not have made a call: the pool sets its confs and runs its statements before
/// the first borrower sees it.
pub trait SessionFactory: Send + Sync + 'static {
    /// A new session, under an id of its own.
    fn open(&self) -> BoxFuture<'_, Result<Session>>;
}

impl<F, Opening> SessionFactory for F
where
    F: Fn() -> Opening + Send + Sync + 'static,
    Opening: Future<Output = Result<Session>> + Send + 'static,
{
    fn open(&self) -> BoxFuture<'_, Result<Session>> {
        self().boxed()
    }
}

/// The numbers that a pool keeps to, and what it does to a session before it is first borrowed.
#[derive(Clone)]
pub(crate) struct PoolOptions {
    pub(crate) limits: Limits,
    pub(crate) connect_timeout: Duration,
    pub(crate) confs: BTreeMap<String, String>,
    pub(crate) statements: Vec<String>,
    pub(crate) cluster_wait: ClusterWait,
    pub(crate) on_cluster_state: Option<OnClusterState>,
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
        let connect_timeout = Duration::from_secs(10);
        Self {
            limits,
            connect_timeout,
            confs: BTreeMap::new(),
            statements: Vec::new(),
            cluster_wait: ClusterWait::default(),
            on_cluster_state: None,
        }
    }
}

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
/// use lakeorm::spark::SessionPool;
/// use spark_connect::{Channel, Session};
///
/// # async fn run() -> lakeorm::Result<()> {
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
    pool: Pool<Session>,
    sessions: Sessions,
}

/// What opens and ends the sessions; shared by the pool, which opens them, and its owner, who closes them all.
#[derive(Clone)]
struct Sessions(Arc<Registry>);

struct Registry {
    factory: Box<dyn SessionFactory>,
    options: PoolOptions,
    cluster: Cluster,
    sharing: tokio::sync::Mutex<Sharing>,
    /// Those that the server holds for this pool.
    open: Mutex<HashMap<Uuid, Session>>,
    /// Where the last of them was opened; what was said in the background travels there.
    newest: Mutex<Option<Channel>>,
}

/// Options for a [`SessionPool`].
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct SessionPoolBuilder {
    pub(crate) options: PoolOptions,
}

impl SessionPool {
    /// Options for a pool.
    pub fn builder() -> SessionPoolBuilder {
        SessionPoolBuilder::default()
    }

    pub(super) fn new(factory: impl SessionFactory, options: PoolOptions) -> Result<Self> {
        if options.limits.size == 0 {
            return Err(Error::new(ErrorKind::Config, "pool_size is 0: a pool needs at least one session"));
        }
        let limits = options.limits;
        let cluster = Cluster::new(options.cluster_wait, options.on_cluster_state.clone());
        let holdup = cluster.holdup();
        let sessions = Sessions(Arc::new(Registry {
            factory: Box::new(factory),
            options,
            cluster,
            sharing: tokio::sync::Mutex::new(Sharing::Unknown),
            open: Mutex::default(),
            newest: Mutex::default(),
        }));
        let pool = Pool::new(sessions.clone(), limits, holdup);
        Ok(Self { inner: Arc::new(Inner { pool, sessions }) })
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
        let mut session = self.acquire_to_query().await?;
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
            let slot = self.inner.pool.acquire().await?;
            let Some(session) = slot.item().cloned() else {
                return Err(Error::new(ErrorKind::Closed, "the session was given up"));
            };
            let pooled = PooledSession { session, slot };
            if self.inner.sessions.holds(&pooled.session).await? {
                return Ok(pooled);
            }
            self.lost(pooled).await;
        }
    }

    /// Gives up a session that the server no longer knows.
    pub(super) async fn lost(&self, session: PooledSession) {
        self.inner.sessions.forget(&session.session).await;
        session.slot.forget();
    }

    /// The answer to `call`, which is made again while a cluster is starting.
    pub(super) async fn ready<T, F>(&self, call: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.inner.sessions.0.cluster.ready(call).await
    }

    /// How many sessions are in use, idle and waited for.
    pub fn status(&self) -> PoolStatus {
        self.inner.pool.status()
    }

    /// Changes how many sessions there may be; at least one. Sessions beyond a smaller size end when they come back.
    pub fn resize(&self, size: usize) {
        self.inner.pool.resize(size.max(1));
    }

    /// Hands out no more sessions, waits a while for those in use, and ends all of them on the server, which stops
    /// what still runs. A second call does nothing. It takes no more than a few seconds.
    ///
    /// # Cancel safety
    ///
    /// A dropped call leaves the pool half closed; call it again.
    pub async fn close(&self) {
        if self.inner.pool.is_closed() {
            return;
        }
        // Taken out before the pool retires them one by one, so that their end is waited for.
        let mut sessions = self.inner.sessions.take_all();
        self.inner.pool.close(CLOSE_BOUND).await;
        sessions.extend(self.inner.sessions.take_all());
        let newest = self.inner.sessions.newest().take();
        end(&sessions, newest).await;
    }
}

impl SessionPoolBuilder {
    /// How many sessions there may be at once. A hard bound; default 8.
    pub fn pool_size(mut self, sessions: usize) -> Self {
        self.options.limits.size = sessions;
        self
    }

    /// How long a caller waits for a session, the opening of one included. Default 30 s. The time in which a cluster
    /// is starting does not count: see [`SessionPoolBuilder::cluster_wait`].
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.options.limits.acquire_timeout = timeout;
        self
    }

    /// How long the server may take to answer the first call of a new session. Default 10 s. While a cluster is
    /// starting it bounds each attempt.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// How long a session lies idle before it is ended. Default 10 minutes; keep it below the server's own limit,
    /// `spark.connect.session.manager.defaultSessionTimeout`.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.options.limits.idle_timeout = timeout;
        self
    }

    /// How old a session gets before it is replaced. Default one hour.
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
    pub fn session_statement(mut self, sql: impl Into<String>) -> Self {
        self.options.statements.push(sql.into());
        self
    }

    /// How to wait for a Databricks cluster that is being started; [`ClusterWait::none`] for not at all. Calls that the
    /// borrower of a session makes are not waited for.
    pub fn cluster_wait(mut self, policy: ClusterWait) -> Self {
        self.options.cluster_wait = policy;
        self
    }

    /// Is told the state of a cluster that is waited for, behind every answer and once when it is ready. It must not
    /// block.
    pub fn on_cluster_state(mut self, tell: impl Fn(&ClusterState) + Send + Sync + 'static) -> Self {
        self.options.on_cluster_state = Some(Arc::new(tell));
        self
    }

    /// The pool. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) if an option is wrong.
    pub fn build(self, factory: impl SessionFactory) -> Result<SessionPool> {
        SessionPool::new(factory, self.options)
    }
}

impl Sessions {
    /// Whether `session` may be used: where all slots share one, it is that one and the server still has it.
    async fn holds(&self, session: &Session) -> Result<bool> {
        self.0.sharing.lock().await.holds(session).await
    }

    async fn forget(&self, session: &Session) {
        self.0.sharing.lock().await.forget(session);
        self.open().remove(&session.id());
    }

    async fn open_or_share(&self) -> Result<Session> {
        let mut sharing = self.0.sharing.lock().await;
        match &*sharing {
            Sharing::With(shared) => return Ok(shared.session().clone()),
            // Only the first session has to be waited for: it tells what kind of server this is.
            Sharing::Never => drop(sharing),
            Sharing::Unknown => {
                let session = self.open_new().await?;
                *sharing = Sharing::learn(&session).await?;
                return Ok(session);
            }
        }
        self.open_new().await
    }

    async fn open_new(&self) -> Result<Session> {
        let cluster = &self.0.cluster;
        let session = self.0.factory.open().await?;
        cluster.opened(|| self.first_call(&session)).await?;
        *self.newest() = Some(session.channel().clone());
        for (number, statement) in self.0.options.statements.iter().enumerate() {
            let ran = cluster.opened(|| statement_of_the_pool(&session, number + 1, statement)).await;
            // Nobody gets the session, and the server has it.
            ran.inspect_err(|_| session.release_in_background())?;
        }
        self.open().insert(session.id(), session.clone());
        Ok(session)
    }

    async fn first_call(&self, session: &Session) -> Result<()> {
        let PoolOptions { confs, connect_timeout, .. } = &self.0.options;
        match tokio::time::timeout(*connect_timeout, session.open(confs)).await {
            Ok(opened) => opened.map_err(|error| not_opened(confs, error)),
            Err(_) => Err(no_answer(session.channel().authority(), *connect_timeout)),
        }
    }

    fn take_all(&self) -> Vec<Session> {
        self.open().drain().map(|(_, session)| session).collect()
    }

    fn newest(&self) -> MutexGuard<'_, Option<Channel>> {
        self.0.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Uuid, Session>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the first call failed. A conf that the server refuses is named, and its value, which may be a secret, is not
/// repeated.
fn not_opened(confs: &BTreeMap<String, String>, error: spark_connect::Error) -> Error {
    let message = match error.server() {
        Some(server) if error.kind() == spark_connect::ErrorKind::Server && !confs.is_empty() => {
            let named = |key: &&String| {
                server.message().contains(*key)
                    || server.message_parameters().values().any(|text| text.contains(*key))
            };
            let keys: Vec<&str> = match confs.keys().find(named) {
                Some(key) => vec![key],
                None => confs.keys().map(String::as_str).collect(),
            };
            format!("cannot open a session: the server refuses session_conf {}", keys.join(" or "))
        }
        _ => "cannot open a session".to_owned(),
    };
    Error::spark(message, error.redacting(confs.values().map(String::as_str)))
}

async fn statement_of_the_pool(session: &Session, number: usize, statement: &str) -> Result<()> {
    match session.command(&Sql::new(statement)).await {
        Ok(_) => Ok(()),
        Err(error) => {
            let message = format!("cannot open a session: statement {number} of the pool failed");
            Err(Error::spark(message, error))
        }
    }
}

/// Ends sessions on the server, within a bound; what was said on `newest` of others is waited for too.
async fn end(sessions: &[Session], newest: Option<Channel>) {
    let drained = || join_all(sessions.iter().map(Session::channel).chain(&newest).map(Channel::drained));
    // What was dropped says its own farewell first; ending the sessions stops what is still held.
    let farewells = async {
        drained().await;
        join_all(sessions.iter().map(Session::release)).await;
        drained().await;
    };
    if tokio::time::timeout(CLOSE_BOUND, farewells).await.is_err() {
        tracing::debug!("the server did not release every session in time");
    }
}

fn no_answer(authority: &str, timeout: Duration) -> Error {
    let message =
        format!("no Spark Connect server answered at {authority} within {timeout:?} (connect_timeout)");
    Error::new(ErrorKind::Timeout, message)
}

impl pool::Source<Session> for Sessions {
    fn open(&self) -> BoxFuture<'_, Result<Session>> {
        self.open_or_share().boxed()
    }

    /// A session that all slots share lives until the pool is closed.
    fn retire(&self, session: Session) {
        if session.has_own_catalog() != Some(true) && self.open().remove(&session.id()).is_some() {
            session.release_in_background();
        }
    }
}

/// A borrowed session. Dropping it gives its slot back.
pub struct PooledSession {
    session: Session,
    slot: Slot<Session>,
}

impl PooledSession {
    /// Has the session replaced instead of handed to the next borrower, because it was changed.
    pub fn taint(&mut self) {
        self.slot.taint();
    }
}

impl Deref for PooledSession {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl fmt::Debug for PooledSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PooledSession").field(&self.session).finish()
    }
}

impl fmt::Debug for SessionPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionPool").field("status", &self.status()).finish_non_exhaustive()
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
