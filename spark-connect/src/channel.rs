//! The connections to a server, shared by any number of sessions.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderName;
use tokio::sync::OnceCell;

use crate::error::status::Failure;
use crate::remote::Remote;
use crate::retry::Retrying;
use crate::token::{TokenHeader, Tokens};

mod activity;
mod answers;
mod background;
mod builder;
mod call;
mod connect;
mod connect_error;
mod connection;
mod connector;
mod grpc;
mod header;
mod http2;
mod ping;
mod proxy;
mod secrets;
mod tcp;
#[cfg(feature = "tls")]
mod tls;
mod transport;
mod unprocessed;
mod windows;
mod wire;

pub(crate) use answers::Answers;
pub use builder::ChannelBuilder;
pub(crate) use builder::DEFAULT_CONNECT_TIMEOUT;
#[cfg(feature = "fuzzing")]
pub(crate) use builder::DEFAULT_MAX_BATCH_BYTES;
#[cfg(feature = "fuzzing")]
pub(crate) use header::sanitize;
#[cfg(feature = "tls")]
pub use tls::Tls;
pub(crate) use transport::Transport;

use background::Background;
use connection::Connection;

/// The HTTP/2 connections to one server, made on first use; clones share them.
///
/// There is one unless [`ChannelBuilder::connections`] says otherwise; each session stays on one of them. A connection
/// that is lost, or whose Tokio runtime has ended, is replaced for the next call.
#[derive(Clone)]
pub struct Channel {
    shared: Arc<ChannelInner>,
    /// The one that a session keeps to.
    connection: Option<Arc<Connection>>,
}

struct ChannelInner {
    remote: Remote,
    authority: String,
    connections: Connections,
    tokens: Tokens,
    token_header: TokenHeader,
    session_id_header: Option<HeaderName>,
    retry: Retrying,
    background: Background,
    /// Whether a Spark Connect server has answered a call.
    answered: AtomicBool,
    /// Whether a call was let in for its token.
    admitted: AtomicBool,
    max_batch_bytes: usize,
    /// What the server was asked about itself, and the breaks of all connections before.
    learned: Mutex<(u64, Arc<Learned>)>,
    /// Whether it is known to keep its tables beside the sessions.
    shares_catalog: AtomicBool,
}

/// What a server was asked about itself, once each.
#[derive(Default)]
pub(crate) struct Learned {
    /// Whether it binds values.
    pub(crate) binds: OnceCell<bool>,
    pub(crate) newer_fields: OnceCell<NewerFields>,
}

/// Which of the fields that Spark 4.0 added to expressions the server reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NewerFields {
    /// The relation whose columns a star stands for.
    pub(crate) star: bool,
    /// The mode of a cast that gives NULL where a value does not fit.
    pub(crate) try_cast: bool,
}

/// Whether a call may change something on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effects {
    ReadOnly,
    MayChange,
}

impl Effects {
    pub(crate) fn of(may_change: bool) -> Self {
        if may_change { Self::MayChange } else { Self::ReadOnly }
    }

    pub(crate) fn may_change(self) -> bool {
        self == Self::MayChange
    }
}

struct Connections {
    first: Arc<Connection>,
    others: Vec<Arc<Connection>>,
}

impl Channel {
    /// Options for the connections to `remote`.
    pub fn builder(remote: Remote) -> ChannelBuilder {
        ChannelBuilder::new(remote)
    }

    /// `host:port` of the server, as errors show it.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.shared.authority
    }

    /// How often a call found its connection broken, or a connection was replaced. Once this number has changed, a
    /// different server may be answering.
    ///
    /// On the channel of a session ([`Session::channel`](crate::Session::channel)) it counts for that session's
    /// connection, otherwise for all of them.
    #[doc(hidden)]
    #[must_use]
    pub fn breaks(&self) -> u64 {
        let all = || self.shared.connections.breaks();
        self.connection.as_ref().map_or_else(all, |connection| connection.breaks())
    }

    /// Waits until every release and interrupt that runs in the background has been answered or given up, or its
    /// Tokio runtime has ended or stands still.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call only stops the waiting.
    pub async fn drained(&self) {
        self.shared.background.drained().await;
    }

    /// How much memory one batch of a result may take: [`ChannelBuilder::max_batch_bytes`].
    #[must_use]
    pub fn max_batch_bytes(&self) -> usize {
        self.shared.max_batch_bytes
    }

    /// The same channel for one session: on the connection that the fewest keep to.
    pub(crate) fn for_session(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), connection: Some(self.shared.connections.least_used()) }
    }

    pub(crate) fn background(&self) -> &Background {
        &self.shared.background
    }

    /// Whether the server is known to keep its tables beside the sessions.
    pub(crate) fn shares_catalog(&self) -> bool {
        self.shared.shares_catalog.load(Ordering::Relaxed)
    }

    /// Takes note that the server keeps its tables beside the sessions.
    pub(crate) fn note_shared_catalog(&self) {
        self.shared.shares_catalog.store(true, Ordering::Relaxed);
    }

    /// What the server was asked about itself. After a break another one may be answering, of which nothing is known.
    pub(crate) fn learned(&self) -> Arc<Learned> {
        let breaks = self.shared.connections.breaks();
        let mut learned = self.shared.learned.lock().unwrap_or_else(PoisonError::into_inner);
        if learned.0 != breaks {
            *learned = (breaks, Arc::default());
        }
        Arc::clone(&learned.1)
    }

    pub(crate) fn remote(&self) -> &Remote {
        &self.shared.remote
    }

    pub(crate) fn retrying(&self) -> &Retrying {
        &self.shared.retry
    }

    /// Whether a Spark Connect server has answered a call on this channel, so that the address is right.
    pub(crate) fn has_answered(&self) -> bool {
        self.shared.answered.load(Ordering::Relaxed)
    }

    /// Makes sure that there is a connection, so that [`Channel::breaks`] counts one that has ended.
    pub(crate) async fn connected(&self) -> Result<(), Failure> {
        self.connection().connected().await.map_err(|cause| self.refused(&cause))
    }

    /// Whether there is a connection, as far as is known without making one.
    #[doc(hidden)]
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connection().is_live()
    }

    fn connection(&self) -> &Arc<Connection> {
        self.connection.as_ref().unwrap_or(&self.shared.connections.first)
    }
}

impl Connections {
    fn iter(&self) -> impl Iterator<Item = &Arc<Connection>> {
        std::iter::once(&self.first).chain(&self.others)
    }

    fn breaks(&self) -> u64 {
        self.iter().map(|connection| connection.breaks()).sum()
    }

    /// The one that the fewest sessions hold.
    fn least_used(&self) -> Arc<Connection> {
        let fewest = self.iter().min_by_key(|connection| Arc::strong_count(connection));
        Arc::clone(fewest.unwrap_or(&self.first))
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("remote", &self.shared.remote).finish_non_exhaustive()
    }
}
