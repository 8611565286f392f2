//! Stopping operations and ending the session.

use std::time::Duration;

use uuid::Uuid;

use super::Session;
use crate::channel::Client;
use crate::error::Result;
use crate::error::status::Failure;
use crate::proto::{self, interrupt_request, release_execute_request};

/// How long telling the server that something is over may take; after that the server's own timeout frees it.
pub(crate) const FAREWELL: Duration = Duration::from_secs(10);

impl Session {
    /// Stops one operation of the session, if it still runs.
    ///
    /// Returns whether the server says that it stopped something.
    ///
    /// # Errors
    ///
    /// The transport's kinds, as for every call. An operation that is unknown or has ended is no error.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have stopped the operation.
    pub async fn interrupt(&self, operation: Uuid) -> Result<bool> {
        let channel = self.channel();
        let message = || {
            let header = self.header();
            proto::InterruptRequest {
                session_id: header.session_id,
                client_observed_server_side_session_id: header.observed,
                user_context: header.user_context,
                client_type: header.client_type,
                interrupt_type: interrupt_request::InterruptType::OperationId.into(),
                interrupt: Some(interrupt_request::Interrupt::OperationId(operation.to_string())),
            }
        };
        let rpc = |mut client: Client, request| async move { client.interrupt(request).await };
        let response = channel.retrying().run(|| channel.unary(self.id(), message, rpc)).await?;
        Ok(!response.interrupted_ids.is_empty())
    }

    /// Ends the session on the server: what runs in it stops and its state is dropped.
    ///
    /// # Errors
    ///
    /// The transport's kinds, as for every call; on Sail also a second release of the same session.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have ended the session.
    pub async fn release(&self) -> Result<()> {
        let channel = self.channel();
        let message = || {
            let header = self.header();
            proto::ReleaseSessionRequest {
                session_id: header.session_id,
                user_context: header.user_context,
                client_type: header.client_type,
                allow_reconnect: false,
            }
        };
        let rpc = |mut client: Client, request| async move { client.release_session(request).await };
        channel.retrying().run(|| channel.unary(self.id(), message, rpc)).await?;
        Ok(())
    }

    /// Ends the session on the server from a task of its own, for a caller that cannot wait; [`Channel::drained`]
    /// waits for it. Without a Tokio runtime the server's own timeout ends the session.
    ///
    /// [`Channel::drained`]: crate::Channel::drained
    pub fn release_in_background(&self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let session = self.unleased();
        let release = async move {
            // The end of a session stops what runs in it as an interrupt does, and may come too early as that may.
            session.inner.abandoned.close();
            let _ = tokio::time::timeout(FAREWELL, session.inner.abandoned.wait()).await;
            match tokio::time::timeout(FAREWELL, session.release()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "release of a session"),
                Err(_) => tracing::debug!("the server did not answer the release of a session in time"),
            }
        };
        self.channel().background().spawn_on(release, &runtime);
    }

    /// Lets the server forget the responses of `operation` up to and including `until`, or all of it.
    pub(crate) async fn release_execute(
        &self,
        operation: Uuid,
        until: Option<String>,
    ) -> Result<(), Failure> {
        use release_execute_request::{Release, ReleaseAll, ReleaseUntil};
        let message = || {
            let header = self.header();
            proto::ReleaseExecuteRequest {
                session_id: header.session_id,
                client_observed_server_side_session_id: header.observed,
                user_context: header.user_context,
                client_type: header.client_type,
                operation_id: operation.to_string(),
                release: Some(match until.clone() {
                    Some(response_id) => Release::ReleaseUntil(ReleaseUntil { response_id }),
                    None => Release::ReleaseAll(ReleaseAll {}),
                }),
            }
        };
        let rpc = |mut client: Client, request| async move { client.release_execute(request).await };
        self.channel().unary(self.id(), message, rpc).await?;
        Ok(())
    }
}
