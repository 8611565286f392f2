//! A session: the server's state for one client, and the calls that need it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::channel::Channel;
use crate::rpc::{Rpc, ServerProfile};

mod analyze;
mod binding;
mod clone;
mod conf;
mod learn;
mod query;
mod release;
mod sentinel;
mod tags;
mod upload;

/// A Spark Connect session: confs, temporary views and the current database live in it.
///
/// The server creates it with the first call. Clones are the same session.
#[derive(Clone)]
pub struct Session {
    rpc: Rpc,
}

impl Session {
    /// A session on `channel` under the id that the remote names, or a new one. Sends nothing.
    pub fn new(channel: &Channel) -> Self {
        let id = channel.remote().session_id().unwrap_or_else(Uuid::new_v4);
        Self::with_id(channel, id)
    }

    /// The session `id` on `channel`. Sends nothing.
    pub fn with_id(channel: &Channel, id: Uuid) -> Self {
        Self { rpc: Rpc::new(channel, id) }
    }

    /// The session `id` on `channel`, which all slots of a pool share and no pool ends: for servers that limit how many
    /// sessions they ever open. Sends nothing.
    pub fn shared(channel: &Channel, id: Uuid) -> Self {
        Self { rpc: Rpc::shared(channel, id) }
    }

    /// The id that the client chose.
    pub fn id(&self) -> Uuid {
        self.rpc.session_id()
    }

    /// Whether the connection string names this session.
    pub fn is_named(&self) -> bool {
        self.rpc.is_named()
    }

    /// Whether others may use the session too: the connection string [names](Self::is_named) it, or it was made to be
    /// [shared](Self::shared).
    pub fn is_shared(&self) -> bool {
        self.rpc.is_shared()
    }

    /// Whether it was made to be shared, so that others of this process may go on to use it.
    pub(crate) fn is_made_to_be_shared(&self) -> bool {
        self.rpc.is_made_to_be_shared()
    }

    /// Whether the server said that it has ended the session for good, so that there will be none under its id again.
    pub fn was_ended_by_server(&self) -> bool {
        self.rpc.was_ended_by_server()
    }

    /// The channel that the session's calls travel on.
    pub fn channel(&self) -> &Channel {
        self.rpc.channel()
    }

    /// The id that the server gave the session, once a call has been answered.
    pub fn server_side_id(&self) -> Option<&str> {
        self.rpc.server_side_id()
    }

    /// The server as far as the session knows it.
    pub fn profile(&self) -> ServerProfile {
        self.rpc.profile()
    }

    /// A number that the clones of a session share, and that no other session has while one of them lives.
    pub(crate) fn key(&self) -> usize {
        self.rpc.key()
    }

    /// Whether nothing else should begin in it: an operation that was given up may run on or has left a conf changed, or
    /// the server keeps many rows for it, which go with the session alone.
    pub(crate) fn is_to_be_replaced(&self) -> bool {
        self.rpc.is_unclean() || self.rpc.uploaded() > upload::MOST_BYTES
    }

    /// The same session, which keeps `slot` of the pool of that number with each of its clones and with what they run.
    pub(crate) fn leased(&self, pool: u64, slot: Arc<dyn Any + Send + Sync>) -> Self {
        Self { rpc: self.rpc.leased(pool, slot) }
    }

    /// The same session without a lease, for what may outlive the borrower.
    pub(crate) fn unleased(&self) -> Self {
        Self { rpc: self.rpc.unleased() }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id())
            .field("server", &self.channel().authority())
            .finish_non_exhaustive()
    }
}
