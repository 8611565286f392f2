//! `CREATE TABLE`, as far as the formats share it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use spark_connect::types::quote_identifier;

use super::check::check;
use super::text::constant;
use crate::error::Result;
use crate::table::{INGEST_ID, TableColumn, TableDefinition, TableName, Transform};

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

/// The statement that sets a property of a table.
pub(crate) fn set_property(table: &TableName, key: &str, value: &str) -> String {
    format!("ALTER TABLE {table} SET TBLPROPERTIES ({} = {})", constant(key), constant(value))
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
    // The meaning of a bare TIMESTAMP is a setting of the session.
    let data_type = field.data_type.ddl_with_fixed_timestamps();
    let mut sql = format!("{} {data_type}{required}", quote_identifier(&field.name));
    if let Some(default) = default {
        let _ = write!(sql, " DEFAULT {default}");
    }
    if let Some(comment) = comment {
        let _ = write!(sql, " COMMENT {}", constant(comment));
    }
    sql
}

/// A part of the partitions as SQL has it.
pub(crate) fn partition(transform: Transform, column: &str) -> String {
    let column = quote_identifier(column);
    match transform {
        Transform::Identity => column,
        Transform::Year => format!("years({column})"),
        Transform::Month => format!("months({column})"),
        Transform::Day => format!("days({column})"),
        Transform::Hour => format!("hours({column})"),
        Transform::Bucket(count) => format!("bucket({count}, {column})"),
        Transform::Truncate(width) => format!("truncate({width}, {column})"),
    }
}
