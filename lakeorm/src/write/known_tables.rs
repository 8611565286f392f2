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
#[derive(Debug, Default)]
struct Known {
    /// The columns that it is partitioned by.
    partitions: Vec<String>,
    /// Whether merges into it are known to be checked.
    checks_merges: bool,
    /// The columns whose own type was asked for.
    columns: BTreeSet<String>,
}

impl KnownTables {
    /// The columns that the table is partitioned by, if everything that a write needs to know of it is known: with
    /// `checked`, that merges are checked; of `columns`, which are texts, the types.
    pub(super) fn partitions(
        &self,
        table: &TableName,
        checked: bool,
        columns: &[String],
    ) -> Option<Vec<String>> {
        self.with(|tables| {
            let known = tables.by_name.get(&table.to_string())?;
            let is_enough = (known.checks_merges || !checked)
                && columns.iter().all(|column| known.columns.contains(column));
            is_enough.then(|| known.partitions.clone())
        })
    }

    /// To be read before a table is asked.
    pub(super) fn generation(&self) -> u64 {
        self.with(|tables| tables.generation)
    }

    /// What a table has answered that was asked in a generation: nothing is learnt if something was forgotten since.
    /// `partitions`: the columns that it is partitioned by; `checks_merges`: whether merges into it are checked.
    pub(super) fn learn(
        &self,
        table: &TableName,
        generation: u64,
        partitions: &[String],
        checks_merges: bool,
        columns: &[String],
    ) {
        self.with(|tables| {
            if tables.generation != generation {
                return;
            }
            let known = tables.by_name.entry(table.to_string()).or_default();
            known.partitions = partitions.to_vec();
            known.checks_merges = checks_merges;
            known.columns.extend(columns.iter().cloned());
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

    fn is_known(tables: &KnownTables, table: &TableName, checked: bool, columns: &[String]) -> bool {
        tables.partitions(table, checked, columns).is_some()
    }

    #[test]
    fn a_table_whose_merges_are_not_checked_is_asked_again_before_a_merge_and_before_no_other_write() {
        let (tables, table) = (KnownTables::default(), TableName::parse("shop.orders"));
        let known = || (is_known(&tables, &table, false, &[]), is_known(&tables, &table, true, &[]));
        assert_eq!(known(), (false, false));
        tables.learn(&table, tables.generation(), &[], false, &[]);
        assert_eq!(known(), (true, false));
        tables.learn(&table, tables.generation(), &[], true, &[]);
        assert_eq!(known(), (true, true));
        tables.forget(&table);
        assert_eq!(known(), (false, false));
        tables.learn(&table, tables.generation(), &[], true, &[]);
        tables.forget_all();
        assert_eq!(known(), (false, false));
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
            tables.learn(&table, before, &[], true, &[]);
            assert!(!is_known(&tables, &table, false, &[]));
        }
        tables.learn(&table, tables.generation(), &[], true, &[]);
        assert!(is_known(&tables, &table, false, &[]));
    }

    #[test]
    fn a_table_is_asked_again_for_the_types_of_other_columns_alone() {
        let (tables, table) = (KnownTables::default(), TableName::parse("shop.orders"));
        let columns = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let known = |names: &[&str]| is_known(&tables, &table, true, &columns(names));
        tables.learn(&table, tables.generation(), &[], true, &columns(&["code"]));
        assert!(known(&[]) && known(&["code"]) && !known(&["code", "name"]));
        tables.learn(&table, tables.generation(), &[], true, &columns(&["name"]));
        assert!(known(&["code", "name"]));
    }

    #[test]
    fn the_partitions_of_a_table_are_known_until_it_is_forgotten() {
        let (tables, table) = (KnownTables::default(), TableName::parse("shop.orders"));
        assert_eq!(tables.partitions(&table, true, &[]), None);
        tables.learn(&table, tables.generation(), &["region".to_owned()], true, &[]);
        assert_eq!(tables.partitions(&table, true, &[]), Some(vec!["region".to_owned()]));
        tables.forget(&table);
        assert_eq!(tables.partitions(&table, true, &[]), None);
    }
}
