//! `CREATE TABLE`, as far as the formats share it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use spark_connect::DataType;
use spark_connect::types::quote_identifier;

use super::check::{check, check_keys_of_new, check_name, check_texts, check_texts_of_columns};
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
        check_keys_of_new(table)?;
        check_name(self.name)?;
        check_texts(table, self.properties)?;
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

/// An INSERT of no rows, by position: Sail (0.7.2) finds no column whose name has an upper-case letter or a dot.
pub(super) fn insert_nothing(name: &TableName, table: &TableDefinition) -> String {
    let types = table.columns().iter().map(|column| column.field.data_type.ddl_with_fixed_timestamps());
    // No two columns of a query may have one name there.
    let column = |(number, data_type)| format!("CAST(NULL AS {data_type}) AS c{number}");
    let columns = types.chain(["STRING".to_owned()]).enumerate().map(column);
    format!("INSERT INTO {name} SELECT {} WHERE false", columns.collect::<Vec<_>>().join(", "))
}

/// The statement that widens the type of a column, or of the part of one that the path leads to.
pub(crate) fn widen(table: &TableName, path: &[&str], to: &DataType) -> String {
    let path: Vec<String> = path.iter().map(|part| quote_identifier(part)).collect();
    format!("ALTER TABLE {table} ALTER COLUMN {} TYPE {}", path.join("."), to.ddl_with_fixed_timestamps())
}

/// The statement that sets a property of a table.
pub(crate) fn set_property(table: &TableName, key: &str, value: &str) -> String {
    format!("ALTER TABLE {table} SET TBLPROPERTIES ({} = {})", constant(key), constant(value))
}

/// `ADD COLUMNS`: the rows that are there have no value of them, so that none is NOT NULL.
pub(super) fn add_columns<'c>(
    table: &TableName,
    columns: impl IntoIterator<Item = &'c TableColumn> + Clone,
) -> Result<String> {
    check_texts_of_columns(table, columns.clone())?;
    let columns: Vec<String> = columns.into_iter().map(|column| described(column, "")).collect();
    Ok(format!("ALTER TABLE {table} ADD COLUMNS ({})", columns.join(", ")))
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
