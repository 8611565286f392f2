//! The tables of a client that have told their format.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::table::TableName;

/// A table that has told its format is not asked again: the answer costs more than a look at the columns, and a table
/// keeps its format until it is dropped. Tables are known by their names as they are written, which may mean others
/// after a statement of the client's (`USE`, `DROP`): after one that does more than read and write rows none is known.
#[derive(Debug, Default)]
pub(super) struct KnownTables(Mutex<Tables>);

#[derive(Debug, Default)]
struct Tables {
    by_name: BTreeMap<String, Known>,
    /// How often something was forgotten. An answer from before says nothing of the tables after it.
    generation: u64,
}

/// The answers of one of them beside its format.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// The columns that it is partitioned by.
    pub(super) partitions: Vec<String>,
    /// The columns that the table fills by itself: those with a default, and those that are generated.
    pub(super) defaults: Vec<String>,
    /// Whether merges into it are known to be checked.
    pub(super) checks_merges: bool,
    /// Whether its commits may go to a branch, or be staged, so that the format keeps other records of a write.
    pub(super) takes_branches: bool,
    /// The columns whose own type was asked for.
    pub(super) columns: BTreeSet<String>,
}

impl KnownTables {
    /// What the table has told.
    pub(super) fn get(&self, table: &TableName) -> Option<Known> {
        self.with(|tables| tables.by_name.get(&table.to_string()).cloned())
    }

    /// To be read before a table is asked.
    pub(super) fn generation(&self) -> u64 {
        self.with(|tables| tables.generation)
    }

    /// What a table has answered that was asked in a generation: nothing is learnt if something was forgotten since.
    /// Other writes may have asked for the types of other columns meanwhile.
    pub(super) fn learn(&self, table: &TableName, generation: u64, told: &Known) {
        self.with(|tables| {
            if tables.generation != generation {
                return;
            }
            let known = tables.by_name.entry(table.to_string()).or_default();
            let columns = known.columns.union(&told.columns).cloned().collect();
            *known = Known { columns, ..told.clone() };
        });
    }

    /// For a table that may be another one by now.
    pub(super) fn forget(&self, table: &TableName) {
        self.with(|tables| {
            tables.generation += 1;
            tables.by_name.remove(&table.to_string());
        });
    }

    /// For tables that may all be others by now.
    pub(super) fn forget_all(&self) {
        self.with(|tables| {
            tables.generation += 1;
            tables.by_name.clear();
        });
    }

    fn with<T>(&self, ask: impl FnOnce(&mut Tables) -> T) -> T {
        ask(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(checks_merges: bool, columns: &[&str]) -> Known {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Known { partitions: vec!["region".to_owned()], checks_merges, columns, ..Known::default() }
    }

    #[test]
    fn what_a_table_has_told_is_known_until_it_is_forgotten() {
        let (tables, table) = (KnownTables::default(), TableName::parse("shop.orders"));
        assert_eq!(tables.get(&table), None);
        for is_about_all in [true, false] {
            tables.learn(&table, tables.generation(), &told(true, &[]));
            assert_eq!(tables.get(&table), Some(told(true, &[])));
            match is_about_all {
                true => tables.forget_all(),
                false => tables.forget(&table),
            }
            assert_eq!(tables.get(&table), None);
        }
    }

    #[test]
    fn an_answer_from_before_a_table_was_forgotten_is_not_learnt() {
        let (tables, table) = (KnownTables::default(), TableName::parse("shop.orders"));
        for is_about_all in [true, false] {
            let before = tables.generation();
            match is_about_all {
                true => tables.forget_all(),
                false => tables.forget(&table),
            }
            tables.learn(&table, before, &told(true, &[]));
            assert_eq!(tables.get(&table), None);
        }
        tables.learn(&table, tables.generation(), &told(true, &[]));
        assert!(tables.get(&table).is_some());
    }

    #[test]
    fn a_newer_answer_keeps_the_columns_that_others_have_asked_about() {
        let (tables, table) = (KnownTables::default(), TableName::parse("shop.orders"));
        tables.learn(&table, tables.generation(), &told(false, &["code"]));
        tables.learn(&table, tables.generation(), &told(true, &["name"]));
        assert_eq!(tables.get(&table), Some(told(true, &["code", "name"])));
    }
}
