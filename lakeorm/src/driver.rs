//! What runs queries: the seam between the typed layer and an engine.

use std::pin::Pin;

use arrow_array::RecordBatch;
use futures_core::Stream;
use futures_core::future::BoxFuture;

use crate::error::Result;
use crate::query::Read;

mod pool;
pub mod spark;

pub use pool::PoolStatus;

/// The batches of one result, as a driver gives them.
pub type BatchStream = Pin<Box<dyn Stream<Item = Result<RecordBatch>> + Send>>;

/// Something that runs queries and gives their results as Arrow batches.
///
/// An implementation keeps these promises, on which the typed layer builds:
///
/// - A result that ends without an error is complete: every row once, in the engine's order.
/// - At least one batch comes, empty if the result is, so that the schema is known.
/// - All batches of a result have one schema.
/// - Nothing is sent before the stream is polled; a dropped stream stops its query and frees what it holds.
/// - Failures carry the kind that says what a caller may do: [`SessionLost`](crate::ErrorKind::SessionLost)
///   where state is gone, [`Unavailable`](crate::ErrorKind::Unavailable) where the connection is,
///   [`Server`](crate::ErrorKind::Server) where the statement failed,
///   [`Unsupported`](crate::ErrorKind::Unsupported) where the engine lacks what was asked for.
pub trait Driver: Send + Sync + 'static {
    /// The name that the driver goes by in logs.
    fn name(&self) -> &str;

    /// Runs a query when the stream is first polled.
    fn read(&self, read: Read) -> BatchStream;

    /// Stops what runs and frees what the driver holds on the server, within a bound.
    ///
    /// # Errors
    ///
    /// The kinds of the engine's calls.
    fn close(&self) -> BoxFuture<'_, Result<()>>;
}
