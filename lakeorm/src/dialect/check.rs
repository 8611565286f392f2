//! Definitions that contradict themselves, as one can that is written by hand or flattens rows: the macro sees the
//! rest.

use std::collections::BTreeMap;
use std::fmt;

use spark_connect::DataType;
use spark_connect::types::StructField;

use crate::error::{Error, ErrorKind, Result};
use crate::names::is_same;
use crate::table::{OWN_COLUMNS, TableColumn, TableDefinition, TableName, Transform};

/// Refuses a definition that contradicts itself, whatever the format.
pub(crate) fn check(table: &TableDefinition) -> Result<()> {
    columns_are_there(table)?;
    stamps_are_instants(table)?;
    are_no_stamps(table, merge_key(table))?;
    layout_is_said_once(table)?;
    check_name(table.name())?;
    for column in table.columns() {
        let (name, of) = (&column.field.name, table.name());
        if OWN_COLUMNS.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            return Err(refused(format!(
                "the column name \"{name}\" in the table {of} is reserved for lakeorm: rename the field with \
                 #[lake(rename = \"…\")]"
            )));
        }
    }
    fields_are_usable(table, "", table.columns().iter().map(|column| &column.field))
}

/// Refuses a name that is none, or would not arrive as it is written, as one below a dialect's catalog may not.
pub(crate) fn check_name(name: &TableName) -> Result<()> {
    if !name.is_well_formed() {
        return Err(refused(format!(
            "the name of the table was read as {name}, and is not written as one: separate its parts by dots alone, and put \
             one that holds a dot between two back-ticks"
        )));
    }
    for part in name.parts() {
        has_no_variable(format_args!("the name of the table {name}"), part)?;
    }
    Ok(())
}

/// Refuses comments, defaults and properties that would not arrive as they are written.
pub(super) fn check_texts(table: &TableDefinition, properties: &BTreeMap<String, String>) -> Result<()> {
    let of = table.name();
    if let Some(comment) = table.comment_text() {
        has_no_variable(format_args!("the comment of the table {of}"), comment)?;
    }
    for (key, value) in properties {
        has_no_variable(format_args!("the name of the property \"{key}\" of the table {of}"), key)?;
        has_no_variable(format_args!("the property \"{key}\" of the table {of}"), value)?;
    }
    check_texts_of_columns(of, table.columns())
}

/// The same for the comments and the defaults of columns.
pub(super) fn check_texts_of_columns<'c>(
    of: &TableName,
    columns: impl IntoIterator<Item = &'c TableColumn>,
) -> Result<()> {
    for column in columns {
        let name = &column.field.name;
        if let Some(comment) = &column.comment {
            has_no_variable(format_args!("the comment of the column \"{name}\" of the table {of}"), comment)?;
        }
        if let Some(default) = &column.default {
            has_no_variable(format_args!("the default of the column \"{name}\" of the table {of}"), default)?;
        }
    }
    Ok(())
}

/// Before Spark reads a statement it replaces `${name}` by a conf or a variable of its environment, in quotes too.
fn has_no_variable(place: fmt::Arguments<'_>, text: &str) -> Result<()> {
    match text.contains("${") {
        true => Err(refused(format!(
            "{place} holds `${{`, in place of which Spark puts a variable of its own, in quotes too: remove it"
        ))),
        false => Ok(()),
    }
}

/// Refuses two columns of one name, names that Spark would change and types that no column has, here and in every
/// STRUCT inside.
fn fields_are_usable<'f>(
    table: &TableDefinition,
    outer: &str,
    fields: impl Iterator<Item = &'f StructField>,
) -> Result<()> {
    let fields: Vec<&StructField> = fields.collect();
    for (number, field) in fields.iter().enumerate() {
        let (path, of) = (format!("{outer}{}", field.name), table.name());
        if fields.iter().take(number).any(|before| is_same(&before.name, &field.name)) {
            return Err(refused(format!(
                "the table {of} has the column \"{path}\" twice: rename one of the fields with #[lake(rename = \"…\")]"
            )));
        }
        has_no_variable(format_args!("the name of the column \"{path}\" of the table {of}"), &field.name)?;
        type_is_usable(table, path, &field.data_type)?;
    }
    Ok(())
}

fn type_is_usable(table: &TableDefinition, path: String, data_type: &DataType) -> Result<()> {
    match data_type {
        DataType::Array { element, .. } => type_is_usable(table, path + "[]", element),
        DataType::Map { key, value, .. } => {
            type_is_usable(table, format!("{path}{{key}}"), key)?;
            type_is_usable(table, path + "{value}", value)
        }
        DataType::Struct(fields) => fields_are_usable(table, &(path + "."), fields.iter()),
        DataType::Unknown(what) => {
            let of = table.name();
            Err(refused(format!(
                "the column \"{path}\" of the table {of} has no usable type ({what}): change the field's type"
            )))
        }
        _ => Ok(()),
    }
}

/// Refuses keys with which no table should be made. A table that is there may have such a primary key, by which nothing
/// is written, and a merge key that may be NULL: what is merged into it is looked at row by row.
pub(super) fn check_keys_of_new(table: &TableDefinition) -> Result<()> {
    have_columns(table, primary_key(table))?;
    are_no_stamps(table, primary_key(table))?;
    keys_are_never_null(table)
}

fn columns_are_there(table: &TableDefinition) -> Result<()> {
    let partitions = table.partitions().iter().map(|(_, column)| ("partition_by", column.as_str()));
    let sorted = table.sort_columns().iter().map(|column| ("sort_by", column.as_str()));
    have_columns(table, partitions.chain(sorted).chain(merge_key(table)).chain(stamps(table)))
}

fn have_columns<'t>(
    table: &TableDefinition,
    named: impl Iterator<Item = (&'static str, &'t str)>,
) -> Result<()> {
    for (key, wanted) in named {
        if !table.columns().iter().any(|column| column.field.name == wanted) {
            let name = table.name();
            return Err(refused(format!(
                "{key} of the table {name} names the column \"{wanted}\", which it does not have"
            )));
        }
    }
    Ok(())
}

fn primary_key(table: &TableDefinition) -> impl Iterator<Item = (&'static str, &str)> {
    table.primary_key_columns().iter().map(|column| ("the primary key", column.as_str()))
}

fn merge_key(table: &TableDefinition) -> impl Iterator<Item = (&'static str, &str)> {
    table.merge_key_columns().iter().map(|column| ("the merge key", column.as_str()))
}

fn stamps(table: &TableDefinition) -> impl Iterator<Item = (&'static str, &str)> {
    let stamps = [("created_at", table.created_at_column()), ("updated_at", table.updated_at_column())];
    stamps.into_iter().filter_map(|(key, column)| Some((key, column?)))
}

fn stamps_are_instants(table: &TableDefinition) -> Result<()> {
    for (key, wanted) in stamps(table) {
        if table.column(wanted).is_some_and(|column| column.field.data_type != DataType::Timestamp) {
            let name = table.name();
            return Err(refused(format!(
                "{key} of the table {name} names the column \"{wanted}\", which is not a TIMESTAMP: use a type such as \
                 DateTime<Utc>"
            )));
        }
    }
    Ok(())
}

fn are_no_stamps<'t>(
    table: &TableDefinition,
    keys: impl Iterator<Item = (&'static str, &'t str)>,
) -> Result<()> {
    for (key, wanted) in keys {
        if let Some((stamp, stamped)) = stamps(table).find(|(_, stamped)| *stamped == wanted) {
            let name = table.name();
            return Err(refused(format!(
                "{key} of the table {name} has the column \"{stamped}\", which `{stamp}` sets to another time with each \
                 write: remove one of them"
            )));
        }
    }
    Ok(())
}

/// Rows would be inserted that no merge finds.
fn keys_are_never_null(table: &TableDefinition) -> Result<()> {
    for (key, wanted) in primary_key(table).chain(merge_key(table)) {
        let mut columns = table.columns().iter().map(|column| &column.field);
        if columns.any(|field| field.name == wanted && field.nullable) {
            let name = table.name();
            return Err(refused(format!(
                "{key} of the table {name} has the column \"{wanted}\", which may be NULL and would then match no row: the \
                 type of its field, and a flattened row that the field is in, must not be an `Option`"
            )));
        }
    }
    Ok(())
}

/// A column is sorted by once, and has one partition of each kind and of a type that the transform takes.
fn layout_is_said_once(table: &TableDefinition) -> Result<()> {
    let name = table.name();
    let twice = |key: &str, column: &str| {
        refused(format!("{key} of the table {name} has the column \"{column}\" twice: remove one of them"))
    };
    let sorted = table.sort_columns();
    for (number, column) in sorted.iter().enumerate() {
        if sorted.iter().take(number).any(|before| before == column) {
            return Err(twice("sort_by", column));
        }
    }
    let partitions = table.partitions();
    for (number, (transform, column)) in partitions.iter().enumerate() {
        let is_like =
            |before: &&(Transform, String)| before.1 == *column && kind(before.0) == kind(*transform);
        if partitions.iter().take(number).any(|before| is_like(&before)) {
            return Err(twice("partition_by", column));
        }
        let data_type = table.column(column).map(|found| &found.field.data_type);
        if let Some(wrong) = data_type.filter(|data_type| !takes(*transform, data_type)) {
            let transform = word(*transform);
            return Err(refused(format!(
                "`{transform}` in partition_by of the table {name} does not apply to \"{column}\", which is {wrong}"
            )));
        }
    }
    Ok(())
}

/// Of two of one kind a column has one: those of a time say each other, and two others get one name.
fn kind(transform: Transform) -> &'static str {
    match transform {
        Transform::Year | Transform::Month | Transform::Day | Transform::Hour => "time",
        other => word(other),
    }
}

/// The transform's name in `partition_by`.
pub(super) fn word(transform: Transform) -> &'static str {
    match transform {
        Transform::Identity => "identity",
        Transform::Year => "year",
        Transform::Month => "month",
        Transform::Day => "day",
        Transform::Hour => "hour",
        Transform::Bucket(_) => "bucket",
        Transform::Truncate(_) => "truncate",
    }
}

/// By Iceberg's [table of transforms](https://iceberg.apache.org/spec/#partition-transforms).
fn takes(transform: Transform, data_type: &DataType) -> bool {
    let is_text = matches!(data_type, DataType::String | DataType::Binary);
    let is_exact =
        matches!(data_type, DataType::Integer | DataType::Long | DataType::Decimal { .. }) || is_text;
    let is_time = matches!(data_type, DataType::Timestamp | DataType::TimestampNtz);
    match transform {
        Transform::Hour => is_time,
        Transform::Year | Transform::Month | Transform::Day => is_time || *data_type == DataType::Date,
        Transform::Bucket(_) => {
            is_exact || is_time || matches!(data_type, DataType::Date | DataType::Time { .. })
        }
        Transform::Truncate(_) => is_exact,
        Transform::Identity => {
            !matches!(data_type, DataType::Array { .. } | DataType::Map { .. } | DataType::Struct(_))
        }
    }
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Config, message)
}
