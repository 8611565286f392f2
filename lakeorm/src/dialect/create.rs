//! `CREATE TABLE`, as far as the formats share it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use spark_connect::DataType;
use spark_connect::types::quote_identifier;

use super::text::constant;
use crate::error::{Error, ErrorKind, Result};
use crate::table::{INGEST_ID, TableColumn, TableDefinition, TableName};

/// The parts of a `CREATE TABLE` that a format decides.
pub(super) struct Create<'a> {
    pub(super) format: &'static str,
    pub(super) name: &'a TableName,
    /// The parts of `PARTITIONED BY`, as SQL.
    pub(super) partitions: Vec<String>,
    pub(super) properties: &'a BTreeMap<String, String>,
}

impl Create<'_> {
    pub(super) fn statement(&self, table: &TableDefinition) -> Result<String> {
        check(table)?;
        let columns = table.columns().iter().map(column).chain([format!("{INGEST_ID} STRING")]);
        let columns = columns.collect::<Vec<_>>().join(", ");
        let mut sql = format!("CREATE TABLE IF NOT EXISTS {} ({columns}) USING {}", self.name, self.format);
        if !self.partitions.is_empty() {
            let _ = write!(sql, " PARTITIONED BY ({})", self.partitions.join(", "));
        }
        if let Some(comment) = table.comment_text() {
            let _ = write!(sql, " COMMENT {}", constant(comment));
        }
        if !self.properties.is_empty() {
            let property =
                |(key, value): (&String, &String)| format!("{} = {}", constant(key), constant(value));
            let properties = self.properties.iter().map(property).collect::<Vec<_>>().join(", ");
            let _ = write!(sql, " TBLPROPERTIES ({properties})");
        }
        Ok(sql)
    }
}

/// A column as `CREATE TABLE` has it.
fn column(column: &TableColumn) -> String {
    let required = if column.field.nullable { "" } else { " NOT NULL" };
    described(column, required)
}

/// `ADD COLUMNS`: the rows that are there have no value of them, so that none is NOT NULL.
pub(super) fn add_columns<'c>(
    table: &TableName,
    columns: impl IntoIterator<Item = &'c TableColumn>,
) -> String {
    let columns: Vec<String> = columns.into_iter().map(|column| described(column, "")).collect();
    format!("ALTER TABLE {table} ADD COLUMNS ({})", columns.join(", "))
}

fn described(column: &TableColumn, required: &str) -> String {
    let TableColumn { field, comment, default } = column;
    let mut sql = format!("{} {}{required}", quote_identifier(&field.name), field.data_type);
    if let Some(default) = default {
        let _ = write!(sql, " DEFAULT {default}");
    }
    if let Some(comment) = comment {
        let _ = write!(sql, " COMMENT {}", constant(comment));
    }
    sql
}

/// Refuses a definition that contradicts itself, as one can that is written by hand or flattens rows.
fn check(table: &TableDefinition) -> Result<()> {
    let name = table.name();
    let partitions = table.partitions().iter().map(|(_, column)| ("partition_by", column.as_str()));
    let sorted = table.sort_columns().iter().map(|column| ("sort_by", column.as_str()));
    let keys = table.merge_key_columns().iter().map(|column| ("the merge key", column.as_str()));
    let stamps = [("created_at", table.created_at_column()), ("updated_at", table.updated_at_column())];
    let stamps = stamps.into_iter().filter_map(|(key, column)| Some((key, column?)));
    for (key, wanted) in partitions.chain(sorted).chain(keys).chain(stamps.clone()) {
        if !table.columns().iter().any(|column| column.field.name == wanted) {
            return Err(refused(format!(
                "{key} of the table {name} names the column \"{wanted}\", which it does not have"
            )));
        }
    }
    for (key, wanted) in stamps {
        if table.column(wanted).is_some_and(|column| column.field.data_type != DataType::Timestamp) {
            return Err(refused(format!(
                "{key} of the table {name} is the column \"{wanted}\", which is no TIMESTAMP: give the field a type of an \
                 instant, such as DateTime<Utc>"
            )));
        }
    }
    for column in table.columns() {
        if let DataType::Unknown(what) = &column.field.data_type {
            return Err(refused(format!(
                "the column \"{}\" of the table {name} is {what}",
                column.field.name
            )));
        }
    }
    Ok(())
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Config, message)
}
