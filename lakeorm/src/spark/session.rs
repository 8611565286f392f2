//! A session for one caller, which is a driver too.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use spark_connect::pool::PooledSession;
use spark_connect::{Outcome, clock};

use super::confs::takes_confs;
use super::{
    CAPABILITIES, DataFrame, DataFrameReader, Inner, Source, carry_out, exec, frame_of_rows, read,
    table_support,
};
use crate::command::Command;
use crate::driver::{
    BatchStream, Capabilities, Driver, Exec, Execution, ExecutionPlan, PoolStatus, Removals, TableSupport,
};
use crate::encode::FrameRow;
use crate::error::{Error, Result};
use crate::source::Read;

/// How long closing waits for what runs, and again for the server to be told of what was stopped.
const CLOSE_BOUND: Duration = Duration::from_secs(5);

/// A session for one caller, from [`SparkDriver::session`](super::SparkDriver::session): what is set in it, such as a
/// conf, a temporary view or the current database, is there for the next statement, and for nobody else, except where
/// all share one session.
///
/// They do on Sail, whose tables live inside the session, and if the connection string names the session. What is set
/// there is seen by every query of the driver and stays after this value is dropped, and a second caller who makes a
/// temporary view of the same name is refused. Give each view a name of its own and drop it, or set things in a driver
/// of your own: on Sail that has other tables too.
///
/// It is a driver, so a [`Client`](crate::Client) over it runs typed queries in it. It also dereferences to a
/// [`PooledSession`], which makes frames and the catalog of this session, and so to a
/// [`Session`](spark_connect::Session), for what only a session can do. Clones are cheap and share it. It goes back to
/// the pool when the last of its clones, clients and results is gone.
///
/// ```no_run
/// use lakeorm::{Client, query, spark::SparkDriver};
///
/// # async fn run(drv: SparkDriver) -> lakeorm::Result<()> {
/// let db = Client::new(drv.session().await?);
/// db.exec("CREATE TEMPORARY VIEW recent AS SELECT * FROM events WHERE day > '2026-11-01'").await?;
/// let kinds: Vec<(String, i64)> = query(&db, "SELECT kind, count(*) FROM recent GROUP BY kind").await?;
/// # Ok(()) }
/// ```
///
/// A session that the server has lost, because it expired or the server restarted, is not replaced by a new one, in
/// which nothing would be set: every call is then an error of the kind [`SessionLost`](crate::ErrorKind::SessionLost).
#[derive(Clone)]
pub struct SparkSession {
    inner: Arc<Leased>,
}

/// A session with what its driver knows of it.
#[derive(Clone)]
pub(super) struct Leased {
    pub(super) driver: Arc<Inner>,
    pub(super) session: PooledSession,
    /// What `close` waits for. A session of the pool that has the rows of a write is not closed: its slot is waited for.
    pub(super) removals: Arc<Removals>,
    /// Whether confs can be set for one statement alone.
    pub(super) takes_confs: bool,
}

impl SparkSession {
    /// For a caller who may run several statements in it at a time: the confs of a write would hold for all of them.
    pub(super) fn new(driver: Arc<Inner>, session: PooledSession) -> Self {
        Self::leased(driver, session, false)
    }

    pub(super) fn for_one_write(driver: Arc<Inner>, session: PooledSession) -> Self {
        Self { inner: Arc::new(Leased::for_one_write(driver, session)) }
    }

    pub(super) fn leased(driver: Arc<Inner>, session: PooledSession, takes_confs: bool) -> Self {
        Self { inner: Arc::new(Leased { driver, session, removals: Arc::default(), takes_confs }) }
    }

    /// The same session with a tag: what is run through the returned value can be stopped by
    /// [`interrupt_tag`](spark_connect::Session::interrupt_tag). Runs through `self` stay without the tag; closing one
    /// of the two closes both.
    ///
    /// ```no_run
    /// use lakeorm::{Client, query, spark::SparkDriver};
    ///
    /// # async fn run(drv: SparkDriver) -> lakeorm::Result<()> {
    /// let session = drv.session().await?;
    /// let nightly = Client::new(session.with_tag("nightly")?);
    /// let report = query::<(String, i64)>(&nightly, "SELECT kind, count(*) FROM events GROUP BY kind");
    /// // Elsewhere:
    /// session.interrupt_tag("nightly").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) if the tag is empty or has a comma.
    pub fn with_tag(&self, tag: impl Into<String>) -> Result<Self> {
        let session = self.inner.session.with_tag(tag)?;
        Ok(Self { inner: Arc::new(Leased { session, ..Leased::clone(&self.inner) }) })
    }

    /// A query that runs in this session, whichever client runs it.
    pub fn from_sql(&self, sql: impl Into<String>) -> Source {
        self.kept(Source::sql(sql))
    }

    /// SQL whose first row alone is wanted; the server is asked for one row.
    pub fn from_row(&self, sql: impl Into<String>) -> Source {
        self.kept(Source::sql(sql).limit(1))
    }

    /// A table or view, including the temporary views of this session.
    ///
    /// The server is asked for the columns that the row type needs and no others.
    pub fn from_table(&self, name: impl Into<String>) -> Source {
        self.kept(Source::table(name))
    }

    /// A frame as a source of a query function. The server is asked for the columns that the row type needs and no
    /// others.
    pub fn from_dataframe(&self, frame: impl Borrow<DataFrame>) -> Source {
        Source::dataframe(frame.borrow())
    }

    /// A reader of files and other sources, whose frames run in this session.
    // Here, since the method of `Driver` would be found before that of `PooledSession`.
    pub fn read(&self) -> DataFrameReader {
        self.inner.session.read()
    }

    /// A frame of these rows, which travel with the plan, in this session: structs that derive
    /// [`LakeTable`](derive@crate::LakeTable), tuples, whose columns are named `_1`, `_2`, …, or batches of one schema.
    pub fn create_dataframe<R: FrameRow>(&self, rows: &[R]) -> DataFrame {
        frame_of_rows(rows, |batches| self.inner.session.create_dataframe(batches))
    }

    fn kept(&self, mut source: Source) -> Source {
        source.session = Some(self.inner.session.clone());
        source
    }

    /// A statement to run once in this session. Bind values to its markers, then await it.
    ///
    /// # Errors
    ///
    /// Those of [`Exec`]; [`SessionLost`](crate::ErrorKind::SessionLost) if the server no longer has the session;
    /// [`Closed`](crate::ErrorKind::Closed) after [`close`](Self::close).
    ///
    /// # Cancel safety
    ///
    /// As [`Exec`].
    pub fn exec(&self, statement: impl Into<Command>) -> Exec {
        Exec::new(Arc::new(self.clone()), statement.into())
    }

    /// Closes the session for all of its clones, sources, frames and catalogs: later calls are refused; what is running
    /// gets five seconds and is then stopped. Also waits for the rows of writes to be removed, those of dropped writes
    /// too. It takes ten seconds at most.
    ///
    /// A frame's stream is stopped even if nobody reads it. The methods of [`Session`](spark_connect::Session), to
    /// which this type dereferences, are not refused. The session goes back to the pool when its last clone is gone.
    ///
    /// # Errors
    ///
    /// Never fails today; the `Result` leaves room for checks.
    ///
    /// # Cancel safety
    ///
    /// A call after one that ended does nothing; after one that was dropped it does the rest.
    pub async fn close(&self) -> Result<()> {
        self.inner.session.close(CLOSE_BOUND).await;
        // Tasks of their own stop queries on the server and remove the views of dropped writes: both would end with a
        // runtime that ends now.
        let deadline = clock::deadline(CLOSE_BOUND);
        self.inner.removals.wait_until(deadline).await;
        let _ = clock::timeout_at(deadline, self.inner.session.channel().drained()).await;
        Ok(())
    }
}

impl Leased {
    pub(super) fn for_one_write(driver: Arc<Inner>, session: PooledSession) -> Self {
        let takes_confs = takes_confs(&session);
        Self { driver, session, removals: Arc::default(), takes_confs }
    }

    fn open(&self) -> Result<&PooledSession> {
        self.session.check_open()?;
        Ok(&self.session)
    }

    /// The same session for the rows of a write.
    fn ingest(&self) -> Result<Self> {
        self.open()?;
        Ok(self.clone())
    }
}

impl Driver for SparkSession {
    fn name(&self) -> &str {
        &self.inner.driver.name
    }

    fn read(&self, mut read: Read) -> BatchStream {
        let leased = Arc::clone(&self.inner);
        let reading = async move {
            read.source.session.get_or_insert(leased.open()?.clone());
            Ok::<_, Error>(read::batches(Arc::clone(&leased.driver), read))
        };
        stream::once(reading).try_flatten().boxed()
    }

    fn exec(&self, mut command: Command) -> BoxFuture<'_, Result<Outcome>> {
        async move {
            command.session.get_or_insert(self.inner.open()?.clone());
            let executing = exec::outcome(Arc::clone(&self.inner.driver), command);
            self.inner.session.future_while_open(executing).await
        }
        .boxed()
    }

    fn execute(&self, plan: ExecutionPlan) -> BoxFuture<'_, Result<Execution<'_>>> {
        carry_out(self, plan, async { self.inner.ingest() }).boxed()
    }

    /// A session is its own lease.
    fn lease(&self) -> BoxFuture<'_, Result<Option<Arc<dyn Driver>>>> {
        async {
            let keeps_catalog = self.inner.open()?.profile().keeps_catalog_in_session();
            Ok((!keeps_catalog).then(|| Arc::new(self.clone()) as Arc<dyn Driver>))
        }
        .boxed()
    }

    fn takes_confs(&self) -> bool {
        self.inner.takes_confs
    }

    fn table_support(&self) -> BoxFuture<'_, Result<TableSupport>> {
        async { Ok(table_support(self.inner.open()?.profile())) }.boxed()
    }

    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities>> {
        async { Ok(Capabilities::from(CAPABILITIES)) }.boxed()
    }

    fn ping(&self) -> BoxFuture<'_, Result<()>> {
        async { Ok(self.inner.open()?.spark_version().await.map(drop)?) }.boxed()
    }

    /// One slot, in use until the session is closed.
    fn status(&self) -> PoolStatus {
        let mut status = PoolStatus::default();
        status.size = 1;
        status.in_use = usize::from(self.inner.open().is_ok());
        status
    }

    fn close(&self) -> BoxFuture<'_, Result<()>> {
        self.close().boxed()
    }
}

impl Deref for SparkSession {
    type Target = PooledSession;

    fn deref(&self) -> &PooledSession {
        &self.inner.session
    }
}

impl fmt::Debug for SparkSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SparkSession").field("id", &self.id()).finish_non_exhaustive()
    }
}
