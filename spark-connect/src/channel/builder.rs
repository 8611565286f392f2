//! Options of a channel.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use http::HeaderName;
use tokio_util::task::TaskTracker;
use tonic::transport::Endpoint;

use super::connect::{Connector, Route};
use super::proxy::Proxy;
#[cfg(feature = "tls")]
use super::tls::{self, Tls};
use super::wire::Verdict;
use super::{Channel, Line, Lines, Shared};
use crate::error::{Error, ErrorKind, Result};
use crate::remote::{Remote, header_name};
use crate::retry::{Budget, RetryPolicy, Retrying, Timer};
use crate::token::{Cache, TokenProvider, Tokens};

/// Errors travel in trailers, percent-encoded and a second time in base64; hyper's 16 KiB would lose long ones
/// whole.
const MAX_HEADER_LIST: u32 = 64 * 1024;

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
    timer: Timer,
    provider: Option<Arc<dyn TokenProvider>>,
    session_id_header: Option<String>,
    connections: usize,
    proxy: ProxyChoice,
    #[cfg(feature = "tls")]
    tls: Tls,
}

/// Where the proxy comes from.
#[derive(Clone)]
enum ProxyChoice {
    /// The environment, as far as the remote has taken it in, and for TLS only.
    Remote,
    Url(String),
    None,
}

impl ChannelBuilder {
    pub(super) fn new(remote: Remote) -> Self {
        Self {
            remote,
            connect_timeout: Duration::from_secs(10),
            retry: RetryPolicy::default(),
            timer: Timer::system(),
            provider: None,
            session_id_header: None,
            connections: 1,
            proxy: ProxyChoice::Remote,
            #[cfg(feature = "tls")]
            tls: Tls::default(),
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

    /// What retries wait with and draw their waits from; for tests, which do not wait.
    pub fn timer(mut self, timer: Timer) -> Self {
        self.timer = timer;
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
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    /// Connects through the HTTP proxy at `url` (`http://[user:password@]host:port`), whatever the environment says. The
    /// proxy sees the name and port of the server, and nothing else of what is sent over TLS.
    ///
    /// Default: for servers that are reached over TLS the one that [`Remote::with_environment`] finds in `HTTPS_PROXY`.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = ProxyChoice::Url(url.into());
        self
    }

    /// Connects without a proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = ProxyChoice::None;
        self
    }

    /// The channel. Nothing is sent: it connects with the first call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRemote`] if the remote wants TLS and the crate was built without the feature `tls`, if an
    /// option is wrong, if a token would go through a proxy in the clear, or if the call is made outside a Tokio runtime.
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
        let endpoint = endpoint(&remote)?;
        let route = Arc::new(self.route(&remote, &endpoint)?);
        let line = || Arc::new(line(&endpoint, &route));
        let lines = Lines { first: line(), others: (1..self.connections).map(|_| line()).collect() };
        let tokens = match self.provider {
            Some(provider) => Tokens::Provider(Cache::new(provider)),
            None => Tokens::Fixed(remote.token().cloned()),
        };
        let shared = Shared {
            authority: remote.authority(),
            lines,
            tokens,
            session_id_header,
            retry: Retrying { policy: self.retry, timer: self.timer, budget: Budget::default() },
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

    /// The way to the server, the same for every connection.
    fn route(&self, remote: &Remote, endpoint: &Endpoint) -> Result<Route> {
        Ok(Route {
            server: endpoint.uri().clone(),
            timeout: self.connect_timeout,
            proxy: self.checked_proxy(remote)?,
            #[cfg(feature = "tls")]
            tls: self.checked_tls(remote)?,
        })
    }

    fn checked_proxy(&self, remote: &Remote) -> Result<Option<Proxy>> {
        let proxy = match (&self.proxy, remote.environment_proxy()) {
            (ProxyChoice::Url(url), _) => Proxy::parse(url, "the option `proxy`")?,
            (ProxyChoice::Remote, Some((variable, url))) if remote.uses_tls() => Proxy::parse(url, variable)?,
            _ => return Ok(None),
        };
        if remote.has_token() && !remote.uses_tls() {
            let message = format!(
                "the token for {} would go through {proxy} in the clear: add `use_ssl=true`, or connect without a proxy",
                remote.authority()
            );
            return Err(Error::new(ErrorKind::InvalidRemote, message));
        }
        Ok(Some(proxy))
    }

    #[cfg(feature = "tls")]
    fn checked_tls(&self, remote: &Remote) -> Result<Option<tls::Client>> {
        remote.uses_tls().then(|| self.tls.client(remote)).transpose()
    }
}

fn line(endpoint: &Endpoint, route: &Arc<Route>) -> Line {
    let verdict = Verdict::default();
    let connector = Connector { route: Arc::clone(route), verdict: verdict.clone() };
    let transport = endpoint.connect_with_connector_lazy(connector);
    Line { transport, breaks: AtomicU64::new(0), verdict }
}

/// How to speak HTTP/2. Over TLS the connector does the handshake, so the address to connect to has the scheme `http`
/// even there, and only the origin, which requests carry, has the other one.
fn endpoint(remote: &Remote) -> Result<Endpoint> {
    #[cfg(not(feature = "tls"))]
    if remote.uses_tls() {
        let message = format!(
            "{} is to be reached over TLS (a token or `use_ssl=true` asks for it), and this build has no TLS: \
             enable the feature `tls`",
            remote.authority()
        );
        return Err(Error::new(ErrorKind::InvalidRemote, message));
    }
    let invalid = || format!("{} is not an address to connect to", remote.authority());
    let origin: http::Uri = remote.endpoint().parse().map_err(|error: http::uri::InvalidUri| {
        Error::new(ErrorKind::InvalidRemote, invalid()).with_source(error)
    })?;
    let mut endpoint = Endpoint::from_shared(format!("http://{}", remote.authority()))
        .map_err(|error| Error::new(ErrorKind::InvalidRemote, invalid()).with_source(error))?
        .origin(origin)
        .initial_stream_window_size(if is_loopback(remote.host()) { LOOPBACK_WINDOW } else { WINDOW })
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_max_header_list_size(MAX_HEADER_LIST)
        // Frames for streams that were dropped are what dropping queries looks like, and no attack: by default a
        // connection ends after 1024 of them, with all that travels on it.
        .http2_max_local_error_reset_streams(None);
    if let Some(keepalive) = remote.keepalive() {
        endpoint = endpoint
            .http2_keep_alive_interval(keepalive.interval)
            .keep_alive_timeout(keepalive.timeout)
            .keep_alive_while_idle(keepalive.while_idle);
    }
    Ok(endpoint)
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
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}

/// Prints no URL, which may hold a password.
impl fmt::Debug for ProxyChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Remote => "Remote",
            Self::Url(_) => "Url(redacted)",
            Self::None => "None",
        })
    }
}

/// Whether the host is this one, as far as its name says so.
pub(crate) fn is_loopback(host: &str) -> bool {
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
