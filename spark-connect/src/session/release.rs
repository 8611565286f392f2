//! Stopping operations and ending the session.

use std::time::Duration;

use futures_util::future::join_all;
use uuid::Uuid;

use super::Session;
use crate::clock;
use crate::error::{ErrorKind, Result};
use crate::execute::stop;
use crate::rpc::{PLANNING_TIMEOUT, RELEASE_TIMEOUT};

/// How long stopping what runs may take before the session is ended all the same.
const INTERRUPT_BOUND: Duration = Duration::from_secs(1);

/// How long the end of what ran may take once the session was ended: it may be on its way.
const ENDING_BOUND: Duration = Duration::from_secs(1);

impl Session {
    /// Stops one operation of the session, if it is still running.
    ///
    /// Returns whether the server says that it stopped something.
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

    /// Stops every operation that this client runs in the session, and none of others.
    pub(crate) async fn interrupt_running(&self) -> Result<()> {
        let operations = self.rpc.operations();
        if self.profile().takes_operation_ids_again() {
            let stops = operations.iter().map(|operation| stop(&self.rpc, *operation, false));
            join_all(stops).await;
            return Ok(());
        }
        // All of them, whatever becomes of the first.
        let interrupts = join_all(operations.iter().map(|operation| self.interrupt(*operation))).await;
        interrupts.into_iter().try_for_each(|interrupted| interrupted.map(drop))
    }

    /// Ends the session on the server: what runs in it stops and its state is dropped. On a server that has no such
    /// call (Spark before 4.0), what this client runs in it is stopped, and the state stays until the server drops it.
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
        match self.rpc.retrying(|| self.rpc.release_session()).await {
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                // The server would run what comes next in the session, so the client does not send it.
                self.rpc.end();
                self.interrupt_running().await
            }
            released => released,
        }
    }

    /// Ends the session because its pool is being closed: what still runs in it ends with
    /// [`Closed`](ErrorKind::Closed), not as if the server had lost the session or somebody had interrupted it.
    pub(crate) async fn release_with_pool(&self) -> Result<()> {
        self.rpc.note_pool_closed();
        if !self.profile().stops_operations_with_session() {
            let stopping = clock::wait_until(clock::deadline(INTERRUPT_BOUND), self.interrupt_running());
            if !matches!(stopping.await, Some(Ok(()))) {
                tracing::debug!("not all that runs in a session was stopped before its end");
            }
        }
        self.release().await
    }

    /// Waits a moment for what ran in the session, which was ended or left, and cuts off what is still open: its end may
    /// never come.
    pub(crate) async fn cut_off_the_rest(&self) {
        // Others go on in it, and are not waited for.
        if self.is_made_to_be_shared() {
            return;
        }
        if clock::wait_until(clock::deadline(ENDING_BOUND), self.rpc.operations_ended()).await.is_none() {
            tracing::debug!("what ran in a session did not end with it");
        }
        self.cut_off();
    }

    /// Ends what still runs in the session on this side, with [`Closed`](ErrorKind::Closed): its pool was closed, and the
    /// server did not end it. A session that was made to be shared goes on.
    pub(crate) fn cut_off(&self) {
        self.rpc.cut_off();
    }

    /// Ends the session on the server from a task of its own, for a caller that cannot wait; [`Channel::drained`]
    /// waits for it. Without a Tokio runtime the server's own timeout ends the session.
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
