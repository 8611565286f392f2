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

/// The property of a snapshot's summary that holds the ingest id of its write.
const INGEST_ID_PROPERTY: &str = "lakeorm-ingest-id";

/// The same in tables whose sessions may name a branch: what is of a branch there is not of the table, also once the
/// table no longer allows it.
const UNPUBLISHED_ID_PROPERTY: &str = "lakeorm-wap-ingest-id";

/// Tables of Apache Iceberg.
///
/// Known limits:
///
/// - Queries on Spark: each session caches the state of an Iceberg table for half a minute, so a query in another
///   session of the pool may not see rows that were just written. Turn the cache off:
///   `.session_conf("spark.sql.catalog.ice.cache-enabled", "false")` on the driver's builder, with the catalog's name.
///   Writes are not affected: lakeorm refreshes the table first.
/// - Types: no TINYINT and SMALLINT, and VARIANT only with `.property("format-version", "3")`; a struct with such a
///   type is refused before anything is sent.
/// - Merges, and writes with an idempotency key, need the property `write.merge.isolation-level` at its default
///   `serializable`: with `snapshot` two of them at once may both insert their rows. Such a table is refused where the
///   engine tells the property; plain inserts are not.
/// - Branches: a write with an idempotency key to one (`shop.orders.branch_audit`) is known by its rows alone. So is
///   one to a table whose own name begins with `branch_` or `tag_`, and to one with the property `write.wap.enabled` =
///   `true`, where the engine tells it, since its session may name a branch (`spark.wap.branch`).
/// - Staged snapshots: a write to a table with that property, in a session with `spark.wap.id`, is in no query until it
///   is published. With an idempotency key it is staged once, published or not, where snapshots
///   [record](crate::Insert#idempotency) keys; elsewhere, and if two run at the same time, it may be staged twice.
/// - First commits on Sail (0.7.2): of several at once to a new table it keeps the last, **and the others get no
///   error**. [`Client::migrate`](crate::Client::migrate) therefore creates tables there with an empty commit, and rows are
///   written once all migrations have ended; write a first row to tables that were created otherwise, before several
///   writers use them.
/// - Fields inside of a STRUCT that are NOT NULL: Sail (0.7.2) merges into no table with such, so a migration there makes
///   them nullable. Merges into one that was created otherwise fail with the engine's error, and nothing is written.
/// - Columns: Sail (0.7.2) writes none whose name has a dot or an upper-case letter, and takes no BINARY in a MERGE.
///   Spark cannot merge into a table that is partitioned by a column whose name has a dot or a back-tick. Each is the
///   engine's error, and nothing is written.
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

    /// The catalog of tables whose names do not include one. That of a branch of a table (`shop.orders.branch_audit`)
    /// does from four parts on, or if it begins with this catalog.
    #[must_use]
    pub fn catalog(self, catalog: impl Into<String>) -> Self {
        Self(self.0.catalog(catalog.into()))
    }

    /// A property of the tables that are created, such as `write.format.default`.
    #[must_use]
    pub fn property(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        Self(self.0.property(key.into(), value.into()))
    }

    fn refuse_defaults<'c>(&self, columns: impl IntoIterator<Item = &'c TableColumn>) -> Result<()> {
        match columns.into_iter().any(|column| column.default.is_some()) {
            true => {
                let feature = "default values of columns through SQL: remove `sql_default`";
                Err(unsupported(self.name(), feature))
            }
            false => Ok(()),
        }
    }

    fn check_types<'c>(
        &self,
        columns: impl IntoIterator<Item = &'c TableColumn>,
        properties: &BTreeMap<String, String>,
    ) -> Result<()> {
        let version = properties.get("format-version").and_then(|version| version.parse::<u32>().ok());
        let is_of_version_3 = version.is_some_and(|version| version >= 3);
        types::check(self.name(), columns, &|data_type| instead(data_type, is_of_version_3))
    }
}

impl Dialect for Iceberg {
    fn name(&self) -> &'static str {
        "Iceberg"
    }

    /// The branch is no part of the table's own name.
    fn table_name(&self, table: &TableDefinition) -> TableName {
        let name = table.name();
        match (self.0.catalog_name(), name.parts()) {
            (Some(catalog), [first, _, _]) if names_branch(name) && first != catalog => {
                name.clone().below(catalog)
            }
            _ => self.0.table_name(table),
        }
    }

    fn create_table(&self, table: &TableDefinition) -> Result<Vec<String>> {
        self.refuse_defaults(table.columns())?;
        let properties = self.properties(table);
        self.check_types(table.columns(), &properties)?;
        let name = self.table_name(table);
        let partitions =
            table.partitions().iter().map(|(transform, column)| create::partition(*transform, column));
        let create = Create {
            format: "iceberg",
            name: &name,
            partitions: partitions.collect(),
            properties: &properties,
        };
        let order = (!table.sort_columns().is_empty()).then(|| {
            let columns: Vec<_> =
                table.sort_columns().iter().map(|column| quote_identifier(column)).collect();
            format!("ALTER TABLE {name} WRITE ORDERED BY {}", columns.join(", "))
        });
        Ok([create.statement(table)?].into_iter().chain(order).collect())
    }

    /// A table of Iceberg is created without a snapshot.
    fn first_commit(&self, table: &TableDefinition) -> Option<String> {
        Some(create::insert_nothing(&self.table_name(table), table))
    }

    fn provider(&self) -> Option<&'static str> {
        Some("iceberg")
    }

    fn properties(&self, table: &TableDefinition) -> BTreeMap<String, String> {
        self.0.properties_of(table)
    }

    /// By Iceberg's [isolation levels](https://iceberg.apache.org/docs/latest/configuration/#write-properties).
    fn merge_isolation_property(&self) -> Option<(&'static str, &'static str)> {
        Some(("write.merge.isolation-level", "serializable"))
    }

    /// By Iceberg's [branches](https://iceberg.apache.org/docs/latest/branching/#audit-branch), whose snapshots are among
    /// those of the table, also once the branch is dropped, as are those that are staged.
    fn write_audit_publish_property(&self) -> Option<(&'static str, &'static str)> {
        Some(("write.wap.enabled", "true"))
    }

    /// The version of the format is that of the table, which is there: only types that no version has are refused.
    fn add_columns(&self, table: &TableName, columns: &[&TableColumn]) -> Result<String> {
        self.refuse_defaults(columns.iter().copied())?;
        types::check(self.name(), columns.iter().copied(), &|data_type| instead(data_type, true))?;
        create::add_columns(table, columns.iter().copied())
    }

    /// For half a minute, as Iceberg's catalogs come.
    fn is_cached_by_sessions(&self) -> bool {
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

    fn widens_inside(&self) -> bool {
        true
    }

    /// In the summary of the snapshot, which is committed with the rows or not at all. The snapshots of a table are
    /// those of all its branches, so that on a branch none is told: the same write to the table itself would be found
    /// there.
    fn idempotency_confs(&self, table: &TableName, ingest_id: Uuid) -> Vec<(String, String)> {
        recorded(table, INGEST_ID_PROPERTY, ingest_id)
    }

    /// In the [metadata table](https://iceberg.apache.org/docs/latest/spark-queries/#snapshots) of the snapshots. After
    /// a name without a database, `.snapshots` would be read as a table in a database of that name.
    fn idempotency_query(&self, table: &TableName) -> Option<String> {
        found_in_snapshots(table, &format!("summary['{INGEST_ID_PROPERTY}'] = :ingest_id"))
    }

    fn unpublished_confs(&self, table: &TableName, ingest_id: Uuid) -> Vec<(String, String)> {
        recorded(table, UNPUBLISHED_ID_PROPERTY, ingest_id)
    }

    /// A snapshot that is staged has a `wap.id`, and one of a branch has none.
    fn unpublished_query(&self, table: &TableName) -> Option<String> {
        let is_it = format!("summary['{UNPUBLISHED_ID_PROPERTY}'] = :ingest_id");
        found_in_snapshots(table, &format!("summary['wap.id'] IS NOT NULL AND {is_it}"))
    }
}

/// The conf by which the id gets into the summary of the snapshot.
fn recorded(table: &TableName, property: &str, ingest_id: Uuid) -> Vec<(String, String)> {
    if names_branch(table) {
        return Vec::new();
    }
    vec![(format!("spark.sql.iceberg.snapshot-property.{property}"), ingest_id.to_string())]
}

/// The query for snapshots of which this holds.
fn found_in_snapshots(table: &TableName, condition: &str) -> Option<String> {
    let has_database = table.parts().len() > 1;
    (has_database && !names_branch(table))
        .then(|| format!("SELECT 1 AS found FROM {table}.snapshots WHERE {condition}"))
}

/// Whether the name is one of a branch of a table, or of a tag, as `shop.orders.branch_audit`.
fn names_branch(table: &TableName) -> bool {
    let [_, .., last] = table.parts() else { return false };
    last.starts_with("branch_") || last.starts_with("tag_")
}

/// The type to take for one that Iceberg does not have. Spark would make an INT of the small integers, which is not
/// read back as the type that was written.
fn instead(data_type: &DataType, is_of_version_3: bool) -> Option<String> {
    match data_type {
        DataType::Byte | DataType::Short => Some("an `i32`".to_owned()),
        DataType::Variant | DataType::Null if !is_of_version_3 => Some(
            "a `String`, or version 3 of the format: Iceberg::new().property(\"format-version\", \"3\")"
                .to_owned(),
        ),
        _ if types::is_geographic(data_type) && !is_of_version_3 => Some("a `Vec<u8>` of WKB".to_owned()),
        _ => types::of_no_format(data_type),
    }
}
