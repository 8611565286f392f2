//! Table formats: pure functions from the definition of a table to the SQL that creates it and writes to it.
//!
//! [`Iceberg`] and [`Delta`] hold what differs between the formats. The statements that write are the same for both:
//! they name every column, and quote every name.

use std::collections::BTreeMap;
use std::fmt;

use arrow_array::RecordBatch;
use spark_connect::DataType;
use spark_connect::types::StructField;
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};
use crate::table::{TableColumn, TableDefinition, TableName};

mod check;
mod create;
mod delta;
mod iceberg;
mod options;
mod shared;
mod statement;
#[cfg(test)]
mod tests;
mod text;
mod types;
mod widening;

pub(crate) use check::{check, check_name};
pub(crate) use create::{partition, set_property, widen};
pub use delta::Delta;
pub use iceberg::Iceberg;
pub use statement::{Assignment, InsertStatement, MergeStatement};
pub(crate) use widening::{Growing, growing};

/// A table format: what is specific to it in the SQL of its tables.
///
/// The functions are pure: nothing is sent, and the same table gives the same text.
pub trait Dialect: fmt::Debug + Send + Sync + 'static {
    /// The format's name in messages, `Iceberg`.
    fn name(&self) -> &'static str;

    /// The name that engines use for the format, as written after `USING`; a table of another format is refused. The
    /// default implementation returns `None`: the format of a table is not checked.
    fn provider(&self) -> Option<&'static str> {
        None
    }

    /// The properties that a table is created with, and with which those of an existing table are compared. The default
    /// implementation returns none.
    fn properties(&self, table: &TableDefinition) -> BTreeMap<String, String> {
        let _ = table;
        BTreeMap::new()
    }

    /// Whether a field inside of a STRUCT can be NOT NULL. Where it cannot, one that may be NULL in the table and not
    /// in the row type is no difference; in a table that has one all the same, made elsewhere, a row whose STRUCT is NULL
    /// is refused where the STRUCT is written, and so is a merge of rows from files. The default implementation returns `true`.
    fn supports_nested_not_null(&self) -> bool {
        true
    }

    /// Whether the values of partitions are kept as text, in which an empty value is NULL: a row with such a value in a
    /// partition column is refused, and so is a table that is partitioned by a BINARY or, unless the session's time zone
    /// is UTC, by a TIMESTAMP. The default implementation returns `false`. A dialect around another one forwards it.
    fn partition_values_are_text(&self) -> bool {
        false
    }

    /// The same table, to be created without statistics of its columns, for engines that
    /// [misread](crate::TableSupport::has_exact_statistics) them. The default implementation returns it as it is. A
    /// dialect around another one forwards it.
    fn without_statistics(&self, table: TableDefinition) -> TableDefinition {
        table
    }

    /// The statement that makes an empty first commit to a table that was just created, for engines that
    /// [lose](crate::TableSupport::keeps_first_commits) some of several first ones. The default implementation returns
    /// `None`: creating a table is a commit. A dialect around another one forwards it.
    fn first_commit(&self, table: &TableDefinition) -> Option<String> {
        let _ = table;
        None
    }

    /// The table property that allows types to be widened, and its value. The default implementation returns `None`: no
    /// property is needed.
    fn widening_property(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// The table property that has columns take default values, and its value; it is set before the first of
    /// [`set_defaults`](Self::set_defaults). The default implementation returns `None`: no property is needed.
    fn defaults_property(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// The table property that sets how merges are isolated, and the value with which the format checks them against
    /// rows that others insert meanwhile; a table without the property is checked too. A merge into a table with
    /// another value is refused, and so is a write with an idempotency key, as far as the engine tells properties. The
    /// default implementation returns `None`: every merge is checked.
    fn merge_isolation_property(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// The table property, and its value, of tables whose commits a session may send to a branch, or have staged until
    /// someone publishes them. Of a write with an idempotency key to such a table, the format keeps
    /// [records](Self::unpublished_confs) of their own. The default implementation returns `None`. A dialect around
    /// another one forwards it.
    fn write_audit_publish_property(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// The table's name as it is written in statements. The default implementation returns the name of the definition.
    fn table_name(&self, table: &TableDefinition) -> TableName {
        table.name().clone()
    }

    /// The statements that create the table if there is none of its name, in the order in which they are run.
    ///
    /// # Errors
    ///
    /// - [`Unsupported`](ErrorKind::Unsupported) for a feature that the format does not support; the text names both.
    /// - [`Config`](ErrorKind::Config) for a definition that contradicts itself.
    fn create_table(&self, table: &TableDefinition) -> Result<Vec<String>>;

    /// The statement that adds columns to an existing table.
    ///
    /// # Errors
    ///
    /// As [`create_table`](Self::create_table).
    fn add_columns(&self, table: &TableName, columns: &[&TableColumn]) -> Result<String> {
        create::add_columns(table, columns.iter().copied())
    }

    /// The statements that give new columns their default values once they are there, where
    /// [`add_columns`](Self::add_columns) leaves these out. The default implementation returns none.
    fn set_defaults(&self, table: &TableName, columns: &[&TableColumn]) -> Vec<String> {
        let _ = (table, columns);
        Vec::new()
    }

    /// Whether each session caches the metadata of a table, so that it may see an old state of it until
    /// `REFRESH TABLE`. A write then keeps to one session, in which the table is refreshed. The default implementation
    /// returns `false`.
    fn is_cached_by_sessions(&self) -> bool {
        false
    }

    /// Whether the format can widen the type of a column from `from` to `to`.
    fn widens(&self, from: &DataType, to: &DataType) -> bool;

    /// Whether the format can widen parts inside of columns too, by the statement of the default
    /// [`widen`](Self::widen) with their path in place of the column. The default implementation returns `false`. A
    /// dialect around another one forwards it.
    fn widens_inside(&self) -> bool {
        false
    }

    /// The statement that widens the type of a column.
    fn widen(&self, table: &TableName, column: &str, to: &DataType) -> String {
        widen(table, &[column], to)
    }

    /// The statement that appends rows. Its text has to hold the marker `:ingest_id`, and may hold `:written_at`: each
    /// gets its value.
    fn insert(&self, insert: &InsertStatement) -> String {
        insert.to_string()
    }

    /// The statement that merges rows. Its text has to hold the marker `:ingest_id`, and may hold `:written_at`, as that
    /// of [`insert`](Self::insert).
    fn merge(&self, merge: &MergeStatement) -> String {
        merge.to_string()
    }

    /// Session confs under which the table format records this write to the table, so that a second write with the same
    /// id is [skipped](Self::was_skipped) or can be [found](Self::idempotency_query). The default implementation
    /// returns none: a write is then found by its rows alone.
    fn idempotency_confs(&self, table: &TableName, ingest_id: Uuid) -> Vec<(String, String)> {
        let _ = (table, ingest_id);
        Vec::new()
    }

    /// A query that returns rows if the format has recorded the write `:ingest_id` in the table; its one column is
    /// `found`. It may read a metadata table that not every catalog has: where that is missing, only the table's rows
    /// are searched. The default implementation returns `None`.
    fn idempotency_query(&self, table: &TableName) -> Option<String> {
        let _ = table;
        None
    }

    /// As [`idempotency_confs`](Self::idempotency_confs), for a table with the
    /// [property](Self::write_audit_publish_property) by which commits may go elsewhere. Under the same confs, a write to
    /// a branch would be taken for one to the table itself. The default implementation returns none.
    fn unpublished_confs(&self, table: &TableName, ingest_id: Uuid) -> Vec<(String, String)> {
        let _ = (table, ingest_id);
        Vec::new()
    }

    /// As [`idempotency_query`](Self::idempotency_query), for such a table: whether the write was staged. The default
    /// implementation returns `None`.
    fn unpublished_query(&self, table: &TableName) -> Option<String> {
        let _ = table;
        None
    }

    /// Whether the engine's answer says that it skipped the statement, because the table had recorded the write before.
    /// The default implementation returns `false`.
    fn was_skipped(&self, answer: &[RecordBatch]) -> bool {
        let _ = answer;
        false
    }
}

/// What a format lacks that keeps the values of partitions as text, and what to do.
const BINARY_PARTITIONS: &str =
    "BINARY columns as partitions, whose bytes would be changed: partition by another column";

/// Refuses partitions by these columns where their values would be changed: a table's name, and its partition columns.
pub(crate) fn check_partitions<'c>(
    dialect: &dyn Dialect,
    writes_decimal_partitions: bool,
    table: &TableName,
    columns: impl IntoIterator<Item = &'c StructField>,
) -> Result<()> {
    if !dialect.partition_values_are_text() {
        return Ok(());
    }
    for StructField { name, data_type, .. } in columns {
        let message = match data_type {
            DataType::Binary => {
                format!(
                    "the table {table} would have partitions by \"{name}\", and {} does not support \
                     {BINARY_PARTITIONS}",
                    dialect.name()
                )
            }
            _ if is_fractional(data_type) && !writes_decimal_partitions => {
                format!(
                    "the table {table} would have partitions by \"{name}\", a {data_type}, of which this engine (Sail, \
                     for one) writes negative values in a form that nobody can read; nothing was done. Partition by \
                     another column",
                )
            }
            _ => continue,
        };
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    Ok(())
}

/// Whether it is a DECIMAL with a fraction.
pub(crate) fn is_fractional(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Decimal { scale: 1.., .. })
}

/// The error of a feature that a format lacks.
fn unsupported(dialect: &'static str, feature: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{dialect} does not support {feature}"))
}
