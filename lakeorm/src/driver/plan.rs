//! The plan of a write: plain data, which a driver carries out.

use std::fmt;

use arrow_array::RecordBatch;
use spark_connect::types::Schema;

use crate::command::Command;

/// How a [`Driver`](crate::Driver) is to get rows into a table.
///
/// A client makes its own plans. One that is made by hand writes rows without the struct of a table, or tests a driver:
///
/// ```no_run
/// use lakeorm::spark::SparkDriver;
/// use lakeorm::{Command, DirectIngest, Driver, ExecutionPlan};
///
/// #[derive(lakeorm::LakeTable)]
/// struct Order { id: i64 }
///
/// # async fn run() -> lakeorm::Result<()> {
/// let drv = SparkDriver::remote("sc://localhost:15002")?;
/// let batch = lakeorm::encode::record_batch(&[Order { id: 1 }])?;
/// let statement = Command::from("INSERT INTO shop.orders (id, batch) SELECT id, :batch FROM orders_to_write");
/// let rows = DirectIngest::new(vec![batch], "orders_to_write", statement.bind_named("batch", 7));
/// let execution = drv.execute(ExecutionPlan::DirectIngest(rows)).await?;
/// execution.commit().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ExecutionPlan {
    /// One statement.
    Sql(Command),
    /// Rows that travel with one statement, which reads them.
    DirectIngest(DirectIngest),
    /// Rows in files, which one statement appends.
    StagedAppend(StagedRows),
    /// Rows in files, which one statement merges by their key.
    StagedMerge(StagedRows),
}

/// Rows, the name by which a statement reads them, and the statement.
#[non_exhaustive]
pub struct DirectIngest {
    /// The rows, batches of one schema.
    pub batches: Vec<RecordBatch>,
    /// The name by which the statement reads them. No other write may use it.
    pub view: String,
    /// The statement that writes them.
    pub statement: Command,
    /// Whether no other view has this name, so that it may take the place of one: that can only be of a proxy that
    /// repeated the call.
    pub(crate) is_view_unique: bool,
}

/// Parquet files, the name by which a statement reads them, and the statement.
///
/// A driver makes sure that the engine sees all of the rows before the statement is sent, and leaves the files where
/// they are. If the statement may have read only a part of them, as on an engine that passes over a file that it does
/// not find, its error is a [`PartlyWritten`](crate::ErrorKind::PartlyWritten).
#[derive(Debug)]
#[non_exhaustive]
pub struct StagedRows {
    /// The files, each by its address.
    pub files: Vec<String>,
    /// Their columns.
    pub schema: Schema,
    /// How many rows are in them.
    pub rows: u64,
    /// The columns in which no two rows may be equal; if empty, any rows may be.
    pub distinct: Vec<String>,
    /// The name by which the statement reads the rows. No other write may use it.
    pub view: String,
    /// The statement that writes them.
    pub statement: Command,
    /// Whether the statement inserts each of them, so that an engine that counts what it inserts counts them.
    pub(crate) inserts_all: bool,
    /// As [`DirectIngest`] has it.
    pub(crate) is_view_unique: bool,
}

/// The column of staged rows that are merged which counts them, from 0.
pub(crate) use crate::table::ROW_NUMBER;

impl DirectIngest {
    /// Rows, batches of one schema, which the statement reads as `view`. No other write may use that name at the same
    /// time.
    #[must_use]
    pub fn new(batches: Vec<RecordBatch>, view: impl Into<String>, statement: Command) -> Self {
        Self { batches, view: view.into(), statement, is_view_unique: false }
    }
}

impl StagedRows {
    /// Parquet files with `rows` rows in all, each by the address under which the engine reads it. The statement reads
    /// them as `view`. No other write may use that name at the same time.
    #[must_use]
    pub fn new(
        files: Vec<String>,
        schema: Schema,
        rows: u64,
        view: impl Into<String>,
        statement: Command,
    ) -> Self {
        Self {
            files,
            schema,
            rows,
            distinct: Vec::new(),
            view: view.into(),
            statement,
            inserts_all: false,
            is_view_unique: false,
        }
    }

    /// The columns in which no two rows may be equal, for [`ExecutionPlan::StagedMerge`]. The files must then have one
    /// more column, a BIGINT named `_lakeorm_row` that counts the rows from 0.
    #[must_use]
    pub fn distinct(mut self, columns: Vec<String>) -> Self {
        self.distinct = columns;
        self
    }
}

/// The rows are counted, not shown.
impl fmt::Debug for DirectIngest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: usize = self.batches.iter().map(RecordBatch::num_rows).sum();
        f.debug_struct("DirectIngest")
            .field("rows", &rows)
            .field("view", &self.view)
            .field("statement", &self.statement.sql())
            .finish()
    }
}
