//! The interface between the typed layer and an engine.

use std::pin::Pin;
use std::sync::Arc;

use arrow_array::RecordBatch;
use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use spark_connect::Outcome;

use crate::command::Command;
use crate::error::Result;
use crate::source::Read;

mod capabilities;
mod exec;
mod execution;
mod plan;
mod removals;
mod shared;
mod table_support;

pub use capabilities::{Capabilities, Capability};
pub use exec::Exec;
pub use execution::Execution;
pub(crate) use execution::TIDYING;
pub(crate) use plan::ROW_NUMBER;
pub use plan::{DirectIngest, ExecutionPlan, StagedRows};
pub(crate) use removals::{Removals, Unremoved};
pub use spark_connect::pool::PoolStatus;
pub use table_support::TableSupport;

/// The batches of one result, as a driver returns them.
pub type BatchStream = Pin<Box<dyn Stream<Item = Result<RecordBatch>> + Send>>;

/// Something that runs queries and returns their results as Arrow batches.
///
/// A driver that only reads implements three methods; by default the others do nothing, or are an error of the kind
/// [`Unsupported`](crate::ErrorKind::Unsupported).
///
/// # Promises of an implementation
///
/// The typed layer relies on these promises. The suite of the feature `conformance` checks most of them; its rules are
/// listed in the report.
///
/// Results:
/// - A result that ends without an error is complete: every row once, in the engine's order. Whatever may have lost a
///   row, such as a broken connection, is repaired or is an error.
/// - There is at least one batch, which is empty if the result is, so that the columns are known and can be checked.
/// - All batches of a result have one schema.
/// - There are no more rows than [`Read::row_limit`] says. The columns are at least those of [`Read::projection`] that
///   the engine has. A missing column is not an error of the driver: the typed layer reports all of them at once.
///
/// Statements, if the driver has [`exec`](Driver::exec):
/// - A statement that ends without an error has run once, to its end. [`Outcome`] holds what the engine sent with its
///   answer.
/// - A statement with side effects is never sent a second time once it may have run, not by [`read`](Driver::read)
///   either. If its answer is lost, the error is an [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown).
/// - The first error ends the statement: nothing of it is carried out afterwards.
///
/// Both:
/// - Values are bound, or sent in a form that their text cannot break out of. [`Read::arguments`] or
///   [`Command::arguments`] that do not fit the markers of the statement are refused before anything is sent.
/// - Nothing is sent, and no slot of the driver is taken, before the stream or the future is first polled.
/// - The first error ends the stream: the next poll gives `None`.
/// - [`Read::timeout`] and [`Command::timeout`] count from the first poll. When the time is over, what runs is stopped,
///   and the error is a [`Timeout`](crate::ErrorKind::Timeout).
/// - A stream or future that is dropped, polled or not, is stopped on the engine. The drop does not wait for that; the
///   slot that it took is free once the engine has stopped it, or after a few seconds. An engine that is still planning
///   the statement is waited for longer, at times over a minute.
/// - After [`Driver::close`] everything is refused and has no effect.
///
/// Other methods:
/// - [`capabilities`](Driver::capabilities) is exact: what it lists is never an
///   [`Unsupported`](crate::ErrorKind::Unsupported) error, and what it does not list always is.
/// - [`ping`](Driver::ping) takes the path of a query, so that its success says something about the next query.
///
/// # How failures are classified
///
/// By [`Error::kind`](crate::Error::kind) and [`Error::is_retryable`](crate::Error::is_retryable) a caller decides what
/// to do next, so a wrong kind loses data or does something twice. The first row that fits applies.
///
/// | kind | when | what a caller may do |
/// |---|---|---|
/// | [`Config`](crate::ErrorKind::Config) | an option, an address or a session's conf is wrong; no statement has had an effect | correct the program |
/// | [`InvalidStatement`](crate::ErrorKind::InvalidStatement) | markers and values do not fit; nothing was sent | correct the program |
/// | [`NoRuntime`](crate::ErrorKind::NoRuntime) | there is no Tokio runtime that can serve the call; nothing was sent | call it inside one |
/// | [`Closed`](crate::ErrorKind::Closed) | the driver was closed before the query was sent | use another driver |
/// | [`Timeout`](crate::ErrorKind::Timeout) | the caller's deadline, or the client's own for one call, passed; the query is stopped | allow more time; a statement may have run |
/// | [`PoolTimeout`](crate::ErrorKind::PoolTimeout) | no slot came free in time; nothing was sent | repeat later |
/// | [`Connect`](crate::ErrorKind::Connect) | no connection could be made, so nothing was sent | repeat later, even a statement |
/// | [`Unauthenticated`](crate::ErrorKind::Unauthenticated) | the engine does not accept the credentials, or does not let their user do this ([`is_permission_denied`](crate::Error::is_permission_denied)) | get another token, or a grant |
/// | [`ClusterNotReady`](crate::ErrorKind::ClusterNotReady) | the engine is starting and refused the call | repeat in some minutes; if a statement was sent, only where its effects are not there |
/// | [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) | a statement with side effects was sent, and it is not known whether it ran | look at its effects, then decide |
/// | [`SessionLost`](crate::ErrorKind::SessionLost) | the engine no longer has the session; nothing ran, or what ran was read-only | repeat in a new session |
/// | [`Unavailable`](crate::ErrorKind::Unavailable) | the connection broke and could not be restored; what ran was read-only | repeat |
/// | [`Cancelled`](crate::ErrorKind::Cancelled) | the operation was interrupted, by whomever | nothing by itself |
/// | [`Unsupported`](crate::ErrorKind::Unsupported) | the engine lacks what was asked for, whatever the values | ask for something else |
/// | [`TooLarge`](crate::ErrorKind::TooLarge) | a message is above the limit of one side | ask for less, or raise the limit |
/// | [`Staging`](crate::ErrorKind::Staging) | the engine cannot read the staged files, or reads other rows from them than were written; nothing was written to the table | correct the address, or give the engine access |
/// | [`PartlyWritten`](crate::ErrorKind::PartlyWritten) | the statement ended, and may have read only a part of the staged files | remove what it wrote, then repeat |
/// | [`Server`](crate::ErrorKind::Server) | the engine refused the statement or failed while it ran it | correct the statement or its data |
/// | [`Protocol`](crate::ErrorKind::Protocol) | the engine's answer contradicts itself, or ends early although it claims to be whole | report it |
///
/// [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch), [`Decode`](crate::ErrorKind::Decode),
/// [`Encode`](crate::ErrorKind::Encode), [`Input`](crate::ErrorKind::Input) and [`NoRows`](crate::ErrorKind::NoRows)
/// are the typed layer's own.
///
/// The kinds for which `is_retryable` can hold (`Connect`, `Unavailable`, `ClusterNotReady`, `SessionLost`,
/// `PoolTimeout`, and `Timeout` where no server was reached) promise that a repetition does nothing twice: where that
/// is not certain, the kind is `OutcomeUnknown`, or `is_retryable` does not hold
/// ([`Error::not_retryable`](crate::Error::not_retryable)), which a write takes for the same. The text of an error names
/// what to change. It holds neither a token nor a bound value, and neither does the engine's message in it.
///
/// Writes and migrations also ask what the engine's own failure is. A driver gives it by
/// [`Error::with_server`](crate::Error::with_server), as a [`ServerError`](crate::ServerError) that says what it is: by
/// a condition of Spark's, by one of the SQLSTATEs `42P01` (no such table) and `42501` (permission denied), or without a
/// condition `42703` (no such column) and `42601` (syntax error). No other SQLSTATE is read, not even `40001`; otherwise
/// say it by a method:
///
/// | [`ServerError`](crate::ServerError) | when | what the client does |
/// |---|---|---|
/// | [`table_not_found`](crate::ServerError::table_not_found) | a table or view does not exist | a migration creates it; a write says so |
/// | [`commit_conflict`](crate::ServerError::commit_conflict) | others committed first and nothing was written | the write compares again and is sent again |
/// | [`permission_denied`](crate::ServerError::permission_denied) | the user may not do this | what is asked for its own sake is left out |
/// | [`syntax_error`](crate::ServerError::syntax_error) | the engine cannot parse the statement | the same |
/// | [`column_not_found`](crate::ServerError::column_not_found) | a column does not exist | nothing; the program may ask |
///
/// ```
/// use lakeorm::{Error, ErrorKind, ServerError};
///
/// /// What the engine answers by a number.
/// fn failed(number: u32, said: String) -> Error {
///     let said = ServerError::new(said);
///     let said = match number {
///         60 => said.table_not_found(),
///         49 => said.commit_conflict(),
///         _ => said,
///     };
///     Error::new(ErrorKind::Server, "the engine refused the statement").with_server(said)
/// }
/// assert!(failed(60, "no table orders".to_owned()).is_table_not_found());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a driver",
    label = "not a driver",
    note = "make one of a connection string: `lakeorm::spark::SparkDriver::remote(\"sc://localhost:15002\")?`"
)]
pub trait Driver: Send + Sync + 'static {
    /// The name that the driver was given, verbatim: its name in logs, spans and metrics.
    fn name(&self) -> &str;

    /// Runs a query once the stream is polled. The call itself does not block, and needs no runtime.
    fn read(&self, read: Read) -> BatchStream;

    /// Runs a statement once, when the future is first polled, and waits for its end. Rows that come back are dropped,
    /// unless the engine sends them as the statement's outcome.
    ///
    /// # Errors
    ///
    /// By the table above. The default implementation, for a driver that only reads, returns
    /// [`Unsupported`](crate::ErrorKind::Unsupported).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call stops the statement; it may have run by then.
    fn exec(&self, command: Command) -> BoxFuture<'_, Result<Outcome>> {
        drop(command);
        async { Err(Capability::Exec.missing_in(self.name())) }.boxed()
    }

    /// Carries out a plan as far as it can be undone: afterwards the engine can read the rows, whether they were sent
    /// or lie in files, and [`Execution::commit`] sends the statement. The default implementation runs a single
    /// statement by [`exec`](Driver::exec), and returns [`Unsupported`](crate::ErrorKind::Unsupported) for a plan with
    /// rows.
    ///
    /// # Errors
    ///
    /// By the table above.
    ///
    /// # Cancel safety
    ///
    /// A dropped call removes what it handed to the engine, from a task that outlives it.
    fn execute(&self, plan: ExecutionPlan) -> BoxFuture<'_, Result<Execution<'_>>> {
        async move {
            match plan {
                ExecutionPlan::Sql(command) => Ok(Execution::without_rows(self.exec(command))),
                ExecutionPlan::DirectIngest(_) => Err(Capability::DirectIngest.missing_in(self.name())),
                ExecutionPlan::StagedAppend(_) | ExecutionPlan::StagedMerge(_) => {
                    Err(Capability::StagedIngest.missing_in(self.name()))
                }
            }
        }
        .boxed()
    }

    /// Leases one session as a driver for one write or migration, where sessions cache table metadata, so that the look
    /// at the table and the statement see the same state. Nothing else runs in the session meanwhile, unless this
    /// driver is a session of the caller's, which leases itself. The default implementation returns `None`: no lease is
    /// needed.
    ///
    /// # Errors
    ///
    /// By the table above.
    ///
    /// # Cancel safety
    ///
    /// A dropped call frees what it held.
    fn lease(&self) -> BoxFuture<'_, Result<Option<Arc<dyn Driver>>>> {
        async { Ok(None) }.boxed()
    }

    /// Whether a driver that [`lease`](Self::lease) returned sets [`Command::confs`], on an engine whose table formats
    /// read them. Only then is a table asked which writes it has recorded. The default implementation returns `false`.
    fn takes_confs(&self) -> bool {
        false
    }

    /// How the engine treats tables, where engines differ. The default implementation returns
    /// [`TableSupport::default`]; a driver around another one forwards the question.
    ///
    /// # Errors
    ///
    /// By the table above, if the engine has to be asked.
    ///
    /// # Cancel safety
    ///
    /// A dropped call frees what it held.
    fn table_support(&self) -> BoxFuture<'_, Result<TableSupport>> {
        async { Ok(TableSupport::default()) }.boxed()
    }

    /// The capabilities of the driver besides reading. The engine is asked at most once. The default implementation
    /// returns none.
    ///
    /// # Errors
    ///
    /// By the table above, if the engine has to be asked.
    ///
    /// # Cancel safety
    ///
    /// A dropped call frees what it held.
    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities>> {
        async { Ok(Capabilities::default()) }.boxed()
    }

    /// Checks that the engine answers.
    ///
    /// # Errors
    ///
    /// By the table above. The default implementation returns [`Unsupported`](crate::ErrorKind::Unsupported).
    ///
    /// # Cancel safety
    ///
    /// A dropped call frees what it held.
    fn ping(&self) -> BoxFuture<'_, Result<()>> {
        async { Err(Capability::Ping.missing_in(self.name())) }.boxed()
    }

    /// How many of the driver's slots are in use. The default implementation, for a driver without a bound, returns
    /// zeros.
    fn status(&self) -> PoolStatus {
        PoolStatus::default()
    }

    /// Refuses everything from here on, gives what runs a while to end, stops the rest, and frees what the driver holds
    /// on the engine, all within a few seconds (a [`SparkDriver`](crate::spark::SparkDriver): five, and five for what is
    /// left). What is stopped ends with an error. The removal of rows by an
    /// [`Execution`], even by one that was dropped, is waited for within the same bound.
    ///
    /// # Errors
    ///
    /// By the table above. That the engine does not answer is no error.
    ///
    /// # Cancel safety
    ///
    /// A call after one that ended does nothing; after one that was dropped it does the rest.
    fn close(&self) -> BoxFuture<'_, Result<()>>;
}
