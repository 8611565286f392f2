//! Appending rows.

use std::future::IntoFuture;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;

use super::attempt::Attempts;
use super::input::Input;
use super::options::{Options, with_options};
use super::outcome::Written;
use super::progress::Callback;
use super::run::{Verb, write};
use super::span;
use crate::client::Client;
use crate::dialect::InsertStatement;
use crate::error::Result;
use crate::table::LakeTable;

/// Appends rows to their table; see [`Client::insert`].
///
/// # Idempotency
///
/// A write with an idempotency key looks for rows of its id in the table first, and its statement is one that the
/// format checks against what others commit meanwhile: a merge in place of an append. Without a key nothing is looked
/// for until an answer is lost.
///
/// A proxy in front of the server must not repeat requests by itself: writes without an idempotency key would land twice.
///
/// A table's format, whether an Iceberg table has its merges checked, the types of merge keys and of `_ingest_id`, and
/// the session's time zone for a Delta table that is partitioned by a TIMESTAMP are queried once per client and table
/// name, and again after a statement of the client that does more than read or write rows (`USE`, `ALTER`, `SET`),
/// whether by [`exec`](crate::Client::exec) or by a query function. Of a table that the engine does not describe they are
/// queried with each write. Changes made elsewhere are not noticed, unless the columns refuse the write, nor are
/// statements that the driver or the session runs by itself.
///
/// On Spark, tables record the id as well, and know it whatever becomes of the rows, even if they are rolled back or
/// the table is replaced:
///
/// - Delta in its log, until the table is dropped, or for as long as the table's property
///   `delta.setTransactionRetentionDuration` says, if it is set.
/// - Iceberg in the summary of the snapshot, as `lakeorm-ingest-id`, until the snapshot expires: `expire_snapshots`
///   removes those of more than five days, unless it or the table's property `history.expire.max-snapshot-age-ms` says
///   otherwise. Iceberg has to write properties of a session into snapshots, as 1.12 does for Spark 4.1 and not for
///   3.5, and the table's name has to include its database. With the table's property `write.wap.enabled` = `true`
///   the id is `lakeorm-wap-ingest-id`, and is looked for in snapshots that a `spark.wap.id` has staged.
///
/// This takes three further calls, which read a conf in a session of the pool, set it, and give it its value back. It
/// is not done in a session of [`SparkDriver::session`](crate::spark::SparkDriver::session), or one that the connection
/// string names, since others may write in it at the same time; nor on a server that does not allow the conf, such as
/// Databricks' serverless compute; nor on Sail. What is left then is that two merges at once conflict, as they do
/// wherever formats check whole files. Databricks checks some tables row by row, and there two writes with one key at the
/// same time may both land. Where the conf is not set on Spark, a write whose answer is lost is therefore not sent again:
/// it ends with an [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) unless its rows are found.
///
/// If the catalog of an Iceberg table has no metadata table `snapshots`, only the rows are searched, and a warning is
/// logged. If it has one that cannot be read, that is an error, and nothing is written.
///
/// # Errors
///
/// - [`Encode`](crate::ErrorKind::Encode) for a row that cannot be written, before anything is sent or, for staged
///   rows, before anything is written to the table. The text names the row and the field; of rows that break the rules
///   of their type it names twenty, and counts the others. So is an empty text, or `__HIVE_DEFAULT_PARTITION__`, in a
///   partition column of a [`Delta`](crate::dialect::Delta) table, which would be NULL there, and a TIMESTAMP or
///   TIMESTAMP_NTZ outside of the years 1 to 9999.
/// - [`Staging`](crate::ErrorKind::Staging) if files could not be written, or the engine cannot read them or reads
///   other rows from them than were written.
/// - [`PartlyWritten`](crate::ErrorKind::PartlyWritten) on Sail, if a staged file was gone when the statement read it. Such
///   a write is neither sent again nor taken for one that has landed; the text says how to remove its part.
/// - [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) if there is no such table, if it is a view, where the engine
///   tells it, or if the struct does not fit it. A column that is NOT NULL may be left out of the struct if it has a
///   default or is generated, and the engine tells that: Spark of defaults, Databricks of both. The table is compared
///   again before its statement is sent again, and after rows took more than five seconds to hand over.
/// - [`Config`](crate::ErrorKind::Config) for a client of [`Client::new`], for a blank idempotency key, for a
///   definition that contradicts itself, for files without a [`Backend`](crate::Backend) (`staged()`, or a stream of
///   more than 32 MiB), if the table skipped the statement for confs of another write that the session has, and for a
///   Delta table that is partitioned by a TIMESTAMP while the session's time zone is not UTC.
/// - [`Unsupported`](crate::ErrorKind::Unsupported) with an idempotency key for an Iceberg table with the property
///   `write.merge.isolation-level` = `snapshot`, where the engine tells it: two writes with one key may both land
///   there. With one also for a column `_ingest_id` that is a CHAR, or too short a VARCHAR. With one, or without some
///   columns of the table, for rows in files and a Delta table with a field inside of a STRUCT that is NOT NULL. Also for
///   a Delta table that is partitioned by a BINARY or, on Sail, by a fractional DECIMAL.
/// - [`NoRuntime`](crate::ErrorKind::NoRuntime) for files outside of a Tokio runtime.
/// - [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if the answer was lost, or the engine does not know whether
///   it committed, and the rows are not in the table yet: they may still land. With an idempotency key that the table
///   [records](#idempotency), and on Sail, the rows are written again instead, and land once, unless someone has stopped
///   the write. Also if the engine gave no condition for its failure, and the table could not be looked at.
/// - [`Timeout`](crate::ErrorKind::Timeout) if the statement took longer than it may, and
///   [`Cancelled`](crate::ErrorKind::Cancelled) if it was stopped: it may have run. The text of these two and of
///   `OutcomeUnknown` names the ingest id to look for.
/// - Otherwise any kind listed under [How failures are classified](crate::Driver#how-failures-are-classified).
///
/// When the error is returned, staged files have been removed, as far as their store takes that within half a minute,
/// except those that a statement may still read: those of a statement that was told to stop are removed ten seconds
/// later, and those of a write that may still land are left to `Client::cleanup_staging`. On Sail those of a statement
/// that was told to stop are left to it too: if it has not heard, it would write the rows of the files that are left.
///
/// # Cancel safety
///
/// Dropping the future stops the statement; the rows may have landed by then, all of them or none. Files are removed,
/// ten seconds later if the statement was reading them; on Sail they are then left to `Client::cleanup_staging`, and so
/// are those of an attempt whose answer was lost.
#[must_use = "an insert does nothing until it is awaited"]
pub struct Insert<'a, T> {
    client: Client,
    rows: Input<'a, T>,
    options: Options,
    on_progress: Option<Callback<'a>>,
}

impl<'a, T: LakeTable + Send> Insert<'a, T> {
    pub(crate) fn new(client: Client, rows: Input<'a, T>) -> Self {
        Self { client, rows, options: Options::default(), on_progress: None }
    }

    /// Writes nothing if a write with this key has already landed, from any process; the rows are not compared. Costs
    /// one query, and a merge in place of an append, for which Sail does not check a `CHECK` of a
    /// [`Delta`](crate::dialect::Delta) table. The key is recognized while one row of that write is unchanged; on Spark
    /// also while Delta's log or, on Spark 4, an Iceberg snapshot records it. See [Idempotency](crate::Insert#idempotency).
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.options.key = Some(key.into());
        self
    }
}

struct Append;

impl Verb for Append {
    fn statement(&self, write: &Attempts<'_>, source: &str) -> String {
        let target = &write.target;
        let insert = InsertStatement::new(target.name.clone(), source, target.assignments(write.table()));
        let insert = if write.is_plain_insert() { insert } else { insert.once() };
        write.dialect().insert(&insert)
    }
}

with_options! { Insert }

impl<'a, T: LakeTable + Send + 'a> IntoFuture for Insert<'a, T> {
    type Output = Result<Written>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { client, rows, options, on_progress } = self;
        async move {
            let table = T::definition();
            let watched = span::of_insert(&client, &table);
            let writing = write(&client, table, rows, options, on_progress, &Append);
            watched.until_end(writing).await
        }
        .boxed()
    }
}
