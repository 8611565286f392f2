//! The steps of a write: gather, compare, plan, execute, and look where the answer was lost.

use std::num::NonZeroUsize;
#[cfg(feature = "staging")]
use std::sync::Arc;

use arrow_array::RecordBatch;
#[cfg(feature = "staging")]
use arrow_schema::Schema;
use futures_util::TryStreamExt;
use spark_connect::ServerError;

use super::attempt::{Write, may_still_run};
use super::input::{Incoming, Input};
use super::keys::Keys;
use super::options::{Options, no_backend, too_many};
use super::outcome::{WritePath, Written};
use super::parquet::Unstageable;
use super::progress::{Callback, Progress};
use super::rows::Rows;
#[cfg(feature = "staging")]
use super::rows::{Nulls, numbered, numbered_schema};
#[cfg(feature = "staging")]
use super::staging::{Finished, Parts};
use super::target::{Place, Target, between_commits, in_a_session};
use super::{IngestId, Writing, not_open};
use crate::client::Client;
use crate::dialect::Dialect;
#[cfg(feature = "staging")]
use crate::driver::Capability;
use crate::driver::Driver;
use crate::encode;
use crate::error::{Error, ErrorKind, Result};
use crate::source::{Read, Source};
use crate::table::{INGEST_ID, LakeTable, TableDefinition, TableName};

/// Which statement writes the rows, given where it reads them from.
pub(super) trait Verb: Send + Sync {
    /// What has to hold of the table.
    fn check(&self, table: &TableDefinition, row: &'static str) -> Result<()>;

    /// The columns in which no two rows may be equal, which makes it a merge.
    fn distinct<'t>(&self, table: &'t TableDefinition) -> &'t [String];

    fn statement(&self, write: &Write<'_>, source: &str) -> String;
}

/// Writes rows: each once, or none of them.
pub(super) async fn write<T: LakeTable + Send + Sync>(
    client: &Client,
    input: Input<'_, T>,
    options: Options,
    on_progress: Option<Callback<'_>>,
    verb: &dyn Verb,
) -> Result<Written> {
    let writing = client.writing().ok_or_else(not_open)?;
    let ingest_id = options.ingest_id()?;
    let (table, schema) = (T::definition(), encode::schema::<T>()?);
    let unstageable = Unstageable::among(table.columns().iter().map(|column| &column.field));
    let limit = options.paths.limit(writing.backend(), input.is_whole(), unstageable.as_ref())?;
    // Everything that the rows themselves can be wrong in comes before the engine is asked anything, as far as they fit
    // into memory.
    verb.check(&table, T::NAME)?;
    let keys = match verb.distinct(&table) {
        [] => None,
        names => Some(Keys::of(names, &schema, T::NAME)?),
    };
    let is_merge = keys.is_some() || options.key.is_some();
    let batches = input.batches(options.batch_size.map(NonZeroUsize::get))?;
    let mut incoming = Incoming::new(batches, keys, Progress::new(on_progress));
    let (gathered, is_all) = incoming.gather(limit).await?;
    let row = T::NAME;
    let prepared = Prepared { driver: client.driver(), writing, table, row, ingest_id, is_merge, options };
    if incoming.progress.rows() == 0 {
        return Ok(prepared.written(&incoming, WritePath::Nothing, 0));
    }
    if let (false, Some(column)) = (is_all, &unstageable) {
        return Err(column.error(&too_many()));
    }
    let rows = match (limit, is_all) {
        (Some(0), _) | (_, false) => match prepared.stage(&mut incoming, gathered, verb).await? {
            Some(rows) => rows,
            None => return Ok(prepared.written(&incoming, WritePath::AlreadyThere, 0)),
        },
        (_, true) => Rows::Direct(gathered),
    };
    let ended = match prepared.write(&rows, verb).await {
        // Of these kinds nothing was written: the server gave the session up, or the rows did not get there.
        Err(error) if matches!(error.kind(), ErrorKind::SessionLost | ErrorKind::Unavailable) => {
            prepared.write(&rows, verb).await
        }
        ended => ended,
    };
    remove_staged(rows, ended.as_ref().err()).await;
    let (path, retries) = ended?;
    if path != WritePath::AlreadyThere {
        incoming.progress.committed();
    }
    Ok(prepared.written(&incoming, path, retries))
}

/// Removes what was staged, unless a statement may still read it: Sail takes a file that it does not find for one without
/// rows, and would write the others. One that was stopped is waited for, and where nobody can know the files stay for a
/// sweep.
async fn remove_staged(rows: Rows, error: Option<&Error>) {
    match error {
        Some(error) if may_still_run(error) => {
            if error.kind() == ErrorKind::OutcomeUnknown {
                rows.lose();
            }
            drop(rows);
        }
        _ => rows.remove().await,
    }
}

/// Rows that can be written, whatever the table is.
pub(super) struct Prepared<'c> {
    pub(super) driver: &'c dyn Driver,
    writing: &'c Writing,
    pub(super) table: TableDefinition,
    row: &'static str,
    pub(super) ingest_id: IngestId,
    /// Whether the write counts on the format to check it against what others insert meanwhile.
    is_merge: bool,
    pub(super) options: Options,
}

impl Prepared<'_> {
    /// The table as it is, from a place where what comes next can be run.
    async fn target(&self) -> Result<(Place<'_>, Target)> {
        in_a_session(self.driver, &self.options.retry, || self.resolve_target()).await
    }

    async fn resolve_target(&self) -> Result<(Place<'_>, Target)> {
        let name = self.dialect().table_name(&self.table);
        let place = Place::of(self.driver, self.dialect(), &name).await?;
        let Some(mut target) = Target::find(place.driver(), name.clone()).await? else {
            self.writing.formats.forget(&name);
            let message = format!("there is no table {name}: make it with `db.migrate::<{}>()`", self.row);
            return Err(Error::no_table(message));
        };
        if self.wants_description() && !self.writing.formats.are_known(&name, self.is_merge) {
            target.describe(place.driver()).await?;
        }
        target.check(&self.table, self.dialect(), self.row)?;
        if target.described.format().is_some() {
            self.writing.formats.learn(&name, target.checks_merges(self.dialect()));
        }
        if self.is_merge {
            target.check_merges(self.dialect())?;
        }
        Ok((place, target))
    }

    /// Whether something depends on what only a description of the table tells.
    fn wants_description(&self) -> bool {
        let dialect = self.dialect();
        dialect.provider().is_some() || self.is_merge && dialect.merge_isolation_property().is_some()
    }

    /// One write, tried until it is known how it ended.
    async fn write(&self, rows: &Rows, verb: &dyn Verb) -> Result<(WritePath, u32)> {
        let (place, target) = self.target().await?;
        rows.check_nulls(&target, self.row)?;
        let leaves_out = self.may_leave_out(&place, &target).await?;
        let name = target.name.clone();
        let ended = Write { place, prepared: self, target, rows, leaves_out }.run(verb).await;
        // It may have been dropped and made again in another format.
        ended.inspect_err(|_| self.writing.formats.forget(&name))
    }

    /// Whether the write is an insert that leaves columns of the table to the engine, which fills them as far as is known.
    async fn may_leave_out(&self, place: &Place<'_>, target: &Target) -> Result<bool> {
        let is_short = !self.is_merge && target.has_more_columns(&self.table);
        Ok(is_short && self.writing.formats.may_fill_columns() && place.driver().fills_columns().await?)
    }

    /// The engine did not fill the columns that an insert has left out.
    pub(super) fn learn_that_no_column_is_filled(&self) {
        self.writing.formats.learn_that_no_column_is_filled();
    }

    fn written(&self, incoming: &Incoming<'_>, path: WritePath, retries: u32) -> Written {
        let (rows, bytes) = (incoming.progress.rows(), incoming.progress.bytes());
        Written { ingest_id: self.ingest_id, rows, bytes, path, retries }
    }

    /// Whether rows of this write are in the table: of an atomic statement there are all or none.
    pub(super) async fn has_landed(&self, place: &Place<'_>, target: &Target) -> Result<bool> {
        between_commits(&self.options.retry, || self.query_landed(place, target)).await
    }

    async fn query_landed(&self, place: &Place<'_>, target: &Target) -> Result<bool> {
        place.look_again(&target.name).await?;
        let name = &target.name;
        let rows = format!("SELECT 1 AS found FROM {name} WHERE {INGEST_ID} = :ingest_id");
        if let Some(recorded) = self.idempotency_query(place, name) {
            // In front, since it is the smaller one and may save the other.
            match self.has_rows(place, &format!("{recorded} UNION ALL {rows}")).await {
                Err(error) if is_not_kept(&error) => {
                    tracing::warn!(
                        target: "lakeorm",
                        kind = ?error.kind(),
                        "the catalog has no snapshots table: an idempotency key is only known while one of its rows is \
                         unchanged"
                    );
                }
                found => return found,
            }
        }
        self.has_rows(place, &rows).await
    }

    /// The format's own query for this write, where the driver sets the confs under which the format records it.
    fn idempotency_query(&self, place: &Place<'_>, table: &TableName) -> Option<String> {
        let is_asked = self.has_key() && place.driver().takes_confs();
        is_asked.then(|| self.dialect().idempotency_query(table)).flatten()
    }

    /// Whether a query about this write has a row.
    async fn has_rows(&self, place: &Place<'_>, query: &str) -> Result<bool> {
        let source = Source::sql(format!("{query} LIMIT 1"));
        let source = source.bind_named("ingest_id", self.ingest_id.to_string());
        let mut batches = place.driver().read(Read::all(source));
        let mut found = false;
        while let Some(batch) = batches.try_next().await? {
            found |= batch.num_rows() > 0;
        }
        Ok(found)
    }

    pub(super) fn dialect(&self) -> &dyn Dialect {
        self.writing.dialect()
    }

    pub(super) fn has_key(&self) -> bool {
        self.options.key.is_some()
    }

    /// Puts rows into files, those that are gathered first; nothing is staged where they have been written already.
    #[cfg(feature = "staging")]
    async fn stage(
        &self,
        incoming: &mut Incoming<'_>,
        gathered: Vec<RecordBatch>,
        verb: &dyn Verb,
    ) -> Result<Option<Rows>> {
        let Some(store) = self.writing.backend().store() else { return Err(no_backend(&too_many())) };
        let (place, target) = self.target().await?;
        if self.has_key() && self.has_landed(&place, &target).await? {
            return Ok(None);
        }
        // What is staged may take long, and a place is somebody else's meanwhile.
        drop(place);
        if !self.driver.capabilities().await?.has(Capability::StagedIngest) {
            return Err(Capability::StagedIngest.missing_in(self.driver.name()));
        }
        let is_numbered = !verb.distinct(&self.table).is_empty();
        let schema = gathered.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
        let schema = if is_numbered { numbered_schema(&schema) } else { schema };
        let mut parts =
            Parts::new(store, schema, self.options.paths.part_size(), self.writing.removals.unremoved());
        let filled = self.fill(&mut parts, incoming, gathered, &target, is_numbered).await;
        let staged = parts.into_staged();
        match filled {
            Ok(()) => Ok(Some(Rows::Staged { files: staged, count: incoming.progress.rows() })),
            Err(error) => {
                staged.remove().await;
                Err(error)
            }
        }
    }

    #[cfg(not(feature = "staging"))]
    async fn stage(&self, _: &mut Incoming<'_>, _: Vec<RecordBatch>, _: &dyn Verb) -> Result<Option<Rows>> {
        std::future::ready(Err(no_backend(&too_many()))).await
    }

    #[cfg(feature = "staging")]
    async fn fill(
        &self,
        parts: &mut Parts,
        incoming: &mut Incoming<'_>,
        gathered: Vec<RecordBatch>,
        target: &Target,
        is_numbered: bool,
    ) -> Result<()> {
        if let Some(keys) = &mut incoming.keys {
            keys.compared_by_engine();
        }
        let (mut nulls, mut before, mut gathered) = (Nulls::of(target, self.row), 0, gathered.into_iter());
        loop {
            let next = match gathered.next() {
                Some(batch) => Some(batch),
                None => incoming.next().await?,
            };
            let Some(batch) = next else { break };
            nulls.check(&batch)?;
            let rows = batch.num_rows();
            parts.push(if is_numbered { numbered(&batch, before)? } else { batch }).await?;
            before += rows;
            incoming.progress.staged(parts.finished());
        }
        parts.finish().await?;
        let Finished { rows, bytes } = parts.finished();
        incoming.progress.staged(parts.finished());
        tracing::debug!(target: "lakeorm", ingest_id = %self.ingest_id, rows, bytes, "all rows are staged");
        Ok(())
    }
}

/// Whether the engine has no place where the table's own memory would be. Any other error leaves open what is in it.
fn is_not_kept(error: &Error) -> bool {
    error.kind() == ErrorKind::Unsupported
        || error.is_table_not_found()
        || error.server().is_some_and(ServerError::is_namespace_too_deep)
}
