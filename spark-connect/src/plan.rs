//! Plans: what a server is asked to do, as plain data. Nothing here does I/O or knows a session.

use std::collections::BTreeMap;

use crate::sql::{Arguments, SqlError, markers, substitute};

mod proto;

/// Something with rows and columns.
///
/// A server bounds how deep a plan may nest (Spark 1024 protobuf levels, Sail its stack), so nest a few dozen
/// levels, not hundreds.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Relation {
    /// The result of an SQL query.
    Sql(Sql),
    /// A table or view.
    Table {
        /// The name as SQL writes it: parts between dots, each quoted with back-ticks where needed.
        name: String,
        /// Read options of the table's source.
        options: BTreeMap<String, String>,
    },
    /// Some columns of another relation, by name.
    Project {
        /// Where the columns come from.
        input: Box<Self>,
        /// The columns, in the order wanted. A name is taken as it stands: a dot in it is part of the name.
        columns: Vec<String>,
    },
    /// The first rows of another relation.
    Limit {
        /// Where the rows come from.
        input: Box<Self>,
        /// How many rows at the most.
        rows: u32,
    },
}

/// An SQL text with the values of its markers.
#[derive(Debug, Clone)]
pub struct Sql {
    /// One statement.
    pub text: String,
    /// The values; they travel beside the text and never become part of it.
    pub arguments: Arguments,
}

impl Relation {
    /// The result of a query without parameters.
    pub fn sql(text: impl Into<String>) -> Self {
        Self::Sql(Sql::new(text))
    }

    /// A table or view by its name in SQL.
    pub fn table(name: impl Into<String>) -> Self {
        Self::Table { name: name.into(), options: BTreeMap::new() }
    }

    /// These columns of this relation.
    #[must_use]
    pub fn project(self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Project { input: Box::new(self), columns: columns.into_iter().map(Into::into).collect() }
    }

    /// The first `rows` rows of this relation.
    #[must_use]
    pub fn limit(self, rows: u32) -> Self {
        Self::Limit { input: Box::new(self), rows }
    }
}

impl Relation {
    /// Whether computing the relation may change something: its SQL is not plainly a query.
    pub fn has_effects(&self) -> bool {
        match self {
            Self::Sql(sql) => !crate::sql::is_read_only(&sql.text),
            Self::Table { .. } => false,
            Self::Project { input, .. } | Self::Limit { input, .. } => input.has_effects(),
        }
    }
}

impl Sql {
    /// A statement without parameters.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), arguments: Arguments::default() }
    }

    /// Checks that every marker of the text has a value and every value a marker.
    ///
    /// # Errors
    ///
    /// What does not fit, by the names of markers.
    pub fn check(&self) -> Result<(), SqlError> {
        self.arguments.check(&markers(&self.text)?)
    }

    /// The same statement with its values as typed literals in the text, for a server that does not bind.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn inlined(&self) -> Result<Self, SqlError> {
        Ok(Self::new(substitute(&self.text, &markers(&self.text)?, &self.arguments)?))
    }
}
