//! Merging rows by their key.

use std::future::IntoFuture;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use spark_connect::DataType;
use spark_connect::types::{StructField, quote_identifier};

use super::attempt::Attempts;
use super::input::Input;
use super::options::{Options, with_options};
use super::outcome::Written;
use super::progress::Callback;
use super::run::{Verb, write};
use super::span;
use crate::client::Client;
use crate::dialect::{Assignment, MergeStatement};
use crate::error::{Error, ErrorKind, Result};
use crate::names::is_same;
use crate::table::{INGEST_ID, LakeTable, TableDefinition};

/// Merges rows into their table by its merge key; see [`Client::merge`].
///
/// # Errors
///
/// - [`Encode`](ErrorKind::Encode) for two rows with one key, which the text names, for a key that is NULL or NaN, and
///   for one with a -0.0 inside of a STRUCT or ARRAY.
/// - [`Config`](ErrorKind::Config) for a table without a merge key, for `insert_only` with `update_only` or `update`, for
///   a column that the table does not have, for an `update` of a column that is set on insert, and for a `delete_where`
///   column that is not a BOOLEAN.
/// - [`Unsupported`](ErrorKind::Unsupported), where the engine tells it, for a key that is a CHAR in the table, whose
///   values it pads with spaces, or has a collation; for rows in files and a Delta table with a field inside of a STRUCT
///   that is NOT NULL; and for an Iceberg table with the property `write.merge.isolation-level` = `snapshot`,
///   into which two merges at once may both insert their rows.
/// - Otherwise those of [`Insert`](super::Insert).
///
/// # Concurrency
///
/// If two merges insert the same new key at once, the format refuses one of them; that one is sent again and then
/// updates the row. Databricks may let both pass for some tables: see [`Delta`](crate::dialect::Delta).
///
/// # Changes out of order
///
/// A merge sets what it is given, whatever is there. Where an older change may come after a newer one,
/// [`DataFrame::merge_into`](crate::spark::DataFrame::merge_into) takes a condition (Spark from 4.0 on, and Sail). Give
/// it one row of each key, the newest, and name the columns: `update_all` and `insert_all` want all of the table, also
/// `_ingest_id`.
///
/// ```no_run
/// use lakeorm::spark::functions::col;
/// use lakeorm::spark::{MergeAction, SparkDriver};
///
/// #[derive(lakeorm::LakeTable)]
/// struct Change { id: i64, seq: i64, status: String }
///
/// # async fn run(drv: SparkDriver, changes: Vec<Change>) -> lakeorm::Result<()> {
/// let set = [("seq", col("s.seq")), ("status", col("s.status"))];
/// let added = [("id", col("s.id")), ("seq", col("s.seq")), ("status", col("s.status"))];
/// drv.create_dataframe(&changes)
///     .alias("s")
///     .merge_into("orders", "orders.id = s.id")
///     .when_matched(MergeAction::update(set).only_if("s.seq > orders.seq"))
///     .when_not_matched(MergeAction::insert(added))
///     .merge()
///     .await?;
/// # Ok(()) }
/// ```
///
/// # Cancel safety
///
/// Dropping the future stops the statement; it may have run by then, whole. Files are removed as those of a dropped
/// [`Insert`](crate::Insert#cancel-safety).
#[must_use = "a merge does nothing until it is awaited"]
pub struct Merge<'a, T> {
    client: Client,
    rows: Input<'a, T>,
    options: Options,
    on_progress: Option<Callback<'a>>,
    merging: MergeOptions,
}

/// The treatment of rows that are in the table, and of those that are not.
#[derive(Debug, Default)]
struct MergeOptions {
    /// The columns that are set in existing rows, if not all are.
    update: Option<Vec<String>>,
    /// Rows that are in the table are passed over.
    is_insert_only: bool,
    /// Rows that are not in the table are passed over.
    is_update_only: bool,
    delete_where: Option<String>,
}

impl<'a, T: LakeTable + Send> Merge<'a, T> {
    pub(crate) fn new(client: Client, rows: Input<'a, T>) -> Self {
        Self {
            client,
            rows,
            options: Options::default(),
            on_progress: None,
            merging: MergeOptions::default(),
        }
    }

    /// Sets only these columns in existing rows; by default all but the key and `created_at`. The column that
    /// `updated_at` names is always set.
    pub fn update<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.merging.update = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Updates no existing row, and only inserts the others; `delete_where` still deletes. It excludes `update`.
    pub fn insert_only(mut self) -> Self {
        self.merging.is_insert_only = true;
        self
    }

    /// Inserts no row, and only updates those that are there; `delete_where` still deletes. The struct may then lack
    /// columns that are NOT NULL in the table. [`Written::rows`] counts the rows that were given.
    ///
    /// ```no_run
    /// # async fn run(db: lakeorm::Client) -> lakeorm::Result<()> {
    /// #[derive(lakeorm::LakeTable)]
    /// #[lake(table = "shop.orders")]
    /// struct Status {
    ///     #[lake(merge_key)]
    ///     id: i64,
    ///     status: String,
    /// }
    ///
    /// db.merge(&[Status { id: 7, status: "sent".into() }]).update_only().await?;
    /// # Ok(()) }
    /// ```
    pub fn update_only(mut self) -> Self {
        self.merging.is_update_only = true;
        self
    }

    /// A row in which this BOOLEAN column of the struct is true deletes the existing row and is never inserted.
    pub fn delete_where(mut self, column: impl Into<String>) -> Self {
        self.merging.delete_where = Some(column.into());
        self
    }

    /// Writes nothing if a merge with this key has landed and is still known: while one of its rows is as it was
    /// written or, on Spark, as long as the log of a Delta table or the snapshots of an Iceberg table record it.
    ///
    /// Elsewhere, as on Sail and in a session of [`SparkDriver::session`](crate::spark::SparkDriver::session), a merge is
    /// done again once others have written over all of its rows. One that has left no row of its own, since it only
    /// deleted (`delete_where`) or found nothing to update (`update_only`) or to insert (`insert_only`), is done again
    /// each time: what others have written meanwhile under its keys is deleted or updated too. See
    /// [Idempotency](crate::Insert#idempotency).
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.options.key = Some(key.into());
        self
    }
}

impl MergeOptions {
    /// Refuses columns that the struct does not have, and those that keep their values.
    fn check_columns(&self, table: &TableDefinition) -> Result<()> {
        let named = self.update.iter().flatten().map(|column| ("update", column));
        for (method, column) in named.chain(self.delete_where.iter().map(|column| ("delete_where", column))) {
            if table.column(column).is_none() {
                let columns = table.columns().iter().map(|column| column.field.name.as_str());
                let message = format!(
                    "`{method}` names the column \"{column}\", which the struct of the table {} does not have; it has {}",
                    table.name(),
                    columns.collect::<Vec<_>>().join(", ")
                );
                return Err(Error::new(ErrorKind::Config, message));
            }
            if table.merge_key_columns().iter().any(|key| is_same(key, column)) {
                let message = format!(
                    "the column \"{column}\" is part of the merge key, which a merge does not change"
                );
                return Err(Error::new(ErrorKind::Config, message));
            }
            if method == "update" && table.created_at_column().is_some_and(|created| is_same(created, column))
            {
                let message = format!(
                    "the column \"{column}\" is set when a row is inserted, which a merge does not change"
                );
                return Err(Error::new(ErrorKind::Config, message));
            }
        }
        Ok(())
    }

    /// The column to delete by, as the struct has it.
    fn flag<'t>(&self, table: &'t TableDefinition) -> Option<&'t StructField> {
        self.delete_where.as_ref().and_then(|column| table.column(column)).map(|column| &column.field)
    }

    /// Refuses to delete by a column that is neither true nor false.
    fn check_flag(&self, table: &TableDefinition) -> Result<()> {
        match self.flag(table) {
            Some(StructField { name, data_type, .. }) if *data_type != DataType::Boolean => {
                let message = format!(
                    "delete_where takes a BOOLEAN, and the column \"{name}\" of the table {} is {data_type} in the struct",
                    table.name()
                );
                Err(Error::new(ErrorKind::Config, message))
            }
            _ => Ok(()),
        }
    }

    fn updates(&self, table: &TableDefinition, column: &str) -> bool {
        let is = |other: Option<&str>| other.is_some_and(|other| is_same(other, column));
        match &self.update {
            _ if self.is_insert_only => false,
            _ if is_same(column, INGEST_ID) || is(table.updated_at_column()) => true,
            Some(columns) => columns.iter().any(|wanted| is_same(wanted, column)),
            None => !is(table.created_at_column()),
        }
    }
}

impl Verb for MergeOptions {
    fn check(&self, table: &TableDefinition, row: &'static str) -> Result<()> {
        if table.merge_key_columns().is_empty() {
            let message = format!("{row} has no key to merge by: put `#[lake(merge_key)]` on a field");
            return Err(Error::new(ErrorKind::Config, message));
        }
        let excluded =
            if self.is_update_only { Some("update_only") } else { self.update.as_ref().map(|_| "update") };
        if let Some(other) = excluded.filter(|_| self.is_insert_only) {
            let message = format!("`insert_only` and `{other}` exclude each other: remove one of them");
            return Err(Error::new(ErrorKind::Config, message));
        }
        self.check_columns(table)?;
        self.check_flag(table)
    }

    fn unique_columns<'t>(&self, table: &'t TableDefinition) -> &'t [String] {
        table.merge_key_columns()
    }

    fn inserts(&self) -> bool {
        !self.is_update_only
    }

    fn assigns(&self, table: &TableDefinition, column: &str) -> bool {
        let is_key = table.merge_key_columns().iter().any(|key| is_same(key, column));
        self.inserts() || !is_key && self.updates(table, column)
    }

    fn deletes_by<'t>(&self, table: &'t TableDefinition) -> Option<&'t str> {
        self.flag(table).map(|column| column.name.as_str())
    }

    fn statement(&self, write: &Attempts<'_>, source: &str) -> String {
        let (table, target) = (write.table(), &write.target);
        let columns = target.assignments(table);
        let keys = table.merge_key_columns();
        let is_key = |column: &Assignment| keys.iter().any(|key| is_same(key, &column.column));
        let condition =
            |column: &Assignment| format!("t.{} = {}", quote_identifier(&column.column), column.value);
        let conditions: Vec<String> = columns.iter().filter(|column| is_key(column)).map(condition).collect();
        let mut merge = MergeStatement::new(target.name.clone(), source, conditions.join(" AND "));
        merge.update = columns
            .iter()
            .filter(|column| !is_key(column) && self.updates(table, &column.column))
            .cloned()
            .collect();
        merge.delete_where = self.flag(table).map(|column| format!("s.{}", quote_identifier(&column.name)));
        merge.insert = if self.is_update_only { Vec::new() } else { columns };
        merge.once = write.has_key();
        write.dialect().merge(&merge)
    }
}

with_options! { Merge }

impl<'a, T: LakeTable + Send + 'a> IntoFuture for Merge<'a, T> {
    type Output = Result<Written>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { client, rows, options, on_progress, merging } = self;
        async move {
            let table = T::definition();
            let watched = span::of_merge(&client, &table);
            let writing = write(&client, table, rows, options, on_progress, &merging);
            watched.until_end(writing).await
        }
        .boxed()
    }
}
