//! Stopping operations and ending the session.

use uuid::Uuid;

use super::Session;
use crate::clock;
use crate::error::{ErrorKind, Result};
use crate::execute::stop;
use crate::rpc::{PLANNING_TIMEOUT, RELEASE_TIMEOUT};

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
            futures_util::future::join_all(stops).await;
            return Ok(());
        }
        let interrupts = operations.iter().map(|operation| self.interrupt(*operation));
        futures_util::future::try_join_all(interrupts).await?;
        Ok(())
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
    /// [`Closed`](ErrorKind::Closed), not as if the server had lost the session; before Spark 4.0, where it is stopped
    /// instead, with [`Cancelled`](ErrorKind::Cancelled).
    pub(crate) async fn release_with_pool(&self) -> Result<()> {
        self.rpc.note_pool_closed();
        self.release().await
    }

    /// Ends what still runs in the session on this side, with [`Closed`](ErrorKind::Closed): its pool was closed, and the
    /// server did not say that it has ended the session. One that was made to be shared goes on.
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
        self.channel().background().spawn(release);
    }
}
