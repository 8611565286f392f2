//! The values bound to a statement.

use std::collections::{BTreeMap, BTreeSet};

use super::{Markers, SqlError};
use crate::data_type::DataType;
use crate::literal::{Literal, ToLiteral};

/// The values bound to a statement's markers: none, by position, or by name.
///
/// Binding never fails on the spot, so that calls chain: the first mistake is kept, and [`check`](Self::check) reports
/// it before anything is sent. `Debug` shows the types of the values only.
///
/// ```
/// # use spark_connect::sql::{Arguments, markers};
/// let found = markers("SELECT * FROM t WHERE id = ? AND country = ?")?;
/// let mut bound = Arguments::default();
/// bound.push(&7_i64);
/// assert_eq!(
///     bound.check(&found).unwrap_err().to_string(),
///     "the statement has 2 `?` markers and 1 value is bound: bind one value for each marker"
/// );
/// bound.push("UK");
/// bound.check(&found)?;
/// # Ok::<(), spark_connect::sql::SqlError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Arguments {
    bound: Bound,
    mistake: Option<SqlError>,
}

#[derive(Debug, Clone, Default)]
enum Bound {
    #[default]
    None,
    Positional(Vec<Literal>),
    Named(BTreeMap<String, Literal>),
}

/// A view of the values in [`Arguments`], by the way they are bound.
#[derive(Debug, Clone, Copy)]
pub enum Values<'a> {
    /// Nothing is bound.
    None,
    /// The values for the `?` markers, in order. Never empty.
    Positional(&'a [Literal]),
    /// The values for the `:name` markers. Never empty.
    Named(&'a BTreeMap<String, Literal>),
}

impl Arguments {
    /// Binds the next `?`.
    pub fn push<T: ToLiteral + ?Sized>(&mut self, value: &T) {
        let position = match &self.bound {
            Bound::None => 1,
            Bound::Positional(values) => values.len() + 1,
            Bound::Named(_) => return self.note(mixed_binds()),
        };
        match (value.to_literal(), &mut self.bound) {
            (Ok(literal), Bound::Positional(values)) => values.push(literal),
            (Ok(literal), bound) => *bound = Bound::Positional(vec![literal]),
            (Err(error), _) => self.note(SqlError::value(format!("`?` number {position}"), error)),
        }
    }

    /// Binds every `:name` of that name. The name is written without the colon.
    pub fn insert<T: ToLiteral + ?Sized>(&mut self, name: &str, value: &T) {
        let taken = match &self.bound {
            Bound::None => false,
            Bound::Positional(_) => return self.note(mixed_binds()),
            Bound::Named(values) => values.contains_key(name),
        };
        if let Some(error) = name_mistake(name, taken) {
            return self.note(error);
        }
        match (value.to_literal(), &mut self.bound) {
            (Ok(literal), Bound::Named(values)) => drop(values.insert(name.to_owned(), literal)),
            (Ok(literal), bound) => *bound = Bound::Named(BTreeMap::from([(name.to_owned(), literal)])),
            (Err(error), _) => self.note(SqlError::value(format!(":{name}"), error)),
        }
    }

    /// Whether nothing has been bound, not even wrongly.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.bound, Bound::None) && self.mistake.is_none()
    }

    /// The values, for a caller that has checked them.
    #[must_use]
    pub fn values(&self) -> Values<'_> {
        match &self.bound {
            Bound::None => Values::None,
            Bound::Positional(values) => Values::Positional(values),
            Bound::Named(values) => Values::Named(values),
        }
    }

    /// The texts among the values, for keeping them out of what a server says: errors may not repeat a bound value.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        match &self.bound {
            Bound::None => Vec::new(),
            Bound::Positional(values) => values.iter().flat_map(Literal::texts).collect(),
            Bound::Named(values) => values.values().flat_map(Literal::texts).collect(),
        }
    }

    /// Whether the values arrive as they are only when they are [substituted](fn@super::substitute).
    ///
    /// From 4.1 on Spark binds by writing values into the text in its own way. A `TIMESTAMP` becomes a reading of the
    /// session's clock: where the clocks go back an hour reads twice, and the later instant arrives an hour early. An
    /// `INTERVAL` of the calendar becomes text that Spark itself cannot parse.
    #[must_use]
    pub fn need_inlining(&self) -> bool {
        self.any(Literal::needs_inlining)
    }

    /// Whether a value is an `ARRAY`, a `MAP` or a `STRUCT`, or a `NULL` of one.
    ///
    /// Sail takes some of them as literals only: it refuses a bound `NULL` of such a type and an empty map of arrays.
    #[must_use]
    pub fn has_nested(&self) -> bool {
        self.any(|value| {
            matches!(
                value.data_type(),
                DataType::Array { .. } | DataType::Map { .. } | DataType::Struct { .. }
            )
        })
    }

    fn any(&self, is: impl Fn(&Literal) -> bool) -> bool {
        match &self.bound {
            Bound::None => false,
            Bound::Positional(values) => values.iter().any(is),
            Bound::Named(values) => values.values().any(is),
        }
    }

    /// Checks that every marker has a value and every value a marker.
    ///
    /// Servers do not: Spark and Sail ignore surplus positional values, and Sail runs queries with unbound markers.
    ///
    /// # Errors
    /// The first mistake made while binding, both kinds of markers in one statement, or markers and values that do
    /// not match. Markers are named, values never.
    pub fn check(&self, markers: &Markers) -> Result<(), SqlError> {
        if let Some(mistake) = &self.mistake {
            return Err(mistake.clone());
        }
        let names = markers.names();
        match (&self.bound, markers.positional()) {
            (_, positional) if positional > 0 && !names.is_empty() => Err(SqlError::binding(format!(
                "the statement mixes `?` markers with named ones ({}): use one kind",
                listed(&names)
            ))),
            (Bound::Positional(values), positional) => check_positional(values.len(), positional, &names),
            (Bound::Named(values), positional) => check_named(values, positional, &names),
            (Bound::None, 0) if names.is_empty() => Ok(()),
            (Bound::None, 0) => Err(SqlError::binding(format!(
                "the statement has markers without values ({}): bind each with `bind_named`",
                listed(&names)
            ))),
            (Bound::None, positional) => Err(SqlError::binding(format!(
                "the statement has {} and no value is bound: bind one value for each with `bind`",
                counted(positional, "`?` marker")
            ))),
        }
    }

    fn note(&mut self, mistake: SqlError) {
        self.mistake.get_or_insert(mistake);
    }
}

fn mixed_binds() -> SqlError {
    SqlError::binding("values are bound both by position and by name: use either `bind` or `bind_named`")
}

fn name_mistake(name: &str, taken: bool) -> Option<SqlError> {
    if name.is_empty() {
        Some(SqlError::binding("a value is bound to an empty name: give the marker's name"))
    } else if let Some(bare) = name.strip_prefix(':') {
        Some(SqlError::binding(format!("a value is bound to `{name}`: drop the colon and bind `{bare}`")))
    } else if taken {
        Some(SqlError::binding(format!("two values are bound to :{name}: bind each name once")))
    } else {
        None
    }
}

fn check_positional(bound: usize, positional: usize, names: &BTreeSet<&str>) -> Result<(), SqlError> {
    if positional == bound {
        return Ok(());
    }
    let values = counted(bound, "value");
    let are = if bound == 1 { "is" } else { "are" };
    Err(SqlError::binding(match (positional, names.is_empty()) {
        (0, true) => format!("{values} {are} bound and the statement has no markers"),
        (0, false) => format!(
            "{values} {are} bound by position and the statement's markers are named ({}): use `bind_named`",
            listed(names)
        ),
        _ => format!(
            "the statement has {} and {values} {are} bound: bind one value for each marker",
            counted(positional, "`?` marker")
        ),
    }))
}

fn check_named(
    values: &BTreeMap<String, Literal>,
    positional: usize,
    names: &BTreeSet<&str>,
) -> Result<(), SqlError> {
    let bound: BTreeSet<&str> = values.keys().map(String::as_str).collect();
    if positional > 0 {
        return Err(SqlError::binding(format!(
            "values are bound by name ({}) and the statement has {}: use `bind`",
            listed(&bound),
            counted(positional, "`?` marker")
        )));
    }
    let missing: BTreeSet<&str> = names.difference(&bound).copied().collect();
    let unused: BTreeSet<&str> = bound.difference(names).copied().collect();
    match (missing.is_empty(), unused.is_empty()) {
        (true, true) => Ok(()),
        (true, false) => Err(SqlError::binding(format!(
            "values are bound to names that no marker has ({}): remove them or correct the names",
            listed(&unused)
        ))),
        (false, true) => Err(SqlError::binding(format!(
            "the statement has markers without values ({}): bind each with `bind_named`",
            listed(&missing)
        ))),
        (false, false) => Err(SqlError::binding(format!(
            "the statement has markers without values ({}), and values are bound to names that no marker has ({})",
            listed(&missing),
            listed(&unused)
        ))),
    }
}

fn listed(names: &BTreeSet<&str>) -> String {
    names.iter().map(|name| format!(":{name}")).collect::<Vec<_>>().join(", ")
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

#[cfg(test)]
mod tests;
