//! The values bound to a statement.

mod check;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use super::marker::positional;
use super::{Marker, Markers, SqlError};
use crate::types::{Literal, ToLiteral};

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
    Positional(Vec<Argument>),
    Named(BTreeMap<String, Argument>),
}

/// The value or the values bound to one marker.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Argument {
    /// One value.
    Value(Literal),
    /// Values that stand in place of the marker with commas between, as in `IN (?)`. Never empty.
    List(Vec<Literal>),
}

impl Argument {
    /// The values, one or more.
    #[must_use]
    pub fn values(&self) -> &[Literal] {
        match self {
            Self::Value(value) => std::slice::from_ref(value),
            Self::List(values) => values,
        }
    }

    /// The value, unless it is a list.
    #[must_use]
    pub fn single(&self) -> Option<&Literal> {
        match self {
            Self::Value(value) => Some(value),
            Self::List(_) => None,
        }
    }
}

/// Types, and no value.
impl fmt::Debug for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => value.fmt(f),
            Self::List(values) => f.debug_list().entries(values).finish(),
        }
    }
}

/// A view of the values in [`Arguments`], by the way they are bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Values<'a> {
    /// Nothing is bound.
    None,
    /// The values for the `?` markers, in order. Never empty.
    Positional(&'a [Argument]),
    /// The values for the `:name` markers. Never empty.
    Named(&'a BTreeMap<String, Argument>),
}

impl Arguments {
    /// Binds the next `?`.
    pub fn push<T: ToLiteral + ?Sized>(&mut self, value: &T) {
        let marker = self.next_marker();
        self.add(value.to_literal().map(Argument::Value).map_err(|error| SqlError::value(marker, error)));
    }

    /// Binds every `:name` of that name. The name is written without the colon.
    pub fn insert<T: ToLiteral + ?Sized>(&mut self, name: &str, value: &T) {
        let value = value.to_literal().map(Argument::Value);
        self.add_named(name, value.map_err(|error| SqlError::value(format!(":{name}"), error)));
    }

    /// Binds the next `?` to values that stand in its place with commas between: `IN (?)` becomes `IN (1, 2, 3)`.
    pub fn push_list<T: ToLiteral>(&mut self, values: impl IntoIterator<Item = T>) {
        let marker = self.next_marker();
        self.add(list(&marker, values));
    }

    /// Binds every `:name` of that name to values that stand in its place with commas between.
    pub fn insert_list<T: ToLiteral>(&mut self, name: &str, values: impl IntoIterator<Item = T>) {
        self.add_named(name, list(&format!(":{name}"), values));
    }

    fn next_marker(&self) -> String {
        positional(if let Bound::Positional(values) = &self.bound { values.len() } else { 0 })
    }

    fn add(&mut self, argument: Result<Argument, SqlError>) {
        match (argument, &mut self.bound) {
            (_, Bound::Named(_)) => self.note(mixed_binds()),
            (Ok(argument), Bound::Positional(values)) => values.push(argument),
            (Ok(argument), bound @ Bound::None) => *bound = Bound::Positional(vec![argument]),
            (Err(error), _) => self.note(error),
        }
    }

    fn add_named(&mut self, name: &str, argument: Result<Argument, SqlError>) {
        let taken = match &self.bound {
            Bound::None => false,
            Bound::Positional(_) => return self.note(mixed_binds()),
            Bound::Named(values) => values.contains_key(name),
        };
        if let Some(error) = name_mistake(name, taken) {
            return self.note(error);
        }
        match (argument, &mut self.bound) {
            (Ok(argument), Bound::Named(values)) => drop(values.insert(name.to_owned(), argument)),
            (Ok(argument), bound) => *bound = Bound::Named(BTreeMap::from([(name.to_owned(), argument)])),
            (Err(error), _) => self.note(error),
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

    /// Every value that is bound, those of lists one by one.
    pub(crate) fn literals(&self) -> impl Iterator<Item = &Literal> {
        let (positional, named) = match &self.bound {
            Bound::None => (None, None),
            Bound::Positional(values) => (Some(values), None),
            Bound::Named(values) => (None, Some(values)),
        };
        let named = named.into_iter().flat_map(BTreeMap::values);
        positional.into_iter().flatten().chain(named).flat_map(Argument::values)
    }

    pub(super) fn binds(&self, name: &str) -> bool {
        matches!(&self.bound, Bound::Named(values) if values.contains_key(name))
    }

    /// The values in the order of their markers. Checked arguments have one for each.
    pub(super) fn in_order<'a>(
        &'a self,
        markers: &'a Markers,
    ) -> impl Iterator<Item = Result<(&'a Marker, &'a Argument), SqlError>> {
        let mut next = 0;
        markers.given(|name| self.binds(name)).map(move |marker| {
            let argument = match (&self.bound, marker.name()) {
                (Bound::Positional(values), None) => {
                    next += 1;
                    values.get(next - 1)
                }
                (Bound::Named(values), Some(name)) => values.get(name),
                _ => None,
            };
            argument
                .map(|argument| (marker, argument))
                .ok_or_else(|| SqlError::binding("a marker has no value: bind one value for each marker"))
        })
    }

    /// Takes over an argument of others. One name may stand at several markers.
    pub(super) fn keep(&mut self, name: Option<&str>, argument: &Argument) {
        match (&mut self.bound, name) {
            (Bound::Positional(values), _) => values.push(argument.clone()),
            (Bound::Named(values), Some(name)) => drop(values.insert(name.to_owned(), argument.clone())),
            (bound, None) => *bound = Bound::Positional(vec![argument.clone()]),
            (bound, Some(name)) => {
                *bound = Bound::Named(BTreeMap::from([(name.to_owned(), argument.clone())]));
            }
        }
    }

    fn note(&mut self, mistake: SqlError) {
        self.mistake.get_or_insert(mistake);
    }
}

fn list<T: ToLiteral>(marker: &str, values: impl IntoIterator<Item = T>) -> Result<Argument, SqlError> {
    let values = values.into_iter().map(|value| value.to_literal()).collect::<Result<Vec<_>, _>>();
    match values.map_err(|error| SqlError::value(marker.to_owned(), error))? {
        values if values.is_empty() => Err(SqlError::binding(format!(
            "the list bound to {marker} is empty, and SQL has no empty list: leave the condition out, or write FALSE"
        ))),
        values => Ok(Argument::List(values)),
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
