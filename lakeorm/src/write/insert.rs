//! Appending rows.

use std::future::IntoFuture;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;

use super::outcome::Written;
use super::rows::Rows;
use super::run::{Options, Verb, Write, with_options, write};
use crate::client::Client;
use crate::dialect::Insert as Statement;
use crate::error::Result;
use crate::table::{LakeTable, TableDefinition};

/// Appends rows to their table; see [`Client::insert`].
///
/// # Errors
///
/// [`Encode`](crate::ErrorKind::Encode) for a row that cannot be written, before anything is sent: the text names the row
/// and the field. [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) if the table is not there or the struct does not fit
/// it. [`Config`](crate::ErrorKind::Config) for a client that reads only.
/// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if the answer was lost and the rows are not in the table yet: they
/// may still land. With an idempotency key it is then written again, which lands once. The kinds of a statement.
///
/// # Cancel safety
///
/// Dropping the future stops the statement; the rows may have landed by then, all of them or none.
#[must_use = "an insert does nothing until it is awaited"]
#[derive(Debug)]
pub struct Insert<'a, T> {
    client: Client,
    rows: &'a [T],
    options: Options,
}

impl<'a, T: LakeTable + Sync> Insert<'a, T> {
    pub(crate) fn new(client: Client, rows: &'a [T]) -> Self {
        Self { client, rows, options: Options::default() }
    }

    /// Writes nothing if a write with this key has landed, by whatever process, now or earlier. What the rows are is not
    /// compared.
    ///
    /// The table is looked at before, and the statement is one that the format checks against what others commit
    /// meanwhile: it costs one query, and a merge in the place of an append.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.options.key = Some(key.into());
        self
    }
}

struct Append;

impl Verb for Append {
    fn check(&self, _: &TableDefinition, _: &Rows, _: &'static str) -> Result<()> {
        Ok(())
    }

    fn statement(&self, write: &Write<'_>, source: &str) -> Result<String> {
        let columns = write.target.assignments(write.table);
        // What an insert leaves out gets its default or NULL on Spark and is an error on Sail; a merge is understood by both.
        let leaves_out = columns.len() < write.target.columns.len();
        let insert = Statement::new(write.target.name.clone(), source, columns);
        let insert = if write.has_key() || leaves_out { insert.once() } else { insert };
        Ok(write.dialect.insert(&insert))
    }
}

with_options! { Insert }

impl<'a, T: LakeTable + Sync> IntoFuture for Insert<'a, T> {
    type Output = Result<Written>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move { write(&self.client, self.rows, self.options, &Append).await }.boxed()
    }
}
