//! Options of a channel.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use http::HeaderName;
use tokio_util::task::TaskTracker;
use tonic::transport::Endpoint;

use super::{Channel, Client, Line, Lines, Shared};
use crate::error::{Error, ErrorKind, Result};
use crate::remote::{Remote, header_name};
use crate::retry::{Budget, RetryPolicy, Retrying, Timer};
use crate::token::{TokenProvider, Tokens};

/// Errors travel in trailers, percent-encoded and a second time in base64; hyper's 16 KiB would lose long ones
/// whole.
const MAX_HEADER_LIST: u32 = 64 * 1024;

/// Spark refuses a larger request (`spark.connect.grpc.maxInboundMessageSize`).
const MAX_REQUEST: usize = 128 * 1024 * 1024;

/// How much of a result may be on its way before the reader has taken it, in bytes: enough to keep a distant
/// server sending until the word of what was taken reaches it.
const WINDOW: u32 = 2 * 1024 * 1024;

/// The same where the word takes no time. What is on its way is lost with the connection, and of that Sail keeps
/// only so many responses, and none of them once it has sent the last one.
const LOOPBACK_WINDOW: u32 = 256 * 1024;

/// The same for all results of the connection together. A result whose reader pauses keeps its share, so this has
/// to be far above what one may take, or a few of them would stop every other call.
const CONNECTION_WINDOW: u32 = 256 * 1024 * 1024;

/// Options for a [`Channel`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct ChannelBuilder {
    remote: Remote,
    connect_timeout: Duration,
    retry: RetryPolicy,
    provider: Option<Arc<dyn TokenProvider>>,
    session_id_header: Option<String>,
    connections: usize,
    #[cfg(feature = "tls")]
    tls: super::Tls,
}

impl ChannelBuilder {
    pub(super) fn new(remote: Remote) -> Self {
        Self {
            remote,
            connect_timeout: Duration::from_secs(10),
            retry: RetryPolicy::default(),
            provider: None,
            session_id_header: None,
            connections: 1,
            #[cfg(feature = "tls")]
            tls: super::Tls::default(),
        }
    }

    /// How long each attempt to connect may take. Default 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// When a call is tried again after a broken connection.
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Takes the bearer token of every call from `provider`, in place of the one in the connection string.
    ///
    /// Like a token there it turns TLS on, unless the host is the literal `localhost`.
    pub fn token_provider(mut self, provider: impl TokenProvider) -> Self {
        self.provider = Some(Arc::new(provider));
        self
    }

    /// Sends the id of the session with each of its calls under this header too, for servers behind a router that
    /// reads headers only: serverless compute of Databricks wants `x-databricks-session-id`.
    pub fn session_id_header(mut self, name: impl Into<String>) -> Self {
        self.session_id_header = Some(name.into());
        self
    }

    /// How many HTTP/2 connections the sessions are spread over; at least one. Default 1.
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// Whom to trust and what to show, where the server is reached over TLS. Default: the system's roots.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: super::Tls) -> Self {
        self.tls = tls;
        self
    }

    /// The channel. Nothing is sent: it connects with the first call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRemote`] if the remote wants TLS and the crate was built without the feature `tls`, if an
    /// option is wrong, or if the call is made outside a Tokio runtime.
    pub fn build(self) -> Result<Channel> {
        if tokio::runtime::Handle::try_current().is_err() {
            let message =
                "a Spark Connect channel needs a Tokio runtime: call this from async code under Tokio";
            return Err(Error::new(ErrorKind::InvalidRemote, message));
        }
        let session_id_header = self.checked_session_id_header()?;
        let remote = match &self.provider {
            Some(_) => self.remote.clone().with_token_from_elsewhere(),
            None => self.remote.clone(),
        };
        let line = || self.line(&remote);
        let lines =
            Lines { first: line()?, others: (1..self.connections).map(|_| line()).collect::<Result<_>>()? };
        let tokens = match self.provider {
            Some(provider) => Tokens::of(provider),
            None => Tokens::Fixed(remote.token().cloned()),
        };
        let shared = Shared {
            authority: remote.authority(),
            lines,
            tokens,
            session_id_header,
            retry: Retrying { policy: self.retry, timer: Timer::system(), budget: Budget::default() },
            background: TaskTracker::new(),
            remote,
        };
        Ok(Channel { shared: Arc::new(shared), line: None })
    }

    fn checked_session_id_header(&self) -> Result<Option<HeaderName>> {
        let checked = self.session_id_header.as_deref().map(header_name).transpose();
        checked.map_err(|error| {
            Error::new(ErrorKind::InvalidRemote, format!("session_id_header cannot be sent: {error}"))
        })
    }

    fn line(&self, remote: &Remote) -> Result<Arc<Line>> {
        let channel = self.endpoint(remote)?.connect_lazy();
        let client = Client::new(channel)
            .max_decoding_message_size(remote.max_message_size())
            .max_encoding_message_size(MAX_REQUEST);
        Ok(Arc::new(Line { client, breaks: AtomicU64::new(0) }))
    }

    fn endpoint(&self, remote: &Remote) -> Result<Endpoint> {
        let invalid = |error: tonic::transport::Error| {
            let message = format!("{} is not an address to connect to", remote.authority());
            Error::new(ErrorKind::InvalidRemote, message).with_source(error)
        };
        let mut endpoint = Endpoint::from_shared(remote.endpoint())
            .map_err(invalid)?
            .connect_timeout(self.connect_timeout)
            .tcp_nodelay(true)
            .initial_stream_window_size(if is_loopback(remote.host()) { LOOPBACK_WINDOW } else { WINDOW })
            .initial_connection_window_size(CONNECTION_WINDOW)
            .http2_max_header_list_size(MAX_HEADER_LIST);
        if let Some(keepalive) = remote.keepalive() {
            endpoint = endpoint
                .http2_keep_alive_interval(keepalive.interval)
                .keep_alive_timeout(keepalive.timeout)
                .keep_alive_while_idle(keepalive.while_idle);
        }
        if remote.uses_tls() { self.with_tls(endpoint, remote) } else { Ok(endpoint) }
    }

    #[cfg(feature = "tls")]
    fn with_tls(&self, endpoint: Endpoint, remote: &Remote) -> Result<Endpoint> {
        endpoint.tls_config(self.tls.config()).map_err(|error| {
            let message = format!("TLS for {} cannot be set up", remote.authority());
            Error::new(ErrorKind::InvalidRemote, message).with_source(error)
        })
    }

    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_self, reason = "the same shape as with TLS")]
    fn with_tls(&self, _: Endpoint, remote: &Remote) -> Result<Endpoint> {
        let message = format!(
            "{} is to be reached over TLS (a token or `use_ssl=true` asks for it), and this build has no TLS: \
             enable the feature `tls`",
            remote.authority()
        );
        Err(Error::new(ErrorKind::InvalidRemote, message))
    }
}

/// Prints no token and no header's value.
impl fmt::Debug for ChannelBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelBuilder")
            .field("remote", &self.remote)
            .field("connect_timeout", &self.connect_timeout)
            .field("retry_policy", &self.retry)
            .field("has_token_provider", &self.provider.is_some())
            .field("session_id_header", &self.session_id_header)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

/// Whether the host is this one, as far as its name says so.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_host_is_known_by_its_names() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["spark", "localhost.example.com", "10.0.0.1", "[2001:db8::1]"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
