//! How HTTP/2 pings notice a dead connection, as a connection string says it.

use std::time::Duration;

use super::Remote;

/// How HTTP/2 pings notice a dead connection, and keep one alive.
///
/// Unless the text says otherwise a connection is pinged after 20 silent seconds, while calls are open only, and is
/// given up if no answer comes within 10. Any of the `grpc_keepalive_*` keys replaces that by the defaults of Spark 4.3
/// for the rest; `grpc_keepalive_enabled=false` turns pings off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keepalive {
    /// The pause between two pings, 60 seconds unless `grpc_keepalive_time_ms` says otherwise.
    pub interval: Duration,
    /// How long the answer to a ping may take before the connection counts as dead, 20 seconds unless
    /// `grpc_keepalive_timeout_ms` says otherwise.
    pub timeout: Duration,
    /// Whether to ping while no call runs: yes, unless `grpc_keepalive_without_calls` is `false`.
    pub while_idle: bool,
}

impl Keepalive {
    /// Servers up to Spark 4.2 forbid more than a few pings in five minutes in which they themselves say nothing, so
    /// they are not sent more often than a dead connection has to be noticed in.
    const USUAL: Self =
        Self { interval: Duration::from_secs(20), timeout: Duration::from_secs(10), while_idle: false };

    /// The defaults of Spark 4.3.
    pub(super) const OF_SPARK: Self =
        Self { interval: Duration::from_secs(60), timeout: Duration::from_secs(20), while_idle: true };
}

/// The pings, as a connection string or the options of a channel have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeepaliveChoice {
    Unsaid,
    Off,
    Every(Keepalive),
}

impl Remote {
    /// How the text says to ping the server. `None` where it turns pings off, and where it says nothing of them, so that the
    /// usual ones are sent unless [`ChannelBuilder::keepalive`](crate::ChannelBuilder::keepalive) chooses others.
    #[must_use]
    pub fn keepalive(&self) -> Option<Keepalive> {
        match self.keepalive {
            KeepaliveChoice::Every(keepalive) => Some(keepalive),
            KeepaliveChoice::Unsaid | KeepaliveChoice::Off => None,
        }
    }

    /// How to ping the server: as the text says, else as is usual.
    pub(crate) fn keepalive_or_usual(&self) -> Option<Keepalive> {
        match self.keepalive {
            KeepaliveChoice::Every(keepalive) => Some(keepalive),
            KeepaliveChoice::Unsaid => Some(Keepalive::USUAL),
            KeepaliveChoice::Off => None,
        }
    }
}
