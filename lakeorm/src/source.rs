//! The sources of queries: plain data, made by a driver and opened by a client.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use spark_connect::pool::{PooledSession, SessionPool};
use spark_connect::redaction::Redaction;
use spark_connect::sql::Statement;
use spark_connect::{Arguments, DataFrame, Progress, Relation, Sql};

use crate::error::{Error, ErrorKind, Result};

mod binds;
mod projection;

pub(crate) use binds::binds;
pub use projection::{ProjectedColumn, Projection};

/// A query and the values of its parameters.
///
/// [`Client::sql`](crate::Client::sql) and [`Client::table`](crate::Client::table) make one, as do the methods of a
/// driver (`from_sql`, `from_table`, `from_row`, `from_dataframe`); a query function runs it. A mistake in binding is
/// reported when the source is run, before anything is sent.
///
/// [`ToLiteral`](crate::ToLiteral) lists the types that can be bound: numbers, texts, bytes, dates, lists, maps,
/// structs that derive [`LakeTable`](derive@crate::LakeTable), and `Option` of each for a typed NULL.
#[derive(Debug, Clone)]
#[must_use = "a source does nothing until a query function runs it"]
pub struct Source {
    /// The query, table or frame, without the values for its markers.
    pub(crate) relation: Relation,
    pub(crate) arguments: Arguments,
    pub(crate) limit: Option<u32>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) progress: Option<OnProgress>,
    /// The session that the query belongs to, which is kept for as long as the source is.
    pub(crate) session: Option<PooledSession>,
    /// Whether it belongs to a session that is none of a driver's.
    has_unknown_session: bool,
    /// Whether that there is no table is an answer, which spans and metrics do not count as an error.
    pub(crate) looks_for_table: bool,
}

/// A progress callback.
#[derive(Clone)]
pub(crate) struct OnProgress(Arc<dyn Fn(&Progress) + Send + Sync>);

impl Source {
    /// A query. This is for drivers; programs use the methods of a client or driver.
    pub fn sql(text: impl Into<String>) -> Self {
        Self::of(Relation::sql(text.into()))
    }

    /// A table, by its name as SQL writes it. This is for drivers; programs use the methods of a client or driver.
    pub fn table(name: impl Into<String>) -> Self {
        Self::of(Relation::table(name))
    }

    /// A frame, in the session that it belongs to. This is for drivers; programs use the method of a driver, or pass
    /// the frame itself to a query function.
    pub fn dataframe(frame: &DataFrame) -> Self {
        let mut source = Self::of(frame.relation().clone());
        if let Some(sql) = frame.relation().as_sql() {
            source.arguments = sql.arguments().clone();
        }
        source.session = frame.session().cloned();
        source.has_unknown_session = frame.has_session() && source.session.is_none();
        source
    }

    fn of(relation: Relation) -> Self {
        Self {
            relation,
            arguments: Arguments::default(),
            limit: None,
            timeout: None,
            progress: None,
            session: None,
            has_unknown_session: false,
            looks_for_table: false,
        }
    }

    /// A question whose answer may be that there is no table.
    pub(crate) fn looking_for_table(self) -> Self {
        Self { looks_for_table: true, ..self }
    }

    /// Whether it has columns by names, of which some may be asked for.
    pub(crate) fn is_projectable(&self) -> bool {
        self.statement().is_none()
    }

    /// The SQL that is read, if it is nothing else.
    pub(crate) fn statement(&self) -> Option<&Statement> {
        self.relation.as_sql().map(Sql::statement)
    }

    /// The relation, with the values for its markers.
    pub(crate) fn relation(&self) -> Relation {
        match self.relation.as_sql() {
            Some(sql) => sql.clone().with_arguments(self.arguments.clone()).into(),
            None => self.relation.clone(),
        }
    }

    /// The values that errors do not show; none if nothing is bound.
    pub(crate) fn redaction(&self) -> Option<Redaction> {
        match self.statement() {
            Some(statement) => Redaction::of_arguments(statement, &self.arguments),
            None => Redaction::of(&self.relation),
        }
    }

    /// Whether running the source may change a session of the pool.
    pub(crate) fn changes_session(&self, pool: &SessionPool) -> bool {
        self.statement().is_some_and(|statement| pool.is_changed_by(statement))
    }

    /// Whether it can stand inside a query, so that a limit may go around it.
    pub(crate) fn is_query(&self) -> bool {
        self.statement().is_none_or(Statement::is_query)
    }

    /// Whether running the source may change something.
    pub(crate) fn has_effects(&self) -> bool {
        self.relation.has_effects()
    }

    /// Ends the query with an error if its last row has not come within `timeout` of the first poll, and stops it on
    /// the server. The time that the reader takes between rows counts too. Default: the driver's `query_timeout`;
    /// without one there is no limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Calls `callback` whenever the server reports new progress of the query.
    ///
    /// ```no_run
    /// use lakeorm::{Client, query, spark::SparkDriver};
    ///
    /// # async fn run(drv: SparkDriver, db: Client) -> lakeorm::Result<()> {
    /// let source = drv.from_sql("SELECT count(*) FROM events").on_progress(|progress| {
    ///     for stage in &progress.stages {
    ///         println!("stage {}: {} of {} tasks", stage.id, stage.completed_tasks, stage.tasks);
    ///     }
    /// });
    /// let counted: Vec<(i64,)> = query(&db, source).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Spark reports progress every two seconds (`spark.connect.progress.reportInterval`; a negative value turns it
    /// off) and before each other response; a report with nothing new in it is skipped. Sail reports none, and neither
    /// does Spark before 4.0: there the callback is never called. Progress does not show when a query has ended:
    /// Spark's counts lag a little, and stages that it skips stay unfinished.
    ///
    /// The callback runs in the task that reads the result, between two of its responses, and the result waits for it:
    /// it should pass on what it learns and return. One that panics is not called again, and the query goes on.
    pub fn on_progress(mut self, callback: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.progress = Some(OnProgress::new(callback));
        self
    }

    /// Asks the server for at most `rows` rows.
    pub fn limit(mut self, rows: u32) -> Self {
        self.limit = Some(self.limit.map_or(rows, |limit| limit.min(rows)));
        self
    }
}

binds! {
    ///
    /// ```
    /// use lakeorm::Source;
    ///
    /// let ids = [1_i64, 2, 3];
    /// let one = Source::sql("SELECT * FROM users WHERE id = ?").bind(7_i64);
    /// let array = Source::sql("SELECT * FROM users WHERE array_contains(?, id)").bind(ids);
    /// let list = Source::sql("SELECT * FROM users WHERE id IN (?)").bind_list(ids);
    /// # let _ = (one, array, list);
    /// ```
    Source: |source| source.arguments
}

/// An argument of a query function for a result of the row type `T`, or of one value of this type: a [`Source`] or a frame, or a reference to one, or
/// the text of a query without values.
///
/// ```no_run
/// # async fn run(db: lakeorm::Client) -> lakeorm::Result<()> {
/// let ids: Vec<(i64,)> = lakeorm::query(&db, "SELECT id FROM users").await?;
/// let few: Vec<(i64,)> = lakeorm::query(&db, db.sql("SELECT id FROM users WHERE id < ?").bind(7_i64)).await?;
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as a query",
    label = "not a source of `{T}`",
    note = "give the text of a query, or a source: `db.sql(\"SELECT …\")`, `db.table(\"users\")`"
)]
pub trait IntoSource<T> {
    /// The source to read.
    fn into_source(self) -> Source;
}

impl<T> IntoSource<T> for Source {
    fn into_source(self) -> Source {
        self
    }
}

impl<T> IntoSource<T> for &Source {
    fn into_source(self) -> Source {
        self.clone()
    }
}

impl<T> IntoSource<T> for DataFrame {
    fn into_source(self) -> Source {
        Source::dataframe(&self)
    }
}

impl<T> IntoSource<T> for &DataFrame {
    fn into_source(self) -> Source {
        Source::dataframe(self)
    }
}

impl<T> IntoSource<T> for String {
    fn into_source(self) -> Source {
        Source::sql(self)
    }
}

impl<T> IntoSource<T> for &str {
    fn into_source(self) -> Source {
        Source::sql(self)
    }
}

impl<T> IntoSource<T> for &String {
    fn into_source(self) -> Source {
        Source::sql(self)
    }
}

impl<T> IntoSource<T> for Cow<'_, str> {
    fn into_source(self) -> Source {
        Source::sql(self)
    }
}

/// A source together with the columns that the row type needs.
#[derive(Debug, Clone)]
pub struct Read {
    pub(crate) source: Source,
    pub(crate) projection: Projection,
}

impl Read {
    pub(crate) fn new(source: Source, projection: Projection) -> Self {
        Self { source, projection }
    }

    pub(crate) fn all(source: Source) -> Self {
        Self::new(source, Projection::All)
    }
}

/// For drivers that run the source.
impl Read {
    /// The query's text, unless a table or a frame is read.
    #[must_use]
    pub fn sql(&self) -> Option<&str> {
        self.source.statement().map(Statement::text)
    }

    /// The table's name as SQL writes it, unless a query or a frame is run. If there is neither a text nor a name, it
    /// is a frame, which only Spark runs.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        self.source.relation.as_table()
    }

    /// The values for the markers of the query. A driver checks them against the text before it sends anything.
    #[must_use]
    pub fn arguments(&self) -> &Arguments {
        &self.source.arguments
    }

    /// Refuses values that do not fit the markers of the query. Drivers call it before they send anything.
    ///
    /// # Errors
    ///
    /// [`InvalidStatement`](ErrorKind::InvalidStatement), which names the markers.
    pub fn check(&self) -> Result<()> {
        let arguments = &self.source.arguments;
        self.source.relation.check()?;
        if self.source.has_unknown_session {
            let message = "the frame belongs to a session that was made outside of a driver: make it with `drv.session()`";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        match self.source.statement() {
            Some(statement) => Ok(arguments.check(statement.markers()?)?),
            None if arguments.is_empty() => Ok(self.source.relation.check_values()?),
            None => Err(Error::new(
                ErrorKind::InvalidStatement,
                "a table or a frame takes no values; write the query with from_sql to bind some, or put them into the \
                 frame's expressions",
            )),
        }
    }

    /// The session of Spark that the query belongs to, if any. A driver that has no such sessions refuses the query as
    /// [`Unsupported`](ErrorKind::Unsupported).
    #[must_use]
    pub fn session(&self) -> Option<&PooledSession> {
        self.source.session.as_ref()
    }

    /// Whether that there is no table is an answer.
    #[cfg(feature = "mock")]
    pub(crate) fn looks_for_table(&self) -> bool {
        self.source.looks_for_table
    }

    /// The columns that are wanted.
    #[must_use]
    pub fn projection(&self) -> &Projection {
        &self.projection
    }

    /// The most rows that are wanted.
    #[must_use]
    pub fn row_limit(&self) -> Option<u32> {
        self.source.limit
    }

    /// How long the result may take from the first poll to the last row.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.source.timeout
    }

    /// The callback for progress, on an engine that reports it.
    #[must_use]
    pub fn progress(&self) -> Option<&(dyn Fn(&Progress) + Send + Sync)> {
        self.source.progress.as_ref().map(OnProgress::callback)
    }
}

impl OnProgress {
    pub(crate) fn new(callback: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(callback))
    }

    pub(crate) fn callback(&self) -> &(dyn Fn(&Progress) + Send + Sync) {
        &*self.0
    }

    pub(crate) fn tell(&self, progress: &Progress) {
        (self.0)(progress);
    }
}

impl fmt::Debug for OnProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnProgress")
    }
}
