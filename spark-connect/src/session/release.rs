//! Stopping operations and ending the session.

use std::time::Duration;

use futures_util::future::join_all;
use uuid::Uuid;

use super::Session;
use crate::clock;
use crate::error::{Error, ErrorKind, Result};
use crate::execute::stop;
use crate::rpc::{OperationHandle, PLANNING_TIMEOUT, RELEASE_TIMEOUT};

/// How long stopping what runs may take before the session is ended all the same.
const INTERRUPT_BOUND: Duration = Duration::from_secs(1);

/// How long the end of what ran may take once the session was ended: it may be on its way.
const ENDING_BOUND: Duration = Duration::from_secs(1);

impl Session {
    /// Stops one operation of the session, if it is still running.
    ///
    /// Returns whether the server says that it stopped something. Spark says so too of an interrupt that comes while it
    /// plans, and loses it: an operation that has only begun may run on.
    ///
    /// # Errors
    ///
    /// The [errors of every call](ErrorKind#errors-of-every-call). An operation that is unknown or has ended is not an
    /// error.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have stopped the operation.
    pub async fn interrupt(&self, operation: Uuid) -> Result<bool> {
        let stopped = self.rpc.retrying(|| self.rpc.interrupt(operation)).await?;
        Ok(!stopped.is_empty())
    }

    /// Stops these operations: all of them, whatever becomes of the first.
    async fn interrupt_all(&self, operations: &[OperationHandle]) -> Result<()> {
        if self.profile().takes_operation_ids_again() {
            let stops = operations.iter().map(|operation| stop(&self.rpc, operation.id(), false));
            join_all(stops).await;
            return Ok(());
        }
        let interrupts = join_all(operations.iter().map(|operation| self.interrupt(operation.id()))).await;
        interrupts.into_iter().try_for_each(|interrupted| interrupted.map(drop))
    }

    /// Stops what `pool`, which is closed, runs in the session, and nothing of others: what is stopped ends with
    /// [`Closed`](ErrorKind::Closed).
    pub(crate) async fn interrupt_all_of(&self, pool: u64) -> Result<()> {
        let operations = self.rpc.operations_of(pool);
        operations.iter().for_each(OperationHandle::note_pool_closed);
        self.interrupt_all(&operations).await
    }

    /// Ends the session on the server: what this client runs in it stops and its state is dropped. On a server that has no
    /// such call (Spark before 4.0) the state stays until the server drops it.
    ///
    /// # Errors
    ///
    /// - The [errors of every call](ErrorKind#errors-of-every-call).
    /// - On Sail, any kind for a second release of the same session.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have ended the session.
    pub async fn release(&self) -> Result<()> {
        self.end(false).await
    }

    /// Ends the session because its pool is being closed: what still runs in it ends with
    /// [`Closed`](ErrorKind::Closed), not as if the server had lost the session or somebody had interrupted it.
    pub(crate) async fn release_with_pool(&self) -> Result<()> {
        self.rpc.note_pool_closed();
        self.end(true).await
    }

    async fn end(&self, with_pool: bool) -> Result<()> {
        if !self.profile().stops_operations_with_session() {
            self.stop_running().await;
            if with_pool {
                // What waits for a token or a connection is not to follow the end: the server would make the session anew.
                drop(CutOff(self.rpc.operations()));
            }
        }
        self.end_on_server().await
    }

    async fn end_on_server(&self) -> Result<()> {
        match self.rpc.retrying(|| self.rpc.release_session()).await {
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                // The server would run what comes next in the session, so the client does not send it.
                self.rpc.end();
                self.interrupt_all(&self.rpc.operations()).await
            }
            released => released,
        }
    }

    /// Stops what this client runs in the session, and waits for its end within a bound: the server would go on with it, and
    /// what the client says of an operation afterwards would make the session anew.
    async fn stop_running(&self) {
        let operations = self.rpc.operations();
        let stopping = async {
            self.interrupt_all(&operations).await?;
            ended(&operations).await;
            Ok::<_, Error>(())
        };
        if !matches!(clock::wait_until(clock::deadline(INTERRUPT_BOUND), stopping).await, Some(Ok(()))) {
            tracing::debug!("not all that runs in a session has ended before it");
        }
    }

    /// Waits a moment for what `pool` ran in the session, which was ended or left, and cuts off what is still open: its end
    /// may never come. Dropped, it does so at once.
    pub(crate) async fn cut_off_the_rest(&self, pool: u64) {
        let rest = CutOff(self.ending_with(pool));
        if clock::wait_until(clock::deadline(ENDING_BOUND), ended(&rest.0)).await.is_none() {
            tracing::debug!("what ran in a session did not end with it");
        }
    }

    /// Ends what `pool`, which was closed, still runs in the session on this side, with [`Closed`](ErrorKind::Closed): the
    /// server did not end it.
    pub(crate) fn cut_off(&self, pool: u64) {
        drop(CutOff(self.ending_with(pool)));
    }

    /// What ends with `pool`: all that runs in a session of its own, and its share of what runs in one that others use too.
    fn ending_with(&self, pool: u64) -> Vec<OperationHandle> {
        match self.is_shared() {
            true => self.rpc.operations_of(pool),
            false => self.rpc.operations(),
        }
    }

    /// Ends the session on the server from a task of its own, for a caller that cannot wait; [`Channel::drained`]
    /// waits for it. Where no Tokio runtime takes the task, the server's own timeout ends the session.
    ///
    /// [`Channel::drained`]: crate::Channel::drained
    pub fn release_in_background(&self) {
        let session = self.unleased();
        let release = async move {
            // The end of a session stops what runs in it as an interrupt does, and may come too early as that may.
            let abandoned = session.rpc.abandoned();
            abandoned.close();
            let _ = clock::timeout(PLANNING_TIMEOUT + RELEASE_TIMEOUT, abandoned.wait()).await;
            match clock::timeout(RELEASE_TIMEOUT, session.release()).await {
                Some(Ok(())) => {}
                Some(Err(error)) => tracing::debug!(kind = ?error.kind(), "release of a session"),
                None => tracing::debug!("the server did not answer the release of a session in time"),
            }
        };
        self.channel().background().spawn_lasting(release);
    }
}

/// Operations that are cut off when this is dropped.
struct CutOff(Vec<OperationHandle>);

impl Drop for CutOff {
    fn drop(&mut self) {
        self.0.iter().for_each(OperationHandle::cut_off);
    }
}

async fn ended(operations: &[OperationHandle]) {
    join_all(operations.iter().map(OperationHandle::ended)).await;
}
