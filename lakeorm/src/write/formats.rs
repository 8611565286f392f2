//! What a client knows of its tables, and of what its engine takes in them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::table::TableName;

/// A table that has told its format is not asked again: the answer costs more than a look at the columns, and a table keeps its
/// format until it is dropped.
#[derive(Debug, Default)]
pub(super) struct Formats {
    /// Of each table that has told its format whether merges into it are known to be checked.
    known: Mutex<BTreeMap<String, bool>>,
    /// Whether the engine has refused an insert for the columns that it left out.
    fills_no_columns: AtomicBool,
}

impl Formats {
    /// Whether there is nothing to ask of the table before a write, which may be `checked` against others.
    pub(super) fn are_known(&self, table: &TableName, checked: bool) -> bool {
        self.known(|known| known.get(&table.to_string()).is_some_and(|merges| *merges || !checked))
    }

    /// `merges`: whether merges into the table are checked.
    pub(super) fn learn(&self, table: &TableName, merges: bool) {
        self.known(|known| known.insert(table.to_string(), merges));
    }

    /// For a table that may be another one by now.
    pub(super) fn forget(&self, table: &TableName) {
        self.known(|known| known.remove(&table.to_string()));
    }

    pub(super) fn may_fill_columns(&self) -> bool {
        !self.fills_no_columns.load(Ordering::Relaxed)
    }

    /// Taken for true of every table: at worst an insert that could have been an append is a merge.
    pub(super) fn learn_that_no_column_is_filled(&self) {
        self.fills_no_columns.store(true, Ordering::Relaxed);
    }

    fn known<T>(&self, ask: impl FnOnce(&mut BTreeMap<String, bool>) -> T) -> T {
        ask(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_whose_merges_are_not_checked_is_asked_again_before_a_merge_and_before_no_other_write() {
        let (formats, table) = (Formats::default(), TableName::parse("shop.orders"));
        let known = || (formats.are_known(&table, false), formats.are_known(&table, true));
        assert_eq!(known(), (false, false));
        formats.learn(&table, false);
        assert_eq!(known(), (true, false));
        formats.learn(&table, true);
        assert_eq!(known(), (true, true));
        formats.forget(&table);
        assert_eq!(known(), (false, false));
    }
}
