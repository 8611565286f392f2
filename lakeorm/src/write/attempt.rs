//! One write whose rows are ready: its statement, again where others committed first, and a look at the table where its
//! answer was lost.

use std::time::{Duration, SystemTime};

use spark_connect::{Literal, ServerError, clock};
use tokio::time::Instant;
use uuid::Uuid;

use super::outcome::WritePath;
use super::rows::Rows;
use super::run::Prepared;
use super::session::WriteSession;
use super::target::Target;
use crate::command::Command;
use crate::dialect::Dialect;
#[cfg(feature = "staging")]
use crate::driver::StagedRows;
use crate::driver::{DirectIngest, Execution, ExecutionPlan};
use crate::error::{Error, ErrorKind, Result};
use crate::table::{INGEST_ID, TableDefinition};

/// The attempts of a write whose rows are known to fit the table.
pub(super) struct Attempts<'c> {
    session: WriteSession<'c>,
    prepared: &'c Prepared<'c>,
    pub(super) target: Target,
    rows: &'c Rows,
    /// Whether it is an insert that leaves columns of the table to the engine.
    pub(super) leaves_out: bool,
    /// Whether there was an attempt that may still land.
    is_lost: bool,
    retries: u32,
    /// How often a look found no session of the pool free, which counts as a retry.
    pool_timeouts: u32,
}

/// An attempt that failed.
struct Failed {
    error: Error,
    /// Whether its statement was sent.
    was_sent: bool,
}

impl Failed {
    fn before_sending(error: Error) -> Self {
        Self { error, was_sent: false }
    }
}

/// A look that fails is taken again as often as its policy says, and after the first time within this time alone: the
/// driver has waited for the server by itself each time. For a session it waits as often as for other writers.
const LOOKING: Duration = Duration::from_secs(60);

/// The table is compared again before a statement whose rows took longer to hand over.
const HANDED_OVER: Duration = Duration::from_secs(5);

impl<'c> Attempts<'c> {
    pub(super) fn new(
        prepared: &'c Prepared<'c>,
        (session, target): (WriteSession<'c>, Target),
        rows: &'c Rows,
        leaves_out: bool,
    ) -> Self {
        Self { session, prepared, target, rows, leaves_out, is_lost: false, retries: 0, pool_timeouts: 0 }
    }

    pub(super) async fn run(mut self) -> Result<(WritePath, u32)> {
        if self.has_key() && self.has_landed().await? {
            return Ok((WritePath::AlreadyThere, 0));
        }
        loop {
            let failed = match self.attempt().await {
                // The table may have recorded the attempt whose answer was lost.
                Ok(WritePath::AlreadyThere) if self.is_lost => return Ok((self.rows.path(), self.retries)),
                Ok(path) => return Ok((path, self.retries)),
                Err(failed) => failed,
            };
            let found = self.after_failure(failed).await;
            if let Some(path) = found.map_err(|error| self.ended(error))? {
                return Ok((path, self.retries));
            }
        }
    }

    /// How the rows got into the table, if they are there; the next attempt is due where they are not.
    async fn after_failure(&mut self, Failed { error, was_sent }: Failed) -> Result<Option<WritePath>> {
        // A look would find the part, and take it for the whole.
        if error.kind() == ErrorKind::PartlyWritten {
            return Err(error);
        }
        if self.leaves_out && error.server().is_some_and(ServerError::is_column_left_out) {
            // Refused as the statement was read. A merge fills them.
            self.leaves_out = false;
            self.prepared.writing.learn_that_no_column_is_filled();
            return Ok(None);
        }
        let is_conflict = error.is_commit_conflict();
        let is_open = error.kind() == ErrorKind::OutcomeUnknown;
        if is_open && !is_conflict {
            self.is_lost = true;
            self.rows.mark_outcome_unknown();
        }
        if is_conflict || is_open || self.is_lost && is_transient(&error) {
            return self.resolved(error, is_conflict && !is_open).await;
        }
        if !(was_sent && is_unexplained(&error)) {
            return Err(error);
        }
        // A failure without a condition may have come after the commit.
        match self.resolve().await {
            Ok(true) => return Ok(Some(self.rows.path())),
            Ok(false) => {}
            Err(look) if look.is_table_not_found() => {}
            // Nobody could look, so the rows may be there.
            Err(look) => {
                self.is_lost = true;
                let name = &self.target.name;
                return Err(error.context(&format!("its rows could not be looked for in {name} ({look})")));
            }
        }
        Err(error)
    }

    /// After a conflict, or an answer that was lost: the table decides, not what the error says.
    async fn resolved(&mut self, error: Error, is_refused: bool) -> Result<Option<WritePath>> {
        let wait = self.next_wait();
        // After a refusal the table is looked at right before the next attempt, which should see what others commit
        // meanwhile.
        if is_refused {
            self.pause(wait.unwrap_or_default()).await;
        }
        match self.resolve().await {
            Ok(true) => return Ok(Some(self.path_of_rows_found(is_refused && !self.is_lost))),
            Ok(false) if self.may_be_sent_again(&error) => {}
            Ok(false) => return Err(self.not_sent_again(error)),
            Err(look) => return Err(self.not_looked_at(error, &look)),
        }
        let Some(wait) = wait else { return Err(self.given_up(error)) };
        if !is_refused {
            clock::sleep(wait).await;
        }
        self.compare_again().await?;
        let (ingest_id, retries) = (self.prepared.ingest_id, self.retries);
        tracing::debug!(target: "lakeorm", %ingest_id, retries, kind = ?error.kind(), "writing again");
        self.retries += 1;
        Ok(None)
    }

    /// Whether a statement that failed may be sent again. After a conflict it may: the statement has ended and wrote
    /// nothing. A statement that may still run is repeated only with an idempotency key, by which each of the two looks
    /// for the rows of the other before it writes; and not if the table could record the key and does not, since
    /// Databricks lets two merges pass that both insert. A statement that someone stopped is never repeated.
    fn may_be_sent_again(&self, error: &Error) -> bool {
        let is_recorded = self.has_key() && !error.is_of_unrecorded_write();
        (error.is_commit_conflict() || is_recorded) && !error.was_interrupted()
    }

    /// Waits for other writers. A write without a key, which counts on nothing that its session knows of the table,
    /// leaves the session to others meanwhile: there may be fewer sessions than writes that wait.
    async fn pause(&mut self, wait: Duration) {
        if !self.has_key() {
            self.give_back();
        }
        clock::sleep(wait).await;
    }

    /// The session that was leased goes back: another is taken for what comes next.
    fn give_back(&mut self) {
        self.session = WriteSession::Any(self.prepared.driver);
    }

    /// Leases a session, unless there is one.
    async fn lease(&mut self) -> Result<()> {
        if matches!(self.session, WriteSession::Any(_)) {
            self.session = WriteSession::of(self.prepared.driver, self.dialect(), &self.target.name).await?;
        }
        Ok(())
    }

    /// Others may have changed the table since it was compared. The session is that of the look before.
    async fn compare_again(&mut self) -> Result<()> {
        self.target = self.prepared.compared(self.session.driver(), &self.target, self.rows).await?;
        self.leaves_out = self.prepared.may_leave_out(self.session.driver(), &self.target).await?;
        Ok(())
    }

    /// The error of the last attempt, once the retries are used up.
    fn given_up(&self, error: Error) -> Error {
        if !error.is_commit_conflict() {
            return error;
        }
        let attempts = self.retries.saturating_add(1);
        let noun = if attempts == 1 { "attempt" } else { "attempts" };
        error.context(&format!(
            "gave up after {attempts} {noun}: other writers kept committing to {} first; allow more retries with \
             `.conflicts(policy)`, or write less often",
            self.target.name
        ))
    }

    /// The error of the last attempt, where the look that the next one needs failed. A driver that was closed meanwhile is
    /// why there is no next one, unless the last one may still land.
    fn not_looked_at(&self, error: Error, look: &Error) -> Error {
        let name = &self.target.name;
        let message = match look.kind() {
            ErrorKind::PoolTimeout => format!(
                "the write was not tried again: no session was free to look for its rows in {name} ({look})"
            ),
            _ => {
                format!("the write was not tried again: its rows could not be looked for in {name} ({look})")
            }
        };
        match look.kind() == ErrorKind::Closed && !may_still_run(&error) {
            true => Error::caused(ErrorKind::Closed, message, error),
            false => error.context(&message),
        }
    }

    /// Says why a write with a key was not sent again.
    fn not_sent_again(&self, error: Error) -> Error {
        let is_open = error.kind() == ErrorKind::OutcomeUnknown && !error.was_interrupted();
        match is_open && self.has_key() && error.is_of_unrecorded_write() {
            true => error.context(
                "the write was not sent again, since the table does not record its idempotency key and it could land \
                 twice",
            ),
            false => error,
        }
    }

    /// How rows that the table has got there: those of another write with the key, if every attempt of this one
    /// `was_refused`.
    fn path_of_rows_found(&self, was_refused: bool) -> WritePath {
        match was_refused && self.has_key() {
            true => WritePath::AlreadyThere,
            false => self.rows.path(),
        }
    }

    /// Whether the table has rows of the write. A look whose failure is transient is taken again, elsewhere.
    async fn resolve(&mut self) -> Result<bool> {
        let (begun, mut looks) = (Instant::now(), 0);
        let mut found = self.look().await;
        while let Err(error) = &found {
            let wait = match error.kind() {
                // Others had the sessions, for as long as the pool waits: that is one of the retries.
                ErrorKind::PoolTimeout => {
                    self.pool_timeouts += 1;
                    self.next_wait()
                }
                _ if is_transient(error) && (looks == 0 || begun.elapsed() < LOOKING) => self.wait(looks),
                _ => None,
            };
            let Some(wait) = wait else { break };
            tracing::debug!(target: "lakeorm", ingest_id = %self.prepared.ingest_id, looks, kind = ?error.kind(), "looking again");
            looks += 1;
            // It may be lost.
            self.give_back();
            clock::sleep(wait).await;
            found = self.look().await;
        }
        found
    }

    async fn look(&mut self) -> Result<bool> {
        self.lease().await?;
        self.has_landed().await
    }

    /// The wait before the next retry, if there may be one.
    fn next_wait(&self) -> Option<Duration> {
        self.wait(self.retries.saturating_add(self.pool_timeouts))
    }

    fn wait(&self, retry: u32) -> Option<Duration> {
        self.prepared.options.retry.draw(retry, None)
    }

    /// The error of the last attempt, unless one before it may still land.
    fn ended(&self, error: Error) -> Error {
        let id = self.prepared.ingest_id.uuid();
        match self.is_lost {
            true if error.kind() == ErrorKind::PartlyWritten => error.context(&self.may_land()).of_write(id),
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

    /// Says what to do about the rows of which only a part may be in the table.
    fn partly_written(&self, error: Error) -> Error {
        let (id, table) = (self.prepared.ingest_id, &self.target.name);
        let is_merge = !self.prepared.unique_columns().is_empty();
        let cure = match is_merge {
            true => "merge all of its rows again".to_owned(),
            false => format!("remove it with `DELETE FROM {table} WHERE {INGEST_ID} = '{id}'`"),
        };
        let key = match (self.has_key(), is_merge) {
            (false, _) => "",
            (true, false) => {
                " before you repeat it, since its idempotency key would take that part for the whole"
            }
            (true, true) => {
                " with another idempotency key, since this one would take that part for the whole"
            }
        };
        let message = format!("only a part of the write {id} may be in {table}; {cure}{key}");
        Error::caused(ErrorKind::PartlyWritten, message, error).of_write(id.uuid())
    }

    /// Tells whoever reads the error to look later.
    fn may_land(&self) -> String {
        let (id, table) = (self.prepared.ingest_id, &self.target.name);
        format!(
            "the write {id} may still commit: look for {id} in the column {INGEST_ID} of {table} before you repeat it"
        )
    }

    /// One statement, sent once. Where the table remembers writes it is a look too.
    async fn attempt(&self) -> Result<WritePath, Failed> {
        let execution = self.hand_over().await.map_err(Failed::before_sending)?;
        let takes_confs = execution.session().is_none_or(|session| session.takes_confs());
        self.rows.mark_read();
        let ended = execution.commit().await;
        if !ended.as_ref().is_err_and(may_still_run) {
            self.rows.mark_ended();
        }
        let answer = ended.map_err(|error| {
            let error = match error.is_partly_written() {
                true => self.partly_written(error),
                false => self.named(unknown_if_sent(error)),
            };
            Failed { error, was_sent: true }
        })?;
        if self.dialect().was_skipped(answer.batches()) {
            return match self.has_key() && takes_confs {
                true => Ok(WritePath::AlreadyThere),
                false => Err(Failed::before_sending(self.taken_for_another())),
            };
        }
        tracing::debug!(target: "lakeorm", ingest_id = %self.prepared.ingest_id, "the rows are committed");
        Ok(self.rows.path())
    }

    /// Hands the rows to the engine. A table that may have changed while that took long is compared again.
    async fn hand_over(&self) -> Result<Execution<'_>> {
        let view = format!("lakeorm_{}", Uuid::new_v4().simple());
        let command = self.command(self.prepared.verb.statement(self, &view));
        let plan = self.plan(view, command);
        let begun = Instant::now();
        let execution = self.session.driver().execute(plan).await.map_err(not_handed_over)?;
        tracing::debug!(target: "lakeorm", ingest_id = %self.prepared.ingest_id, "the rows are handed over");
        if begun.elapsed() > HANDED_OVER {
            // A session that remembers tables would merge into the table as it was before the rows were handed over,
            // and conflict with every commit since. What has a key counts on one state for its look and its statement.
            if !self.has_key() {
                self.session.refresh(&self.target.name).await?;
            }
            if let Some(session) = execution.session() {
                self.prepared.compared(&*session, &self.target, self.rows).await?;
            }
        }
        Ok(execution)
    }

    /// The error of a statement that the table skipped for confs of another write.
    fn taken_for_another(&self) -> Error {
        let keys = self.confs().iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(" and ");
        let message = format!(
            "the table {} treated this write as a repetition of an earlier one and skipped it, since the session has \
             {keys}; nothing was written. Unset these confs; to write once, use `idempotency_key`",
            self.target.name
        );
        Error::new(ErrorKind::Config, message)
    }

    fn command(&self, statement: String) -> Command {
        let command = Command::from(statement);
        let mut command = command.bind_named("ingest_id", self.prepared.ingest_id.to_string());
        // A merge that only updates does not set the time of creation.
        if command.has_marker("written_at") {
            command = command.bind_named("written_at", now());
        }
        if self.has_key() {
            command.confs = self.confs();
        }
        command.timeout = self.prepared.options.timeout;
        command
    }

    /// The confs under which the table records the write.
    fn confs(&self) -> Vec<(String, String)> {
        let (name, id) = (&self.target.name, self.prepared.ingest_id.uuid());
        match self.target.known.takes_branches {
            true => self.dialect().unpublished_confs(name, id),
            false => self.dialect().idempotency_confs(name, id),
        }
    }

    pub(super) fn has_key(&self) -> bool {
        self.prepared.has_key()
    }

    fn plan(&self, view: String, statement: Command) -> ExecutionPlan {
        match self.rows {
            Rows::Direct(batches) => {
                let rows = DirectIngest::new(batches.clone(), view, statement);
                ExecutionPlan::DirectIngest(DirectIngest { is_view_unique: true, ..rows })
            }
            #[cfg(feature = "staging")]
            Rows::Staged { files, count, .. } => {
                let unique = self.prepared.unique_columns();
                let rows = StagedRows {
                    files: files.addresses(),
                    schema: files.schema(),
                    rows: *count,
                    distinct: unique.to_vec(),
                    view,
                    statement,
                    inserts_all: self.is_plain_insert(),
                    is_view_unique: true,
                };
                match unique {
                    [] => ExecutionPlan::StagedAppend(rows),
                    _ => ExecutionPlan::StagedMerge(rows),
                }
            }
        }
    }

    /// Whether it is an insert that is not made as a merge. Columns that a merge leaves out get their default or NULL on
    /// every engine, and those of an insert not on Sail, and on Spark before 4.1 in Delta's tables alone. But an insert
    /// conflicts with nothing that others write meanwhile.
    pub(super) fn is_plain_insert(&self) -> bool {
        let is_filled = self.leaves_out || !self.target.has_more_columns(self.table());
        !self.prepared.is_merge() && is_filled
    }

    pub(super) fn table(&self) -> &TableDefinition {
        &self.prepared.table
    }

    pub(super) fn dialect(&self) -> &dyn Dialect {
        self.prepared.dialect()
    }

    async fn has_landed(&self) -> Result<bool> {
        self.prepared.has_landed(&self.session, &self.target).await
    }
}

/// Whether the statement that ended in this error for us may not have ended for the engine.
pub(super) fn may_still_run(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::OutcomeUnknown | ErrorKind::Timeout | ErrorKind::Cancelled)
        || error.leaves_open_what_ran()
}

/// The error of a statement of which the driver does not know whether it ran.
fn unknown_if_sent(error: Error) -> Error {
    match error.leaves_open_what_ran() {
        true => {
            let message = "the driver does not know whether the statement ran";
            Error::caused(ErrorKind::OutcomeUnknown, message, error)
        }
        false => error,
    }
}

/// Whether the text of a statement's error names the write that may still land.
fn is_named(error: &Error) -> bool {
    may_still_run(error) && error.may_have_run()
}

/// Whether the same call may succeed later.
fn is_transient(error: &Error) -> bool {
    error.is_retryable() || error.kind() == ErrorKind::Timeout
}

/// Whether the engine failed the statement without a condition, by which the step that failed would be known.
fn is_unexplained(error: &Error) -> bool {
    let is_failure = matches!(error.kind(), ErrorKind::Server | ErrorKind::Unsupported);
    is_failure && error.server().is_some_and(|server| !server.has_condition_of_a_statement())
}

/// Where the rows were on their way to the engine nothing was written, whatever became of them there.
fn not_handed_over(error: Error) -> Error {
    let told = match error.kind() {
        ErrorKind::OutcomeUnknown if error.was_interrupted() => {
            let message = "the write was stopped while its rows were being sent; nothing was written. Of the temporary \
                           view that should hold them";
            Error::caused(ErrorKind::Cancelled, message, error)
        }
        ErrorKind::OutcomeUnknown => {
            let message = format!(
                "the rows did not reach the engine; nothing was written. Of the temporary view that should hold them: \
                 {error}"
            );
            Error::new(ErrorKind::Unavailable, message)
        }
        _ => error,
    };
    told.before_the_statement()
}

/// The time of a write, to the microsecond that Spark keeps.
fn now() -> Literal {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Literal::timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
