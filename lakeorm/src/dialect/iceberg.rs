//! Apache Iceberg.

use std::collections::BTreeMap;

use spark_connect::DataType;
use spark_connect::types::quote_identifier;
use uuid::Uuid;

use super::create::{self, Create};
use super::options::Options;
use super::{Dialect, types, unsupported};
use crate::error::Result;
use crate::table::{TableColumn, TableDefinition, TableName};

/// What a snapshot's summary has the ingest id of a write under.
const INGEST_ID_PROPERTY: &str = "lakeorm-ingest-id";

/// Tables of Apache Iceberg.
///
/// Each session of Spark remembers an Iceberg table for half a minute as it was, so that a query in another session of a
/// pool may not see rows yet that were just written. lakeorm looks again before it writes; for queries say so to the driver:
/// `.session_conf("spark.sql.catalog.ice.cache-enabled", "false")`, with the catalog's name.
///
/// Iceberg has no integers of fewer than 32 bits, and a VARIANT from its version 3 only, which
/// `.property("format-version", "3")` makes: a struct with others is refused before anything is sent.
///
/// Names of columns that need quotes have limits of the engines': Sail (0.7.2) writes none with a dot or an upper-case letter,
/// and takes no BINARY in a MERGE; Spark's Iceberg merges into no table that is partitioned by a column with a dot or a
/// back-tick. Each is the engine's error, and nothing is written.
///
/// Sail (0.7.2) does not compare the first commits to an Iceberg table with each other: of several at once it keeps the
/// last and tells none of the others. Write something to a new table there before many do.
///
/// ```
/// use lakeorm::dialect::{Dialect, Iceberg};
/// use lakeorm::table::LakeTable;
///
/// #[derive(lakeorm::LakeTable)]
/// #[lake(table = "shop.orders", partition_by(bucket(16, customer)))]
/// struct Order {
///     id: i64,
///     customer: i64,
/// }
///
/// let iceberg = Iceberg::new().catalog("ice");
/// assert_eq!(
///     iceberg.create_table(&Order::definition())?,
///     ["CREATE TABLE IF NOT EXISTS ice.shop.orders (id BIGINT NOT NULL, customer BIGINT NOT NULL, _ingest_id STRING) \
///       USING iceberg PARTITIONED BY (bucket(16, customer))"]
/// );
/// # Ok::<(), lakeorm::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Iceberg(Options);

impl Iceberg {
    /// Tables in the session's catalog, with Iceberg's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The catalog of tables whose names have none.
    #[must_use]
    pub fn catalog(self, catalog: impl Into<String>) -> Self {
        Self(self.0.catalog(catalog.into()))
    }

    /// A property of the tables that are made, such as `write.format.default`.
    #[must_use]
    pub fn property(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        Self(self.0.property(key.into(), value.into()))
    }

    fn check_types<'c>(&self, columns: impl IntoIterator<Item = &'c TableColumn>) -> Result<()> {
        let version = self.0.properties.get("format-version").and_then(|version| version.parse::<u32>().ok());
        let is_of_version_3 = version.is_some_and(|version| version >= 3);
        types::check(self.name(), columns, &|data_type| instead(data_type, is_of_version_3))
    }
}

impl Dialect for Iceberg {
    fn name(&self) -> &'static str {
        "Iceberg"
    }

    fn table_name(&self, table: &TableDefinition) -> TableName {
        self.0.table_name(table)
    }

    fn create_table(&self, table: &TableDefinition) -> Result<Vec<String>> {
        if table.columns().iter().any(|column| column.default.is_some()) {
            return Err(unsupported(
                self.name(),
                "default values of columns through SQL: remove `sql_default`",
            ));
        }
        self.check_types(table.columns())?;
        let name = self.table_name(table);
        let partitions =
            table.partitions().iter().map(|(transform, column)| create::partition(*transform, column));
        let create = Create {
            format: "iceberg",
            name: &name,
            partitions: partitions.collect(),
            properties: &self.0.properties,
        };
        let order = (!table.sort_columns().is_empty()).then(|| {
            let columns: Vec<_> =
                table.sort_columns().iter().map(|column| quote_identifier(column)).collect();
            format!("ALTER TABLE {name} WRITE ORDERED BY {}", columns.join(", "))
        });
        Ok([create.statement(table)?].into_iter().chain(order).collect())
    }

    fn provider(&self) -> Option<&'static str> {
        Some("iceberg")
    }

    fn properties(&self, _: &TableDefinition) -> BTreeMap<String, String> {
        self.0.properties.clone()
    }

    fn add_columns(&self, table: &TableName, columns: &[&TableColumn]) -> Result<String> {
        self.check_types(columns.iter().copied())?;
        Ok(create::add_columns(table, columns.iter().copied()))
    }

    /// For half a minute, as Iceberg's catalogs come.
    fn is_remembered(&self) -> bool {
        true
    }

    /// By the rules of [schema evolution](https://iceberg.apache.org/spec/#schema-evolution).
    fn widens(&self, from: &DataType, to: &DataType) -> bool {
        match (from, to) {
            (DataType::Integer, DataType::Long) | (DataType::Float, DataType::Double) => true,
            (
                DataType::Decimal { precision: from, scale },
                DataType::Decimal { precision: to, scale: same },
            ) => scale == same && from < to,
            _ => false,
        }
    }

    /// In the summary of the snapshot, which is committed with the rows or not at all.
    fn transaction(&self, ingest_id: Uuid) -> Vec<(String, String)> {
        vec![(format!("spark.sql.iceberg.snapshot-property.{INGEST_ID_PROPERTY}"), ingest_id.to_string())]
    }

    /// In the [metadata table](https://iceberg.apache.org/docs/latest/spark-queries/#snapshots) of the snapshots. Behind a
    /// name without a database it would be a table of a database that is called as the table is.
    fn landed(&self, table: &TableName) -> Option<String> {
        let has_database = table.parts().len() > 1;
        has_database.then(|| {
            format!(
                "SELECT 1 AS found FROM {table}.snapshots WHERE summary['{INGEST_ID_PROPERTY}'] = :ingest_id"
            )
        })
    }
}

/// What to take for a type that Iceberg does not have; Spark would make an INT of the small integers, which is not read back
/// as what it was.
fn instead(data_type: &DataType, is_of_version_3: bool) -> Option<String> {
    match data_type {
        DataType::Byte | DataType::Short => Some("an i32".to_owned()),
        DataType::Variant | DataType::Null if !is_of_version_3 => Some(
            "a text, or version 3 of the format: Iceberg::new().property(\"format-version\", \"3\")"
                .to_owned(),
        ),
        _ if types::is_geographic(data_type) && !is_of_version_3 => Some("bytes in WKB".to_owned()),
        _ => types::of_no_format(data_type),
    }
}
