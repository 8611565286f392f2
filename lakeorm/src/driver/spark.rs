//! The driver for servers that speak Spark Connect: Apache Spark, Databricks, EMR, Glue, Sail.

use std::fmt;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use spark_connect::Sql;

use super::{BatchStream, Driver};
use crate::error::Result;
use crate::query::{Read, Source};

mod binding;
mod builder;
mod exec;
mod read;
mod server;
mod sharing;

pub use builder::SparkDriverBuilder;
pub use exec::Exec;
pub use spark_connect::{Outcome, RetryPolicy};

use binding::Binding;
use server::Server;

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
/// # What is shared
///
/// Sessions come from a pool, so a statement that changes its session (`SET`, `USE`, a temporary view) changes
/// one session of several. Set confs with [`SparkDriverBuilder::session_conf`], and write tables with their
/// catalog and database. On Sail, whose tables live inside the session, all slots of the pool use one session:
/// there everything is shared.
#[derive(Clone)]
pub struct SparkDriver {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    server: Server,
    binding: Binding,
}

impl SparkDriver {
    /// A driver for the server that the connection string names, with default options.
    ///
    /// Nothing is sent: the driver connects on first use. What the string leaves open (token, user) is taken
    /// from the environment: `SPARK_CONNECT_AUTHENTICATE_TOKEN`, `SPARK_CONNECT_USER_AGENT`, `SPARK_USER`,
    /// `USER`.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) if the string is wrong; the text names the key.
    pub fn remote(remote: &str) -> Result<Self> {
        Self::builder(remote).build()
    }

    /// Options for a driver for the server that the connection string names.
    pub fn builder(remote: &str) -> SparkDriverBuilder {
        SparkDriverBuilder::new(remote)
    }

    /// A query. Markers in it, `?` or `:name`, take their values from `bind` or `bind_named`.
    ///
    /// Spark substitutes the text of a value, so the declared precision of a decimal does not survive; write
    /// `CAST(? AS DECIMAL(10, 5))` where it matters.
    pub fn from_sql(&self, sql: impl Into<String>) -> Source {
        Source::sql(sql)
    }

    /// A query of which only the first row is wanted; the server is asked for one row.
    pub fn from_row(&self, sql: impl Into<String>) -> Source {
        Source::sql(sql).limit(1)
    }

    /// A table or view, by its name as SQL writes it.
    ///
    /// The server is asked for the columns that the row type needs and no others.
    pub fn from_table(&self, name: impl Into<String>) -> Source {
        Source::table(name)
    }

    /// A statement to run once: DDL, an insert, a merge. Await it, with values bound to its markers before.
    ///
    /// ```no_run
    /// # async fn run(drv: lakeorm::spark::SparkDriver) -> lakeorm::Result<()> {
    /// drv.exec("DELETE FROM users WHERE email = :email").bind_named("email", "o'brien@example.com").await?;
    /// # Ok(()) }
    /// ```
    pub fn exec(&self, sql: impl Into<String>) -> Exec {
        Exec::new(self.clone(), Sql::new(sql))
    }

    /// The name that the driver goes by in logs: that of the builder, else `host:port` of the server.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Hands out no more sessions, waits a while for what runs, stops the rest, and releases the sessions on
    /// the server. A second call does nothing.
    ///
    /// # Errors
    ///
    /// None today; a server that does not answer is left to expire the sessions by itself.
    ///
    /// # Cancel safety
    ///
    /// A dropped call leaves the driver half closed; call it again.
    pub async fn close(&self) -> Result<()> {
        self.inner.server.close().await;
        Ok(())
    }
}

impl Driver for SparkDriver {
    fn name(&self) -> &str {
        self.name()
    }

    fn read(&self, read: Read) -> BatchStream {
        read::batches(Arc::clone(&self.inner), read)
    }

    fn close(&self) -> BoxFuture<'_, Result<()>> {
        self.close().boxed()
    }
}

impl fmt::Debug for SparkDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SparkDriver").field("name", &self.inner.name).finish_non_exhaustive()
    }
}
