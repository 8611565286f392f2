//! Whether markers and values fit together.

use std::collections::{BTreeMap, BTreeSet};

use super::{Argument, Arguments, Bound};
use crate::sql::context::MarkerContext;
use crate::sql::{Marker, Markers, SqlError};
use crate::types::DataType;

impl Arguments {
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
        // A question mark may be one of a path, which is the server's to judge.
        if markers.may_be_in_text() && matches!(self.bound, Bound::None) {
            return Ok(());
        }
        if markers.are_in_text() {
            return match self.bound {
                // A question mark in it is text too.
                Bound::None => Ok(()),
                _ => Err(SqlError::binding(
                    "no value can be bound in `SET` and `RESET`, which take what follows as text: use `session_conf` for \
                     every session, or `set_confs` for one",
                )),
            };
        }
        let names: BTreeSet<&str> = markers.given(|name| self.binds(name)).filter_map(Marker::name).collect();
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
        }?;
        self.check_lists(markers)
    }

    /// `x IN (?)` compares `x` with the array itself, which is hardly ever meant.
    fn check_lists(&self, markers: &Markers) -> Result<(), SqlError> {
        for (number, bound) in self.in_order(markers).enumerate() {
            let (marker, argument) = bound?;
            let is_array = matches!(argument, Argument::Value(value) if matches!(value.data_type(), DataType::Array { .. }));
            if is_array && marker.context() == MarkerContext::List {
                let name = marker.shown(number);
                let of_named = if marker.name().is_some() { "bind_named_list" } else { "bind_list" };
                return Err(SqlError::binding(format!(
                    "an ARRAY is bound to {name}, which stands alone in `IN (…)`: bind its values with `{of_named}`, \
                     or write `array_contains(…)`"
                )));
            }
        }
        Ok(())
    }
}

fn check_positional(bound: usize, positional: usize, names: &BTreeSet<&str>) -> Result<(), SqlError> {
    if positional == bound {
        return Ok(());
    }
    let values = counted(bound, "value");
    let are = if bound == 1 { "is" } else { "are" };
    Err(SqlError::binding(match (positional, names.is_empty()) {
        (0, true) => format!(
            "{values} {are} bound and the statement has no markers: write `?` or `:name` where a value goes; `$1`, and \
             a `?` in quotes or in a comment, are text"
        ),
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
    values: &BTreeMap<String, Argument>,
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
