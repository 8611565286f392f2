//! One write whose rows are ready: its statement, again where others committed first, and a look at the table where its
//! answer was lost.

use std::time::{Duration, Instant, SystemTime};

use spark_connect::{Literal, ServerError, clock};
use uuid::Uuid;

use super::outcome::WritePath;
use super::rows::Rows;
use super::run::{Prepared, Verb};
use super::target::{Place, Target};
use crate::command::Command;
use crate::dialect::Dialect;
#[cfg(feature = "staging")]
use crate::driver::StagedRows;
use crate::driver::{DirectIngest, ExecutionPlan};
use crate::error::{Error, ErrorKind, Result};
use crate::table::{INGEST_ID, TableDefinition};

/// A write whose rows are known to fit the table.
pub(super) struct Write<'c> {
    pub(super) place: Place<'c>,
    pub(super) prepared: &'c Prepared<'c>,
    pub(super) target: Target,
    pub(super) rows: &'c Rows,
    /// Whether it is an insert that leaves columns of the table to the engine.
    pub(super) leaves_out: bool,
}

/// A look that fails is taken again as often as its policy says, and behind the first time within this time alone: the
/// driver has waited for the server by itself each time.
const LOOKING: Duration = Duration::from_secs(60);

/// The table is looked at again before a statement whose rows took longer to hand over.
const HANDED_OVER: Duration = Duration::from_secs(5);

impl Write<'_> {
    pub(super) async fn run(mut self, verb: &dyn Verb) -> Result<(WritePath, u32)> {
        if self.has_key() && self.has_landed().await? {
            return Ok((WritePath::AlreadyThere, 0));
        }
        // Whether there was an attempt that may still land.
        let (mut retries, mut is_lost) = (0, false);
        loop {
            let error = match self.attempt(verb).await {
                // What it found may be of the attempt whose answer was lost.
                Ok(WritePath::AlreadyThere) if is_lost => return Ok((self.rows.path(), retries)),
                Ok(path) => return Ok((path, retries)),
                Err(error) => error,
            };
            if self.leaves_out && error.server().is_some_and(ServerError::is_column_left_out) {
                // Refused as the statement was read. A merge fills them.
                self.leaves_out = false;
                self.prepared.learn_that_no_column_is_filled();
                continue;
            }
            let is_conflict = error.is_commit_conflict();
            let is_open = error.kind() == ErrorKind::OutcomeUnknown;
            if is_open && !is_conflict {
                is_lost = true;
                self.rows.lose();
            }
            if !(is_conflict || is_open || is_lost && is_passing(&error)) {
                return Err(self.ended(error, is_lost));
            }
            let wait = self.wait(retries);
            // Behind a refusal the table is looked at right before the next attempt, which should see what others commit
            // meanwhile.
            let is_refused = is_conflict && !is_open;
            if is_refused {
                clock::sleep(wait.unwrap_or_default()).await;
            }
            // The table decides, not what the error says.
            match self.resolve().await {
                Ok(true) => return Ok((self.path_of_rows_found(is_refused && !is_lost), retries)),
                // A statement that ended did not write. One that may still run is only repeated where both of them look for
                // rows of the other before they write; and none that someone has stopped.
                Ok(false) if (is_conflict || self.has_key()) && !error.was_interrupted() => {}
                Ok(false) | Err(_) => return Err(self.ended(error, is_lost)),
            }
            let Some(wait) = wait else { return Err(self.ended(self.given_up(error, retries), is_lost)) };
            if !is_refused {
                clock::sleep(wait).await;
            }
            tracing::debug!(target: "lakeorm", ingest_id = %self.prepared.ingest_id, retries, kind = ?error.kind(), "writing again");
            retries += 1;
        }
    }

    /// The error of the last attempt, behind so many others.
    fn given_up(&self, error: Error, retries: u32) -> Error {
        if !error.is_commit_conflict() {
            return error;
        }
        let attempts = retries.saturating_add(1);
        let noun = if attempts == 1 { "attempt" } else { "attempts" };
        error.context(&format!(
            "gave up after {attempts} {noun}: other writers kept committing to {} first; raise `conflicts`, or write less \
             often",
            self.target.name
        ))
    }

    /// How rows that the table has got there: those of another write with the key, if every attempt of this one `was_refused`.
    fn path_of_rows_found(&self, was_refused: bool) -> WritePath {
        match was_refused && self.has_key() {
            true => WritePath::AlreadyThere,
            false => self.rows.path(),
        }
    }

    /// Whether the table has rows of the write. A look that fails for a passing reason is taken again, elsewhere.
    async fn resolve(&mut self) -> Result<bool> {
        let (begun, mut looks) = (Instant::now(), 0);
        let mut found = self.has_landed().await;
        while let Err(error) = &found {
            let is_left = is_passing(error) && (looks == 0 || begun.elapsed() < LOOKING);
            let Some(wait) = self.wait(looks).filter(|_| is_left) else { break };
            tracing::debug!(target: "lakeorm", ingest_id = %self.prepared.ingest_id, looks, kind = ?error.kind(), "looking again");
            looks += 1;
            clock::sleep(wait).await;
            found = self.look_elsewhere().await;
        }
        found
    }

    /// A look in another session: the one that was leased may be lost.
    async fn look_elsewhere(&mut self) -> Result<bool> {
        // It goes back before another is taken, for there may be no more than one.
        self.place = Place::Any(self.prepared.driver);
        self.place = Place::of(self.prepared.driver, self.dialect(), &self.target.name).await?;
        self.has_landed().await
    }

    fn wait(&self, retry: u32) -> Option<Duration> {
        self.prepared.options.retry.wait(retry, None, jitter())
    }

    /// The error of the last attempt, where none before it may still land.
    fn ended(&self, error: Error, is_lost: bool) -> Error {
        let id = self.prepared.ingest_id.uuid();
        match is_lost {
            true if error.ingest_id().is_some() => error,
            true => Error::caused(ErrorKind::OutcomeUnknown, self.may_land(), error).of_write(id),
            false => error,
        }
    }

    /// Names the write where its statement may still run.
    fn named(&self, error: Error) -> Error {
        match is_named(&error) {
            true => error.context(&self.may_land()).of_write(self.prepared.ingest_id.uuid()),
            false => error,
        }
    }

    /// What is left to whoever reads the error: to look later.
    fn may_land(&self) -> String {
        let (id, table) = (self.prepared.ingest_id, &self.target.name);
        format!(
            "the write {id} may still commit: look for {id} in the column {INGEST_ID} of {table} before you repeat it"
        )
    }

    /// One statement, sent once. Where the table remembers writes it is a look too.
    async fn attempt(&self, verb: &dyn Verb) -> Result<WritePath> {
        let view = format!("lakeorm_{}", Uuid::new_v4().simple());
        let command = self.command(verb.statement(self, &view));
        let plan = self.plan(verb.distinct(self.table()), view, command);
        let begun = Instant::now();
        let execution = self.place.driver().execute(plan).await.map_err(not_handed_over)?;
        tracing::debug!(target: "lakeorm", ingest_id = %self.prepared.ingest_id, "the rows are handed over");
        // A session that remembers tables would merge into the table as it was before the rows were handed over, and conflict
        // with every commit since. What has a key counts on one state for its look and its statement.
        if !self.has_key() && begun.elapsed() > HANDED_OVER {
            self.place.look_again(&self.target.name).await?;
        }
        self.rows.read();
        let answer = execution.commit().await.map_err(|error| self.named(error))?;
        if self.has_key() && self.dialect().was_skipped(answer.batches()) {
            return Ok(WritePath::AlreadyThere);
        }
        tracing::debug!(target: "lakeorm", ingest_id = %self.prepared.ingest_id, "the rows are committed");
        Ok(self.rows.path())
    }

    fn command(&self, statement: String) -> Command {
        let stamps = [self.prepared.table.created_at_column(), self.prepared.table.updated_at_column()];
        let mut command =
            Command::from(statement).bind_named("ingest_id", self.prepared.ingest_id.to_string());
        if stamps.iter().any(Option::is_some) {
            command = command.bind_named("written_at", now());
        }
        if self.has_key() {
            command.confs = self.dialect().idempotency_confs(self.prepared.ingest_id.uuid());
        }
        command.timeout = self.prepared.options.timeout;
        command
    }

    pub(super) fn has_key(&self) -> bool {
        self.prepared.has_key()
    }

    #[cfg_attr(
        not(feature = "staging"),
        expect(unused_variables, reason = "those of files are compared by the engine")
    )]
    fn plan(&self, distinct: &[String], view: String, statement: Command) -> ExecutionPlan {
        match self.rows {
            Rows::Direct(batches) => {
                ExecutionPlan::DirectIngest(DirectIngest::new(batches.clone(), view, statement))
            }
            #[cfg(feature = "staging")]
            Rows::Staged { files, count } => {
                let rows = StagedRows {
                    files: files.addresses(),
                    schema: files.schema(),
                    rows: *count,
                    distinct: distinct.to_vec(),
                    view,
                    statement,
                };
                match distinct {
                    [] => ExecutionPlan::StagedAppend(rows),
                    _ => ExecutionPlan::StagedMerge(rows),
                }
            }
        }
    }

    pub(super) fn table(&self) -> &TableDefinition {
        &self.prepared.table
    }

    pub(super) fn dialect(&self) -> &dyn Dialect {
        self.prepared.dialect()
    }

    async fn has_landed(&self) -> Result<bool> {
        self.prepared.has_landed(&self.place, &self.target).await
    }
}

/// Whether the statement that ended in this error for us may not have ended for the engine.
pub(super) fn may_still_run(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::OutcomeUnknown | ErrorKind::Timeout | ErrorKind::Cancelled)
}

/// Whether the text of a statement's error says which write may still land.
fn is_named(error: &Error) -> bool {
    may_still_run(error) && error.may_have_run()
}

/// Whether the same call may succeed later.
fn is_passing(error: &Error) -> bool {
    error.is_retryable() || error.kind() == ErrorKind::Timeout
}

/// Where the rows were on their way to the engine nothing was written, whatever became of them there.
fn not_handed_over(error: Error) -> Error {
    match error.kind() {
        ErrorKind::OutcomeUnknown if error.was_interrupted() => {
            let message = "the rows were on their way to the engine as this was stopped; nothing was written";
            Error::caused(ErrorKind::Cancelled, message, error)
        }
        ErrorKind::OutcomeUnknown => {
            let message = format!("the rows did not reach the engine; nothing was written: {error}");
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
pub(super) fn jitter() -> f64 {
    let [byte, ..] = *Uuid::new_v4().as_bytes();
    f64::from(byte) / f64::from(u8::MAX)
}
