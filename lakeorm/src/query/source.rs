//! What to read: plain data, made by a driver and opened by a client.

use spark_connect::{Arguments, ToLiteral};

use crate::row::{Columns, LakeRow};

/// A query and the values of its parameters.
///
/// A driver makes it (`from_sql`, `from_table`, `from_row`); a query function runs it. A mistake in binding is
/// remembered and reported when the source is run, before anything is sent.
#[derive(Debug, Clone)]
#[must_use = "a source does nothing until a query function runs it"]
pub struct Source {
    pub(crate) origin: Origin,
    pub(crate) arguments: Arguments,
    pub(crate) limit: Option<u32>,
}

#[derive(Debug, Clone)]
pub(crate) enum Origin {
    Sql(String),
    Table(String),
}

impl Source {
    pub(crate) fn sql(text: impl Into<String>) -> Self {
        Self { origin: Origin::Sql(text.into()), arguments: Arguments::None, limit: None }
    }

    pub(crate) fn table(name: impl Into<String>) -> Self {
        Self { origin: Origin::Table(name.into()), arguments: Arguments::None, limit: None }
    }

    /// Binds the next `?` to a value. The value travels beside the statement and never becomes part of it.
    pub fn bind(mut self, value: impl ToLiteral) -> Self {
        self.arguments.push(value);
        self
    }

    /// Binds `:name` to a value; `name` comes without the colon.
    pub fn bind_named(mut self, name: impl Into<String>, value: impl ToLiteral) -> Self {
        self.arguments.insert(name, value);
        self
    }

    /// Whether running the source may change something.
    pub(crate) fn has_effects(&self) -> bool {
        matches!(&self.origin, Origin::Sql(text) if !spark_connect::sql::is_read_only(text))
    }

    /// Asks the server for at most `rows` rows.
    pub fn limit(mut self, rows: u32) -> Self {
        self.limit = Some(self.limit.map_or(rows, |limit| limit.min(rows)));
        self
    }
}

/// A source together with the columns that the row type needs.
#[derive(Debug, Clone)]
pub struct Read {
    pub(crate) source: Source,
    pub(crate) projection: Projection,
}

/// The columns that a row type needs, as far as they have names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Projection {
    /// Every column.
    All,
    /// These columns, by name.
    Columns {
        /// Those that the row type cannot do without.
        required: Vec<String>,
        /// Those that it has a default for.
        optional: Vec<String>,
    },
}

impl Read {
    pub(crate) fn all(source: Source) -> Self {
        Self { source, projection: Projection::All }
    }

    pub(crate) fn of<'b, T: LakeRow<'b>>(source: Source) -> Self {
        Self { source, projection: Projection::of::<T>() }
    }
}

impl Projection {
    fn of<'b, T: LakeRow<'b>>() -> Self {
        let mut columns = Columns::default();
        T::columns(&mut columns);
        let (mut required, mut optional) = (Vec::new(), Vec::new());
        for column in columns.iter() {
            let Some(name) = column.name() else { return Self::All };
            let list = if column.required() { &mut required } else { &mut optional };
            list.push(name.to_owned());
        }
        match required.is_empty() && optional.is_empty() {
            true => Self::All,
            false => Self::Columns { required, optional },
        }
    }
}
