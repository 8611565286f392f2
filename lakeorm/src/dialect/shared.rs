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
    ($($pointer:ident),*) => {$(
        impl<D: Dialect + ?Sized> Dialect for $pointer<D> {
            forward! {
                fn name(&self) -> &'static str;
                fn provider(&self) -> Option<&'static str>;
                fn properties(&self, table: &TableDefinition) -> BTreeMap<String, String>;
                fn supports_nested_not_null(&self) -> bool;
                fn partition_values_are_text(&self) -> bool;
                fn without_statistics(&self, table: TableDefinition) -> TableDefinition;
                fn first_commit(&self, table: &TableDefinition) -> Option<String>;
                fn widening_property(&self) -> Option<(&'static str, &'static str)>;
                fn defaults_property(&self) -> Option<(&'static str, &'static str)>;
                fn merge_isolation_property(&self) -> Option<(&'static str, &'static str)>;
                fn write_audit_publish_property(&self) -> Option<(&'static str, &'static str)>;
                fn table_name(&self, table: &TableDefinition) -> TableName;
                fn create_table(&self, table: &TableDefinition) -> Result<Vec<String>>;
                fn add_columns(&self, table: &TableName, columns: &[&TableColumn]) -> Result<String>;
                fn set_defaults(&self, table: &TableName, columns: &[&TableColumn]) -> Vec<String>;
                fn is_cached_by_sessions(&self) -> bool;
                fn widens(&self, from: &DataType, to: &DataType) -> bool;
                fn widens_inside(&self) -> bool;
                fn widen(&self, table: &TableName, column: &str, to: &DataType) -> String;
                fn insert(&self, insert: &InsertStatement) -> String;
                fn merge(&self, merge: &MergeStatement) -> String;
                fn idempotency_confs(&self, table: &TableName, ingest_id: Uuid) -> Vec<(String, String)>;
                fn idempotency_query(&self, table: &TableName) -> Option<String>;
                fn unpublished_confs(&self, table: &TableName, ingest_id: Uuid) -> Vec<(String, String)>;
                fn unpublished_query(&self, table: &TableName) -> Option<String>;
                fn was_skipped(&self, answer: &[RecordBatch]) -> bool;
            }
        }
    )*};
}

dialect_behind!(Arc, Box);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Delta, Iceberg};

    /// What those answer that differ between the formats.
    fn answers(dialect: &dyn Dialect) -> String {
        let ingest_id = Uuid::from_u128(7);
        let name = TableName::parse("t");
        format!(
            "{} {:?} {:?} {:?} {} {} {} {:?} {:?}",
            dialect.name(),
            dialect.provider(),
            dialect.widening_property(),
            dialect.defaults_property(),
            dialect.supports_nested_not_null(),
            dialect.is_cached_by_sessions(),
            dialect.widens_inside(),
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
