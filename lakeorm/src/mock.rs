//! A driver for tests of programs: it gives the answers that a test has written down, and keeps the rows that are
//! written, without a server.
//!
//! ```
//! use lakeorm::dialect::Delta;
//! use lakeorm::mock::MockDriver;
//! use lakeorm::{Backend, Client, Error, ErrorKind, LakeRow, LakeTable, Source, query};
//!
//! #[derive(Debug, PartialEq, LakeRow, LakeTable)]
//! #[lake(table = "users")]
//! struct User {
//!     id: i64,
//!     email: String,
//! }
//!
//! /// The code that is tested.
//! async fn move_users(db: &Client, domain: &str) -> lakeorm::Result<usize> {
//!     let like = format!("%@{domain}");
//!     let mut users: Vec<User> = query(db, db.sql("SELECT * FROM users WHERE email LIKE ?").bind(like)).await?;
//!     for user in &mut users {
//!         user.id += 1_000;
//!     }
//!     db.insert(&users).await?;
//!     Ok(users.len())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> lakeorm::Result<()> {
//! let mock = MockDriver::new();
//! mock.table::<User>();
//! let ada = User { id: 7, email: "ada@example.com".into() };
//! let select = Source::sql("SELECT * FROM users WHERE email LIKE ?");
//! mock.on_query(select.clone().bind("%@example.com")).rows(&[ada]);
//! mock.on_query(select.bind("%@example.org")).error(Error::new(ErrorKind::ClusterNotReady, "it starts"));
//!
//! let db = lakeorm::open(mock.clone(), Delta::new(), Backend::none())?;
//! assert_eq!(move_users(&db, "example.com").await?, 1);
//! assert!(move_users(&db, "example.org").await.is_err_and(|error| error.is_cluster_not_ready()));
//!
//! assert_eq!(mock.written::<User>()?, [User { id: 1_007, email: "ada@example.com".into() }]);
//! mock.assert_done();
//! # Ok(()) }
//! ```
//!
//! What the mock does not know is no SQL: it compares texts and values, and runs nothing. Whether a statement is right,
//! a real engine has to say: Sail is a server in a Python wheel.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arrow_array::RecordBatch;
use futures_core::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryFutureExt, stream};
use spark_connect::{Outcome, clock};

use crate::command::Command;
use crate::driver::{BatchStream, Capabilities, Capability, Driver, Execution, ExecutionPlan};
use crate::encode::FrameRow;
use crate::error::{Error, ErrorKind, Result};
use crate::row::LakeRowOwned;
use crate::source::{IntoSource, Read};
use crate::table::LakeTable;

mod script;
mod tables;

use script::{Answer, Call, Script};
use tables::Tables;

/// A driver that answers as a test has told it to. Clones are the same driver.
///
/// Each answer is given once, to the first call that fits it; answers to equal calls are given in the order in which
/// they were written down, and others in any order. A call without an answer is an error of the kind
/// [`InvalidStatement`](ErrorKind::InvalidStatement), and fails [`assert_done`](Self::assert_done).
#[derive(Clone, Default)]
pub struct MockDriver(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    script: Script,
    tables: Tables,
    is_closed: bool,
}

/// The answer to a query, which is still to be said. Nothing is expected until it is.
#[must_use = "no query is expected before `rows`, `rows_then` or `error`"]
pub struct OnQuery<'m> {
    mock: &'m MockDriver,
    call: Call,
    delay: Duration,
}

/// The answer to a statement, which is still to be said. Nothing is expected until it is.
#[must_use = "no statement is expected before `ok`, `rows` or `error`"]
pub struct OnExec<'m> {
    mock: &'m MockDriver,
    call: Call,
    delay: Duration,
}

impl State {
    /// The answer to a query. What a write asks about its table need not be expected, and may be.
    fn answer(&mut self, read: &Read) -> Result<Answer> {
        let call = Call::of_read(read);
        let answer = self.script.answer(&call).map(Ok);
        answer.or_else(|| self.tables.answer(read)).unwrap_or_else(|| Err(self.script.refuse(call)))
    }

    fn execute(&mut self, command: &Command) -> Result<Answer> {
        let call = Call::of_statement(command);
        self.script.answer(&call).ok_or_else(|| self.script.refuse(call))
    }
}

impl MockDriver {
    /// A driver that expects nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Expects a query with this text and these values, or a read of this table. Of a frame nothing is compared: it
    /// stands for any other frame, since frames have no text.
    pub fn on_query(&self, query: impl IntoSource<()>) -> OnQuery<'_> {
        OnQuery { mock: self, call: Call::of_query(query.into_source()), delay: Duration::ZERO }
    }

    /// Expects a statement with this text and these values.
    pub fn on_exec(&self, statement: impl Into<Command>) -> OnExec<'_> {
        OnExec { mock: self, call: Call::of_statement(&statement.into()), delay: Duration::ZERO }
    }

    /// Makes the table of a struct, to which rows can be inserted and merged from then on. The mock keeps them apart
    /// from the answers to queries: a query of the table has to be expected as any other one.
    pub fn table<T: LakeTable>(&self) {
        self.state().tables.add::<T>();
    }

    /// The rows that were written to the table of a struct so far, inserted and merged ones in the order of their writes.
    /// Columns that a write stamps have the time of the write.
    ///
    /// # Errors
    ///
    /// [`SchemaMismatch`](ErrorKind::SchemaMismatch) if the mock has no such table, or if `T` reads other columns than it
    /// writes; [`Decode`](ErrorKind::Decode) for a value that `T` does not take.
    pub fn written<T: LakeTable + LakeRowOwned>(&self) -> Result<Vec<T>> {
        self.state().tables.written()
    }

    /// Has the next write whose rows have been handed over fail with this error in the place of its statement. Its rows
    /// are not written. With [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) the client looks for them, as it does where
    /// an engine's answer is lost. With a conflict it looks, and sends the write again:
    ///
    /// ```
    /// # use lakeorm::{Backend, LakeTable, dialect::Delta, mock::MockDriver};
    /// use lakeorm::{Error, ErrorKind, ServerError};
    /// # #[derive(LakeTable)] #[lake(table = "users")] struct User { id: i64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> lakeorm::Result<()> {
    /// # let mock = MockDriver::new();
    /// # mock.table::<User>();
    /// # let db = lakeorm::open(mock.clone(), Delta::new(), Backend::none())?;
    /// let conflict = ServerError::new("another writer was first").commit_conflict();
    /// mock.fail_write(Error::new(ErrorKind::Server, "the statement failed").with_server(conflict));
    /// assert_eq!(db.insert(&[User { id: 7 }]).await?.retries(), 1);
    /// # Ok(()) }
    /// ```
    pub fn fail_write(&self, error: Error) {
        self.state().tables.fail(error);
    }

    /// Checks that each expected call has come, and no other one.
    ///
    /// # Panics
    ///
    /// If one has not, or another one has: the text lists both, without the values.
    #[track_caller]
    pub fn assert_done(&self) {
        let state = self.state();
        let problems = state.script.problems();
        drop(state);
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, unless the driver is closed.
    fn open_state(&self) -> Result<MutexGuard<'_, State>> {
        let state = self.state();
        match state.is_closed {
            true => Err(Error::new(ErrorKind::Closed, "the mock driver was closed; make another one")),
            false => Ok(state),
        }
    }

    async fn answer_query(self, read: Read) -> Result<Answer> {
        read.check()?;
        let answer = self.open_state()?.answer(&read)?;
        wait(answer.delay, read.timeout()).await?;
        Ok(answer.limited(read.row_limit()))
    }

    async fn run(&self, command: Command) -> Result<Outcome> {
        command.check()?;
        let answer = self.open_state()?.execute(&command)?;
        wait(answer.delay, command.timeout()).await?;
        answer.error.map_or_else(|| Ok(Outcome::from(answer.batches)), Err)
    }

    async fn write(self, plan: ExecutionPlan) -> Result<Outcome> {
        match plan {
            ExecutionPlan::Sql(command) => self.run(command).await,
            ExecutionPlan::DirectIngest(rows) => {
                rows.statement.check()?;
                self.open_state()?.tables.write(&rows)?;
                Ok(Outcome::default())
            }
            ExecutionPlan::StagedAppend(_) | ExecutionPlan::StagedMerge(_) => {
                Err(Capability::StagedIngest.missing_in(self.name()))
            }
        }
    }
}

/// Waits as long as the answer takes, within the caller's time.
async fn wait(delay: Duration, timeout: Option<Duration>) -> Result<()> {
    match timeout.filter(|timeout| *timeout < delay) {
        Some(timeout) => {
            clock::sleep(timeout).await;
            Err(Error::new(ErrorKind::Timeout, "the mock's answer took longer than the timeout"))
        }
        None if delay.is_zero() => Ok(()),
        None => {
            clock::sleep(delay).await;
            Ok(())
        }
    }
}

impl OnQuery<'_> {
    /// Has the answer come so long after the first poll.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Answers with these rows: structs that derive [`LakeTable`](derive@crate::LakeTable), tuples, or batches. The
    /// columns are those of the type, also where there are no rows. Rows that cannot be encoded are the query's error.
    pub fn rows<R: FrameRow>(self, rows: &[R]) {
        self.answer(rows, None);
    }

    /// Answers with these rows, and then with the error.
    pub fn rows_then<R: FrameRow>(self, rows: &[R], error: Error) {
        self.answer(rows, Some(error));
    }

    /// Answers with the error.
    pub fn error(self, error: Error) {
        let answer = Answer { delay: self.delay, batches: Vec::new(), error: Some(error) };
        self.mock.state().script.expect(self.call, answer);
    }

    fn answer<R: FrameRow>(self, rows: &[R], error: Option<Error>) {
        let (batches, error) = match R::batches(rows) {
            Ok(batches) => (batches.into_owned(), error),
            Err(refused) => (Vec::new(), Some(refused.into())),
        };
        self.mock.state().script.expect(self.call, Answer { delay: self.delay, batches, error });
    }
}

impl OnExec<'_> {
    /// Has the answer come so long after the first poll.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Answers that the statement has run.
    pub fn ok(self) {
        self.answer(Vec::new(), None);
    }

    /// Answers that the statement has run, with rows as its [outcome](Outcome::batches): a batch with the one column
    /// `num_affected_rows` says how many rows it [changed](Outcome::affected_rows).
    pub fn rows<R: FrameRow>(self, rows: &[R]) {
        match R::batches(rows) {
            Ok(batches) => self.answer(batches.into_owned(), None),
            Err(refused) => self.answer(Vec::new(), Some(refused.into())),
        }
    }

    /// Answers with the error.
    pub fn error(self, error: Error) {
        self.answer(Vec::new(), Some(error));
    }

    fn answer(self, batches: Vec<RecordBatch>, error: Option<Error>) {
        let answer = Answer { delay: self.delay, batches, error };
        self.mock.state().script.expect(self.call, answer);
    }
}

impl Driver for MockDriver {
    fn name(&self) -> &str {
        "mock"
    }

    fn read(&self, read: Read) -> BatchStream {
        let answer = self.clone().answer_query(read);
        answer.map_ok(|answer| stream::iter(answer.into_results())).try_flatten_stream().boxed()
    }

    fn exec(&self, command: Command) -> BoxFuture<'_, Result<Outcome>> {
        self.run(command).boxed()
    }

    fn execute(&self, plan: ExecutionPlan) -> BoxFuture<'_, Result<Execution<'_>>> {
        async move { Ok(Execution::without_rows(self.clone().write(plan))) }.boxed()
    }

    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities>> {
        async { Ok(Capabilities::from([Capability::Exec, Capability::Ping, Capability::DirectIngest])) }
            .boxed()
    }

    fn ping(&self) -> BoxFuture<'_, Result<()>> {
        async { self.open_state().map(drop) }.boxed()
    }

    fn close(&self) -> BoxFuture<'_, Result<()>> {
        async {
            self.state().is_closed = true;
            Ok(())
        }
        .boxed()
    }
}

impl fmt::Debug for MockDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockDriver")
            .field("problems", &self.state().script.problems())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OnQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnQuery").field(&self.call).finish()
    }
}

impl fmt::Debug for OnExec<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnExec").field(&self.call).finish()
    }
}
