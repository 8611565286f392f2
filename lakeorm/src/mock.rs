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
//! The mock knows no SQL: it compares texts and values, and runs nothing. Whether a statement is right, a real engine
//! has to say: Sail is a server in a Python wheel. Texts are compared byte for byte: a program and its test best share
//! the text as a constant.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arrow_array::RecordBatch;
use futures_core::future::BoxFuture;
use futures_util::future::{Either, select};
use futures_util::{FutureExt, StreamExt, TryFutureExt, stream};
use spark_connect::{Outcome, clock};
use tokio::sync::Notify;

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
use tables::{Failure, Tables};

/// A driver that answers as a test has told it to. Clones are the same driver.
///
/// Each answer is given once, or as often as [`OnQuery::times`] says, to the first call that fits it; answers to equal
/// calls are given in the order in which they were written down, and others in any order. A call fits if it has the
/// text and the values of the expectation. An expectation without values, for a text with markers, stands for any
/// values. A NaN is equal to a NaN. A call without an answer is an error of the kind
/// [`InvalidStatement`](ErrorKind::InvalidStatement), and fails [`assert_done`](Self::assert_done).
///
/// The rows of a write travel with its statement: open the client with [`Backend::none`](crate::Backend::none). A write
/// with `staged()` is refused, and so is a stream of more rows than a write holds in memory.
///
/// [`close`](crate::Client::close) ends an answer that still [takes its time](OnQuery::after) with an error of the kind
/// [`Cancelled`](ErrorKind::Cancelled).
#[derive(Clone, Default)]
pub struct MockDriver(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    /// Wakes the answers that take their time.
    closing: Notify,
}

#[derive(Default)]
struct State {
    script: Script,
    tables: Tables,
    is_closed: bool,
}

/// The answer to a query, which is still to be said. Nothing is expected until it is.
#[must_use = "no query is expected before `rows`, `rows_then` or `error`"]
pub struct OnQuery<'m>(Expectation<'m>);

/// The answer to a statement, which is still to be said. Nothing is expected until it is.
#[must_use = "no statement is expected before `ok`, `rows` or `error`"]
pub struct OnExec<'m>(Expectation<'m>);

/// A call, and how its answer comes.
struct Expectation<'m> {
    mock: &'m MockDriver,
    call: Call,
    delay: Duration,
    times: usize,
}

impl Expectation<'_> {
    /// Answers with what is made for each time.
    fn answer(self, made: impl Fn() -> Result<Vec<RecordBatch>>) {
        let Self { mock, call, delay, times } = self;
        for _ in 0..times {
            let (batches, error) = match made() {
                Ok(batches) => (batches, None),
                Err(refused) => (Vec::new(), Some(refused)),
            };
            mock.state().script.expect(call.clone(), Answer { delay, batches, error });
        }
    }

    /// Answers once, with the batches and then with the error.
    fn answer_once(self, batches: Result<Vec<RecordBatch>>, error: Error) {
        let (batches, error) = match batches {
            Ok(batches) => (batches, error),
            Err(refused) => (Vec::new(), refused),
        };
        let answer = Answer { delay: self.delay, batches, error: Some(error) };
        self.mock.state().script.expect(self.call, answer);
    }
}

impl State {
    /// What was expected and has not come, and what has come and was not expected.
    fn problems(&self) -> Vec<String> {
        self.script.problems().into_iter().chain(self.tables.problems()).collect()
    }

    /// The answer to a query. What a write asks about its table need not be expected, and may be.
    fn answer(&mut self, read: &Read) -> Result<Answer> {
        let call = Call::of_read(read);
        let answer = self.script.answer(&call).map(Ok);
        answer.or_else(|| self.tables.answer(read)).unwrap_or_else(|| Err(self.script.refuse(call)))
    }

    fn execute(&mut self, command: &Command) -> Result<Answer> {
        let call = Call::of_statement(command);
        let Some(answer) = self.script.answer(&call) else {
            return match self.tables.create(command.sql()) {
                true => {
                    self.script.note(&call);
                    Ok(Answer { delay: Duration::ZERO, batches: Vec::new(), error: None })
                }
                false => Err(self.script.refuse(call)),
            };
        };
        if answer.error.is_none() {
            self.tables.create(command.sql());
        }
        Ok(answer)
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
        OnQuery(self.expectation(Call::of_query(query.into_source())))
    }

    /// Expects a statement with this text and these values.
    pub fn on_exec(&self, statement: impl Into<Command>) -> OnExec<'_> {
        OnExec(self.expectation(Call::of_statement(&statement.into())))
    }

    fn expectation(&self, call: Call) -> Expectation<'_> {
        Expectation { mock: self, call, delay: Duration::ZERO, times: 1 }
    }

    /// Makes the table of a struct, to which rows can be inserted and merged from then on. The mock keeps them apart
    /// from the answers to queries: a query of the table has to be expected as any other one. Another struct of the
    /// same table adds the columns that it alone has, which may be NULL in the table.
    pub fn table<T: LakeTable>(&self) {
        self.state().tables.add::<T>();
    }

    /// Has the table of a struct missing, until a statement comes that begins with `CREATE TABLE` and its name, as that
    /// of a migration does: it need not be expected by [`on_exec`](Self::on_exec). From then on it is as if it was made
    /// by [`table`](Self::table).
    ///
    /// ```
    /// # use lakeorm::{Backend, LakeTable, dialect::Delta, mock::MockDriver};
    /// # #[derive(LakeTable)] #[lake(table = "users")] struct User { id: i64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> lakeorm::Result<()> {
    /// let mock = MockDriver::new();
    /// mock.missing_table::<User>();
    /// let db = lakeorm::open(mock, Delta::new(), Backend::none())?;
    /// assert!(db.insert(&[User { id: 7 }]).await.is_err_and(|error| error.is_table_not_found()));
    /// assert!(db.migrate::<User>().await?.is_created());
    /// db.insert(&[User { id: 7 }]).await?;
    /// # Ok(()) }
    /// ```
    pub fn missing_table<T: LakeTable>(&self) {
        self.state().tables.add_missing::<T>();
    }

    /// The rows as they were handed to writes, in the order of the writes: also those that a merge deletes by, passes
    /// over or sets in part. Columns that a write stamps have the time of the write, and those that its struct does not
    /// have are NULL.
    ///
    /// # Errors
    ///
    /// [`SchemaMismatch`](ErrorKind::SchemaMismatch) if the mock has no such table, or if `T` reads other columns than
    /// it writes; [`Decode`](ErrorKind::Decode) for a value that `T` does not take, such as the NULL of a column that
    /// another struct left out.
    pub fn written<T: LakeTable + LakeRowOwned>(&self) -> Result<Vec<T>> {
        self.state().tables.written()
    }

    /// Has the next write whose rows have been handed over fail with this error in the place of its statement. Its rows
    /// are not written. Several are given one after the other, to each attempt of a write one.
    ///
    /// To some kinds the client has an answer of its own, so that the program may never see them:
    ///
    /// - After a conflict it looks for the rows, and sends the write again.
    /// - After [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) it looks for the rows, and sends a write with an
    ///   idempotency key again. Without one the program gets the error.
    /// - After [`Unavailable`](ErrorKind::Unavailable) and [`SessionLost`](ErrorKind::SessionLost), by which nothing
    ///   ran, it makes the write again, once. If they are [`not_retryable`](Error::not_retryable), they are as
    ///   `OutcomeUnknown`, and so is [`ClusterNotReady`](ErrorKind::ClusterNotReady).
    ///
    /// Any other one is the error of the write.
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
        self.state().tables.fail(Failure::Refused(error));
    }

    /// Has the next write whose rows have been handed over write them, and lose its answer: the client gets an
    /// [`OutcomeUnknown`](ErrorKind::OutcomeUnknown), looks for the rows and finds them. It comes in turn with
    /// [`fail_write`](Self::fail_write).
    pub fn lose_answer(&self) {
        self.state().tables.fail(Failure::AnswerLost);
    }

    /// The texts of the queries and statements that came, in this order, without their values; of a read of a table its
    /// name, and of a frame `a frame`. What a write sends, and what it and a migration ask about their table, is not
    /// among them, unless it is expected.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.state().script.came()
    }

    /// Checks that each expected call has come, and no other one, and each write that was to fail.
    ///
    /// # Panics
    ///
    /// If one has not, or another one has: the text lists both, without the values.
    #[track_caller]
    pub fn assert_done(&self) {
        let problems = self.state().problems();
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        // It is told of a close from here on.
        let closing = self.0.closing.notified();
        let answer = self.open_state()?.answer(&read)?;
        let answer = wait(answer, read.timeout(), closing).await?;
        Ok(answer.limited(read.row_limit()))
    }

    async fn run(&self, command: Command) -> Result<Outcome> {
        command.check()?;
        let closing = self.0.closing.notified();
        let answer = self.open_state()?.execute(&command)?;
        let answer = wait(answer, command.timeout(), closing).await?;
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

/// The answer, after as long as it takes, within the caller's time and until the driver is closed.
async fn wait(
    answer: Answer,
    timeout: Option<Duration>,
    closing: impl Future<Output = ()>,
) -> Result<Answer> {
    if answer.delay.is_zero() {
        return Ok(answer);
    }
    let timeout = timeout.filter(|timeout| *timeout < answer.delay);
    let time = clock::sleep(timeout.unwrap_or(answer.delay));
    match select(pin!(time), pin!(closing)).await {
        Either::Left(_) if timeout.is_some() => {
            Err(Error::new(ErrorKind::Timeout, "the mock's answer took longer than the timeout"))
        }
        Either::Left(_) => Ok(answer),
        Either::Right(_) => {
            Err(Error::new(ErrorKind::Cancelled, "the mock driver was closed before its answer came"))
        }
    }
}

impl OnQuery<'_> {
    /// Has the answer come so long after the first poll.
    pub fn after(mut self, delay: Duration) -> Self {
        self.0.delay = delay;
        self
    }

    /// Gives the answer so many times, if it is [`rows`](Self::rows). One with an error is given once.
    pub fn times(mut self, times: usize) -> Self {
        self.0.times = times;
        self
    }

    /// Answers with these rows: structs that derive [`LakeTable`](derive@crate::LakeTable), tuples, or batches. The
    /// columns are those of the type, also where there are no rows. Rows that cannot be encoded are the query's error.
    pub fn rows<R: FrameRow>(self, rows: &[R]) {
        self.0.answer(|| encoded(rows));
    }

    /// Answers with these rows, and then with the error, once.
    pub fn rows_then<R: FrameRow>(self, rows: &[R], error: Error) {
        self.0.answer_once(encoded(rows), error);
    }

    /// Answers with the error, once.
    pub fn error(self, error: Error) {
        self.0.answer_once(Ok(Vec::new()), error);
    }
}

impl OnExec<'_> {
    /// Has the answer come so long after the first poll.
    pub fn after(mut self, delay: Duration) -> Self {
        self.0.delay = delay;
        self
    }

    /// Gives the answer so many times, if it is [`ok`](Self::ok) or [`rows`](Self::rows). An error is given once.
    pub fn times(mut self, times: usize) -> Self {
        self.0.times = times;
        self
    }

    /// Answers that the statement has run.
    pub fn ok(self) {
        self.0.answer(|| Ok(Vec::new()));
    }

    /// Answers that the statement has run, with rows as its [outcome](Outcome::batches): a batch with the one column
    /// `num_affected_rows` says how many rows it [changed](Outcome::affected_rows).
    pub fn rows<R: FrameRow>(self, rows: &[R]) {
        self.0.answer(|| encoded(rows));
    }

    /// Answers with the error, once.
    pub fn error(self, error: Error) {
        self.0.answer_once(Ok(Vec::new()), error);
    }
}

fn encoded<R: FrameRow>(rows: &[R]) -> Result<Vec<RecordBatch>> {
    Ok(R::batches(rows)?.into_owned())
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
            self.0.closing.notify_waiters();
            Ok(())
        }
        .boxed()
    }
}

impl fmt::Debug for MockDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockDriver").field("problems", &self.state().problems()).finish_non_exhaustive()
    }
}

impl fmt::Debug for OnQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnQuery").field(&self.0.call).finish()
    }
}

impl fmt::Debug for OnExec<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnExec").field(&self.0.call).finish()
    }
}
