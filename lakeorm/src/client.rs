//! The read side's handle.

use std::fmt;
use std::sync::Arc;

use crate::driver::Driver;

/// Runs typed queries over a driver. Clones are cheap and share the driver.
///
/// ```no_run
/// use lakeorm::{Client, LakeRow, query, spark::SparkDriver};
///
/// #[derive(Debug, LakeRow)]
/// struct User {
///     id: i64,
///     email: String,
/// }
///
/// # async fn run() -> lakeorm::Result<()> {
/// let drv = SparkDriver::remote("sc://localhost:15002")?;
/// let db = Client::new(drv.clone());
/// let users: Vec<User> = query::<User>(&db, drv.from_table("users")).await?;
/// # Ok(()) }
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
