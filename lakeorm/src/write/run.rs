//! The steps of a write: gather, compare, plan, execute, and look where the answer was lost.

use std::num::NonZeroUsize;
#[cfg(feature = "staging")]
use std::sync::Arc;

use arrow_array::RecordBatch;
#[cfg(feature = "staging")]
use arrow_schema::Schema;
use futures_util::TryStreamExt;
use spark_connect::ServerError;
use tracing::{Span, field};

use super::attempt::{Attempts, may_still_run};
use super::input::{Incoming, Input};
use super::keys::Keys;
use super::nulls::Nulls;
use super::options::{Options, Ways, no_backend, too_many};
use super::outcome::{WritePath, Written};
use super::progress::{Callback, Progress};
#[cfg(feature = "staging")]
use super::relaxed::Relaxed;
use super::rows::Rows;
#[cfg(feature = "staging")]
use super::rows::{numbered, numbered_schema};
use super::session::{WriteSession, retrying_conflicts, retrying_lost_sessions};
#[cfg(feature = "staging")]
use super::staging::{self, Finished, Parts};
use super::target::Target;
use super::unstageable::Unstageable;
use super::{Backend, IngestId, WriteSide, created, not_open};
use crate::client::Client;
use crate::dialect::{Dialect, check, check_name};
#[cfg(feature = "staging")]
use crate::driver::Capability;
use crate::driver::Driver;
use crate::encode;
use crate::error::{Error, ErrorKind, Result};
use crate::source::{Read, Source};
use crate::table::{INGEST_ID, LakeTable, TableDefinition, TableName};

/// Which statement writes the rows, given where it reads them from.
pub(super) trait Verb: Send + Sync {
    /// Refuses a table that does not have what the statement needs.
    fn check(&self, _: &TableDefinition, _: &'static str) -> Result<()> {
        Ok(())
    }

    /// The columns in which no two rows may be equal, which makes it a merge.
    fn unique_columns<'t>(&self, _: &'t TableDefinition) -> &'t [String] {
        &[]
    }

    /// Whether rows may be inserted, and need a value for each column that is NOT NULL.
    fn inserts(&self) -> bool {
        true
    }

    /// Whether the statement may give the column of the struct a value.
    fn assigns(&self, _: &TableDefinition, _: &str) -> bool {
        true
    }

    /// The BOOLEAN column of the struct whose rows, where it is true, are written nowhere.
    fn deletes_by<'t>(&self, _: &'t TableDefinition) -> Option<&'t str> {
        None
    }

    fn statement(&self, write: &Attempts<'_>, source: &str) -> String;
}

/// Writes rows to the table of their struct: each once, or none of them.
pub(super) async fn write<'a, T: LakeTable + Send>(
    client: &Client,
    table: TableDefinition,
    input: Input<'a, T>,
    options: Options,
    on_progress: Option<Callback<'a>>,
    verb: &dyn Verb,
) -> Result<Written> {
    let writing = client.writing().ok_or_else(not_open)?;
    let ingest_id = options.ingest_id()?;
    Span::current().record("lakeorm.ingest_id", field::display(ingest_id));
    let progress = Progress::new(ingest_id, on_progress);
    let Gathered { mut incoming, batches, is_all, unstageable } =
        Gathered::of(&table, input, &options, progress, verb, client.driver(), writing.backend()).await?;
    let prepared =
        Prepared { driver: client.driver(), writing, verb, table, row: T::NAME, ingest_id, options };
    if incoming.progress.rows() == 0 {
        return Ok(prepared.written(&incoming, WritePath::Nothing, 0));
    }
    let rows = match (is_all, unstageable) {
        (true, _) => Some(Rows::Direct(batches)),
        (false, Some(column)) => return Err(column.error(&too_many())),
        (false, None) => prepared.stage(&mut incoming, batches).await?,
    };
    let Some(rows) = rows else { return Ok(prepared.written(&incoming, WritePath::AlreadyThere, 0)) };
    let ended = match prepared.write(&rows).await {
        // Of these kinds nothing was written: the server gave the session up, or the rows did not get there.
        Err(error) if matches!(error.kind(), ErrorKind::SessionLost | ErrorKind::Unavailable) => {
            prepared.write(&rows).await
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

/// Removes the files of a write, unless a statement may still read them. One that was stopped is waited for, but where
/// the engine takes a file that is gone for one without rows, and would write the others, its files are left to a sweep.
/// So are those of a write that failed where an answer was lost. Once the rows are in the table no other attempt reads
/// them.
async fn remove_staged(rows: Rows, error: Option<&Error>) {
    if error.is_some_and(|error| error.kind() == ErrorKind::OutcomeUnknown) {
        rows.mark_outcome_unknown();
    }
    match error.is_some_and(|error| rows.is_outcome_unknown() || may_still_run(error)) {
        true => drop(rows),
        false => rows.remove().await,
    }
}

/// The rows of a write as far as they travel with a statement.
struct Gathered<'a> {
    incoming: Incoming<'a>,
    batches: Vec<RecordBatch>,
    /// Whether no more rows come.
    is_all: bool,
    unstageable: Option<Unstageable>,
}

impl<'a> Gathered<'a> {
    /// Everything that can be wrong with the rows themselves comes before the engine is asked for the table, as far as
    /// they fit into memory. What the driver can do with rows is asked once there is one, before it is encoded.
    async fn of<T: LakeTable + Send>(
        table: &TableDefinition,
        input: Input<'a, T>,
        options: &Options,
        progress: Progress<'a>,
        verb: &dyn Verb,
        driver: &dyn Driver,
        backend: &Backend,
    ) -> Result<Self> {
        let schema = encode::schema::<T>()?;
        verb.check(table, T::NAME)?;
        check(table)?;
        let keys = match verb.unique_columns(table) {
            [] => None,
            names => Some(Keys::of(names, &schema, T::NAME)?),
        };
        let unstageable = Unstageable::among(table.columns().iter().map(|column| &column.field));
        let (input, is_empty) = input.or_empty().await;
        let limit = match is_empty {
            true => None,
            false => {
                let ways = Ways::of(driver, backend).await?;
                options.paths.limit(ways, input.is_whole(), unstageable.as_ref())?
            }
        };
        let batches = input.batches(table, options.batch_size.map(NonZeroUsize::get))?;
        let mut incoming = Incoming::new(batches, keys, progress);
        let (batches, is_all) = incoming.gather(limit).await?;
        Ok(Self { incoming, batches, is_all, unstageable })
    }
}

/// A write whose rows are right, whatever the table is.
pub(super) struct Prepared<'c> {
    pub(super) driver: &'c dyn Driver,
    pub(super) writing: &'c WriteSide,
    pub(super) verb: &'c dyn Verb,
    pub(super) table: TableDefinition,
    row: &'static str,
    pub(super) ingest_id: IngestId,
    pub(super) options: Options,
}

impl Prepared<'_> {
    /// The columns in which no two rows may be equal.
    pub(super) fn unique_columns(&self) -> &[String] {
        self.verb.unique_columns(&self.table)
    }

    /// Whether the write counts on the format to check it against what others insert meanwhile.
    pub(super) fn is_merge(&self) -> bool {
        self.has_key() || !self.unique_columns().is_empty()
    }

    /// The table as it is, and a session in which what comes next can be run.
    async fn target(&self) -> Result<(WriteSession<'_>, Target)> {
        retrying_lost_sessions(self.driver, &self.options.retry, || self.resolve_target()).await
    }

    async fn resolve_target(&self) -> Result<(WriteSession<'_>, Target)> {
        let (tables, dialect) = (&self.writing.tables, self.dialect());
        let (name, generation) = (dialect.table_name(&self.table), tables.generation());
        check_name(&name)?;
        let session = WriteSession::of(self.driver, dialect, &name).await?;
        let mut target = self.find(session.driver(), &name).await?;
        let is_new = !self.recall(&mut target);
        if is_new {
            self.describe(session.driver(), &mut target).await?;
            self.check(&target)?;
        }
        target.check_partitions(session.driver(), dialect, is_new).await?;
        if is_new && target.is_described() {
            tables.learn(&name, generation, &target.known);
        }
        if self.is_merge() {
            target.check_merges(dialect)?;
        }
        if !is_new || target.is_described() {
            self.check_keys(session.driver(), &mut target, generation).await?;
        }
        Ok((session, target))
    }

    /// Whether an earlier write knows enough of the table, and the rows fit it. What would refuse this write is asked for
    /// again: the table may have changed.
    fn recall(&self, target: &mut Target) -> bool {
        let known = self.writing.tables.get(&target.name);
        let Some(known) = known.filter(|known| known.checks_merges || !self.is_merge()) else { return false };
        target.known = known;
        self.check(target).is_ok()
    }

    /// Refuses a struct whose rows do not fit the table.
    fn check(&self, target: &Target) -> Result<()> {
        target.check(&self.table, self.dialect(), self.row, self.verb.inserts())
    }

    /// The check of rows that go into the table.
    fn nulls<'t>(&'t self, target: &'t Target) -> Nulls<'t> {
        let assigns = |column: &str| self.verb.assigns(&self.table, column);
        Nulls::of(target, self.dialect(), self.row).written(assigns, self.verb.deletes_by(&self.table))
    }

    /// Refuses rows that the table does not take.
    async fn check_rows(&self, driver: &dyn Driver, target: &Target, rows: &Rows) -> Result<()> {
        rows.check_nulls(self.nulls(target))?;
        match rows.path() {
            WritePath::Staged => self.check_merge_of_files(driver, target).await,
            _ => Ok(()),
        }
    }

    /// Asks for what a write has to know of a table beside its columns.
    async fn describe(&self, driver: &dyn Driver, target: &mut Target) -> Result<()> {
        if self.wants_description() {
            // What the engine fails to tell might refuse the write.
            let is_needed = self.is_merge() || target.may_lose_values(&self.table, self.dialect());
            target.describe(driver, is_needed).await?;
        }
        target.known = target.told(&self.table, self.dialect());
        // An engine that fills no columns may write a NULL where it should not.
        let is_refused = self.verb.inserts() && target.lacks_values(&self.table);
        if is_refused && driver.table_support().await?.fills_columns {
            target.known.defaults.extend(created::filled(driver, &target.name).await?);
        }
        Ok(())
    }

    /// Refuses keys that are found again by no comparison. The types of texts are asked for once.
    async fn check_keys(&self, driver: &dyn Driver, target: &mut Target, generation: u64) -> Result<()> {
        let own = self.has_key().then(|| INGEST_ID.to_owned());
        let keys: Vec<String> = self.unique_columns().iter().cloned().chain(own).collect();
        let mut asked = target.texts_among(&keys);
        asked.retain(|column| !target.known.columns.contains(column));
        if asked.is_empty() {
            return Ok(());
        }
        let settled = target.described.ask_for_types(driver, &target.name, &asked).await?;
        target.check_keys()?;
        target.known.columns.extend(settled);
        self.writing.tables.learn(&target.name, generation, &target.known);
        Ok(())
    }

    async fn find(&self, driver: &dyn Driver, name: &TableName) -> Result<Target> {
        match Target::of(driver, name.clone()).await {
            Err(error) if error.is_table_not_found() => {
                self.writing.tables.forget(name);
                let message =
                    format!("there is no table {name}: make it with `db.migrate::<{}>()`", self.row);
                Err(Error::no_table(message))
            }
            found => found,
        }
    }

    /// The table as it is by now, if the rows still fit it.
    pub(super) async fn compared(&self, driver: &dyn Driver, before: &Target, rows: &Rows) -> Result<Target> {
        let target = retrying_conflicts(&self.options.retry, || self.find_again(driver, before)).await?;
        self.check(&target)?;
        self.check_rows(driver, &target, rows).await?;
        Ok(target)
    }

    /// The table as it is by now. It is described again if what was known of it before would refuse the write.
    async fn find_again(&self, driver: &dyn Driver, before: &Target) -> Result<Target> {
        let mut target = self.find(driver, &before.name).await?;
        target.described.clone_from(&before.described);
        target.known.clone_from(&before.known);
        if self.check(&target).is_err() {
            self.describe(driver, &mut target).await?;
        }
        Ok(target)
    }

    /// Whether something depends on what only a description of the table tells.
    fn wants_description(&self) -> bool {
        let dialect = self.dialect();
        dialect.provider().is_some() || self.is_merge() && dialect.merge_isolation_property().is_some()
    }

    /// One write, tried until it is known how it ended.
    async fn write(&self, rows: &Rows) -> Result<(WritePath, u32)> {
        let (session, target) = self.target().await?;
        self.check_rows(session.driver(), &target, rows).await?;
        let leaves_out = self.may_leave_out(session.driver(), &target).await?;
        let name = target.name.clone();
        let ended = Attempts::new(self, (session, target), rows, leaves_out).run().await;
        // It may have been dropped and made again in another format.
        ended.inspect_err(|_| self.writing.tables.forget(&name))
    }

    /// Whether the write is an insert that leaves columns of the table to the engine, which fills them as far as is
    /// known.
    pub(super) async fn may_leave_out(&self, driver: &dyn Driver, target: &Target) -> Result<bool> {
        let is_short = !self.is_merge() && target.has_more_columns(&self.table);
        Ok(is_short && self.writing.may_fill_columns() && driver.table_support().await?.fills_columns)
    }

    fn written(&self, incoming: &Incoming<'_>, path: WritePath, retries: u32) -> Written {
        let (rows, bytes) = (incoming.progress.rows(), incoming.progress.bytes());
        Written { ingest_id: self.ingest_id, rows, bytes, path, retries }
    }

    /// Whether rows of this write are in the table: of an atomic statement there are all or none.
    pub(super) async fn has_landed(&self, session: &WriteSession<'_>, target: &Target) -> Result<bool> {
        retrying_conflicts(&self.options.retry, || self.query_landed(session, target)).await
    }

    async fn query_landed(&self, session: &WriteSession<'_>, target: &Target) -> Result<bool> {
        session.refresh(&target.name).await?;
        let name = &target.name;
        let rows = format!("SELECT 1 AS found FROM {name} WHERE {INGEST_ID} = :ingest_id");
        if let Some(recorded) = self.idempotency_query(session, target) {
            // In front, since it is the smaller one and may save the other.
            match self.has_rows(session, &format!("{recorded} UNION ALL {rows}")).await {
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
        self.has_rows(session, &rows).await
    }

    /// The format's own query for this write, where the driver sets the confs under which the format records it.
    fn idempotency_query(&self, session: &WriteSession<'_>, target: &Target) -> Option<String> {
        if !self.has_key() || !session.driver().takes_confs() {
            return None;
        }
        match target.known.takes_branches {
            true => self.dialect().unpublished_query(&target.name),
            false => self.dialect().idempotency_query(&target.name),
        }
    }

    /// Whether a query about this write has a row.
    async fn has_rows(&self, session: &WriteSession<'_>, query: &str) -> Result<bool> {
        let source = Source::sql(format!("{query} LIMIT 1"));
        let source = source.bind_named("ingest_id", self.ingest_id.to_string());
        let mut batches = session.driver().read(Read::all(source));
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
    async fn stage(&self, incoming: &mut Incoming<'_>, gathered: Vec<RecordBatch>) -> Result<Option<Rows>> {
        let Some(store) = self.writing.backend().store() else { return Err(no_backend(&too_many())) };
        if !self.driver.capabilities().await?.has(Capability::StagedIngest) {
            return Err(Capability::StagedIngest.missing_in(self.driver.name()));
        }
        let runtime = staging::runtime()?;
        let (session, target) = self.target().await?;
        if self.has_key() && self.has_landed(&session, &target).await? {
            return Ok(None);
        }
        self.check_merge_of_files(session.driver(), &target).await?;
        let reports_missing_files = session.driver().table_support().await?.reports_missing_files;
        // Staging may take long, and a session is somebody else's meanwhile.
        drop(session);
        let is_numbered = !self.unique_columns().is_empty();
        let schema = gathered.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
        let relaxed = Relaxed::of(&target);
        let schema = relaxed.schema(&schema);
        let schema = if is_numbered { numbered_schema(&schema) } else { schema };
        let (part_size, unremoved) = (self.options.paths.part_size(), self.writing.removals.unremoved());
        let parts = Parts::new(store, schema, part_size, runtime, unremoved);
        let nulls = self.nulls(&target);
        let mut filling = Filling { parts, incoming: &mut *incoming, nulls, relaxed, is_numbered };
        let filled = filling.fill(gathered).await;
        let (Finished { rows, bytes }, mut files) = (filling.parts.finished(), filling.parts.into_staged());
        if let Err(error) = filled {
            files.remove().await;
            return Err(error);
        }
        tracing::debug!(target: "lakeorm", ingest_id = %self.ingest_id, rows, bytes, "all rows are staged");
        files.set_passed_over(!reports_missing_files);
        Ok(Some(Rows::Staged { files, count: incoming.progress.rows(), checked: Box::new(target) }))
    }

    /// Refuses files whose rows Delta merges into no field that is NOT NULL inside of a STRUCT: what is read from a file
    /// may be NULL. An INSERT checks the values instead.
    async fn check_merge_of_files(&self, driver: &dyn Driver, target: &Target) -> Result<()> {
        if self.dialect().supports_nested_not_null() {
            return Ok(());
        }
        let columns = self.table.columns().iter().map(|column| column.field.name.as_str());
        let assigned = columns.filter(|column| self.verb.assigns(&self.table, column));
        let Some(path) = target.required_inside(assigned) else { return Ok(()) };
        let is_append = !self.is_merge()
            && (!target.has_more_columns(&self.table) || self.may_leave_out(driver, target).await?);
        if is_append {
            return Ok(());
        }
        let (name, format) = (&target.name, self.dialect().name());
        // Where the engine merges nothing into such a field, it is no matter how the rows get there.
        let direct = match driver.table_support().await?.merges_nested_not_null {
            true => "Call direct(), which holds all rows in memory, or make",
            false => "Make",
        };
        let whole = match self.is_merge() {
            true => "",
            false => ", or give the struct all columns of the table, so that its rows are not merged",
        };
        let message = format!(
            "\"{path}\" is NOT NULL in the table {name}, and {format} merges no rows from files into such a field, as \
             everything in a file may be NULL; nothing was written. {direct} the field nullable in the table{whole}"
        );
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    #[cfg(not(feature = "staging"))]
    async fn stage(&self, _: &mut Incoming<'_>, _: Vec<RecordBatch>) -> Result<Option<Rows>> {
        std::future::ready(Err(no_backend(&too_many()))).await
    }
}

/// Files that are filled with rows, those that are gathered first.
#[cfg(feature = "staging")]
struct Filling<'f, 'a> {
    parts: Parts,
    incoming: &'f mut Incoming<'a>,
    nulls: Nulls<'f>,
    relaxed: Relaxed<'f>,
    /// Whether each row has its number, by which two with one key can be told.
    is_numbered: bool,
}

#[cfg(feature = "staging")]
impl Filling<'_, '_> {
    async fn fill(&mut self, gathered: Vec<RecordBatch>) -> Result<()> {
        if let Some(keys) = &mut self.incoming.keys {
            keys.compared_by_engine();
        }
        let (mut before, mut gathered) = (0, gathered.into_iter());
        loop {
            let next = match gathered.next() {
                Some(batch) => Some(batch),
                None => self.incoming.next().await?,
            };
            let Some(batch) = next else { break };
            self.nulls.check(&batch)?;
            let (batch, rows) = (self.relaxed.batch(&batch)?, batch.num_rows());
            self.parts.push(if self.is_numbered { numbered(&batch, before)? } else { batch }).await?;
            before += rows;
            self.incoming.progress.staged(self.parts.finished());
        }
        self.parts.finish().await?;
        self.incoming.progress.staged(self.parts.finished());
        Ok(())
    }
}

/// Whether the engine does not have the table's own memory. Any other error leaves open what is in it.
fn is_not_kept(error: &Error) -> bool {
    error.kind() == ErrorKind::Unsupported
        || error.is_table_not_found()
        || error.server().is_some_and(ServerError::is_namespace_too_deep)
}

#[cfg(test)]
#[cfg(feature = "staging")]
mod tests;
