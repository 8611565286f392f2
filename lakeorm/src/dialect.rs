//! Table formats: pure functions from what a table is to the SQL that makes it and writes to it.
//!
//! What differs between the formats is in [`Iceberg`] and [`Delta`]; the statements that write are the same for both,
//! by column name and with every name quoted.

use std::collections::BTreeMap;
use std::fmt;

use arrow_array::RecordBatch;
use spark_connect::DataType;
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};
use crate::table::{TableColumn, TableDefinition, TableName};

mod check;
mod create;
mod delta;
mod iceberg;
mod options;
mod statement;
#[cfg(test)]
mod tests;
mod text;
mod types;

pub(crate) use check::check;
pub(crate) use create::partition;
pub use delta::Delta;
pub use iceberg::Iceberg;
pub use statement::{Assignment, Insert, Merge};

/// A table format, as far as its SQL is its own.
///
/// The functions are pure: nothing is sent, and the same table gives the same text.
pub trait Dialect: fmt::Debug + Send + Sync + 'static {
    /// The format's name in messages, `Iceberg`.
    fn name(&self) -> &'static str;

    /// What engines call the format, as `USING` has it; a table of another one is refused. As provided: nothing, and tables are
    /// taken for what they are called.
    fn provider(&self) -> Option<&'static str> {
        None
    }

    /// The properties that a table is made with, which one that is there is compared with. As provided: none.
    fn properties(&self, table: &TableDefinition) -> BTreeMap<String, String> {
        let _ = table;
        BTreeMap::new()
    }

    /// Whether a field of a STRUCT can be NOT NULL. As provided: yes.
    fn requires_inside(&self) -> bool {
        true
    }

    /// The property of a table that lets its types grow, and the value with which it does. As provided: none is needed.
    fn widening_property(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// The table's name as statements have it.
    fn table_name(&self, table: &TableDefinition) -> TableName {
        table.name().clone()
    }

    /// The statements that make the table where there is none of its name, in their order.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](ErrorKind::Unsupported) for what the format does not have; the text names the format and the
    /// feature. [`Config`](ErrorKind::Config) for a definition that contradicts itself.
    fn create_table(&self, table: &TableDefinition) -> Result<Vec<String>>;

    /// The statement that adds columns to a table that is there.
    ///
    /// # Errors
    ///
    /// As [`create_table`](Self::create_table).
    fn add_columns(&self, table: &TableName, columns: &[&TableColumn]) -> Result<String> {
        Ok(create::add_columns(table, columns.iter().copied()))
    }

    /// Whether a session remembers a table of the format as it was, until it is told to look again.
    fn is_remembered(&self) -> bool {
        false
    }

    /// Whether the format lets a column's type grow from one to the other.
    fn widens(&self, from: &DataType, to: &DataType) -> bool;

    /// The statement that lets a column's type grow.
    fn widen(&self, table: &TableName, column: &str, to: &DataType) -> String {
        let column = spark_connect::types::quote_identifier(column);
        format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE {to}")
    }

    /// The statement that appends rows.
    fn insert(&self, insert: &Insert) -> String {
        insert.to_string()
    }

    /// The statement that merges rows.
    fn merge(&self, merge: &Merge) -> String {
        merge.to_string()
    }

    /// The confs of a session in which the table itself remembers a write with a key: it passes over a second one, or can be
    /// [asked](Self::landed). As provided: none, for a format whose tables remember rows alone.
    fn transaction(&self, ingest_id: Uuid) -> Vec<(String, String)> {
        let _ = ingest_id;
        Vec::new()
    }

    /// A query that finds rows where the table itself remembers the write `:ingest_id`; one column, `found`. It may name what
    /// not every catalog has: what is not there remembers nothing. As provided: none.
    fn landed(&self, table: &TableName) -> Option<String> {
        let _ = table;
        None
    }

    /// Whether the engine's answer says that the table passed over the statement, since it remembers the write.
    fn is_passed_over(&self, answer: &[RecordBatch]) -> bool {
        let _ = answer;
        false
    }
}

/// The error of a feature that a format lacks.
fn unsupported(dialect: &'static str, feature: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{dialect} has no {feature}"))
}
