//! What a write comes down to: plain data, which a driver carries out.

use std::fmt;

use arrow_array::RecordBatch;
use spark_connect::types::Schema;

use crate::command::Command;

/// How rows get into a table, as a [`Driver`](crate::Driver) is told.
#[derive(Debug)]
#[non_exhaustive]
pub enum ExecutionPlan {
    /// One statement.
    Sql(Command),
    /// Rows that travel beside one statement, which reads them.
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
    /// The name that the statement has for them, which is no other's.
    pub view: String,
    /// The statement that writes them.
    pub statement: Command,
}

/// Parquet files, the name by which a statement reads them, and the statement.
///
/// A driver makes sure that the engine sees all of the rows before the statement is sent, and leaves the files where they
/// are.
#[derive(Debug)]
#[non_exhaustive]
pub struct StagedRows {
    /// The files, each by its address.
    pub files: Vec<String>,
    /// Their columns.
    pub schema: Schema,
    /// How many rows are in them.
    pub rows: u64,
    /// The columns in which no two rows may be equal; any may where there are none.
    pub distinct: Vec<String>,
    /// The name that the statement has for the rows, which is no other's.
    pub view: String,
    /// The statement that writes them.
    pub statement: Command,
}

/// The column of staged rows that are merged which counts them, from 0.
pub(crate) const ROW_NUMBER: &str = "_lakeorm_row";

impl DirectIngest {
    pub(crate) fn new(batches: Vec<RecordBatch>, view: String, statement: Command) -> Self {
        Self { batches, view, statement }
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
