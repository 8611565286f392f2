//! Delta Lake.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use spark_connect::DataType;
use spark_connect::types::quote_identifier;
use uuid::Uuid;

use super::check::word;
use super::create::{self, Create};
use super::options::Options;
use super::{BINARY_PARTITIONS, Dialect, types, unsupported};
use crate::error::Result;
use crate::table::{TableColumn, TableDefinition, TableName, Transform};

/// The property by which a table keeps no statistics of its columns.
const NO_STATISTICS: (&str, &str) = ("delta.dataSkippingNumIndexedCols", "0");

/// The property that has columns take default values.
const DEFAULTS: (&str, &str) = ("delta.feature.allowColumnDefaults", "supported");

/// Tables of Delta Lake.
///
/// Nothing inside of a list, a map or a struct is made NOT NULL, since Delta does not support that inside of lists and
/// maps. Tables are partitioned by the values of columns: Delta has no partition transforms, and no order of rows
/// inside of a file.
///
/// Values of partitions are texts in Delta, and an empty one is NULL: a write refuses rows with an empty text, or
/// `__HIVE_DEFAULT_PARTITION__`, in a partition column, and no table is partitioned by a BINARY. A TIMESTAMP goes
/// through local text, in which the hour that comes twice when clocks are set back is one, and which some engines store as
/// it is: a table that is partitioned by one is neither made nor written to unless the session's time zone is UTC
/// (`.session_conf("spark.sql.session.timeZone", "UTC")` on the driver's builder). In a partition it takes the years 1 to
/// 9999, and so does a TIMESTAMP_NTZ.
///
/// Tables that were made elsewhere:
///
/// - Fields inside of a STRUCT that are NOT NULL want a value also where the STRUCT is NULL, so such a row is refused
///   where its STRUCT is written. A merge, and an insert with an idempotency key or without some columns of the table,
///   into one takes no rows from files: call `direct()` or, on Sail, make the field nullable.
/// - `insert_only` rewrites the files of rows that match, as other merges do, so a table with `delta.appendOnly` refuses
///   it.
/// - Spark fails to insert with an idempotency key, and to merge from files, into a table that is partitioned by a column
///   whose name has a dot or a back-tick (`INVALID_ATTRIBUTE_NAME_SYNTAX`). Nothing is written.
///
/// Concurrent upserts of new keys: where Databricks checks row by row (its runtime from 14.3 on, for tables with
/// deletion vectors), two merges that both insert a row of one key may both succeed. Databricks documents the table
/// property `delta.isolationLevel` = `Serializable` against that; lakeorm has not tested it. Everywhere else one of the
/// two fails, and is sent again. So two writes with one idempotency key at the same time may both land on Databricks
/// where the table does not record the key (serverless compute, a session of the caller's own); one whose answer is lost
/// is not sent again there: see [Idempotency](crate::Insert#idempotency).
///
/// Sail (0.7.2) has faults to know of:
///
/// - A MERGE, and so a write with an idempotency key, takes twice the time and the memory for each further column that
///   is NOT NULL (0.2 s with ten, 2 s with fourteen; with twenty it does not end): on Sail, make the fields of wide
///   structs `Option`s, or use [`Iceberg`](super::Iceberg).
/// - Where all values of a column of a file are the same, it takes that value from the file's statistics. Of Delta's it
///   reads a fractional DECIMAL as an `f64` and a DOUBLE with a wrong last digit, so a migration on Sail creates tables
///   with such columns without them (`delta.dataSkippingNumIndexedCols` = 0). Those of tables that somebody else created
///   are read rounded there, by any client, and an UPDATE or MERGE that copies their rows stores them so. Those of a
///   file know no NaN: beside FLOATs or DOUBLEs that are all one number it is read as that number.
/// - It writes a negative fractional DECIMAL as the value of a partition so that nobody can read the table any more:
///   tables with such a partition are refused there. Do not partition by a DOUBLE there either.
/// - Of tables that were made elsewhere it does not check a `CHECK` in a MERGE: in a merge, and in an insert with an
///   idempotency key or without some columns of the table. It checks the length of a CHAR or VARCHAR in no write.
/// - It refuses a MERGE into a table with an identity column, and so an insert with an idempotency key.
///
/// ```
/// use lakeorm::dialect::{Delta, Dialect};
/// use lakeorm::table::LakeTable;
///
/// #[derive(lakeorm::LakeTable)]
/// #[lake(table = "shop.orders", partition_by(country))]
/// struct Order {
///     id: i64,
///     country: String,
/// }
///
/// assert_eq!(
///     Delta::new().create_table(&Order::definition())?,
///     ["CREATE TABLE IF NOT EXISTS shop.orders (id BIGINT NOT NULL, country STRING NOT NULL, _ingest_id STRING) \
///       USING delta PARTITIONED BY (country)"]
/// );
/// # Ok::<(), lakeorm::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Delta(Options);

impl Delta {
    /// Tables in the session's catalog, with Delta's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The catalog of tables whose names do not include one.
    #[must_use]
    pub fn catalog(self, catalog: impl Into<String>) -> Self {
        Self(self.0.catalog(catalog.into()))
    }

    /// A property of the tables that are created, such as `delta.enableChangeDataFeed`.
    #[must_use]
    pub fn property(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        Self(self.0.property(key.into(), value.into()))
    }

    /// The properties, with what the table's own columns ask for.
    fn properties_of(&self, table: &TableDefinition) -> BTreeMap<String, String> {
        let mut properties = self.0.properties_of(table);
        if table.columns().iter().any(|column| column.default.is_some()) {
            let (key, value) = DEFAULTS;
            properties.entry(key.to_owned()).or_insert_with(|| value.to_owned());
        }
        properties
    }
}

impl Dialect for Delta {
    fn name(&self) -> &'static str {
        "Delta"
    }

    fn table_name(&self, table: &TableDefinition) -> TableName {
        self.0.table_name(table)
    }

    fn create_table(&self, table: &TableDefinition) -> Result<Vec<String>> {
        if !table.sort_columns().is_empty() {
            return Err(unsupported(self.name(), "a sort order of rows: remove `sort_by`"));
        }
        let mut partitions = Vec::new();
        for (transform, column) in table.partitions() {
            if table.column(column).is_some_and(|column| column.field.data_type == DataType::Binary) {
                return Err(unsupported(self.name(), BINARY_PARTITIONS));
            }
            match transform {
                Transform::Identity => partitions.push(quote_identifier(column)),
                _ => {
                    let feature = format!(
                        "transforms of partition columns, and the table {} is partitioned by `{}` of \"{column}\": \
                         partition by a column as it is",
                        table.name(),
                        word(*transform)
                    );
                    return Err(unsupported(self.name(), &feature));
                }
            }
        }
        types::check(self.name(), table.columns(), &instead)?;
        let name = self.table_name(table);
        let properties = self.properties_of(table);
        let create = Create { format: "delta", name: &name, partitions, properties: &properties };
        Ok(vec![create.statement(&table.clone().nullable_inside())?])
    }

    fn provider(&self) -> Option<&'static str> {
        Some("delta")
    }

    fn properties(&self, table: &TableDefinition) -> BTreeMap<String, String> {
        self.properties_of(table)
    }

    fn supports_nested_not_null(&self) -> bool {
        false
    }

    fn partition_values_are_text(&self) -> bool {
        true
    }

    fn without_statistics(&self, table: TableDefinition) -> TableDefinition {
        let (key, value) = NO_STATISTICS;
        table.property(key, value)
    }

    fn widening_property(&self) -> Option<(&'static str, &'static str)> {
        Some(("delta.enableTypeWidening", "true"))
    }

    fn defaults_property(&self) -> Option<(&'static str, &'static str)> {
        Some(DEFAULTS)
    }

    /// Without their default values, which Delta takes of columns that are there alone.
    fn add_columns(&self, table: &TableName, columns: &[&TableColumn]) -> Result<String> {
        types::check(self.name(), columns.iter().copied(), &instead)?;
        let bare =
            |column: &&TableColumn| TableColumn { default: None, ..(*column).clone().nullable_inside() };
        create::add_columns(table, &columns.iter().map(bare).collect::<Vec<_>>())
    }

    fn set_defaults(&self, table: &TableName, columns: &[&TableColumn]) -> Vec<String> {
        let default = |column: &&TableColumn| {
            let (name, default) = (quote_identifier(&column.field.name), column.default.as_ref()?);
            Some(format!("ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT {default}"))
        };
        columns.iter().filter_map(default).collect()
    }

    /// By the rules of [type widening](https://docs.delta.io/latest/delta-type-widening.html), of which those are left
    /// out that make another kind of value: a DECIMAL or a DOUBLE of an integer, a TIMESTAMP_NTZ of a DATE.
    fn widens(&self, from: &DataType, to: &DataType) -> bool {
        match (from, to) {
            (DataType::Byte, DataType::Short | DataType::Integer | DataType::Long)
            | (DataType::Short, DataType::Integer | DataType::Long)
            | (DataType::Integer, DataType::Long)
            | (DataType::Float, DataType::Double) => true,
            (
                DataType::Decimal { precision, scale },
                DataType::Decimal { precision: more, scale: fraction },
            ) => {
                let whole = |precision: u8, scale: u8| precision.checked_sub(scale);
                fraction >= scale
                    && whole(*more, *fraction) >= whole(*precision, *scale)
                    && (more, fraction) != (precision, scale)
            }
            _ => false,
        }
    }

    fn widens_inside(&self) -> bool {
        true
    }

    /// By Delta's [idempotent writes](https://docs.delta.io/latest/delta-batch.html#idempotent-writes). Each write is
    /// an application of its own: the versions of one would have to come in their order.
    fn idempotency_confs(&self, _: &TableName, ingest_id: Uuid) -> Vec<(String, String)> {
        let conf = |name: &str, value: String| (format!("spark.databricks.delta.write.{name}"), value);
        vec![conf("txnAppId", format!("lakeorm-{ingest_id}")), conf("txnVersion", "1".to_owned())]
    }

    /// A merge that ran answers with a row of counts, also if it changed nothing.
    fn was_skipped(&self, answer: &[RecordBatch]) -> bool {
        let is_empty = |batch: &RecordBatch| {
            batch.num_rows() == 0 && batch.column_by_name("num_affected_rows").is_some()
        };
        !answer.is_empty() && answer.iter().all(is_empty)
    }
}

/// The type to take for one that Delta does not have.
fn instead(data_type: &DataType) -> Option<String> {
    match data_type {
        DataType::Time { .. } => Some("an `i64` of microseconds, or a `String`".to_owned()),
        _ if types::is_geographic(data_type) => Some("a `Vec<u8>` of WKB".to_owned()),
        _ => types::of_no_format(data_type),
    }
}
