//! Writing rows: from structs to a table, each row once.
//!
//! A planner decides how the rows travel, a driver carries the plan out in two phases, and what the table says
//! afterwards decides where an answer was lost.

mod attempt;
mod backend;
mod created;
mod described;
mod difference;
mod ids;
mod input;
mod insert;
#[cfg(feature = "json")]
mod json;
mod key_types;
mod keys;
mod known_tables;
#[cfg(feature = "metrics")]
mod measured;
mod merge;
mod migrate;
mod nulls;
mod options;
mod outcome;
mod progress;
#[cfg(feature = "staging")]
mod relaxed;
mod rows;
mod run;
mod session;
mod span;
#[cfg(feature = "staging")]
mod staging;
#[cfg(feature = "staging")]
mod stricter;
mod target;
mod unstageable;
mod zone;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use spark_connect::sql::Statement;

use crate::client::Client;
use crate::dialect::Dialect;
use crate::driver::Driver;
#[cfg(feature = "staging")]
use crate::driver::Removals;
use crate::error::{Error, ErrorKind, Result};

pub use backend::Backend;
pub use difference::Difference;
pub use ids::IngestId;
pub(crate) use input::Input;
pub use insert::Insert;
#[cfg(feature = "json")]
pub use json::{from_json, json_lines};
use known_tables::KnownTables;
pub use merge::Merge;
pub use migrate::{Migrate, Migration};
pub use outcome::{WritePath, Written};
pub use progress::WriteProgress;
#[cfg(feature = "staging")]
pub use staging::StagingCleanup;

/// The parts of a client that writes, beside its driver.
pub(crate) struct WriteSide {
    dialect: Box<dyn Dialect>,
    backend: Backend,
    tables: KnownTables,
    /// Whether the engine has refused an insert for the columns that it left out.
    fills_no_columns: AtomicBool,
    /// The removals of the files of its writes.
    #[cfg(feature = "staging")]
    removals: Removals,
}

/// Has a client forget its tables once it is dropped, with the statement that may have changed them or what their names
/// mean.
pub(crate) struct Forgetting(Arc<WriteSide>);

impl Drop for Forgetting {
    fn drop(&mut self) {
        self.0.tables.forget_all();
    }
}

/// A client that reads and writes: rows go through `driver` into tables of the format that `dialect` speaks.
///
/// A table that is written to needs a column `_ingest_id STRING`; [`Client::migrate`] makes it, in a database that
/// exists.
///
/// ```no_run
/// use lakeorm::dialect::Iceberg;
/// use lakeorm::spark::SparkDriver;
/// use lakeorm::{Backend, LakeRow, LakeTable};
///
/// #[derive(Debug, LakeRow, LakeTable)]
/// #[lake(table = "shop.orders")]
/// struct Order {
///     #[lake(merge_key)]
///     id: i64,
///     note: Option<String>,
/// }
///
/// # async fn run(orders: Vec<Order>) -> lakeorm::Result<()> {
/// let drv = SparkDriver::remote("sc://localhost:15002")?;
/// let db = lakeorm::open(drv, Iceberg::new(), Backend::none())?;
/// db.exec("CREATE DATABASE IF NOT EXISTS shop").await?;
/// let migration = db.migrate::<Order>().await?;
/// assert!(migration.differences().is_empty(), "{migration}");
/// let written = db.insert(&orders).await?;
/// println!("{} rows", written.rows());
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// Never fails today; the `Result` leaves room for checks.
pub fn open(driver: impl Driver, dialect: impl Dialect, backend: Backend) -> Result<Client> {
    let writing = WriteSide {
        dialect: Box::new(dialect),
        backend,
        tables: KnownTables::default(),
        fills_no_columns: AtomicBool::new(false),
        #[cfg(feature = "staging")]
        removals: Removals::default(),
    };
    Ok(Client::with_writing(Arc::new(driver), writing))
}

impl WriteSide {
    pub(crate) fn dialect(&self) -> &dyn Dialect {
        &*self.dialect
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.backend
    }

    /// What has to be dropped once the statement has ended; nothing for one that only reads or writes rows.
    pub(crate) fn forgetting_after(self: &Arc<Self>, statement: Option<&Statement>) -> Option<Forgetting> {
        const OF_ROWS: [&str; 6] = ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH"];
        let first = statement.and_then(Statement::first_word);
        let is_of_rows = first.is_some_and(|first| OF_ROWS.contains(&first));
        (!is_of_rows).then(|| Forgetting(Arc::clone(self)))
    }

    fn may_fill_columns(&self) -> bool {
        !self.fills_no_columns.load(Ordering::Relaxed)
    }

    /// Taken for true of every table: at worst an insert that could have been an append is a merge.
    fn learn_that_no_column_is_filled(&self) {
        self.fills_no_columns.store(true, Ordering::Relaxed);
    }

    /// Waits until no write has files any more, within a bound.
    pub(crate) async fn wait_for_removals(&self) {
        #[cfg(feature = "staging")]
        self.removals.wait_until(spark_connect::clock::deadline(staging::REMOVAL_BOUND)).await;
        #[cfg(not(feature = "staging"))]
        std::future::ready(()).await;
    }
}

/// The error of a client that only reads.
pub(crate) fn not_open() -> Error {
    Error::new(
        ErrorKind::Config,
        "this client cannot write: create it with `lakeorm::open(driver, dialect, backend)` instead of `Client::new`",
    )
}

/// The error of a client that only reads, which is asked for the name of a row type's table.
pub(crate) fn no_dialect() -> Error {
    Error::new(
        ErrorKind::Config,
        "this client has no dialect, so it does not know the name of the row type's table: use `db.table(\"…\")`, or \
         create the client with `lakeorm::open(driver, dialect, backend)` instead of `Client::new`",
    )
}

impl fmt::Debug for WriteSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteSide").field("dialect", &self.dialect).field("backend", &self.backend).finish()
    }
}
