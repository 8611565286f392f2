//! A write in two phases.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use spark_connect::{Outcome, clock};
use tokio::runtime::Handle;

use super::Driver;
use crate::error::{Error, ErrorKind, Result};

/// A write that has ended does not wait longer for what is tidied up after it: its outcome is to be told while its
/// caller listens.
pub(crate) const TIDYING: Duration = Duration::from_secs(10);

/// A write whose rows are where the engine can read them, and whose statement has not been sent.
///
/// [`commit`](Self::commit) and [`abort`](Self::abort) consume it, so that nothing is committed twice. If it is dropped
/// without either, it is aborted by a task that outlives the drop.
#[must_use = "an execution that is dropped is aborted"]
pub struct Execution<'d> {
    statement: Option<BoxFuture<'d, Result<Outcome>>>,
    removal: Removal,
    /// A driver of the one session that has the rows.
    session: Option<Arc<dyn Driver>>,
}

/// The removal of the rows, which runs once.
struct Removal {
    removal: Option<BoxFuture<'static, Result<()>>>,
    /// The runtime that the rows were handed over on.
    made_on: Option<Handle>,
}

impl<'d> Execution<'d> {
    /// For drivers: a statement that writes, and the removal of the rows that it reads. The removal runs after the
    /// statement has ended in whatever way, or instead of it. The driver's `close` has to wait for it: it may run in a
    /// task that nobody else knows of.
    pub fn new(
        statement: impl Future<Output = Result<Outcome>> + Send + 'd,
        removal: impl Future<Output = Result<()>> + Send + 'static,
    ) -> Self {
        Self::of(statement.boxed(), Removal::new(Some(removal.boxed())))
    }

    /// For drivers: a statement that reads no rows of the plan, so that nothing is to be removed.
    pub fn without_rows(statement: impl Future<Output = Result<Outcome>> + Send + 'd) -> Self {
        Self::of(statement.boxed(), Removal::new(None))
    }

    fn of(statement: BoxFuture<'d, Result<Outcome>>, removal: Removal) -> Self {
        Self { statement: Some(statement), removal, session: None }
    }

    /// The same execution, of a driver that tells where its rows are: queries of `session` run in the session that has
    /// them, and in no further slot.
    pub(crate) fn in_session(self, session: Arc<dyn Driver>) -> Self {
        Self { session: Some(session), ..self }
    }

    /// A driver of the session that has the rows, if that is known.
    pub(crate) fn session(&self) -> Option<Arc<dyn Driver>> {
        self.session.clone()
    }

    /// Runs the statement, and then removes the rows that it has read. A removal that takes longer than ten seconds is
    /// left to a task of its own.
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
        // Rows that remain are no failure of the write, and a removal that takes longer goes on in a task of its own.
        match clock::timeout(TIDYING, self.removal.run()).await {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                tracing::warn!(target: "lakeorm", kind = ?error.kind(), "could not remove the temporary rows of a write");
            }
            None => {
                tracing::debug!(target: "lakeorm", "the temporary rows of a write are removed after its end");
            }
        }
        outcome
    }

    /// Removes the rows; the statement is never sent.
    ///
    /// # Errors
    ///
    /// If the rows could not be removed, any kind listed under
    /// [How failures are classified](crate::Driver#how-failures-are-classified).
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
    fn new(removal: Option<BoxFuture<'static, Result<()>>>) -> Self {
        Self { removal, made_on: Handle::try_current().ok() }
    }

    async fn run(&mut self) -> Result<()> {
        let Some(removal) = &mut self.removal else { return Ok(()) };
        let done = removal.await;
        self.removal = None;
        done
    }
}

impl Drop for Removal {
    fn drop(&mut self) {
        let Some(removal) = self.removal.take() else { return };
        // Without a runtime nothing can be said to the engine: its sessions end by themselves, and sweeps find files.
        if let Some(runtime) = clock::lasting(self.made_on.iter()) {
            drop(runtime.spawn(removal));
        }
    }
}

impl fmt::Debug for Execution<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;
    use tokio::time::Instant;

    use super::*;

    #[test]
    fn rows_of_a_write_dropped_outside_of_tokio_are_removed() {
        let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (made_on, ending) = (runtime(), runtime());
        for entered in [None, Some(&ending)] {
            let (sender, removed) = std::sync::mpsc::channel();
            let removal = async move {
                let _ = sender.send(Handle::current().id());
                Ok(())
            };
            let execution = {
                let _made_on = made_on.enter();
                Execution::new(async { Ok(Outcome::default()) }, removal)
            };
            let _entered = entered.map(tokio::runtime::Runtime::enter);
            drop(execution);
            assert_eq!(removed.recv().unwrap(), made_on.handle().id());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_committed_write_waits_for_its_removal_within_a_bound() {
        let (sender, removed) = oneshot::channel();
        let removal = async move {
            clock::sleep(2 * TIDYING).await;
            let _ = sender.send(());
            Ok(())
        };
        let execution = Execution::new(async { Ok(Outcome::default()) }, removal);
        let begun = Instant::now();
        execution.commit().await.unwrap();
        assert_eq!(begun.elapsed(), TIDYING);
        removed.await.unwrap();
        assert_eq!(begun.elapsed(), 2 * TIDYING);
    }
}
