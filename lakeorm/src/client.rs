//! The handle that programs hold.

use std::fmt;
use std::sync::Arc;

use crate::command::Command;
use crate::driver::{Capabilities, Driver, Exec, PoolStatus};
use crate::error::Result;
use crate::source::Source;

/// Runs typed queries and statements over a driver. Clones are cheap and share the driver.
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
}

impl Client {
    /// A client over `driver`. Nothing is sent.
    pub fn new(driver: impl Driver) -> Self {
        Self { driver: Arc::new(driver) }
    }

    /// A query. Markers in it, `?` or `:name`, take their values from `bind` or `bind_named`.
    ///
    /// A text without values can be given to a query function as it is: `query::<User>(&db, "SELECT …")`.
    pub fn sql(&self, text: impl Into<String>) -> Source {
        Source::sql(text)
    }

    /// A table or view, by its name as SQL writes it.
    ///
    /// The engine is asked for the columns that the row type needs and no others.
    pub fn table(&self, name: impl Into<String>) -> Source {
        Source::table(name)
    }

    /// A statement to run once: DDL, an insert, a merge. Await it, with values bound to its markers before.
    ///
    /// ```no_run
    /// # async fn run(db: lakeorm::Client) -> lakeorm::Result<()> {
    /// db.exec("DELETE FROM users WHERE email = :email").bind_named("email", "o'brien@example.com").await?;
    /// # Ok(()) }
    /// ```
    pub fn exec(&self, statement: impl Into<Command>) -> Exec {
        Exec::new(Arc::clone(&self.driver), statement.into())
    }

    /// Checks that the engine answers, on the path that a query takes.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](crate::ErrorKind::Unsupported) if the driver cannot; the driver's kinds.
    ///
    /// # Cancel safety
    ///
    /// A dropped call frees what it held.
    pub async fn ping(&self) -> Result<()> {
        self.driver.ping().await
    }

    /// What the driver can do beside reading, over the engine that it has.
    ///
    /// # Errors
    ///
    /// The driver's kinds, if it has to ask the engine.
    ///
    /// # Cancel safety
    ///
    /// A dropped call frees what it held.
    pub async fn capabilities(&self) -> Result<Capabilities> {
        self.driver.capabilities().await
    }

    /// How many places of the driver are in use, idle and waited for.
    pub fn status(&self) -> PoolStatus {
        self.driver.status()
    }

    /// The name of the driver.
    pub fn name(&self) -> &str {
        self.driver.name()
    }

    /// Closes the driver, for every client that shares it: later queries are refused, what runs is given a while and
    /// then stopped. A second call does nothing.
    ///
    /// # Errors
    ///
    /// The driver's kinds. An engine that does not answer is no error.
    ///
    /// # Cancel safety
    ///
    /// A dropped call leaves the driver half closed; call it again.
    pub async fn close(&self) -> Result<()> {
        self.driver.close().await
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
