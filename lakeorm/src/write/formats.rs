//! Tables whose format a client knows.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::table::TableName;

/// One that has told its format is not asked again: the answer costs more than a look at the columns, and a table keeps its
/// format until it is dropped.
#[derive(Debug, Default)]
pub(super) struct Formats(Mutex<BTreeSet<String>>);

impl Formats {
    pub(super) fn are_known(&self, table: &TableName) -> bool {
        self.known(|known| known.contains(&table.to_string()))
    }

    pub(super) fn learn(&self, table: &TableName) {
        self.known(|known| known.insert(table.to_string()));
    }

    /// For a table that may be another one by now.
    pub(super) fn forget(&self, table: &TableName) {
        self.known(|known| known.remove(&table.to_string()));
    }

    fn known<T>(&self, ask: impl FnOnce(&mut BTreeSet<String>) -> T) -> T {
        ask(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
