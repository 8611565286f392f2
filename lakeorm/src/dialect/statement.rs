//! The statements that write rows: by column name, with every name quoted and no value in the text.
//!
//! They read their rows from a source, a view or files, and take two values by name: `:ingest_id` and, where a column
//! is stamped, `:written_at`.

use std::fmt;

use spark_connect::types::quote_identifier;

use crate::table::{INGEST_ID, TableName};

/// A column of the table, and the value that a row gets in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Assignment {
    /// The column of the table.
    pub column: String,
    /// An expression over `s`, the source of the rows.
    pub value: String,
}

impl Assignment {
    /// The column of the same name in the source.
    #[must_use]
    pub fn from_source(column: &str) -> Self {
        Self { column: column.to_owned(), value: format!("s.{}", quote_identifier(column)) }
    }

    /// The value of an expression.
    #[must_use]
    pub fn of(column: &str, value: impl Into<String>) -> Self {
        Self { column: column.to_owned(), value: value.into() }
    }
}

/// `INSERT INTO`: appends every row of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InsertStatement {
    /// The table.
    pub table: TableName,
    /// The source of the rows, as written after `FROM`.
    pub source: String,
    /// The columns that are written. The others get their default in the table, or NULL.
    pub columns: Vec<Assignment>,
    /// Nothing is written if the table has rows of this write already, or if another write with the same id commits at
    /// the same time and the format has two merges conflict that both insert.
    pub once: bool,
}

impl InsertStatement {
    /// Appends the rows of a source.
    #[must_use]
    pub fn new(table: TableName, source: impl Into<String>, columns: Vec<Assignment>) -> Self {
        Self { table, source: source.into(), columns, once: false }
    }

    /// Writes nothing if the table has rows of this write already.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// A merge that matches no row but those of the same write: an append that the formats check against what others
    /// commit meanwhile, as they do with every merge and with no insert.
    fn as_merge(&self) -> MergeStatement {
        let condition = format!("t.{INGEST_ID} = :ingest_id");
        let mut merge = MergeStatement::new(self.table.clone(), self.source.clone(), condition);
        merge.insert.clone_from(&self.columns);
        merge.once = true;
        merge
    }
}

impl fmt::Display for InsertStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.once {
            return self.as_merge().fmt(f);
        }
        let columns = self.columns.iter().map(|assigned| quote_identifier(&assigned.column));
        let values = self.columns.iter().map(named);
        let (columns, values) = (joined(columns), joined(values));
        write!(f, "INSERT INTO {} ({columns}) SELECT {values} FROM {} AS s", self.table, self.source)
    }
}

/// `MERGE INTO`: rows of a source replace the rows that they match, and are inserted where they match none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MergeStatement {
    /// The table, `t` in the condition.
    pub table: TableName,
    /// The source of the rows, as written after `FROM`; `s` in the condition.
    pub source: String,
    /// When a row of the source matches a row of the table.
    pub condition: String,
    /// Rows that match are deleted where this holds.
    pub delete_where: Option<String>,
    /// The assignments to rows that match; if empty, they are left as they are.
    pub update: Vec<Assignment>,
    /// The values of inserted rows, those that match none; if empty, none are inserted.
    pub insert: Vec<Assignment>,
    /// Nothing is written if the table has rows of this write already.
    pub once: bool,
}

impl MergeStatement {
    /// A merge that writes nothing until [`update`](Self::update) or [`insert`](Self::insert) is filled.
    #[must_use]
    pub fn new(table: TableName, source: impl Into<String>, condition: impl Into<String>) -> Self {
        Self {
            table,
            source: source.into(),
            condition: condition.into(),
            delete_where: None,
            update: Vec::new(),
            insert: Vec::new(),
            once: false,
        }
    }
}

impl fmt::Display for MergeStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, source, condition, .. } = self;
        write!(f, "MERGE INTO {table} AS t USING ")?;
        match self.once {
            true => write!(
                f,
                "(SELECT * FROM {source} AS r WHERE NOT EXISTS (SELECT 1 FROM {table} AS w WHERE w.{INGEST_ID} = \
                 :ingest_id)) AS s"
            )?,
            false => write!(f, "{source} AS s")?,
        }
        write!(f, " ON {condition}")?;
        // Without a branch for rows that match, Spark makes an append of it, which no format checks against what others
        // commit meanwhile.
        if self.update.is_empty() && self.delete_where.is_none() {
            write!(f, " WHEN MATCHED AND false THEN DELETE")?;
        }
        if let Some(flag) = &self.delete_where {
            write!(f, " WHEN MATCHED AND {flag} THEN DELETE")?;
        }
        if !self.update.is_empty() {
            let set = self.update.iter().map(|a| format!("t.{} = {}", quote_identifier(&a.column), a.value));
            write!(f, " WHEN MATCHED THEN UPDATE SET {}", joined(set))?;
        }
        if !self.insert.is_empty() {
            let unless = |flag| format!(" AND NOT coalesce({flag}, false)");
            let unless = self.delete_where.as_ref().map(unless).unwrap_or_default();
            let columns = joined(self.insert.iter().map(|assigned| quote_identifier(&assigned.column)));
            let values = joined(self.insert.iter().map(|assigned| assigned.value.clone()));
            write!(f, " WHEN NOT MATCHED{unless} THEN INSERT ({columns}) VALUES ({values})")?;
        }
        Ok(())
    }
}

/// The expression under the column's name, since no two columns of a query may have one name on every engine.
fn named(assigned: &Assignment) -> String {
    format!("{} AS {}", assigned.value, quote_identifier(&assigned.column))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
