//! What runs queries: the seam between the typed layer and an engine.

use std::pin::Pin;

use arrow_array::RecordBatch;
use futures_core::Stream;
use futures_core::future::BoxFuture;

use crate::error::Result;
use crate::query::Read;

pub mod spark;

pub use spark_connect::pool::PoolStatus;

/// The batches of one result, as a driver gives them.
pub type BatchStream = Pin<Box<dyn Stream<Item = Result<RecordBatch>> + Send>>;

/// Something that runs queries and gives their results as Arrow batches.
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
/// - Values are bound, or sent in a form that no text in them can leave. [`Read::arguments`] that do not fit the
///   markers of the statement are refused before anything is sent.
///
/// Time:
/// - Nothing is sent, and no place is taken, before the stream is first polled.
/// - A statement with side effects is never sent a second time once it may have run.
/// - The first error ends the stream: the next poll gives `None`.
/// - [`Read::timeout`] counts from the first poll. At its end the query is stopped and the error is a
///   [`Timeout`](crate::ErrorKind::Timeout).
/// - A stream that is dropped, polled or not, stops its query on the engine and frees what it held, at once and
///   without waiting for the engine.
/// - After [`Driver::close`] every read is refused.
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
/// | [`ClusterNotReady`](crate::ErrorKind::ClusterNotReady) | the engine is being started and refused the call before it ran | repeat in minutes, a statement too |
/// | [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) | a statement with side effects was sent, and whether it ran is not known | look at its effects, then decide |
/// | [`SessionLost`](crate::ErrorKind::SessionLost) | the engine no longer has the session; nothing ran, or what ran only read | repeat in a new session |
/// | [`Unavailable`](crate::ErrorKind::Unavailable) | the connection broke and could not be mended; what ran only read | repeat |
/// | [`Cancelled`](crate::ErrorKind::Cancelled) | the operation was interrupted, by whomever | nothing by itself |
/// | [`Unsupported`](crate::ErrorKind::Unsupported) | the engine lacks what was asked for, whatever the values | ask for something else |
/// | [`TooLarge`](crate::ErrorKind::TooLarge) | a message is above the limit of one side | ask for less, or raise the limit |
/// | [`Server`](crate::ErrorKind::Server) | the engine refused the statement or failed while it ran it | correct the statement or its data |
/// | [`Protocol`](crate::ErrorKind::Protocol) | the engine's answer contradicts itself, or breaks off where it says it is whole | report it |
///
/// [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch), [`Decode`](crate::ErrorKind::Decode) and
/// [`NoRows`](crate::ErrorKind::NoRows) are the typed layer's. Those for which `is_retryable` holds (`Connect`,
/// `Unavailable`, `ClusterNotReady`, `SessionLost`, `PoolTimeout`) promise that a repetition does nothing twice: where
/// that is not certain the kind is `OutcomeUnknown`. The text names what to change and holds neither a token nor a
/// bound value, nor does the engine's message in it.
pub trait Driver: Send + Sync + 'static {
    /// The name that the driver was given, verbatim; it goes by it in logs, spans and metrics.
    fn name(&self) -> &str;

    /// Runs a query when the stream is first polled. Does not block, and needs no runtime before that.
    fn read(&self, read: Read) -> BatchStream;

    /// Refuses every later read, lets what runs come to its end for a while, stops the rest, and frees what the driver
    /// holds on the engine; all of it within a bound of a few seconds. A query that was stopped ends with an error. A
    /// second call does nothing.
    ///
    /// # Errors
    ///
    /// The kinds of the engine's calls. An engine that does not answer is left alone: that is no error.
    fn close(&self) -> BoxFuture<'_, Result<()>>;
}
