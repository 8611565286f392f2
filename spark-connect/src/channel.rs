//! One HTTP/2 connection to a server, shared by any number of sessions.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio_util::task::TaskTracker;
use tonic::transport::Endpoint;
use tonic::{Request, Status};

use crate::error::status::{Failure, Remedy};
use crate::error::{Error, ErrorKind, Result};
use crate::proto::spark_connect_service_client::SparkConnectServiceClient;
use crate::remote::Remote;
use crate::retry::{Budget, RetryPolicy, Retrying, Timer};

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

/// How long one unary call may take before the client gives up, as the reference client has it.
const UNARY_DEADLINE: Duration = Duration::from_secs(600);

pub(crate) type Client = SparkConnectServiceClient<tonic::transport::Channel>;

/// A connection to one server, made on first use; clones share it.
#[derive(Clone)]
pub struct Channel {
    inner: Arc<Inner>,
}

struct Inner {
    remote: Remote,
    authority: String,
    client: Client,
    retry: Retrying,
    background: TaskTracker,
    breaks: AtomicU64,
}

impl Channel {
    /// Prepares a connection to `remote` without sending anything.
    ///
    /// `connect_timeout` bounds each attempt to connect; `policy` says when a call is tried again.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRemote`] if the remote wants TLS and the crate was built without the `tls` feature,
    /// or if the call is made outside a Tokio runtime.
    pub fn lazy(remote: Remote, connect_timeout: Duration, policy: RetryPolicy) -> Result<Self> {
        if tokio::runtime::Handle::try_current().is_err() {
            let message =
                "a Spark Connect channel needs a Tokio runtime: call this from async code under Tokio";
            return Err(Error::new(ErrorKind::InvalidRemote, message));
        }
        let channel = endpoint(&remote, connect_timeout)?.connect_lazy();
        let client = Client::new(channel)
            .max_decoding_message_size(remote.max_message_size())
            .max_encoding_message_size(MAX_REQUEST);
        let authority = remote.authority();
        let retry = Retrying { policy, timer: Timer::system(), budget: Budget::default() };
        let background = TaskTracker::new();
        Ok(Self {
            inner: Arc::new(Inner {
                remote,
                authority,
                client,
                retry,
                background,
                breaks: AtomicU64::new(0),
            }),
        })
    }

    /// `host:port` of the server, as it stands in errors.
    pub fn authority(&self) -> &str {
        &self.inner.authority
    }

    /// How often a call found the connection broken. After a change the server may be another one than before.
    pub fn breaks(&self) -> u64 {
        self.inner.breaks.load(Ordering::Relaxed)
    }

    /// Waits until every release and interrupt that runs in the background has been answered or given up.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call stops the waiting only.
    pub async fn drained(&self) {
        self.inner.background.close();
        self.inner.background.wait().await;
        self.inner.background.reopen();
    }

    pub(crate) fn background(&self) -> &TaskTracker {
        &self.inner.background
    }

    pub(crate) fn remote(&self) -> &Remote {
        &self.inner.remote
    }

    pub(crate) fn client(&self) -> Client {
        self.inner.client.clone()
    }

    pub(crate) fn retrying(&self) -> &Retrying {
        &self.inner.retry
    }

    /// Wraps a message with the token and the headers that every RPC carries.
    pub(crate) fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        let metadata = request.metadata_mut().as_mut();
        for (name, value) in self.inner.remote.headers() {
            metadata.insert(name.clone(), value.clone());
        }
        if let Some(token) = self.inner.remote.token() {
            metadata.insert(http::header::AUTHORIZATION, token.bearer());
        }
        request
    }

    /// One attempt at a unary call, within its deadline.
    pub(crate) async fn once<R>(
        &self,
        call: impl Future<Output = Result<tonic::Response<R>, Status>>,
    ) -> Result<R, Failure> {
        match tokio::time::timeout(UNARY_DEADLINE, call).await {
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status)) => Err(self.failure(&status)),
            Err(_) => Err(Failure::fatal(self.timed_out(UNARY_DEADLINE))),
        }
    }

    pub(crate) fn failure(&self, status: &Status) -> Failure {
        let failure = Failure::from_status(status, &self.inner.authority);
        if matches!(failure.remedy, Remedy::Retry | Remedy::NotSent) {
            self.inner.breaks.fetch_add(1, Ordering::Relaxed);
        }
        failure
    }

    pub(crate) fn timed_out(&self, deadline: Duration) -> Error {
        let message = format!("{} did not answer within {deadline:?}", self.inner.authority);
        Error::new(ErrorKind::Timeout, message)
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("remote", &self.inner.remote).finish_non_exhaustive()
    }
}

fn endpoint(remote: &Remote, connect_timeout: Duration) -> Result<Endpoint> {
    let invalid = |error: tonic::transport::Error| {
        let message = format!("{} is not an address to connect to", remote.authority());
        Error::new(ErrorKind::InvalidRemote, message).with_source(error)
    };
    let mut endpoint = Endpoint::from_shared(remote.endpoint())
        .map_err(invalid)?
        .connect_timeout(connect_timeout)
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
    if remote.uses_tls() { with_tls(endpoint, remote) } else { Ok(endpoint) }
}

/// Whether the host is this one, as far as its name says so.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(feature = "tls")]
fn with_tls(endpoint: Endpoint, remote: &Remote) -> Result<Endpoint> {
    let tls = tonic::transport::ClientTlsConfig::new().with_native_roots();
    endpoint.tls_config(tls).map_err(|error| {
        let message = format!("TLS for {} cannot be set up", remote.authority());
        Error::new(ErrorKind::InvalidRemote, message).with_source(error)
    })
}

#[cfg(not(feature = "tls"))]
fn with_tls(_: Endpoint, remote: &Remote) -> Result<Endpoint> {
    let message = format!(
        "{} is to be reached over TLS (a token or `use_ssl=true` asks for it), and this build has no TLS: \
         enable the feature `tls`",
        remote.authority()
    );
    Err(Error::new(ErrorKind::InvalidRemote, message))
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
