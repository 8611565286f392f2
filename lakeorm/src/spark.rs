//! The driver for servers that speak Spark Connect: Apache Spark, Databricks, EMR, Glue, Sail.
//!
//! [`SparkDriver`] makes sources for the query functions (`from_sql`, `from_table`), and frames ([`DataFrame`]) that
//! are built by chaining as in PySpark. [`SparkSession`] is one of its sessions, for temporary views and confs.
//!
//! # Errors
//!
//! The methods of a frame, a [`Catalog`] and a [`Session`](spark_connect::Session) return [`spark_connect::Error`];
//! everything else here returns [`lakeorm::Error`](crate::Error). `?` turns the first into the second and keeps the
//! kind.
//!
//! # Spans and metrics
//!
//! Each query and each statement is one `tracing` span with OpenTelemetry's names, and each write one around its own;
//! with the feature `metrics` queries, statements, writes and migrations are counted and timed: see [`telemetry`].

use std::borrow::Borrow;
use std::env;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use spark_connect::{Remote, ServerProfile};

use crate::command::Command;
use crate::driver::{
    BatchStream, Capabilities, Capability, Driver, Execution, ExecutionPlan, PoolStatus, TableSupport,
};
use crate::encode::FrameRow;
use crate::error::Result;
use crate::source::{Read, Source};

mod builder;
mod confs;
mod exec;
mod in_a_session;
mod ingest;
mod observe;
mod read;
mod row_limit;
mod session;
pub mod telemetry;
mod time_limit;

use session::Leased;

pub use crate::driver::Exec;
#[cfg(feature = "metrics")]
pub use crate::metrics::describe_metrics;
#[cfg(feature = "aws")]
pub(crate) use builder::HOSTED_CONNECT_TIMEOUT;
pub use builder::SparkDriverBuilder;
pub use session::SparkSession;
#[cfg(feature = "tls")]
pub use spark_connect::Tls;
pub use spark_connect::catalog::{self, Catalog};
pub use spark_connect::dataframe::{
    Batches, DataFrame, DataFrameReader, DataFrameWriter, DataFrameWriterTo, ExplainMode, FrameStatistics,
    GroupedData, IntoDropped, MergeInto, MissingValues, OptionValue, StorageLevel,
};
pub use spark_connect::functions;
pub use spark_connect::plan::{IntoDataType, IntoMembers};
pub use spark_connect::pool::{
    ClusterState, ClusterWait, PooledSession, SessionFactory, SessionPool, SessionPoolBuilder,
};
pub use spark_connect::token::{AccessToken, CommandToken, EnvToken, FileToken, StaticToken, TokenProvider};
pub use spark_connect::{
    AsOf, AsOfDirection, Column, IntoColumn, IntoColumns, IntoCondition, IntoJoinOn, IntoNames, IntoValue,
    JoinOn, JoinType, MergeAction, SaveMode, Window, WindowBound,
};
pub use spark_connect::{Outcome, RetryPolicy};

/// A pooled driver over one Spark Connect server. Clones are cheap and share the pool.
///
/// ```no_run
/// use lakeorm::spark::SparkDriver;
///
/// # async fn run() -> lakeorm::Result<()> {
/// let drv = SparkDriver::builder("sc://localhost:15002")
///     .pool_size(8)
///     .session_conf("spark.sql.session.timeZone", "UTC")
///     .build()?;
/// drv.exec("CREATE TABLE users (id BIGINT, email STRING) USING delta").await?;
/// drv.exec("INSERT INTO users VALUES (?, ?)").bind(7_i64).bind("ada@example.com").await?;
/// drv.close().await?;
/// # Ok(()) }
/// ```
///
/// # What is dropped
///
/// A dropped query or statement is stopped by a task of Tokio. On a runtime of one thread that stands still after
/// `block_on` no task runs: there the query runs on and keeps its session, unless another runtime with threads of its
/// own uses the driver.
///
/// # Sessions
///
/// Sessions come from a pool. A session that a statement has changed (`SET`, `USE`, a temporary view) is replaced, so
/// that the next caller does not see the change. Use [`SparkDriverBuilder::session_conf`] and
/// [`SparkDriverBuilder::session_statement`] for every session, and [`SparkDriver::session`] for statements that share
/// something.
///
/// Sail, and Spark before 4.0, silently create a session that they do not know. A balancer in front of several of them
/// must therefore keep a connection with one server. If it moves calls while the connection stays up, the first of them
/// may be answered by a session without the confs, views and, on Sail, tables of the one before.
///
/// On Sail, whose tables live inside the session, all slots of the pool share one. If the connection string names a
/// session (`;session_id=…`), all slots use that one, and other programs may use it too. A named session is never
/// replaced and never ended, not even by [`SparkDriver::close`]: what a statement sets in it stays for everybody.
#[derive(Clone)]
pub struct SparkDriver {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    pool: SessionPool,
    /// For queries and statements that have no timeout of their own.
    query_timeout: Option<Duration>,
}

impl SparkDriver {
    /// A driver for the server that the connection string names, with default options.
    ///
    /// Nothing is sent: the driver connects on first use. What the string does not say is taken from the environment:
    /// the token from `SPARK_CONNECT_AUTHENTICATE_TOKEN`, the agent from `SPARK_CONNECT_USER_AGENT`, the user from
    /// `SPARK_USER` or `USER`, and over TLS the proxy from `HTTPS_PROXY` and `NO_PROXY`, or `https_proxy` and
    /// `no_proxy`.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) if the string is wrong; the text names the key.
    pub fn remote(remote: impl AsRef<str>) -> Result<Self> {
        Self::builder(remote).build()
    }

    /// A driver for the server that `SPARK_REMOTE` names, the variable that PySpark reads too, with default options.
    ///
    /// ```no_run
    /// use lakeorm::Client;
    /// use lakeorm::spark::SparkDriver;
    ///
    /// # fn run() -> lakeorm::Result<()> {
    /// // SPARK_REMOTE=sc://localhost:15002
    /// let db = Client::new(SparkDriver::from_env()?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) if the variable is not set or empty, or holds no connection string.
    pub fn from_env() -> Result<Self> {
        Self::builder_from_env()?.build()
    }

    /// Options for a driver for the server that `SPARK_REMOTE` names.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) if the variable is not set or empty.
    pub fn builder_from_env() -> Result<SparkDriverBuilder> {
        builder::from_environment(|name| env::var(name).ok())
    }

    /// A driver over sessions that the caller makes, with default options. `name` is the driver's name in logs, spans
    /// and metrics.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use lakeorm::spark::SparkDriver;
    /// use lakeorm::spark_connect::{Channel, Session};
    ///
    /// # fn run() -> lakeorm::Result<()> {
    /// let channel = Channel::builder("sc://localhost:15002".parse()?)
    ///     .connect_timeout(Duration::from_secs(5))
    ///     .build()?;
    /// let drv = SparkDriver::from_factory("orders", move || {
    ///     let channel = channel.clone();
    ///     async move { Ok(Session::new(&channel)) }
    /// })?;
    /// assert_eq!(drv.name(), "orders");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// None with the default options.
    pub fn from_factory(name: impl Into<String>, factory: impl SessionFactory) -> Result<Self> {
        SparkDriverBuilder::from_factory(name, factory).build()
    }

    /// Options for a driver over sessions that the caller makes; they are applied to each session after the factory.
    pub fn factory_builder(name: impl Into<String>, factory: impl SessionFactory) -> SparkDriverBuilder {
        SparkDriverBuilder::from_factory(name, factory)
    }

    /// Options for a driver for the server that the connection string names. The environment is read as by
    /// [`remote`](Self::remote).
    pub fn builder(remote: impl AsRef<str>) -> SparkDriverBuilder {
        SparkDriverBuilder::new(remote.as_ref())
    }

    /// Options for a driver for the server of a connection string that is parsed already. The environment is not read:
    /// [`Remote::with_environment`] does that.
    ///
    /// ```
    /// use lakeorm::spark::SparkDriver;
    /// use lakeorm::spark_connect::Remote;
    ///
    /// # fn run() -> lakeorm::Result<()> {
    /// let remote: Remote = "sc://localhost:15002".parse()?;
    /// let drv = SparkDriver::builder_for(remote).build()?;
    /// assert_eq!(drv.name(), "localhost:15002");
    /// # Ok(()) }
    /// # run().unwrap();
    /// ```
    pub fn builder_for(remote: Remote) -> SparkDriverBuilder {
        SparkDriverBuilder::of(Ok(remote))
    }

    /// A query, as a [`Source`] for the query functions; [`sql`](Self::sql) makes a frame. Markers in it, `?` or
    /// `:name`, take their values from [`Source::bind`] or [`Source::bind_named`].
    ///
    /// Spark substitutes the text of a value, so the declared precision of a decimal is lost; write
    /// `CAST(? AS DECIMAL(10, 5))` where it matters.
    ///
    /// A server that cannot bind gets the values as typed literals in the place of their markers. In a few places
    /// (`COMMENT`, `LOCATION`, `TBLPROPERTIES`, `PARTITION`, `ESCAPE`, `INTERVAL`) the grammar accepts no expression
    /// but only a plain constant: a number, or a string without quotes, backslashes, dollar signs and control
    /// characters. Any other value there is an error that says so.
    pub fn from_sql(&self, sql: impl Into<String>) -> Source {
        Source::sql(sql)
    }

    /// SQL whose first row alone is wanted; the server is asked for one row.
    pub fn from_row(&self, sql: impl Into<String>) -> Source {
        Source::sql(sql).limit(1)
    }

    /// A table or view, by its name as SQL writes it.
    ///
    /// The server is asked for the columns that the row type needs and no others.
    pub fn from_table(&self, name: impl Into<String>) -> Source {
        Source::table(name)
    }

    /// A frame as a source of a query function. The server is asked for the columns that the row type needs and no
    /// others.
    ///
    /// ```no_run
    /// use lakeorm::spark::functions::{avg, col, count};
    /// use lakeorm::{Client, LakeRow, query, spark::SparkDriver};
    ///
    /// #[derive(Debug, LakeRow)]
    /// struct Carrier { carrier: String, minutes: f64, flights: i64 }
    ///
    /// # async fn run(drv: SparkDriver, db: Client) -> lakeorm::Result<()> {
    /// let slow = drv
    ///     .table("flights")
    ///     .filter(col("distance").ge(500).and(col("arr_delay").is_not_null()))
    ///     .group_by(["carrier"])
    ///     .agg([avg("arr_delay").alias("minutes"), count("*").alias("flights")])
    ///     .order_by([col("minutes").desc()]);
    /// let carriers: Vec<Carrier> = query(&db, drv.from_dataframe(slow)).await?;
    /// # Ok(()) }
    /// ```
    pub fn from_dataframe(&self, frame: impl Borrow<DataFrame>) -> Source {
        Source::dataframe(frame.borrow())
    }

    /// A frame of a table or view by its name in SQL. It is extended by chaining, and run by a query function or by its
    /// own methods, in any session of the driver.
    pub fn table(&self, name: impl Into<String>) -> DataFrame {
        self.inner.pool.table(name)
    }

    /// A frame of a query, which runs in any session of the driver; [`from_sql`](Self::from_sql) makes a [`Source`].
    /// Values for its markers are bound to the frame with `bind` and `bind_named`.
    ///
    /// Only queries are allowed: a statement that may change something is refused when the frame is run. Run it with
    /// [`exec`](Self::exec) instead.
    pub fn sql(&self, text: impl Into<String>) -> DataFrame {
        self.inner.pool.sql(text.into())
    }

    /// A frame of the numbers from `start` up to but not including `end`, in the column `id`. It runs in any session of
    /// the driver.
    pub fn range(&self, start: i64, end: i64) -> DataFrame {
        self.inner.pool.range(start, end)
    }

    /// A frame of the numbers from `start` up to but not including `end`, in steps of `step`, in the column `id`. It
    /// runs in any session of the driver.
    pub fn range_by(&self, start: i64, end: i64, step: i64) -> DataFrame {
        self.inner.pool.range_by(start, end, step)
    }

    /// As [`range_by`](Self::range_by), with the numbers in this many partitions, at least one.
    pub fn range_with_partitions(&self, start: i64, end: i64, step: i64, partitions: u32) -> DataFrame {
        self.inner.pool.range_with_partitions(start, end, step, partitions)
    }

    /// A frame of the rows that a table function of the server returns for these arguments. It runs in any session of
    /// the driver.
    pub fn table_function(&self, name: impl Into<String>, arguments: impl IntoColumns) -> DataFrame {
        self.inner.pool.table_function(name, arguments)
    }

    /// A reader of files and other sources. Its frames run in any session of the driver.
    pub fn read(&self) -> DataFrameReader {
        self.inner.pool.read()
    }

    /// A frame of these rows, which travel with the plan: structs that derive [`LakeTable`](derive@crate::LakeTable),
    /// tuples, whose columns are named `_1`, `_2`, …, or batches of one schema. It runs in any session of the driver.
    ///
    /// ```no_run
    /// # use lakeorm::LakeTable;
    /// # use lakeorm::spark::SparkDriver;
    /// #[derive(LakeTable)]
    /// struct City {
    ///     name: String,
    ///     people: i64,
    /// }
    ///
    /// # async fn run(drv: SparkDriver) -> lakeorm::Result<()> {
    /// let cities = [City { name: "Oslo".into(), people: 717_710 }];
    /// println!("{}", drv.create_dataframe(&cities).show().await?);
    /// # Ok(()) }
    /// ```
    ///
    /// A row that cannot be written is an error when the frame is run, of the kind
    /// [`InvalidStatement`](crate::ErrorKind::InvalidStatement), as every mistake in a frame is.
    pub fn create_dataframe<R: FrameRow>(&self, rows: &[R]) -> DataFrame {
        frame_of_rows(rows, |batches| self.inner.pool.create_dataframe(batches))
    }

    /// The catalog that any session of the driver sees: databases, tables, columns, functions.
    ///
    /// ```no_run
    /// # async fn run(drv: lakeorm::spark::SparkDriver) -> lakeorm::Result<()> {
    /// let columns = drv.catalog().list_columns("users").await?;
    /// assert!(columns.iter().any(|column| column.name == "email"));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn catalog(&self) -> Catalog {
        self.inner.pool.catalog()
    }

    /// A statement to run once: DDL, an insert, a merge. Bind values to its markers, then await it; see [`Exec`] for
    /// its errors and for what dropping it does. There are no transactions over several statements.
    ///
    /// ```no_run
    /// # async fn run(drv: lakeorm::spark::SparkDriver) -> lakeorm::Result<()> {
    /// drv.exec("DELETE FROM users WHERE email = :email").bind_named("email", "o'brien@example.com").await?;
    /// # Ok(()) }
    /// ```
    pub fn exec(&self, statement: impl Into<Command>) -> Exec {
        Exec::new(Arc::new(self.clone()), statement.into())
    }

    /// Carries out a plan in two phases: this hands the rows to the engine, and [`Execution::commit`] sends the
    /// statement that reads them. If the execution is dropped without it, the rows are removed.
    ///
    /// ```no_run
    /// use lakeorm::ExecutionPlan;
    ///
    /// # async fn run(drv: lakeorm::spark::SparkDriver) -> lakeorm::Result<()> {
    /// let execution = drv.execute(ExecutionPlan::Sql("DELETE FROM users WHERE id = 7".into())).await?;
    /// execution.commit().await?; // or `abort`
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Staging`](crate::ErrorKind::Staging) if the engine cannot read the files or reads other rows from them than
    /// the plan has, and [`Encode`](crate::ErrorKind::Encode) for two staged rows with one key. Otherwise any kind
    /// listed under [How failures are classified](crate::Driver#how-failures-are-classified).
    ///
    /// # Cancel safety
    ///
    /// A dropped call removes the rows that it handed over, from a task that outlives it.
    pub async fn execute(&self, plan: ExecutionPlan) -> Result<Execution<'_>> {
        carry_out(self, plan, self.ingest()).await
    }

    /// A session for the caller alone, until it is dropped: to set confs, make temporary views, or run several
    /// statements in one place. It is a driver too: `Client::new(session)` runs typed queries in it. Its clones and the
    /// streams of its queries keep its slot in the pool.
    ///
    /// Afterwards it is replaced and not handed on, so no other caller sees what was done in it, except where all share
    /// one session: on Sail, and if the connection string names the session.
    ///
    /// # Errors
    ///
    /// [`PoolTimeout`](crate::ErrorKind::PoolTimeout) if no session came free in time. If one has to be opened, any
    /// kind listed under [How failures are classified](crate::Driver#how-failures-are-classified).
    ///
    /// # Cancel safety
    ///
    /// A dropped call gives its slot back.
    pub async fn session(&self) -> Result<SparkSession> {
        let session = self.inner.pool.acquire().await?;
        Ok(SparkSession::new(Arc::clone(&self.inner), session))
    }

    /// Checks that the server answers: asks for its version, in a session of the pool.
    ///
    /// # Errors
    ///
    /// Any kind listed under [How failures are classified](crate::Driver#how-failures-are-classified).
    ///
    /// # Cancel safety
    ///
    /// A dropped call gives its session back.
    pub async fn ping(&self) -> Result<()> {
        self.inner.pool.run(false, |session| async move { session.spark_version().await }).await?;
        Ok(())
    }

    /// How many sessions are in use, idle and waited for.
    pub fn status(&self) -> PoolStatus {
        self.inner.pool.status()
    }

    /// Changes how many sessions there may be. 0 counts as 1 here, since this call cannot fail; as a
    /// [`pool_size`](SparkDriverBuilder::pool_size) it is an error.
    ///
    /// With a smaller size nobody loses a session that is in use: those beyond the size are ended as they come back,
    /// and idle ones at once, on a server where each slot has a session of its own. Until then [`status`](Self::status)
    /// shows more in use than the size. With a larger size callers that wait for a session get one at once.
    ///
    /// ```no_run
    /// # fn run(drv: lakeorm::spark::SparkDriver) {
    /// drv.resize(16);
    /// assert_eq!(drv.status().size, 16);
    /// # }
    /// ```
    pub fn resize(&self, size: usize) {
        self.inner.pool.resize(size);
    }

    /// The name of the driver in logs: that of the builder, or `host:port` of the server.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Hands out no more sessions, waits five seconds at most for what runs, stops the rest, and releases the sessions
    /// on the server, which takes five seconds more at most. The rows of a write that was dropped are removed before
    /// its session is released: they keep its slot.
    ///
    /// # Errors
    ///
    /// Never fails today; the `Result` leaves room for checks. On a server that does not answer, the sessions expire by
    /// themselves.
    ///
    /// # Cancel safety
    ///
    /// A call after one that ended every session does nothing; after one that was dropped, or that the server did not answer
    /// in time, it does the rest.
    pub async fn close(&self) -> Result<()> {
        self.inner.pool.close().await;
        Ok(())
    }

    async fn ingest(&self) -> Result<Leased> {
        let session = self.inner.pool.acquire_to_query().await?;
        Ok(Leased::for_one_write(Arc::clone(&self.inner), session))
    }
}

impl Driver for SparkDriver {
    fn name(&self) -> &str {
        self.name()
    }

    fn read(&self, read: Read) -> BatchStream {
        read::batches(Arc::clone(&self.inner), read)
    }

    fn exec(&self, command: Command) -> BoxFuture<'_, Result<Outcome>> {
        exec::outcome(Arc::clone(&self.inner), command).boxed()
    }

    fn execute(&self, plan: ExecutionPlan) -> BoxFuture<'_, Result<Execution<'_>>> {
        self.execute(plan).boxed()
    }

    fn lease(&self) -> BoxFuture<'_, Result<Option<Arc<dyn Driver>>>> {
        async move {
            let session = self.inner.pool.acquire_to_query().await?;
            if session.profile().keeps_catalog_in_session() {
                return Ok(None);
            }
            let leased = SparkSession::for_one_write(Arc::clone(&self.inner), session);
            Ok(Some(Arc::new(leased) as Arc<dyn Driver>))
        }
        .boxed()
    }

    fn table_support(&self) -> BoxFuture<'_, Result<TableSupport>> {
        async { Ok(table_support(self.inner.pool.acquire_to_query().await?.profile())) }.boxed()
    }

    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities>> {
        async { Ok(Capabilities::from(CAPABILITIES)) }.boxed()
    }

    fn ping(&self) -> BoxFuture<'_, Result<()>> {
        self.ping().boxed()
    }

    fn status(&self) -> PoolStatus {
        self.status()
    }

    fn close(&self) -> BoxFuture<'_, Result<()>> {
        self.close().boxed()
    }
}

/// Of a server with this profile.
fn table_support(profile: ServerProfile) -> TableSupport {
    TableSupport {
        fills_columns: profile.fills_columns(),
        alters_tables: profile.alters_tables(),
        has_exact_statistics: profile.has_exact_statistics(),
        keeps_first_commits: profile.keeps_first_commits(),
        writes_decimal_partitions: profile.writes_decimal_partitions(),
        merges_nested_not_null: profile.merges_nested_not_null(),
        reports_missing_files: !profile.passes_over_missing_files(),
    }
}

/// What every Spark Connect server can do.
const CAPABILITIES: [Capability; 4] =
    [Capability::Exec, Capability::Ping, Capability::DirectIngest, Capability::StagedIngest];

/// A frame of rows; one that cannot be written is an error when the frame is run.
fn frame_of_rows<R: FrameRow>(rows: &[R], frame: impl FnOnce(&[RecordBatch]) -> DataFrame) -> DataFrame {
    match R::batches(rows) {
        Ok(batches) => frame(&batches),
        Err(error) => DataFrame::refused(error.to_string()),
    }
}

/// Carries out a plan of a driver. `ingest` gives the session for a statement that reads rows.
async fn carry_out(
    driver: &dyn Driver,
    plan: ExecutionPlan,
    ingest: impl Future<Output = Result<Leased>>,
) -> Result<Execution<'_>> {
    match plan {
        ExecutionPlan::Sql(command) => Ok(Execution::without_rows(driver.exec(command))),
        ExecutionPlan::DirectIngest(rows) => ingest.await?.send(rows).await,
        ExecutionPlan::StagedAppend(rows) | ExecutionPlan::StagedMerge(rows) => {
            ingest.await?.read_staged(rows).await
        }
    }
}

impl fmt::Debug for SparkDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SparkDriver").field("name", &self.inner.name).finish_non_exhaustive()
    }
}
