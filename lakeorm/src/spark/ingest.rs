//! Rows that a statement reads by a name: a temporary view of the session that runs it, over rows that were sent or
//! over files.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt64Type};
use spark_connect::functions::{col, count, max, min};
use spark_connect::pool::PooledSession;
use spark_connect::types::quote_identifier;
use spark_connect::{DataFrame, Outcome, ServerError, clock};
use tokio::time::Instant;

use super::confs::with_confs;
use super::exec::run_in;
use super::observe::Observation;
use super::session::Leased;
use super::time_limit::TimeLimit;
use super::{Inner, SparkSession};
use crate::command::Command;
use crate::driver::{DirectIngest, Execution, ROW_NUMBER, StagedRows, TIDYING, Unremoved};
use crate::encode::same_key;
use crate::error::{Error, ErrorKind, Result};

/// More partitions than rows that were sent are ever in, so that none are put together. A plan node between the rows
/// and the statement keeps Spark's optimizer from computing the statement's expressions over the rows on the driver
/// (`ConvertToLocalRelation`), into a second copy on its heap: with 2 GB there is no room for that of a million rows.
const MAX_PARTITIONS: u32 = 1_000_000;

/// A server may still be making a view this long after a call that was given up.
const STILL_MADE: Duration = Duration::from_secs(1);

/// The wait before a view is dropped again whose drop may not have arrived.
const DROPPED_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Rows of fewer bytes fit into the plan of any server; of more only some servers take them, ahead of the plan.
const FIT_ANYWHERE: usize = 100 << 20;

/// Columns of the search for rows with one key, beside those of the key.
const COUNT: &str = "_lakeorm_count";
const FIRST: &str = "_lakeorm_first";
const LAST: &str = "_lakeorm_last";

/// Where a statement reads its rows from.
struct Named {
    view: String,
    /// Whether it may take the place of another.
    is_unique: bool,
    /// The columns of the rows.
    columns: Vec<String>,
    statement: Command,
    /// The files that they are in.
    files: Option<Files>,
}

/// Files that the engine is to read whole.
struct Files {
    frame: DataFrame,
    /// The address of the first.
    address: String,
    /// How many rows are in them.
    rows: u64,
    /// Whether the statement inserts each of these.
    inserts_all: bool,
}

/// A session that is handed rows and will run the statement that reads them.
impl Leased {
    /// Rows that travel to the session.
    pub(super) async fn send(self, rows: DirectIngest) -> Result<Execution<'static>> {
        let DirectIngest { batches, view, statement, is_view_unique: is_unique } = rows;
        let session = self.session_of_rows();
        let frame = session.create_dataframe(&batches).coalesce(MAX_PARTITIONS);
        let fields = batches.first().map(|batch| batch.schema_ref().fields().iter());
        let columns = fields.into_iter().flatten().map(|field| field.name().clone()).collect();
        let named = Named { view, is_unique, columns, statement, files: None };
        let handed_over = self.create_view(session, &frame, named).await;
        handed_over.map_err(|error| match error.kind() {
            ErrorKind::InvalidStatement if bytes(&batches) > FIT_ANYWHERE => error.context(
                "these rows exceed what this server takes with a statement: pass a Backend to lakeorm::open and call \
                 staged()",
            ),
            _ => error,
        })
    }

    /// Rows in files, once the engine has seen all of them.
    pub(super) async fn read_staged(self, rows: StagedRows) -> Result<Execution<'static>> {
        let session = self.session_of_rows();
        let frame = frame_of_files(&session, &rows);
        let files = Files::of(&frame, &rows);
        files.check_before(&session).await?;
        check_keys(&frame, &rows, &session).await?;
        let columns = rows.schema.fields().iter().map(|field| field.name.clone()).collect();
        let StagedRows { view, statement, is_view_unique: is_unique, .. } = rows;
        let named = Named { view, is_unique, columns, statement, files: Some(files) };
        self.create_view(session, &frame, named).await
    }

    /// The same session, closed apart from this one: the view of the rows is dropped after the close, too.
    fn session_of_rows(&self) -> PooledSession {
        self.session.with_own_close()
    }

    /// Makes the view in the session of the rows. It is dropped when the execution ends, or is gone with a session that is
    /// lost before.
    async fn create_view(
        self,
        session: PooledSession,
        frame: &DataFrame,
        named: Named,
    ) -> Result<Execution<'static>> {
        let Self { driver, session: closed_with, removals, takes_confs } = self;
        let Named { view, is_unique, columns, mut statement, files } = named;
        let confs = std::mem::take(&mut statement.confs);
        let limit = TimeLimit::of(statement.timeout, driver.query_timeout);
        let (session_of_view, session_of_files) = (session.clone(), session.clone());
        let reader = Arc::new(SparkSession::leased(Arc::clone(&driver), session.clone(), takes_confs));
        let made = Arc::new(OnceLock::new());
        // Before it is made: dropped half-way, it may be there all the same.
        let unremoved = removals.unremoved();
        let removal = View::new(session.clone(), view.clone(), Arc::clone(&made), unremoved).remove();
        let statement =
            with_confs(session.clone(), confs, takes_confs, limit, run(driver, session, statement, columns));
        let statement = async move {
            // The statement would be sent to a session that is gone, and its answer would leave open whether it ran.
            closed_with.check_pool_open()?;
            let outcome = closed_with.future_while_open(statement).await?;
            if let Some(files) = files {
                files.check_after(&outcome, &session_of_files, limit).await?;
            }
            Ok(outcome)
        };
        let execution = Execution::new(statement, removal).in_session(reader);
        let answer = match is_unique {
            true => frame.create_or_replace_temp_view(view).await,
            false => frame.create_temp_view(view).await,
        };
        match answer {
            Ok(()) => {
                let _ = made.set(true);
                Ok(execution)
            }
            Err(error) => {
                session_of_view.discard_if_lost(&error);
                if was_refused(&error) {
                    let _ = made.set(false);
                }
                // It may be there all the same. Where it is not, or cannot be dropped, there is nothing to add to the
                // error.
                let _ = clock::timeout(TIDYING, execution.abort()).await;
                Err(error.into())
            }
        }
    }
}

/// A view of rows. The session that has it is nobody else's until it is gone.
struct View {
    session: PooledSession,
    name: String,
    /// Whether the server made it, once that is known.
    made: Arc<OnceLock<bool>>,
    is_gone: bool,
    /// Closing the session waits for it.
    _unremoved: Unremoved,
}

impl View {
    fn new(session: PooledSession, name: String, made: Arc<OnceLock<bool>>, unremoved: Unremoved) -> Self {
        Self { session, name, made, is_gone: false, _unremoved: unremoved }
    }

    async fn remove(mut self) -> Result<()> {
        let made = self.made.get().copied();
        if made == Some(false) {
            self.is_gone = true;
            return Ok(());
        }
        let was_there = self.drop_view().await?;
        // It may still be made after a call that was given up.
        self.is_gone = was_there || made == Some(true);
        if !self.is_gone {
            clock::sleep(STILL_MADE).await;
            self.drop_view().await?;
        }
        Ok(())
    }

    /// Drops the view, and tells whether it was there. No other has its name, so a drop that may not have arrived is made
    /// again.
    async fn drop_view(&self) -> Result<bool> {
        let begun = Instant::now();
        loop {
            match self.session.catalog().drop_temp_view(self.name.clone()).await {
                Err(error) if may_not_have_arrived(&error) && begun.elapsed() < TIDYING => {
                    clock::sleep(DROPPED_AGAIN_AFTER).await;
                }
                dropped => return Ok(dropped?),
            }
        }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        if !self.is_gone {
            self.session.taint();
        }
    }
}

/// Whether the server may not have got the call, and can be asked again in the same session.
fn may_not_have_arrived(error: &spark_connect::Error) -> bool {
    use spark_connect::ErrorKind::{OutcomeUnknown, SessionLost};
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref());
    let is_lost = cause.unwrap_or(error).kind() == SessionLost;
    !is_lost && (error.kind() == OutcomeUnknown || error.is_retryable())
}

/// Whether the server said that it made no view, or was not asked: one of that name is somebody else's then.
fn was_refused(error: &spark_connect::Error) -> bool {
    use spark_connect::ErrorKind::{InvalidStatement, Server, Unsupported};
    matches!(error.kind(), InvalidStatement | Server | Unsupported)
}

fn bytes(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::get_array_memory_size).sum()
}

/// Runs the statement that reads rows of these columns, in the session that has them. What the server says of a failure
/// holds none of their cells.
async fn run(
    driver: Arc<Inner>,
    session: PooledSession,
    command: Command,
    columns: Vec<String>,
) -> Result<Outcome> {
    let observation = Observation::of_statement(&driver, &command);
    observation.runs_in(&session);
    let running = async {
        command.check()?;
        let run = run_in(&session, &command, &observation).await;
        run.map_err(|error| Error::from(error.redacting_cells(&columns)))
    };
    let limit = TimeLimit::of(command.timeout, driver.query_timeout);
    observation.watch(TimeLimit::bounding(limit, running, |limit| limit.exceeded("statement"))).await
}

/// The rows in the files. What a server's settings could make of them otherwise is said: a file that is not there is no
/// file without rows, a day of the year 1500 is that day, and a timestamp is an instant.
fn frame_of_files(session: &PooledSession, rows: &StagedRows) -> DataFrame {
    session
        .read()
        .format("parquet")
        .schema(rows.schema.ddl_with_fixed_timestamps())
        .option("ignoreMissingFiles", false)
        .option("ignoreCorruptFiles", false)
        .option("mergeSchema", false)
        .option("datetimeRebaseMode", "CORRECTED")
        .option("int96RebaseMode", "CORRECTED")
        .load(&rows.files)
}

/// What may have become of files of which the engine has seen others, or that it has seen before.
const GONE: &str =
    "A file was removed meanwhile, as by cleanup_staging with too small an age, or the store did not show it";

/// Sail takes a file that it does not find for one without rows, and an address that means another place to the engine
/// is no error either.
impl Files {
    fn of(frame: &DataFrame, rows: &StagedRows) -> Self {
        let address = rows.files.first().cloned().unwrap_or_default();
        Self { frame: frame.clone(), address, rows: rows.rows, inserts_all: rows.inserts_all }
    }

    /// Makes sure that the engine sees every row.
    async fn check_before(&self, session: &PooledSession) -> Result<()> {
        use spark_connect::ErrorKind::{Server, Unsupported};
        let seen = self.frame.count().await.map_err(|error| match error.kind() {
            Server | Unsupported => unreadable(&self.address, error),
            _ => unchecked(session, error),
        })?;
        if seen == self.rows {
            return Ok(());
        }
        let cure = match (1..self.rows).contains(&seen) {
            true => GONE,
            false => "It must read the same location: set the engine's address with Backend::read_as",
        };
        let message = format!("{}; nothing was written. {cure}", self.told("read", seen));
        Err(Error::new(ErrorKind::Staging, message))
    }

    /// Makes sure that a statement which has ended read every row, where a file that is gone by then is no error. How
    /// many rows an insert wrote is in its answer. What a merge answers is another number: that all files are still
    /// there says that it read them.
    async fn check_after(
        &self,
        outcome: &Outcome,
        session: &PooledSession,
        limit: Option<TimeLimit>,
    ) -> Result<()> {
        if !session.profile().passes_over_missing_files() {
            return Ok(());
        }
        let written = if self.inserts_all { rows_written(outcome) } else { None };
        let (did, seen) = match written {
            Some(0) if self.rows > 0 => {
                let message = format!("{}; nothing was written. {GONE}", self.told("wrote", 0));
                return Err(Error::new(ErrorKind::Staging, message));
            }
            Some(written) => ("wrote", written),
            None => ("sees", self.count_again(session, limit).await?),
        };
        if seen == self.rows {
            return Ok(());
        }
        Err(Error::new(ErrorKind::PartlyWritten, format!("{}. {GONE}", self.told(did, seen))))
    }

    fn told(&self, did: &str, seen: u64) -> String {
        format!("the engine {did} {seen} of {} staged rows (first file {})", self.rows, self.address)
    }

    /// How many rows the engine sees now that the statement has ended. It may take as long as the statement might.
    async fn count_again(&self, session: &PooledSession, limit: Option<TimeLimit>) -> Result<u64> {
        let counting = async {
            let seen = self.frame.count().await;
            Ok(seen.inspect_err(|error| session.discard_if_lost(error))?)
        };
        let exceeded = |limit: TimeLimit| limit.exceeded("count of the staged rows");
        TimeLimit::bounding(limit, counting, exceeded).await.map_err(|error| {
            let message = format!(
                "the statement ran, and whether it read all of {} staged rows (first file {}) could not be checked",
                self.rows, self.address
            );
            Error::caused(ErrorKind::PartlyWritten, message, error)
        })
    }
}

/// How many rows an INSERT wrote, where the engine says it.
fn rows_written(outcome: &Outcome) -> Option<u64> {
    let mut filled = outcome.batches().iter().filter(|batch| batch.num_rows() > 0);
    let (Some(batch), None) = (filled.next(), filled.next()) else { return None };
    let column = batch.column_by_name("count")?;
    let counts = match column.as_primitive_opt::<UInt64Type>() {
        Some(counts) => counts.iter().collect::<Vec<_>>(),
        None => {
            let counts = column.as_primitive_opt::<Int64Type>()?;
            counts.iter().map(|count| count.and_then(|count| u64::try_from(count).ok())).collect()
        }
    };
    let [count] = counts.as_slice() else { return None };
    *count
}

/// Makes sure that no two rows have the same key, where the statement needs that.
async fn check_keys(frame: &DataFrame, rows: &StagedRows, session: &PooledSession) -> Result<()> {
    if rows.distinct.is_empty() {
        return Ok(());
    }
    let keys = rows.distinct.iter().map(|column| col(quote_identifier(column)));
    let twice = frame
        .group_by(keys)
        .agg([count("*").alias(COUNT), min(ROW_NUMBER).alias(FIRST), max(ROW_NUMBER).alias(LAST)])
        .filter(col(COUNT).gt(1))
        .select([FIRST, LAST])
        .limit(1);
    for batch in twice.collect().await.map_err(|error| unchecked(session, error))? {
        if batch.num_rows() == 0 {
            continue;
        }
        let first_of = |name| {
            let column = batch.column_by_name(name)?;
            column.as_primitive_opt::<Int64Type>().and_then(|numbers| numbers.iter().flatten().next())
        };
        let message = match (first_of(FIRST), first_of(LAST)) {
            (Some(first), Some(last)) => format!("row {last}: {}", same_key(first)),
            _ => "two rows have the same merge key: combine them first".to_owned(),
        };
        return Err(Error::new(ErrorKind::Encode, message));
    }
    Ok(())
}

fn unchecked(session: &PooledSession, error: spark_connect::Error) -> Error {
    session.discard_if_lost(&error);
    Error::spark("the staged rows could not be checked; nothing was written", error)
}

/// The engine has no file there, no reader for the address or no access, unless it says that it has read what is no
/// Parquet file of ours.
fn unreadable(address: &str, error: spark_connect::Error) -> Error {
    let cure = match error.server().is_some_and(ServerError::is_broken_file) {
        true => "",
        false => ". Give the engine its own credentials for it, or its address for it with Backend::read_as",
    };
    let message =
        format!("the engine cannot read {address}, where the rows were staged; nothing was written{cure}");
    Error::caused(ErrorKind::Staging, message, error.into())
}
