//! Rows of catalog answers, as structs.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;

use crate::dataframe::text_at;
use crate::error::{Error, Result};

/// A catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CatalogEntry {
    /// Its name.
    pub name: String,
    /// Its description, by the plugin that provides it.
    pub description: Option<String>,
}

/// A database, which SQL also calls a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Database {
    /// Its name.
    pub name: String,
    /// The catalog that it is in.
    pub catalog: Option<String>,
    /// Its comment.
    pub description: Option<String>,
    /// The location of its tables.
    pub location_uri: Option<String>,
}

/// A table or a view.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The catalog that it is in; none for a temporary view.
    pub catalog: Option<String>,
    /// The databases that it is in, from the outermost on; none for a temporary view.
    pub namespace: Vec<String>,
    /// Its comment.
    pub description: Option<String>,
    /// Its kind: `MANAGED`, `EXTERNAL`, `VIEW`, `TEMPORARY`, or the server's own word; none where the server lists the
    /// table and cannot read it.
    pub table_type: Option<String>,
    /// Whether it ends with the session.
    pub is_temporary: bool,
}

/// A column of a table or a view.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// Its comment.
    pub description: Option<String>,
    /// Its type, as DDL writes it.
    pub data_type: String,
    /// Whether it may hold NULLs.
    pub nullable: bool,
    /// Whether the table is partitioned by it.
    pub is_partition: bool,
    /// Whether the table is bucketed by it.
    pub is_bucket: bool,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The catalog that it is in; none for one that is built in.
    pub catalog: Option<String>,
    /// The databases that it is in, from the outermost on.
    pub namespace: Vec<String>,
    /// Its description.
    pub description: Option<String>,
    /// The class that implements it, on a server that has classes.
    pub class_name: Option<String>,
    /// Whether it is built in or ends with the session.
    pub is_temporary: bool,
}

impl CatalogEntry {
    pub(super) fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { name: row.name()?, description: row.text("description")? })
    }
}

impl Database {
    pub(super) fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            name: row.name()?,
            catalog: row.text("catalog")?,
            description: row.text("description")?,
            location_uri: row.text("locationUri")?,
        })
    }
}

impl Table {
    pub(super) fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            name: row.name()?,
            catalog: row.text("catalog")?,
            namespace: row.texts("namespace")?,
            description: row.text("description")?,
            table_type: row.text("tableType")?,
            is_temporary: row.flag("isTemporary")?,
        })
    }
}

impl TableColumn {
    pub(super) fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            name: row.name()?,
            description: row.text("description")?,
            data_type: row.data_type()?,
            nullable: row.flag("nullable")?,
            is_partition: row.flag("isPartition")?,
            is_bucket: row.flag("isBucket")?,
        })
    }
}

impl Function {
    pub(super) fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            name: row.name()?,
            catalog: row.text("catalog")?,
            namespace: row.texts("namespace")?,
            description: row.text("description")?,
            class_name: row.text("className")?,
            is_temporary: row.flag("isTemporary")?,
        })
    }
}

/// One row of an answer. Columns of a newer server are skipped.
pub(super) struct Row<'b> {
    batch: &'b RecordBatch,
    row: usize,
}

/// The rows of an answer.
pub(super) fn rows(batches: &[RecordBatch]) -> impl Iterator<Item = Row<'_>> {
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| Row { batch, row }))
}

impl Row<'_> {
    /// The name of an entry is in the first column, whose own name differs between servers.
    fn name(&self) -> Result<String> {
        let name = self.batch.columns().first().and_then(|column| text_at(column, self.row));
        name.ok_or_else(|| Error::protocol("the answer to a catalog request has no name in its first column"))
    }

    fn data_type(&self) -> Result<String> {
        self.text("dataType")?.ok_or_else(|| unexpected("dataType"))
    }

    /// A text that may be missing.
    fn text(&self, column: &str) -> Result<Option<String>> {
        let text = |cell| text_at(cell, self.row).ok_or_else(|| unexpected(column));
        self.cell(column).map(text).transpose()
    }

    /// Without it `false` would be a guess.
    fn flag(&self, column: &str) -> Result<bool> {
        self.cell(column).and_then(|cell| flag_at(cell, self.row)).ok_or_else(|| unexpected(column))
    }

    /// A list of texts, which is NULL where there is none.
    fn texts(&self, column: &str) -> Result<Vec<String>> {
        let Some(cell) = self.cell(column) else { return Ok(Vec::new()) };
        let texts = list_at(cell, self.row).ok_or_else(|| unexpected(column))?;
        let text = |position| text_at(&texts, position).ok_or_else(|| unexpected(column));
        (0..texts.len()).map(text).collect()
    }

    /// The column, unless it is missing or NULL in this row.
    fn cell(&self, column: &str) -> Option<&ArrayRef> {
        self.batch.column_by_name(column).filter(|cell| {
            // A column of NULLs alone has no mask of them.
            *cell.data_type() != DataType::Null && cell.is_valid(self.row)
        })
    }
}

fn unexpected(column: &str) -> Error {
    Error::protocol(format!("the answer to a catalog request has an unexpected or no value in `{column}`"))
}

/// The value in the first column of the first row.
pub(super) fn single<T: Single>(batches: &[RecordBatch]) -> Result<T> {
    let cell = rows(batches).next().and_then(|row| T::at(row.batch.columns().first()?, row.row));
    cell.ok_or_else(|| Error::protocol("unexpected answer to a catalog request"))
}

/// An answer of one value.
pub(super) trait Single: Sized {
    fn at(column: &ArrayRef, row: usize) -> Option<Self>;
}

impl Single for bool {
    fn at(column: &ArrayRef, row: usize) -> Option<Self> {
        flag_at(column, row)
    }
}

impl Single for String {
    fn at(column: &ArrayRef, row: usize) -> Option<Self> {
        text_at(column, row)
    }
}

fn list_at(column: &ArrayRef, row: usize) -> Option<ArrayRef> {
    match column.data_type() {
        DataType::List(_) => Some(column.as_list::<i32>().value(row)),
        DataType::LargeList(_) => Some(column.as_list::<i64>().value(row)),
        _ => None,
    }
}

fn flag_at(column: &ArrayRef, row: usize) -> Option<bool> {
    let flags = column.as_boolean_opt()?;
    flags.is_valid(row).then(|| flags.value(row))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{BooleanArray, StringArray, new_null_array};

    use super::*;

    /// Hive keeps tables of indexes that Spark lists and cannot read.
    #[test]
    fn a_table_that_the_server_cannot_read_is_listed_without_its_kind() {
        let texts = |texts: [Option<&str>; 2]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
        let batch = RecordBatch::try_from_iter([
            ("name", texts([Some("orders"), Some("orders_index")])),
            ("catalog", texts([Some("spark_catalog"), None])),
            ("namespace", new_null_array(&DataType::new_list(DataType::Utf8, true), 2)),
            ("description", texts([None, None])),
            ("tableType", texts([Some("MANAGED"), None])),
            ("isTemporary", Arc::new(BooleanArray::from(vec![false, false])) as ArrayRef),
        ]);
        let table = |name: &str, catalog: Option<&str>, kind: Option<&str>| Table {
            name: name.to_owned(),
            catalog: catalog.map(str::to_owned),
            namespace: Vec::new(),
            description: None,
            table_type: kind.map(str::to_owned),
            is_temporary: false,
        };
        let read: Vec<Table> = rows(&[batch.unwrap()]).map(|row| Table::read(&row).unwrap()).collect();
        let expected =
            [table("orders", Some("spark_catalog"), Some("MANAGED")), table("orders_index", None, None)];
        assert_eq!(read, expected);
    }

    #[test]
    fn a_column_of_type_void_is_one_of_nulls() {
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("name", Arc::new(StringArray::from(vec!["t"])) as ArrayRef, true),
            ("namespace", new_null_array(&DataType::Null, 1), true),
            ("description", new_null_array(&DataType::Null, 1), true),
            ("isTemporary", Arc::new(BooleanArray::from(vec![true])) as ArrayRef, true),
        ]);
        let table = Table::read(&Row { batch: &batch.unwrap(), row: 0 }).unwrap();
        assert_eq!((table.namespace, table.description, table.is_temporary), (vec![], None, true));
    }

    #[test]
    fn an_answer_without_what_a_table_must_tell_is_an_error_and_no_guess() {
        let name = Arc::new(StringArray::from(vec!["t"])) as ArrayRef;
        let flag = |flag: Option<bool>| Arc::new(BooleanArray::from(vec![flag])) as ArrayRef;
        let null = new_null_array(&DataType::new_list(DataType::Utf8, true), 1);
        let read = |cells: &[(&str, &ArrayRef)]| {
            let cells = [("name", &name)].into_iter().chain(cells.iter().copied());
            let cells = cells.map(|(name, cell)| (name, Arc::clone(cell), true));
            let batch = RecordBatch::try_from_iter_with_nullable(cells).unwrap();
            Table::read(&Row { batch: &batch, row: 0 })
        };
        assert!(read(&[("isTemporary", &flag(Some(true))), ("namespace", &null)]).unwrap().is_temporary);
        let told = ("isTemporary", &flag(Some(false)));
        for (column, cells) in [
            ("isTemporary", vec![]),
            ("isTemporary", vec![("isTemporary", &flag(None))]),
            ("isTemporary", vec![("isTemporary", &name)]),
            ("namespace", vec![told, ("namespace", &name)]),
            ("catalog", vec![told, ("catalog", &flag(Some(true)))]),
        ] {
            let error = read(&cells).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Protocol, "{column}: {error}");
            assert!(error.to_string().ends_with(&format!("`{column}`")), "{error}");
        }
    }
}
