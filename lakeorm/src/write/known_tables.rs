//! The tables of a client that have told their format.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::table::TableName;

/// A table that has told its format is not asked again: the answer costs more than a look at the columns, and a table
/// keeps its format until it is dropped. Tables are known by their names as they are written, which may mean others
/// behind a statement of the client's (`USE`, `DROP`): behind one that does more than read and write rows none is
/// known.
#[derive(Debug, Default)]
pub(super) struct KnownTables(Mutex<BTreeMap<String, Known>>);

/// The answers of one of them beside its format.
#[derive(Debug, Default)]
struct Known {
    /// Whether merges into it are known to be checked.
    checks_merges: bool,
    /// The columns whose own type was asked for.
    columns: BTreeSet<String>,
}

impl KnownTables {
    /// Whether there is nothing to ask of the table before a write: one that is `checked` against others, or not, and
    /// that merges by these columns of texts.
    pub(super) fn are_known(&self, table: &TableName, checked: bool, columns: &[String]) -> bool {
        self.with(|tables| {
            tables.get(&table.to_string()).is_some_and(|known| {
                (known.checks_merges || !checked)
                    && columns.iter().all(|column| known.columns.contains(column))
            })
        })
    }

    /// `checks_merges`: whether merges into the table are checked.
    pub(super) fn learn(&self, table: &TableName, checks_merges: bool, columns: &[String]) {
        self.with(|tables| {
            let known = tables.entry(table.to_string()).or_default();
            known.checks_merges = checks_merges;
            known.columns.extend(columns.iter().cloned());
        });
    }

    /// For a table that may be another one by now.
    pub(super) fn forget(&self, table: &TableName) {
        self.with(|tables| tables.remove(&table.to_string()));
    }

    /// For tables that may all be others by now.
    pub(super) fn forget_all(&self) {
        self.with(BTreeMap::clear);
    }

    fn with<T>(&self, ask: impl FnOnce(&mut BTreeMap<String, Known>) -> T) -> T {
        ask(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_whose_merges_are_not_checked_is_asked_again_before_a_merge_and_before_no_other_write() {
        let (tables, table) = (KnownTables::default(), TableName::parse("shop.orders"));
        let known = || (tables.are_known(&table, false, &[]), tables.are_known(&table, true, &[]));
        assert_eq!(known(), (false, false));
        tables.learn(&table, false, &[]);
        assert_eq!(known(), (true, false));
        tables.learn(&table, true, &[]);
        assert_eq!(known(), (true, true));
        tables.forget(&table);
        assert_eq!(known(), (false, false));
        tables.learn(&table, true, &[]);
        tables.forget_all();
        assert_eq!(known(), (false, false));
    }

    #[test]
    fn a_table_is_asked_again_for_the_types_of_other_columns_alone() {
        let (tables, table) = (KnownTables::default(), TableName::parse("shop.orders"));
        let columns = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let known = |names: &[&str]| tables.are_known(&table, true, &columns(names));
        tables.learn(&table, true, &columns(&["code"]));
        assert!(known(&[]) && known(&["code"]) && !known(&["code", "name"]));
        tables.learn(&table, true, &columns(&["name"]));
        assert!(known(&["code", "name"]));
    }
}
