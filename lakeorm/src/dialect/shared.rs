//! A pointer to a dialect is a dialect.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use spark_connect::DataType;
use uuid::Uuid;

use super::{Dialect, InsertStatement, MergeStatement};
use crate::error::Result;
use crate::table::{TableColumn, TableDefinition, TableName};

macro_rules! dialect_behind {
    ($pointer:ident) => {
        impl<D: Dialect + ?Sized> Dialect for $pointer<D> {
            fn name(&self) -> &'static str {
                (**self).name()
            }

            fn provider(&self) -> Option<&'static str> {
                (**self).provider()
            }

            fn properties(&self, table: &TableDefinition) -> BTreeMap<String, String> {
                (**self).properties(table)
            }

            fn supports_nested_not_null(&self) -> bool {
                (**self).supports_nested_not_null()
            }

            fn partition_values_are_text(&self) -> bool {
                (**self).partition_values_are_text()
            }

            fn without_statistics(&self, table: TableDefinition) -> TableDefinition {
                (**self).without_statistics(table)
            }

            fn first_commit(&self, table: &TableDefinition) -> Option<String> {
                (**self).first_commit(table)
            }

            fn widening_property(&self) -> Option<(&'static str, &'static str)> {
                (**self).widening_property()
            }

            fn defaults_property(&self) -> Option<(&'static str, &'static str)> {
                (**self).defaults_property()
            }

            fn merge_isolation_property(&self) -> Option<(&'static str, &'static str)> {
                (**self).merge_isolation_property()
            }

            fn write_audit_publish_property(&self) -> Option<(&'static str, &'static str)> {
                (**self).write_audit_publish_property()
            }

            fn table_name(&self, table: &TableDefinition) -> TableName {
                (**self).table_name(table)
            }

            fn create_table(&self, table: &TableDefinition) -> Result<Vec<String>> {
                (**self).create_table(table)
            }

            fn add_columns(&self, table: &TableName, columns: &[&TableColumn]) -> Result<String> {
                (**self).add_columns(table, columns)
            }

            fn set_defaults(&self, table: &TableName, columns: &[&TableColumn]) -> Vec<String> {
                (**self).set_defaults(table, columns)
            }

            fn is_cached_by_sessions(&self) -> bool {
                (**self).is_cached_by_sessions()
            }

            fn widens(&self, from: &DataType, to: &DataType) -> bool {
                (**self).widens(from, to)
            }

            fn widen(&self, table: &TableName, column: &str, to: &DataType) -> String {
                (**self).widen(table, column, to)
            }

            fn insert(&self, insert: &InsertStatement) -> String {
                (**self).insert(insert)
            }

            fn merge(&self, merge: &MergeStatement) -> String {
                (**self).merge(merge)
            }

            fn idempotency_confs(&self, table: &TableName, ingest_id: Uuid) -> Vec<(String, String)> {
                (**self).idempotency_confs(table, ingest_id)
            }

            fn idempotency_query(&self, table: &TableName) -> Option<String> {
                (**self).idempotency_query(table)
            }

            fn unpublished_confs(&self, table: &TableName, ingest_id: Uuid) -> Vec<(String, String)> {
                (**self).unpublished_confs(table, ingest_id)
            }

            fn unpublished_query(&self, table: &TableName) -> Option<String> {
                (**self).unpublished_query(table)
            }

            fn was_skipped(&self, answer: &[RecordBatch]) -> bool {
                (**self).was_skipped(answer)
            }
        }
    };
}

dialect_behind!(Arc);
dialect_behind!(Box);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Delta, Iceberg};

    /// The methods that a text declares.
    fn methods(text: &str) -> Vec<&str> {
        let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("fn "));
        lines.filter_map(|line| line.split_once('(').map(|(name, _)| name)).collect()
    }

    #[test]
    fn a_pointer_forwards_every_method_of_a_dialect() {
        let (_, of_trait) = include_str!("../dialect.rs").split_once("pub trait Dialect").unwrap();
        let (of_trait, _) = of_trait.split_once("\n}\n").unwrap();
        let (_, of_pointer) = include_str!("shared.rs").split_once("macro_rules!").unwrap();
        let (of_pointer, _) = of_pointer.split_once("\n}\n").unwrap();
        assert_eq!(methods(of_pointer), methods(of_trait));
        for name in methods(of_pointer) {
            assert!(of_pointer.contains(&format!("(**self).{name}(")), "{name}");
        }
    }

    /// What those answer that differ between the formats.
    fn answers(dialect: &dyn Dialect) -> String {
        let ingest_id = Uuid::from_u128(7);
        let name = TableName::parse("t");
        format!(
            "{} {:?} {:?} {:?} {} {} {:?} {:?}",
            dialect.name(),
            dialect.provider(),
            dialect.widening_property(),
            dialect.defaults_property(),
            dialect.supports_nested_not_null(),
            dialect.is_cached_by_sessions(),
            dialect.idempotency_confs(&name, ingest_id),
            dialect.idempotency_query(&name),
        )
    }

    #[test]
    fn a_pointer_to_a_dialect_answers_as_the_dialect_does() {
        let shared: Arc<dyn Dialect> = Arc::new(Delta::new());
        assert_eq!(answers(&shared), answers(&Delta::new()));
        let boxed: Box<dyn Dialect> = Box::new(Iceberg::new());
        assert_eq!(answers(&boxed), answers(&Iceberg::new()));
        assert_ne!(answers(&boxed), answers(&shared));
    }
}
