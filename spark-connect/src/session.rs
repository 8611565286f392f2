//! A session: the server's state for one client, and the calls that need it.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use uuid::Uuid;

use crate::channel::Channel;
use crate::error::status::Failure;
use crate::error::{Error, ErrorKind, Result};
use crate::execute::{BatchStream, Execution};
use crate::plan::Relation;
use crate::proto;

mod analyze;
mod conf;
mod details;
mod interrupt;

pub(crate) use interrupt::FAREWELL;

/// A Spark Connect session: confs, temporary views and the current database live in it.
///
/// The server makes it with the first call. Clones are the same session.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
    /// Keeps the slot of a pool occupied for as long as a clone that has it lives.
    #[expect(dead_code, reason = "it is kept, not read")]
    lease: Option<Arc<dyn Any + Send + Sync>>,
}

struct Inner {
    channel: Channel,
    id: Uuid,
    user_context: proto::UserContext,
    client_type: String,
    /// The server's own id of the session. It changes when the server restarts, which is how a lost session is
    /// told from a live one; so the first one is kept and sent with every call.
    observed: OnceLock<String>,
    /// The operations that are being given up.
    abandoned: TaskTracker,
}

impl Session {
    /// A session on `channel` under the id that the remote names, or a new one. Sends nothing.
    pub fn new(channel: &Channel) -> Self {
        let id = channel.remote().session_id().unwrap_or_else(Uuid::new_v4);
        Self::with_id(channel, id)
    }

    /// The session `id` on `channel`. Sends nothing.
    pub fn with_id(channel: &Channel, id: Uuid) -> Self {
        let remote = channel.remote();
        let user = remote.user_id().unwrap_or_default().to_owned();
        let user_context = proto::UserContext { user_id: user.clone(), user_name: user };
        let client_type = remote.client_type();
        let channel = channel.for_session();
        Self {
            inner: Arc::new(Inner {
                channel,
                id,
                user_context,
                client_type,
                observed: OnceLock::new(),
                abandoned: TaskTracker::new(),
            }),
            lease: None,
        }
    }

    /// The id that the client chose.
    pub fn id(&self) -> Uuid {
        self.inner.id
    }

    /// Whether the connection string names this session.
    pub fn is_named(&self) -> bool {
        self.inner.channel.remote().session_id() == Some(self.inner.id)
    }

    /// The channel that the session's calls travel on.
    pub fn channel(&self) -> &Channel {
        &self.inner.channel
    }

    /// The id that the server gave the session, once a call has been answered.
    pub fn server_side_id(&self) -> Option<&str> {
        self.inner.observed.get().map(String::as_str)
    }

    /// Whether the server keeps tables and views inside the session, as Sail does: a table made in one session
    /// does not exist in another. Such servers give the client's id back as their own. `None` before the first
    /// answer.
    pub fn has_own_catalog(&self) -> Option<bool> {
        self.server_side_id().map(|server_side| server_side == self.inner.id.to_string())
    }

    /// Runs a query and streams its batches. Nothing is sent before the stream is polled.
    pub fn query(&self, relation: &Relation) -> BatchStream {
        BatchStream::new(Execution::new(self.clone(), relation.to_plan(), relation.has_effects()))
    }

    /// The same session, which keeps `lease` with each of its clones.
    pub(crate) fn leased(&self, lease: Arc<dyn Any + Send + Sync>) -> Self {
        Self { inner: Arc::clone(&self.inner), lease: Some(lease) }
    }

    /// The same session without a lease, for what may outlive the borrower.
    pub(crate) fn unleased(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), lease: None }
    }

    /// Held while an operation is being given up.
    pub(crate) fn abandoning(&self) -> TaskTrackerToken {
        self.inner.abandoned.token()
    }

    pub(crate) fn header(&self) -> Header {
        Header {
            session_id: self.inner.id.to_string(),
            observed: self.inner.observed.get().cloned(),
            user_context: Some(self.inner.user_context.clone()),
            client_type: Some(self.inner.client_type.clone()),
        }
    }

    /// Takes the ids of a response: the session must be ours, and the server's own id must not have changed.
    pub(crate) fn observe(&self, session_id: &str, server_side: &str) -> Result<()> {
        if !session_id.is_empty() && session_id != self.inner.id.to_string() {
            return Err(Error::protocol("the server answered for another session"));
        }
        if server_side.is_empty() || self.inner.observed.get_or_init(|| server_side.to_owned()) == server_side
        {
            return Ok(());
        }
        let message =
            "the server's own id of the session changed: it restarted, and the session's state is gone";
        Err(Error::new(ErrorKind::SessionLost, message))
    }

    /// Completes a server's error with what the server kept about it.
    pub(crate) async fn explain(&self, mut error: Error) -> Error {
        details::complete(self, &mut error).await;
        error
    }

    pub(crate) async fn explain_failure(&self, failure: Failure) -> Failure {
        Failure { error: self.explain(failure.error).await, ..failure }
    }
}

/// What every request begins with.
pub(crate) struct Header {
    pub(crate) session_id: String,
    pub(crate) observed: Option<String>,
    pub(crate) user_context: Option<proto::UserContext>,
    pub(crate) client_type: Option<String>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.inner.id)
            .field("server", &self.inner.channel.authority())
            .finish_non_exhaustive()
    }
}
