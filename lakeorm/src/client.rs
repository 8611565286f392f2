//! The handle that programs hold.

use std::fmt;
use std::sync::Arc;

use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::future::join;
use spark_connect::sql::Statement;

use crate::command::Command;
use crate::driver::{Capabilities, Driver, Exec, PoolStatus};
use crate::error::Result;
use crate::source::Source;
use crate::table::{LakeTable, TableName};
use crate::write::{Forgetting, Input, Insert, Merge, Migrate, WriteSide, no_dialect};
#[cfg(feature = "staging")]
use crate::write::{StagingCleanup, not_open};

/// Runs typed queries and statements over a driver. Clones are cheap and share the driver.
///
/// Queries are functions that take it: [`query::<T>(&db, …)`](crate::query()), [`query_first`](crate::query_first),
/// [`query_optional`](crate::query_optional), [`query_scalar`](crate::query_scalar),
/// [`query_stream`](crate::query_stream) and [`query_batches`](crate::query_batches). Statements and writes are its
/// methods.
///
/// ```no_run
/// use lakeorm::{Client, LakeRow, query, query_scalar, spark::SparkDriver};
///
/// #[derive(Debug, LakeRow)]
/// struct User {
///     id: i64,
///     email: String,
/// }
///
/// # async fn run() -> lakeorm::Result<()> {
/// let db = Client::new(SparkDriver::remote("sc://localhost:15002")?);
/// db.exec("CREATE TABLE users (id BIGINT, email STRING) USING delta").await?;
/// db.exec("INSERT INTO users VALUES (?, ?)").bind(7_i64).bind("ada@example.com").await?;
///
/// let everyone: Vec<User> = query(&db, db.table("users")).await?;
/// let ada: Vec<User> = query(&db, db.sql("SELECT * FROM users WHERE id = ?").bind(7_i64)).await?;
/// let count: i64 = query_scalar(&db, "SELECT count(*) FROM users").await?;
/// db.close().await
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    driver: Arc<dyn Driver>,
    /// Dialect and backend of its writes; `None` for a client that only reads.
    writing: Option<Arc<WriteSide>>,
}

impl Client {
    /// A client over `driver` that reads and runs statements; [`open`](crate::open) makes one that writes structs too.
    /// Nothing is sent.
    pub fn new(driver: impl Driver) -> Self {
        Self { driver: Arc::new(driver), writing: None }
    }

    pub(crate) fn with_writing(driver: Arc<dyn Driver>, writing: WriteSide) -> Self {
        Self { driver, writing: Some(Arc::new(writing)) }
    }

    pub(crate) fn writing(&self) -> Option<&WriteSide> {
        self.writing.as_deref()
    }

    /// What has to be dropped once the statement has ended, for the writes of the client.
    pub(crate) fn forgetting_after(&self, statement: Option<&Statement>) -> Option<Forgetting> {
        self.writing.as_ref()?.forgetting_after(statement)
    }

    /// A query. Markers in it, `?` or `:name`, take their values from [`Source::bind`] or [`Source::bind_named`].
    ///
    /// Run it with [`query`](crate::query()) or another query function. SQL without values can be passed to these
    /// directly: `query::<User>(&db, "SELECT …")`.
    pub fn sql(&self, text: impl Into<String>) -> Source {
        Source::sql(text)
    }

    /// A table or view, by its name as SQL writes it.
    ///
    /// The engine is asked for the columns that the row type needs and no others.
    pub fn table(&self, name: impl Into<String>) -> Source {
        Source::table(name)
    }

    /// The table of a row type, under the name that its [writes](Self::insert) have for it.
    ///
    /// As of every table, the engine is asked for the columns that the row type needs and no others.
    ///
    /// ```no_run
    /// use lakeorm::{LakeRow, LakeTable, query};
    ///
    /// #[derive(Debug, LakeRow, LakeTable)]
    /// #[lake(table = "shop.orders")]
    /// struct Order {
    ///     id: i64,
    ///     note: Option<String>,
    /// }
    ///
    /// # async fn run(db: lakeorm::Client) -> lakeorm::Result<()> {
    /// let orders: Vec<Order> = query(&db, db.table_of::<Order>()?).await?;
    /// # let _ = orders; Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`table_name`](Self::table_name).
    pub fn table_of<T: LakeTable>(&self) -> Result<Source> {
        Ok(self.table(self.table_name::<T>()?.to_string()))
    }

    /// The name that the table of a row type has in what this client writes, for SQL of your own: that of the struct,
    /// below the catalog of the client's dialect if it has none itself.
    ///
    /// ```
    /// use lakeorm::dialect::Iceberg;
    /// use lakeorm::spark::SparkDriver;
    /// use lakeorm::{Backend, LakeTable};
    ///
    /// #[derive(LakeTable)]
    /// #[lake(table = "shop.orders")]
    /// struct Order {
    ///     id: i64,
    /// }
    ///
    /// let drv = SparkDriver::remote("sc://localhost:15002")?;
    /// let db = lakeorm::open(drv, Iceberg::new().catalog("ice"), Backend::none())?;
    /// let orders = db.table_name::<Order>()?;
    /// assert_eq!(orders.to_string(), "ice.shop.orders");
    /// let late = db.sql(format!("SELECT id FROM {orders} WHERE id > ?")).bind(7_i64);
    /// # let _ = late;
    /// # Ok::<(), lakeorm::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for a client of [`Client::new`].
    pub fn table_name<T: LakeTable>(&self) -> Result<TableName> {
        let writing = self.writing().ok_or_else(no_dialect)?;
        Ok(writing.dialect().table_name(&T::definition()))
    }

    /// A statement to run once: DDL, an insert, a merge. Bind values to its markers, then await it; see [`Exec`] for
    /// its errors and for what dropping it does.
    ///
    /// [`Outcome::affected_rows`](crate::Outcome::affected_rows) is the number of rows that were changed, where the engine
    /// says it.
    ///
    /// There are no transactions over several statements. A single statement is atomic where the table's format makes
    /// it so, as Delta and Iceberg do.
    ///
    /// ```no_run
    /// # async fn run(db: lakeorm::Client) -> lakeorm::Result<()> {
    /// db.exec("DELETE FROM users WHERE email = :email").bind_named("email", "o'brien@example.com").await?;
    /// # Ok(()) }
    /// ```
    #[doc(alias = "begin")]
    #[doc(alias = "execute")]
    #[doc(alias = "transaction")]
    pub fn exec(&self, statement: impl Into<Command>) -> Exec {
        let statement = statement.into();
        let forgetting = self.forgetting_after(Some(statement.statement.statement()));
        Exec::new(Arc::clone(&self.driver), statement).with_after_end(forgetting)
    }

    /// Creates the table of a row type if there is none, and compares an existing one with the struct.
    ///
    /// Await it. The database has to exist. An existing table is left as it is, unless [`Migrate::evolve`] is called,
    /// which adds the columns that it lacks (Sail cannot alter tables). The column `_ingest_id STRING`, which
    /// [`insert`](Self::insert) and [`merge`](Self::merge) need, is created with the table, or added by `evolve`.
    ///
    /// A `sql_default` is set when its column is created. Where the engine tells the defaults of existing columns, as
    /// Spark does, another one is a [`Difference::DefaultValue`](crate::Difference::DefaultValue); it is never changed.
    ///
    /// ```no_run
    /// # #[derive(lakeorm::LakeTable)] #[lake(table = "shop.orders")] struct Order { id: i64 }
    /// # async fn run(db: lakeorm::Client) -> lakeorm::Result<()> {
    /// db.exec("CREATE DATABASE IF NOT EXISTS shop").await?;
    /// let migration = db.migrate::<Order>().await?;
    /// for difference in migration.differences() {
    ///     eprintln!("{difference}");
    /// }
    /// println!("{}", db.migrate::<Order>().evolve().plan().await?); // the statements, and nothing done
    /// # Ok(()) }
    /// ```
    ///
    /// See [`Migrate`] for errors and cancel safety.
    pub fn migrate<T: LakeTable>(&self) -> Migrate {
        Migrate::new(self.clone(), T::definition())
    }

    /// Appends rows to their table, all of them or none.
    ///
    /// Await it. The table needs a column `_ingest_id STRING`; [`migrate`](Self::migrate) makes it. Columns are matched
    /// by name. Pass one row as `std::slice::from_ref(&order)`.
    ///
    /// Rows that travel with the statement are all encoded before anything is sent. Rows that go through files (more
    /// than 32 MiB, with a [`Backend`](crate::Backend)) are encoded while the files are written: after an error the
    /// files are removed, and the table is not touched. See [`Insert`] for errors and cancel safety.
    ///
    /// ```no_run
    /// # #[derive(lakeorm::LakeTable)] #[lake(table = "shop.orders")] struct Order { id: i64 }
    /// # async fn run(db: lakeorm::Client, orders: Vec<Order>) -> lakeorm::Result<()> {
    /// let written = db.insert(&orders).await?;
    /// println!("{} rows came with {}", written.rows(), written.ingest_id());
    /// // Repeating the write with the same idempotency key changes nothing, as long as the table still shows that key:
    /// // see Insert, "Idempotency".
    /// db.insert(&orders).idempotency_key("orders of 2026-11-26").await?;
    /// # Ok(()) }
    /// ```
    pub fn insert<'a, T: LakeTable + Send + Sync>(&self, rows: &'a [T]) -> Insert<'a, T> {
        Insert::new(self.clone(), Input::of(rows))
    }

    /// Appends the rows of a stream to their table, all of them or none.
    ///
    /// Await it. The table needs a column `_ingest_id STRING`; [`migrate`](Self::migrate) makes it. Rows of more than
    /// 32 MiB go through files of the client's [`Backend`](crate::Backend), which are written as the rows come, about
    /// 8 MiB of them at a time, so memory is bounded: up to four files of `part_size` (32 MiB). Without a backend more
    /// than 32 MiB are an error, and so they are with a type that Parquet cannot hold.
    ///
    /// An error of the stream ends the write, and the table is not touched. A dropped write loses the rows that it has
    /// taken from the stream. See [`Insert`] for other errors and cancel safety.
    ///
    /// ```no_run
    /// # #[derive(lakeorm::LakeTable)] #[lake(table = "shop.orders")] struct Order { id: i64 }
    /// # async fn run(db: lakeorm::Client) -> lakeorm::Result<()> {
    /// let orders = futures::stream::iter((0..10_000_000).map(|id| Ok(Order { id })));
    /// let written = db.insert_stream(orders).on_progress(|now| println!("{} rows", now.rows_staged)).await?;
    /// # let _ = written; Ok(()) }
    /// ```
    ///
    /// To set aside what is no row, instead of ending the write, have the stream pass over it:
    ///
    /// ```no_run
    /// # #[cfg(feature = "json")] mod with_json {
    /// # use lakeorm::Result;
    /// use futures::{StreamExt, stream};
    /// use lakeorm::{Client, LakeTable};
    ///
    /// #[derive(LakeTable, serde::Deserialize)]
    /// #[lake(table = "shop.orders")]
    /// struct Order { id: i64 }
    ///
    /// # async fn run(db: Client, lines: Vec<String>) -> Result<()> {
    /// let orders = stream::iter(lines).filter_map(|line| async move {
    ///     match lakeorm::from_json::<Order>(line.as_bytes()) {
    ///         Ok(order) => Some(Ok(order)),
    ///         Err(error) => {
    ///             eprintln!("set aside: {error}: {line}");
    ///             None
    ///         }
    ///     }
    /// });
    /// db.insert_stream(orders).await?;
    /// # Ok(()) }
    /// # }
    /// ```
    pub fn insert_stream<'a, T: LakeTable + Send>(
        &self,
        rows: impl Stream<Item = Result<T>> + Send + 'a,
    ) -> Insert<'a, T> {
        Insert::new(self.clone(), Input::Stream(rows.boxed()))
    }

    /// Merges rows into their table by its merge key, all of them or none: a row whose key exists is updated, the
    /// others are inserted.
    ///
    /// Await it. The table needs a column `_ingest_id STRING`; [`migrate`](Self::migrate) makes it. Pass one row as
    /// `std::slice::from_ref(&order)`.
    ///
    /// Two rows with the same key are an error, which is found before anything is sent or, where rows go through files,
    /// by a query over the files before the merge is sent. See [`Merge`] for errors and cancel safety.
    ///
    /// ```no_run
    /// # #[derive(lakeorm::LakeTable)]
    /// # #[lake(table = "shop.orders")]
    /// # struct Order { #[lake(merge_key)] id: i64, note: String }
    /// # async fn run(db: lakeorm::Client, orders: Vec<Order>) -> lakeorm::Result<()> {
    /// db.merge(&orders).await?;
    /// db.merge(&orders).update(["note"]).await?;
    /// # Ok(()) }
    /// ```
    #[doc(alias = "upsert")]
    pub fn merge<'a, T: LakeTable + Send + Sync>(&self, rows: &'a [T]) -> Merge<'a, T> {
        Merge::new(self.clone(), Input::of(rows))
    }

    /// Merges the rows of a stream into their table by its merge key, all of them or none.
    ///
    /// Await it. It merges as [`merge`](Self::merge) does, and uses memory and files as
    /// [`insert_stream`](Self::insert_stream) does. The keys of rows that go through files are not held in memory: the
    /// engine compares them. See [`Merge`] for errors and cancel safety.
    ///
    /// ```no_run
    /// # #[derive(lakeorm::LakeTable)]
    /// # #[lake(table = "shop.orders")]
    /// # struct Order { #[lake(merge_key)] id: i64, note: String }
    /// # async fn run(db: lakeorm::Client) -> lakeorm::Result<()> {
    /// let orders = futures::stream::iter((0..10_000_000).map(|id| Ok(Order { id, note: "new".into() })));
    /// let written = db.merge_stream(orders).await?;
    /// # let _ = written; Ok(()) }
    /// ```
    pub fn merge_stream<'a, T: LakeTable + Send>(
        &self,
        rows: impl Stream<Item = Result<T>> + Send + 'a,
    ) -> Merge<'a, T> {
        Merge::new(self.clone(), Input::Stream(rows.boxed()))
    }

    /// Removes the staged files of writes that began longer ago than `older_than` and have stored no file since. Choose
    /// an age that no running write reaches.
    ///
    /// Where such writes are found, an empty file of a write of its own is stored and removed again: its time is that of
    /// the store, and a clock of this machine that is ahead of it does not count. So the credentials have to allow storing
    /// too. For an age of zero none is stored.
    ///
    /// Files remain from programs that were killed, and from writes whose statement may still have been reading them:
    /// those that ended as [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) or were dropped after their answer was
    /// lost and, on Sail, those whose statement was told to stop. Files that no write made are left alone. Without a
    /// [`Backend`](crate::Backend) nothing is done.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for a client that only reads. [`Staging`](crate::ErrorKind::Staging) if the
    /// backend cannot be listed, or a file cannot be stored or removed. A file that cannot be removed, or the directory of
    /// a write that cannot be listed, does not keep the others, but eight such files in a row keep the rest of theirs and
    /// seven more writes, and a sweep ends behind three times eight writes of which nothing could be listed or removed.
    ///
    /// # Cancel safety
    ///
    /// A dropped call leaves the remaining files to the next one.
    #[cfg(feature = "staging")]
    pub async fn cleanup_staging(&self, older_than: std::time::Duration) -> Result<StagingCleanup> {
        let writing = self.writing().ok_or_else(not_open)?;
        match writing.backend().store() {
            Some(store) => store.sweep(older_than).await,
            None => Ok(StagingCleanup::default()),
        }
    }

    /// Checks that the engine answers, by the path that a query takes.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](crate::ErrorKind::Unsupported) if the driver cannot check it. Otherwise any kind listed under
    /// [How failures are classified](crate::Driver#how-failures-are-classified).
    ///
    /// # Cancel safety
    ///
    /// A dropped call frees what it held.
    pub async fn ping(&self) -> Result<()> {
        self.driver.ping().await
    }

    /// The capabilities of the driver on its engine, besides reading.
    ///
    /// # Errors
    ///
    /// If the driver has to ask the engine, any kind listed under
    /// [How failures are classified](crate::Driver#how-failures-are-classified).
    ///
    /// # Cancel safety
    ///
    /// A dropped call frees what it held.
    pub async fn capabilities(&self) -> Result<Capabilities> {
        self.driver.capabilities().await
    }

    /// How many slots of the driver are in use, idle and waited for.
    pub fn status(&self) -> PoolStatus {
        self.driver.status()
    }

    /// The name of the driver.
    pub fn name(&self) -> &str {
        self.driver.name()
    }

    /// Closes the driver for every client that shares it: later queries are refused; what is running gets a while, of a
    /// [`SparkDriver`](crate::spark::SparkDriver) five seconds, and is then stopped. Await longer work
    /// before. Also waits, at most fifteen seconds, for the staged files and views of this client's writes
    /// to be removed; what remains is left to `cleanup_staging` and to the end of the session.
    ///
    /// # Errors
    ///
    /// Any kind listed under [How failures are classified](crate::Driver#how-failures-are-classified). That the engine
    /// does not answer is no error.
    ///
    /// # Cancel safety
    ///
    /// A call after one that ended does nothing; after one that was dropped it does the rest.
    pub async fn close(&self) -> Result<()> {
        let removed = async {
            if let Some(writing) = self.writing() {
                writing.wait_for_removals().await;
            }
        };
        let (closed, ()) = join(self.driver.close(), removed).await;
        closed
    }

    /// The driver that runs the queries.
    pub fn driver(&self) -> &dyn Driver {
        &*self.driver
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("driver", &self.driver.name()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Delta, Dialect, Iceberg};
    use crate::error::ErrorKind;
    use crate::source::Read;
    use crate::spark::SparkDriver;
    use crate::write::{Backend, open};

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate, table = "shop.`my orders`")]
    struct Order {
        id: i64,
    }

    fn driver() -> SparkDriver {
        SparkDriver::remote("sc://localhost").unwrap()
    }

    fn writing(dialect: impl Dialect) -> Client {
        open(driver(), dialect, Backend::none()).unwrap()
    }

    #[test]
    fn the_table_of_a_row_type_is_read_under_the_name_that_it_is_written_under() {
        let catalog = writing(Iceberg::new().catalog("ice"));
        for (db, name) in [(writing(Delta::new()), "shop.`my orders`"), (catalog, "ice.shop.`my orders`")] {
            assert_eq!(db.table_name::<Order>().unwrap(), TableName::parse(name));
            let read = Read::all(db.table_of::<Order>().unwrap());
            assert_eq!((read.table(), read.sql()), (Some(name), None));
        }
    }

    #[test]
    fn a_client_that_only_reads_knows_no_table_of_a_row_type() {
        let db = Client::new(driver());
        for error in [db.table_name::<Order>().unwrap_err(), db.table_of::<Order>().unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Config);
            assert_eq!(
                error.to_string(),
                "this client has no dialect, so it does not know the name of the row type's table: use \
                 `db.table(\"…\")`, or create the client with `lakeorm::open(driver, dialect, backend)` instead of \
                 `Client::new`"
            );
        }
    }
}
