//! The steps of a write: compare, plan, execute, and look where the answer was lost.

use std::time::{Duration, SystemTime};

use futures_util::TryStreamExt;
use spark_connect::{Literal, RetryPolicy, clock};
use uuid::Uuid;

use super::outcome::{WritePath, Written};
use super::rows::Rows;
use super::target::{Place, Target};
use super::{IngestId, not_open};
use crate::client::Client;
use crate::command::Command;
use crate::dialect::Dialect;
use crate::driver::{DirectIngest, ExecutionPlan};
use crate::error::{Error, ErrorKind, Result};
use crate::source::{Read, Source};
use crate::table::{INGEST_ID, LakeTable, TableDefinition};

/// What a write may be told, whatever its verb.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) key: Option<String>,
    pub(super) timeout: Option<Duration>,
    pub(super) retry: RetryPolicy,
}

impl Default for Options {
    fn default() -> Self {
        // Writers of one table come one after the other: a wait is about as long as a commit of theirs.
        let retry = RetryPolicy {
            max_retries: 20,
            initial_backoff: Duration::from_millis(200),
            multiplier: 2.0,
            max_backoff: Duration::from_secs(10),
            ..RetryPolicy::default()
        };
        Self { key: None, timeout: None, retry }
    }
}

/// What every write may be told, as methods of what is awaited.
macro_rules! with_options {
    ($write:ident) => {
        impl<T> $write<'_, T> {
            /// How often, and after which waits, it is tried again where others committed first.
            pub fn conflicts(mut self, policy: $crate::spark::RetryPolicy) -> Self {
                self.options.retry = policy;
                self
            }

            /// How long the statement may take. It may have run when the time is over.
            pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
                self.options.timeout = Some(timeout);
                self
            }
        }
    };
}

pub(super) use with_options;

/// Which statement writes the rows, given where it reads them from.
pub(super) trait Verb: Send + Sync {
    /// What has to hold of the rows beyond their types.
    fn check(&self, table: &TableDefinition, rows: &Rows, row: &'static str) -> Result<()>;

    fn statement(&self, write: &Write<'_>, source: &str) -> Result<String>;
}

/// A write whose rows are known to fit the table.
pub(super) struct Write<'c> {
    place: Place<'c>,
    pub(super) dialect: &'c dyn Dialect,
    pub(super) table: &'c TableDefinition,
    pub(super) target: Target,
    rows: &'c Rows,
    ingest_id: IngestId,
    options: &'c Options,
}

/// Writes rows: each once, or none of them.
pub(super) async fn write<T: LakeTable>(
    client: &Client,
    rows: &[T],
    options: Options,
    verb: &dyn Verb,
) -> Result<Written> {
    let dialect = client.writing().ok_or_else(not_open)?.dialect();
    let ingest_id = options.key.as_deref().map_or_else(IngestId::new, IngestId::of_key);
    // Everything that the rows themselves can be wrong in comes before the engine is asked anything.
    let (table, rows) = (T::definition(), Rows::of(rows)?);
    verb.check(&table, &rows, T::NAME)?;
    if rows.count == 0 {
        return Ok(Written { ingest_id, rows: 0, bytes: 0, path: WritePath::Nothing });
    }
    let prepared = Prepared { dialect, table, rows, ingest_id, options };
    match prepared.write::<T>(client, verb).await {
        // Of these kinds nothing was written: the server gave the session up, or the rows did not get there.
        Err(error) if matches!(error.kind(), ErrorKind::SessionLost | ErrorKind::Unavailable) => {
            prepared.write::<T>(client, verb).await
        }
        ended => ended,
    }
}

/// Rows that can be written, whatever the table is.
struct Prepared<'c> {
    dialect: &'c dyn Dialect,
    table: TableDefinition,
    rows: Rows,
    ingest_id: IngestId,
    options: Options,
}

impl Prepared<'_> {
    async fn write<T: LakeTable>(&self, client: &Client, verb: &dyn Verb) -> Result<Written> {
        let Self { dialect, table, rows, ingest_id, options } = self;
        let name = dialect.table_name(table);
        let place = Place::of(client.driver(), *dialect, &name).await?;
        let Some(target) = Target::find(place.driver(), name.clone()).await? else {
            let message = format!("there is no table {name}: make it with `db.migrate::<{}>()`", T::NAME);
            return Err(Error::new(ErrorKind::SchemaMismatch, message));
        };
        target.check(table, *dialect, T::NAME)?;
        rows.check_nulls(&target, T::NAME)?;
        let ingest_id = *ingest_id;
        Write { place, dialect: *dialect, table, target, rows, ingest_id, options }.run(verb).await
    }
}

impl Write<'_> {
    async fn run(&self, verb: &dyn Verb) -> Result<Written> {
        if self.has_key() && self.is_there().await? {
            return Ok(self.written(WritePath::AlreadyThere));
        }
        let mut retries = 0;
        loop {
            let error = match self.attempt(verb).await {
                Ok(()) => return Ok(self.written(WritePath::Direct)),
                Err(error) => error,
            };
            let is_conflict = error.is_commit_conflict();
            if !is_conflict && error.kind() != ErrorKind::OutcomeUnknown {
                return Err(error);
            }
            // The table decides, not what the error says.
            match self.is_there().await {
                Ok(true) => return Ok(self.written(WritePath::Direct)),
                // A statement that ended did not write. One that may still run is only repeated where both of them look for
                // rows of the other before they write.
                Ok(false) if is_conflict || self.has_key() => {}
                Ok(false) | Err(_) => return Err(error),
            }
            let Some(wait) = self.options.retry.wait(retries, None, jitter()) else { return Err(error) };
            tracing::debug!(target: "lakeorm", ingest_id = %self.ingest_id, retries, kind = ?error.kind(), "writing again");
            retries += 1;
            clock::sleep(wait).await;
        }
    }

    /// One statement, sent once.
    async fn attempt(&self, verb: &dyn Verb) -> Result<()> {
        let view = format!("lakeorm_{}", Uuid::new_v4().simple());
        let command = self.command(verb.statement(self, &view)?);
        let plan = ExecutionPlan::DirectIngest(DirectIngest::new(self.rows.batches.clone(), view, command));
        let execution = self.place.driver().execute(plan).await.map_err(not_handed_over)?;
        execution.commit().await.map(drop)
    }

    fn command(&self, statement: String) -> Command {
        let stamps = [self.table.created_at_column(), self.table.updated_at_column()];
        let mut command = Command::from(statement).bind_named("ingest_id", self.ingest_id.to_string());
        if stamps.iter().any(Option::is_some) {
            command = command.bind_named("written_at", now());
        }
        command.with_timeout(self.options.timeout)
    }

    /// Whether rows of this write are in the table: of an atomic statement there are all or none.
    async fn is_there(&self) -> Result<bool> {
        self.place.look_again(&self.target.name).await?;
        let (name, id) = (&self.target.name, INGEST_ID);
        let source = Source::sql(format!("SELECT 1 AS found FROM {name} WHERE {id} = :ingest_id LIMIT 1"));
        let source = source.bind_named("ingest_id", self.ingest_id.to_string());
        let mut batches = self.place.driver().read(Read::all(source));
        let mut found = false;
        while let Some(batch) = batches.try_next().await? {
            found |= batch.num_rows() > 0;
        }
        Ok(found)
    }

    pub(super) fn has_key(&self) -> bool {
        self.options.key.is_some()
    }

    fn written(&self, path: WritePath) -> Written {
        Written { ingest_id: self.ingest_id, rows: self.rows.count, bytes: self.rows.bytes, path }
    }
}

/// Where the rows were on their way to the engine nothing was written, whatever became of them there.
fn not_handed_over(error: Error) -> Error {
    match error.kind() {
        ErrorKind::OutcomeUnknown => {
            let message =
                format!("the rows did not get to the engine, and none of them was written: {error}");
            Error::new(ErrorKind::Unavailable, message)
        }
        _ => error,
    }
}

/// The time of a write, to the microsecond that Spark keeps.
fn now() -> Literal {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Literal::timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// A number from 0 to 1. A version 4 UUID is the randomness that the crate already has.
fn jitter() -> f64 {
    let [byte, ..] = *Uuid::new_v4().as_bytes();
    f64::from(byte) / f64::from(u8::MAX)
}
