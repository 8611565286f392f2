//! Tables that rows are written to, as plain data.

use std::collections::BTreeMap;

use crate::encode::{Fields, ToRow};
use crate::names::is_same;
use spark_connect::DataType;
use spark_connect::types::StructField;

mod name;

pub use crate::names::INGEST_ID;
pub use name::TableName;

/// The column with the number of a staged row, while rows are merged.
pub(crate) const ROW_NUMBER: &str = "_lakeorm_row";

/// The columns that no field may have.
pub(crate) const OWN_COLUMNS: [&str; 2] = [INGEST_ID, ROW_NUMBER];

/// A row type that has a table of its own.
///
/// [`derive(LakeTable)`](derive@crate::LakeTable) implements it for a struct with `#[lake(table = "…")]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no table",
    label = "it does not say which table its rows are written to",
    note = "derive it with the table's name: `#[derive(lakeorm::LakeTable)] #[lake(table = \"db.name\")]` on a struct"
)]
pub trait LakeTable: ToRow {
    /// The table, its columns and its layout.
    fn definition() -> TableDefinition;

    /// The rules that this row breaks; empty unless the struct has `#[lake(validate)]`. A write refuses a row that
    /// breaks one.
    fn violations(&self) -> Vec<Violation> {
        Vec::new()
    }
}

/// A field that breaks a rule of its struct.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The path of the field, `lines[0].sku`.
    pub field: String,
    /// The reason, without the value.
    pub reason: String,
}

impl Violation {
    /// A field, and the reason without the value.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

/// The definition of a table: name, columns, keys and layout.
///
/// The column [`INGEST_ID`] belongs to every table and is none of [`columns`](Self::columns).
///
/// ```
/// use lakeorm::table::{LakeTable, Transform};
///
/// #[derive(lakeorm::LakeTable)]
/// #[lake(table = "shop.orders", partition_by(bucket(16, customer)))]
/// struct Order {
///     #[lake(merge_key)]
///     id: i64,
///     customer: i64,
/// }
///
/// let orders = Order::definition();
/// assert_eq!(orders.name().to_string(), "shop.orders");
/// assert_eq!(orders.merge_key_columns(), ["id"]);
/// assert_eq!(orders.partitions(), [(Transform::Bucket(16), "customer".to_owned())]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDefinition {
    name: TableName,
    columns: Vec<TableColumn>,
    comment: Option<String>,
    primary_key: Vec<String>,
    merge_key: Vec<String>,
    partitions: Vec<(Transform, String)>,
    sort_by: Vec<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    properties: BTreeMap<String, String>,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableColumn {
    /// Its name, its type, and whether it may be NULL.
    pub field: StructField,
    /// The comment.
    pub comment: Option<String>,
    /// The default for rows written without this column, as a SQL expression.
    pub default: Option<String>,
}

/// How a column's value becomes the value of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transform {
    /// The value itself.
    Identity,
    /// The year of a DATE or TIMESTAMP.
    Year,
    /// The month, with its year.
    Month,
    /// The day.
    Day,
    /// The hour of a TIMESTAMP, with its day.
    Hour,
    /// A hash of the value, modulo this number of buckets.
    Bucket(u32),
    /// The first *n* characters of a STRING, or an integer rounded down to a multiple of *n*.
    Truncate(u32),
}

impl TableColumn {
    /// A column without a comment and a default.
    #[must_use]
    pub fn new(field: StructField) -> Self {
        Self { field, comment: None, default: None }
    }

    /// The same column with everything inside of it nullable.
    pub(crate) fn nullable_inside(mut self) -> Self {
        self.field.data_type = self.field.data_type.nullable();
        self
    }
}

impl TableDefinition {
    /// The table of this name with a column for each field of the row type.
    ///
    /// The name is read as SQL writes it: a dot separates the parts, back-ticks quote.
    #[must_use]
    pub fn of<T: ToRow>(name: &str) -> Self {
        Self {
            name: TableName::parse(name),
            columns: Fields::of::<T>().into_fields().into_iter().map(TableColumn::new).collect(),
            comment: None,
            primary_key: Vec::new(),
            merge_key: Vec::new(),
            partitions: Vec::new(),
            sort_by: Vec::new(),
            created_at: None,
            updated_at: None,
            properties: BTreeMap::new(),
        }
    }

    /// Sets a property that the table is created with, unless the dialect sets it too.
    #[must_use]
    pub fn property(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.insert(key.into(), value.into());
        self
    }

    /// Sets the comment.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Adds a column to those that tell one row from every other.
    #[must_use]
    pub fn primary_key(mut self, column: impl Into<String>) -> Self {
        self.primary_key.push(column.into());
        self
    }

    /// Adds a column to those by which a merge finds the row that is there.
    #[must_use]
    pub fn merge_key(mut self, column: impl Into<String>) -> Self {
        self.merge_key.push(column.into());
        self
    }

    /// Adds a part of the partitions.
    #[must_use]
    pub fn partition_by(mut self, transform: Transform, column: impl Into<String>) -> Self {
        self.partitions.push((transform, column.into()));
        self
    }

    /// Adds a column to the order of the rows inside of a file.
    #[must_use]
    pub fn sort_by(mut self, column: impl Into<String>) -> Self {
        self.sort_by.push(column.into());
        self
    }

    /// The column that is set to the time of the write when a row is inserted.
    #[must_use]
    pub fn created_at(mut self, column: impl Into<String>) -> Self {
        self.created_at = Some(column.into());
        self
    }

    /// The column that is set to the time of every write of a row.
    #[must_use]
    pub fn updated_at(mut self, column: impl Into<String>) -> Self {
        self.updated_at = Some(column.into());
        self
    }

    /// The same table with everything inside of lists, maps and structs nullable.
    pub(crate) fn nullable_inside(mut self) -> Self {
        self.columns = self.columns.into_iter().map(TableColumn::nullable_inside).collect();
        self
    }

    /// The same table without its keys, with which not every table that is there could be made.
    pub(crate) fn without_keys(mut self) -> Self {
        self.primary_key.clear();
        self.merge_key.clear();
        self
    }

    /// Sets the comment of a column. Nothing where there is no such column.
    #[must_use]
    pub fn column_comment(mut self, column: &str, comment: impl Into<String>) -> Self {
        if let Some(column) = self.columns.iter_mut().find(|known| known.field.name == column) {
            column.comment = Some(comment.into());
        }
        self
    }

    /// The default for rows written without this column, as a SQL expression. Nothing where there is no such column.
    #[must_use]
    pub fn column_default(mut self, column: &str, default: impl Into<String>) -> Self {
        if let Some(column) = self.columns.iter_mut().find(|known| known.field.name == column) {
            column.default = Some(default.into());
        }
        self
    }
}

impl TableDefinition {
    /// The table's name.
    #[must_use]
    pub fn name(&self) -> &TableName {
        &self.name
    }

    /// The columns, in the order of the fields.
    #[must_use]
    pub fn columns(&self) -> &[TableColumn] {
        &self.columns
    }

    /// The comment.
    #[must_use]
    pub fn comment_text(&self) -> Option<&str> {
        self.comment.as_deref()
    }

    /// The properties that the table is created with, beside those of the dialect.
    #[must_use]
    pub fn properties(&self) -> &BTreeMap<String, String> {
        &self.properties
    }

    /// The columns that tell one row from every other.
    #[must_use]
    pub fn primary_key_columns(&self) -> &[String] {
        &self.primary_key
    }

    /// The columns by which a merge finds the row that is there: those of the primary key where no others are named.
    #[must_use]
    pub fn merge_key_columns(&self) -> &[String] {
        if self.merge_key.is_empty() { &self.primary_key } else { &self.merge_key }
    }

    /// The parts of the partitions, outermost first.
    #[must_use]
    pub fn partitions(&self) -> &[(Transform, String)] {
        &self.partitions
    }

    /// The order of the rows inside of a file.
    #[must_use]
    pub fn sort_columns(&self) -> &[String] {
        &self.sort_by
    }

    /// The column that is set when a row is inserted.
    #[must_use]
    pub fn created_at_column(&self) -> Option<&str> {
        self.created_at.as_deref()
    }

    /// The column that is set with every write of a row.
    #[must_use]
    pub fn updated_at_column(&self) -> Option<&str> {
        self.updated_at.as_deref()
    }

    /// The column of this name, as names are compared.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&TableColumn> {
        let exact = self.columns.iter().find(|column| column.field.name == name);
        exact.or_else(|| self.columns.iter().find(|column| is_same(&column.field.name, name)))
    }
}

/// The first answer of `found` about a type or a part of it, with the part's path behind `path`: `[]`, `{key}`,
/// `{value}`, `.name`. A type is asked about before its parts.
pub(crate) fn first_inside<'t, R>(
    path: String,
    data_type: &'t DataType,
    found: &impl Fn(&'t DataType) -> Option<R>,
) -> Option<(String, R)> {
    if let Some(answer) = found(data_type) {
        return Some((path, answer));
    }
    match data_type {
        DataType::Array { element, .. } => first_inside(path + "[]", element, found),
        DataType::Map { key, value, .. } => first_inside(format!("{path}{{key}}"), key, found)
            .or_else(|| first_inside(path + "{value}", value, found)),
        DataType::Struct(fields) => fields
            .iter()
            .find_map(|field| first_inside(format!("{path}.{}", field.name), &field.data_type, found)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate, table = "orders")]
    struct Order {
        #[lake(primary_key)]
        id: i64,
        #[lake(primary_key)]
        line: i64,
        note: String,
    }

    #[test]
    fn a_merge_goes_by_the_primary_key_where_no_merge_key_is_named() {
        let orders = Order::definition();
        assert_eq!(orders.primary_key_columns(), ["id", "line"]);
        assert_eq!(orders.merge_key_columns(), ["id", "line"]);
        let by_note = orders.merge_key("note");
        assert_eq!(by_note.primary_key_columns(), ["id", "line"]);
        assert_eq!(by_note.merge_key_columns(), ["note"]);
    }
}
