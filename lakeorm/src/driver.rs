//! What runs queries: the seam between the typed layer and an engine.

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
mod shared;

pub use capabilities::{Capabilities, Capability};
pub use exec::Exec;
pub use execution::Execution;
pub(crate) use plan::ROW_NUMBER;
pub use plan::{DirectIngest, ExecutionPlan, StagedRows};
pub use spark_connect::pool::PoolStatus;

/// The batches of one result, as a driver gives them.
pub type BatchStream = Pin<Box<dyn Stream<Item = Result<RecordBatch>> + Send>>;

/// Something that runs queries and gives their results as Arrow batches.
///
/// A driver that only reads writes three methods; the others answer that they are unsupported, or nothing.
///
/// # What an implementation promises
///
/// The typed layer builds on these; the suite behind the feature `conformance` tries them on any driver.
///
/// Results:
/// - One that ends without an error is complete: every row once, in the engine's order. Whatever may have cost a row,
///   such as a connection that broke, is made good or is an error.
/// - At least one batch comes, empty if the result is, so that the columns are known and checked.
/// - All batches of a result have one schema.
/// - No more rows come than [`Read::row_limit`] says. The columns are at least those of [`Read::projection`] that the
///   engine has; a column that is missing is not the driver's error but the typed layer's, which names all of them.
///
/// Statements, if the driver has [`exec`](Driver::exec):
/// - One that ends without an error has run, whole and once. [`Outcome`] holds what the engine sent with its answer.
/// - One with side effects is never sent a second time once it may have run, by [`read`](Driver::read) neither. If
///   its answer is lost the error is an [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown).
/// - The first error is its end: nothing of the statement goes on behind it.
///
/// Both:
/// - Values are bound, or sent in a form that no text in them can leave. [`Read::arguments`] or
///   [`Command::arguments`] that do not fit the markers of the statement are refused before anything is sent.
/// - Nothing is sent, and no place is taken, before the stream or the future is first polled.
/// - The first error ends the stream: the next poll gives `None`.
/// - [`Read::timeout`] and [`Command::timeout`] count from the first poll. At its end what runs is stopped and the
///   error is a [`Timeout`](crate::ErrorKind::Timeout).
/// - What is dropped, polled or not, is stopped on the engine. The drop does not wait for that; what was held is free
///   once the engine has stopped, or after a bound of a few seconds.
/// - After [`Driver::close`] everything is refused, and does nothing.
///
/// Around them:
/// - [`capabilities`](Driver::capabilities) tells the truth: what it lists is not answered with
///   [`Unsupported`](crate::ErrorKind::Unsupported), and what it does not list is.
/// - [`ping`](Driver::ping) takes the path of a query, so that its success says something about the next query.
///
/// # How failures are classified
///
/// A caller decides by [`Error::kind`](crate::Error::kind) and [`Error::is_retryable`](crate::Error::is_retryable)
/// what to do next, so a wrong kind loses data or does something twice. The first row that fits counts.
///
/// | kind | when | what a caller may do |
/// |---|---|---|
/// | [`Config`](crate::ErrorKind::Config) | an option or address is wrong; nothing was sent | correct the program |
/// | [`InvalidStatement`](crate::ErrorKind::InvalidStatement) | markers and values do not fit; nothing was sent | correct the program |
/// | [`Closed`](crate::ErrorKind::Closed) | the driver was closed before the query was sent | use another driver |
/// | [`Timeout`](crate::ErrorKind::Timeout) | the caller's deadline, or the client's for one call, ran out; the query is stopped | allow more time; a statement may have run |
/// | [`PoolTimeout`](crate::ErrorKind::PoolTimeout) | no place came free in time; nothing was sent | repeat later |
/// | [`Connect`](crate::ErrorKind::Connect) | no connection could be made, so nothing was sent | repeat later, a statement too |
/// | [`Unauthenticated`](crate::ErrorKind::Unauthenticated) | the engine refuses who calls | get another token |
/// | [`ClusterNotReady`](crate::ErrorKind::ClusterNotReady) | the engine is being started and refused the call | repeat in minutes; a statement that was sent where its effects are not there |
/// | [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) | a statement with side effects was sent, and whether it ran is not known | look at its effects, then decide |
/// | [`SessionLost`](crate::ErrorKind::SessionLost) | the engine no longer has the session; nothing ran, or what ran only read | repeat in a new session |
/// | [`Unavailable`](crate::ErrorKind::Unavailable) | the connection broke and could not be mended; what ran only read | repeat |
/// | [`Cancelled`](crate::ErrorKind::Cancelled) | the operation was interrupted, by whomever | nothing by itself |
/// | [`Unsupported`](crate::ErrorKind::Unsupported) | the engine lacks what was asked for, whatever the values | ask for something else |
/// | [`TooLarge`](crate::ErrorKind::TooLarge) | a message is above the limit of one side | ask for less, or raise the limit |
/// | [`Staging`](crate::ErrorKind::Staging) | of rows that lie in files the engine sees others than it was told, and nothing was written | correct the address |
/// | [`Server`](crate::ErrorKind::Server) | the engine refused the statement or failed while it ran it | correct the statement or its data |
/// | [`Protocol`](crate::ErrorKind::Protocol) | the engine's answer contradicts itself, or breaks off where it says it is whole | report it |
///
/// [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch), [`Decode`](crate::ErrorKind::Decode),
/// [`Encode`](crate::ErrorKind::Encode), [`Input`](crate::ErrorKind::Input) and [`NoRows`](crate::ErrorKind::NoRows) are the
/// typed layer's. Those for which `is_retryable` holds (`Connect`,
/// `Unavailable`, `ClusterNotReady`, `SessionLost`, `PoolTimeout`) promise that a repetition does nothing twice: where
/// that is not certain the kind is `OutcomeUnknown`, or `is_retryable` does not hold. The text names what to change and holds neither a token nor a
/// bound value, nor does the engine's message in it.
pub trait Driver: Send + Sync + 'static {
    /// The name that the driver was given, verbatim; it goes by it in logs, spans and metrics.
    fn name(&self) -> &str;

    /// Runs a query when the stream is first polled. Does not block, and needs no runtime before that.
    fn read(&self, read: Read) -> BatchStream;

    /// Runs a statement once, when the future is first polled, and waits for its end. Rows that come back are dropped,
    /// unless the engine sends them as the statement's outcome.
    ///
    /// # Errors
    ///
    /// By the table above. As provided: [`Unsupported`](crate::ErrorKind::Unsupported), for a driver that only reads.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call stops the statement; it may have run by then.
    fn exec(&self, command: Command) -> BoxFuture<'_, Result<Outcome>> {
        drop(command);
        async { Err(Capability::Exec.missing_in(self.name())) }.boxed()
    }

    /// Carries out a plan as far as it can be undone: rows that travel beside a statement or lie in files are where the
    /// engine has read them, and the statement is sent by [`Execution::commit`]. As provided, one statement is run by
    /// [`exec`](Driver::exec), and rows beside it are [`Unsupported`](crate::ErrorKind::Unsupported).
    ///
    /// # Errors
    ///
    /// By the table above.
    ///
    /// # Cancel safety
    ///
    /// A dropped call takes away what it put down, from a task that outlives it.
    fn execute(&self, plan: ExecutionPlan) -> BoxFuture<'_, Result<Execution<'_>>> {
        async move {
            match plan {
                ExecutionPlan::Sql(command) => Ok(Execution::new(self.exec(command), async { Ok(()) })),
                ExecutionPlan::DirectIngest(_) => Err(Capability::DirectIngest.missing_in(self.name())),
                ExecutionPlan::StagedAppend(_) | ExecutionPlan::StagedMerge(_) => {
                    Err(Capability::StagedIngest.missing_in(self.name()))
                }
            }
        }
        .boxed()
    }

    /// A driver over one session of this one's, on an engine whose sessions remember tables as they were, each by itself:
    /// what runs in it sees one state of a table after the other. It is for one write, beside which nothing else runs in it.
    /// As provided: nothing, where there is no such difference.
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

    /// Whether a driver that [`lease`](Self::lease) gave sets [`Command::confs`], over an engine whose table formats read
    /// them; only then is a table asked what it remembers of them. As provided: no.
    fn takes_confs(&self) -> bool {
        false
    }

    /// What the driver can do beside reading. The engine is asked once at most. As provided: nothing.
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
    /// By the table above. As provided: [`Unsupported`](crate::ErrorKind::Unsupported).
    ///
    /// # Cancel safety
    ///
    /// A dropped call frees what it held.
    fn ping(&self) -> BoxFuture<'_, Result<()>> {
        async { Err(Capability::Ping.missing_in(self.name())) }.boxed()
    }

    /// How many of the driver's places are in use. As provided, for a driver without a bound: zeros.
    fn status(&self) -> PoolStatus {
        PoolStatus::default()
    }

    /// Refuses everything that comes later, lets what runs come to its end for a while, stops the rest, and frees what
    /// the driver holds on the engine; all of it within a bound of a few seconds. What was stopped ends with an error, and
    /// what an [`Execution`] takes away is waited for within that bound, also where it was dropped.
    /// A second call does nothing.
    ///
    /// # Errors
    ///
    /// The kinds of the engine's calls. An engine that does not answer is left alone: that is no error.
    ///
    /// # Cancel safety
    ///
    /// A dropped call leaves the driver half closed; a second one does what the first has left.
    fn close(&self) -> BoxFuture<'_, Result<()>>;
}
