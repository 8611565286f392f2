//! A write in two phases.

use std::fmt;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use spark_connect::Outcome;

use crate::error::{Error, ErrorKind, Result};

/// A write whose rows are where the engine can read them, and whose statement has not been sent.
///
/// [`commit`](Self::commit) and [`abort`](Self::abort) consume it, so that nothing is committed twice. If it is dropped
/// without either, it is aborted by a task that outlives the drop.
#[must_use = "an execution that is dropped is aborted"]
pub struct Execution<'d> {
    statement: Option<BoxFuture<'d, Result<Outcome>>>,
    removal: Removal,
}

/// Takes away what the rows were put into.
struct Removal(Option<BoxFuture<'static, Result<()>>>);

impl<'d> Execution<'d> {
    /// For drivers: a statement that writes, and the removal of the rows that it reads. The removal runs after the statement
    /// has ended in whatever way, or instead of it. The driver's `close` has to wait for it: it may run in a task that nobody
    /// else knows of.
    pub fn new(
        statement: impl Future<Output = Result<Outcome>> + Send + 'd,
        removal: impl Future<Output = Result<()>> + Send + 'static,
    ) -> Self {
        Self { statement: Some(statement.boxed()), removal: Removal(Some(removal.boxed())) }
    }

    /// Runs the statement, and then removes the rows that it has read.
    ///
    /// # Errors
    ///
    /// Those of [`Driver::exec`](crate::Driver::exec).
    ///
    /// # Cancel safety
    ///
    /// A dropped call stops the statement, which may have run by then, and removes the rows.
    pub async fn commit(mut self) -> Result<Outcome> {
        let outcome = match self.statement.take() {
            Some(statement) => statement.await,
            None => Err(Error::new(ErrorKind::Closed, "the execution has ended")),
        };
        // What is left over is no failure of the write.
        if let Err(error) = self.removal.run().await {
            tracing::warn!(target: "lakeorm", kind = ?error.kind(), "could not remove the temporary rows of a write");
        }
        outcome
    }

    /// Removes the rows; the statement is never sent.
    ///
    /// # Errors
    ///
    /// The kinds of the engine's calls, if the rows could not be removed.
    ///
    /// # Cancel safety
    ///
    /// A dropped call leaves the rest of the removal to a task of its own.
    pub async fn abort(mut self) -> Result<()> {
        drop(self.statement.take());
        self.removal.run().await
    }
}

impl Removal {
    async fn run(&mut self) -> Result<()> {
        let Some(removal) = &mut self.0 else { return Ok(()) };
        let done = removal.await;
        self.0 = None;
        done
    }
}

impl Drop for Removal {
    fn drop(&mut self) {
        let Some(removal) = self.0.take() else { return };
        // Without a runtime nothing can be said to the engine: its sessions end by themselves, and sweeps find files.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            drop(runtime.spawn(removal));
        }
    }
}

impl fmt::Debug for Execution<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution").finish_non_exhaustive()
    }
}
