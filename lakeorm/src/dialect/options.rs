//! Options that both formats have.

use std::collections::BTreeMap;

use crate::table::{TableDefinition, TableName};

/// Where tables live, and what is set in those that are made.
#[derive(Debug, Clone, Default)]
pub(super) struct Options {
    catalog: Option<String>,
    properties: BTreeMap<String, String>,
}

impl Options {
    /// The name of a table, below the catalog if it has none of its own.
    pub(super) fn table_name(&self, table: &TableDefinition) -> TableName {
        match &self.catalog {
            Some(catalog) => table.name().clone().in_catalog(catalog),
            None => table.name().clone(),
        }
    }

    pub(super) fn catalog_name(&self) -> Option<&str> {
        self.catalog.as_deref()
    }

    /// The properties of one table: its own, and those of all, which win.
    pub(super) fn properties_of(&self, table: &TableDefinition) -> BTreeMap<String, String> {
        let mut properties = table.properties().clone();
        properties.extend(self.properties.clone());
        properties
    }

    pub(super) fn catalog(self, catalog: String) -> Self {
        Self { catalog: Some(catalog), ..self }
    }

    pub(super) fn property(mut self, key: String, value: String) -> Self {
        self.properties.insert(key, value);
        self
    }
}
