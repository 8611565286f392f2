//! Options of a channel.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderName, Uri};
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::codegen::Service;

use super::background::Background;
use super::connect::Route;
use super::connection::Connection;
use super::connector::{Connect, Connector};
use super::ping::Pings;
use super::proxy::Proxy;
#[cfg(feature = "tls")]
use super::tls::{self, Tls};
use super::windows::Windows;
use super::{Channel, ChannelInner, Connections};
use crate::error::{Error, ErrorKind, Result};
use crate::remote::{Keepalive, KeepaliveChoice, Remote, header_name};
use crate::retry::{RetryBudget, RetryPolicy, Retrying, Timer};
use crate::token::{Cache, TokenHeader, TokenProvider, Tokens};

/// The default of [`ChannelBuilder::connect_timeout`], and of a pool's.
pub(crate) const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The default of [`ChannelBuilder::max_batch_bytes`]: ten times the batches that Spark sends, and far above a row
/// that Sail does.
pub(crate) const DEFAULT_MAX_BATCH_BYTES: usize = 1024 * 1024 * 1024;

/// The default of [`ChannelBuilder::stream_window`]: the contents of a link of 20 ms and 1 Gbit/s, and more than one
/// response of a server on this machine, which makes several at a time.
const DEFAULT_STREAM_WINDOW: usize = 4 * 1024 * 1024;

/// Options for a [`Channel`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct ChannelBuilder {
    remote: Remote,
    connect_timeout: Duration,
    retry: RetryPolicy,
    timer: Timer,
    provider: Option<Arc<dyn TokenProvider>>,
    token_header: Option<(String, String)>,
    connector: Option<Arc<dyn Connect>>,
    session_id_header: Option<String>,
    connections: usize,
    /// The connection string's, unless it is said here.
    keepalive: KeepaliveChoice,
    max_batch_bytes: usize,
    stream_window: usize,
    proxy: ProxyChoice,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
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
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            retry: RetryPolicy::default(),
            timer: Timer::system(),
            provider: None,
            token_header: None,
            connector: None,
            session_id_header: None,
            connections: 1,
            keepalive: KeepaliveChoice::Unsaid,
            max_batch_bytes: DEFAULT_MAX_BATCH_BYTES,
            stream_window: DEFAULT_STREAM_WINDOW,
            proxy: ProxyChoice::Remote,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// How long each attempt to connect may take. Default 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// When a call is tried again after a broken connection. Default [`RetryPolicy::default`]; [`RetryPolicy::none`] to
    /// not try again.
    ///
    /// After a long outage a call may still wait for up to `max_backoff` when others are answered again: set a smaller one,
    /// or a timeout of the call, where that is too long.
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The clock and the randomness that retries wait by; for tests, which do not really wait.
    pub fn timer(mut self, timer: Timer) -> Self {
        self.timer = timer;
        self
    }

    /// Takes the bearer token of every call from `provider` instead of from the connection string.
    ///
    /// Like a token in the connection string, it turns TLS on, unless the host is the literal `localhost`.
    pub fn token_provider(mut self, provider: impl TokenProvider) -> Self {
        self.provider = Some(Arc::new(provider));
        self
    }

    /// Sends the token, whether of the connection string or of a provider, in the header `name` after `prefix`, instead
    /// of in `authorization` after `Bearer `: services of AWS want it without a prefix in `x-aws-proxy-auth`.
    pub fn token_header(mut self, name: impl Into<String>, prefix: impl Into<String>) -> Self {
        self.token_header = Some((name.into(), prefix.into()));
        self
    }

    /// Makes connections with `connector` instead of over TCP: a Unix socket, a tunnel, another protocol around the
    /// bytes. It is a service that turns the address of the server (`http://host:port`) into a stream of bytes; each
    /// connection calls a clone of it once. TLS, if the server is reached over it, is spoken inside that stream; the
    /// option `proxy` has no effect.
    ///
    /// A failure of the connector counts as one that may pass: the next attempt calls it again, within the limits of a
    /// call.
    pub fn connector<C>(mut self, connector: C) -> Self
    where
        C: Service<Uri> + Clone + Send + 'static,
        C::Response: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        C::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        C::Future: Send,
    {
        self.connector = Some(Arc::new(Connector::new(connector)));
        self
    }

    /// Also sends the id of the session in this header with each of its calls, for servers behind a router that reads
    /// only headers: serverless compute on Databricks wants `x-databricks-session-id`.
    pub fn session_id_header(mut self, name: impl Into<String>) -> Self {
        self.session_id_header = Some(name.into());
        self
    }

    /// How many HTTP/2 connections the sessions are spread over. Default 1; [`build`](Self::build) accepts 1 to 65,535.
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// How long a connection may be silent, while calls are open, before the client pings the server, and how long the
    /// answer may take before the connection is given up. What was under way is then resumed on the next one.
    ///
    /// Default: what the `grpc_keepalive_*` keys of the connection string say; without them 20 s and 10 s. A server that
    /// forbids pings (`ENHANCE_YOUR_CALM`) is not pinged again.
    pub fn keepalive(mut self, interval: Duration, timeout: Duration) -> Self {
        self.keepalive = KeepaliveChoice::Every(Keepalive { interval, timeout, while_idle: false });
        self
    }

    /// Sends no pings, whatever the connection string says: a connection that a proxy or a router has forgotten is then
    /// noticed only after ten minutes.
    pub fn no_keepalive(mut self) -> Self {
        self.keepalive = KeepaliveChoice::Off;
        self
    }

    /// How much memory one batch of a result may take, in bytes. Default 1 GiB.
    ///
    /// A few bytes from a server may stand for many: compressed buffers, dictionaries, rows without data. What a batch
    /// would take is counted before it is allocated, each row as at least 64 bytes and each value as at least 16; a
    /// batch that would take more than this is an error of the kind [`ErrorKind::TooLarge`].
    pub fn max_batch_bytes(mut self, bytes: usize) -> Self {
        self.max_batch_bytes = bytes;
        self
    }

    /// How many bytes of a result may be on their way, or waiting here for their reader. Default 4 MiB.
    ///
    /// No result arrives faster than this many bytes per round trip to the server: the default fills a link of 20 ms
    /// and 1 Gbit/s, and 16 MiB one of 100 ms, over which the default takes four times as long.
    ///
    /// A result whose reader pauses holds up to this much memory, and up to this much is lost with a connection: a
    /// server that has forgotten it by then cannot resume the result. [`build`](Self::build) accepts 65,535 bytes to 64
    /// MiB; above 16 MiB, fewer than a hundred results whose readers pause stop the other calls of a connection.
    pub fn stream_window(mut self, bytes: usize) -> Self {
        self.stream_window = bytes;
        self
    }

    /// The trusted authorities and the certificate to present. Default: the system's roots, and no certificate.
    ///
    /// The connection string turns TLS on, with `use_ssl=true` or a token. Without TLS this option is an error of
    /// [`build`](Self::build).
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Connects through the HTTP proxy at `url` (`http://[user:password@]host:port`), whatever the environment says. The
    /// proxy sees the name and port of the server, and nothing else of what is sent over TLS.
    ///
    /// Default: for servers that are reached over TLS, the one that [`Remote::with_environment`] finds in
    /// `HTTPS_PROXY`.
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
    /// - [`ErrorKind::InvalidRemote`] if the remote wants TLS and the crate was built without the feature `tls` or no
    ///   certificate can hold its host, if a token would go through a proxy in the clear, or if the environment names a
    ///   proxy by something else than a URL.
    /// - [`ErrorKind::InvalidOption`] if an option is wrong, or `tls` is given for a server that is reached without TLS.
    pub fn build(self) -> Result<Channel> {
        let connections = self.checked_connections()?;
        let session_id_header = self.checked_session_id_header()?;
        let token_header = self.checked_token_header()?;
        let remote = match &self.provider {
            Some(_) => self.remote.clone().with_external_token(),
            None => self.remote.clone(),
        };
        let origin = origin(&remote)?;
        let route = Arc::new(self.route(&remote)?);
        let connection = || Arc::new(Connection::new(Arc::clone(&route), origin.clone()));
        let others = (1..connections).map(|_| connection()).collect();
        let connections = Connections { first: connection(), others };
        let tokens = match self.provider {
            Some(provider) => Tokens::Provider(Cache::new(provider)),
            None => Tokens::Fixed(remote.token().cloned()),
        };
        let authority = remote.authority();
        let retry = Retrying {
            policy: self.retry,
            timer: self.timer,
            budget: RetryBudget::default(),
            server: Arc::from(authority.as_str()),
        };
        let shared = ChannelInner {
            authority,
            connections,
            tokens,
            token_header,
            session_id_header,
            retry,
            background: Background::default(),
            answered: AtomicBool::new(false),
            admitted: AtomicBool::new(false),
            max_batch_bytes: self.max_batch_bytes,
            learned: Mutex::default(),
            shares_catalog: AtomicBool::new(false),
            remote,
        };
        Ok(Channel { shared: Arc::new(shared), connection: None })
    }

    /// A client has at most 65,535 ports to one server.
    fn checked_connections(&self) -> Result<u16> {
        u16::try_from(self.connections).ok().filter(|connections| *connections > 0).ok_or_else(|| {
            let message = format!("`connections` is {}: give it from 1 to 65535", self.connections);
            Error::new(ErrorKind::InvalidOption, message)
        })
    }

    fn checked_session_id_header(&self) -> Result<Option<HeaderName>> {
        let checked = self.session_id_header.as_deref().map(header_name).transpose();
        checked.map_err(|error| {
            Error::new(ErrorKind::InvalidOption, format!("`session_id_header` cannot be sent: {error}"))
        })
    }

    fn checked_token_header(&self) -> Result<TokenHeader> {
        let header = match &self.token_header {
            Some((name, prefix)) => TokenHeader::new(name, prefix)?,
            None => TokenHeader::bearer(),
        };
        let has_token = self.provider.is_some() || self.remote.token().is_some();
        if has_token && header.is_authorization() && self.remote.has_authorization() {
            let message = "`authorization` is given as a header, and the token goes there too: leave one of them out, or \
                           name another header for the token with `token_header`";
            return Err(Error::new(ErrorKind::InvalidOption, message));
        }
        Ok(header)
    }

    /// The way to the server, the same for every connection. [`Route`] itself does the handshake of TLS, so the
    /// address to connect to has the scheme `http` even there.
    fn route(&self, remote: &Remote) -> Result<Route> {
        let keepalive = match self.keepalive {
            KeepaliveChoice::Unsaid => remote.keepalive_or_usual(),
            KeepaliveChoice::Every(keepalive) => Some(keepalive),
            KeepaliveChoice::Off => None,
        };
        Ok(Route {
            server: address(remote, &format!("http://{}", remote.authority()))?,
            timeout: self.connect_timeout,
            windows: Windows::of(self.stream_window)?,
            pings: Arc::new(Pings::new(keepalive)),
            proxy: self.checked_proxy(remote)?,
            connector: self.connector.clone(),
            #[cfg(feature = "tls")]
            tls: self.checked_tls(remote)?,
        })
    }

    fn checked_proxy(&self, remote: &Remote) -> Result<Option<Proxy>> {
        if self.connector.is_some() {
            return Ok(None);
        }
        let proxy = match (&self.proxy, remote.environment_proxy()) {
            (ProxyChoice::Url(url), _) => Proxy::parse(url)
                .map_err(|rule| wrong_proxy(ErrorKind::InvalidOption, "the option `proxy`", &rule))?,
            (ProxyChoice::Remote, Some((variable, url))) if remote.uses_tls() => {
                Proxy::parse(url).map_err(|rule| wrong_proxy(ErrorKind::InvalidRemote, variable, &rule))?
            }
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
    fn checked_tls(&self, remote: &Remote) -> Result<Option<tls::TlsClient>> {
        match (remote.uses_tls(), &self.tls) {
            (true, Some(tls)) => tls.client(remote).map(Some),
            (true, None) => Tls::default().client(remote).map(Some),
            (false, Some(_)) => Err(no_tls(remote)),
            (false, None) => Ok(None),
        }
    }
}

/// The options of TLS, for a server that would be reached in the clear.
#[cfg(feature = "tls")]
fn no_tls(remote: &Remote) -> Error {
    let message = format!(
        "certificates are given with `tls`, and the connection string does not ask for TLS: add `;use_ssl=true`, as in \
         `sc://{}/;use_ssl=true`",
        remote.authority()
    );
    Error::new(ErrorKind::InvalidOption, message)
}

/// The URL may hold a password, so it is not repeated.
fn wrong_proxy(kind: ErrorKind, origin: &str, rule: &str) -> Error {
    Error::new(kind, format!("{origin} {rule}: write `http://host:port`"))
}

/// The scheme and authority that requests name.
fn origin(remote: &Remote) -> Result<Uri> {
    #[cfg(not(feature = "tls"))]
    if remote.uses_tls() {
        let message = format!(
            "{} is to be reached over TLS (a token or `use_ssl=true` asks for it), and this build has no TLS: \
             enable the feature `tls`",
            remote.authority()
        );
        return Err(Error::new(ErrorKind::InvalidRemote, message));
    }
    address(remote, &remote.endpoint())
}

fn address(remote: &Remote, url: &str) -> Result<Uri> {
    url.parse().map_err(|error: http::uri::InvalidUri| {
        let message = format!("{} is not an address to connect to", remote.authority());
        Error::new(ErrorKind::InvalidRemote, message).with_source(error)
    })
}

/// Prints no token and no header's value.
impl fmt::Debug for ChannelBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelBuilder")
            .field("remote", &self.remote)
            .field("connect_timeout", &self.connect_timeout)
            .field("retry_policy", &self.retry)
            .field("has_token_provider", &self.provider.is_some())
            .field("token_header", &self.token_header)
            .field("has_connector", &self.connector.is_some())
            .field("session_id_header", &self.session_id_header)
            .field("connections", &self.connections)
            .field("keepalive", &self.keepalive)
            .field("max_batch_bytes", &self.max_batch_bytes)
            .field("stream_window", &self.stream_window)
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
