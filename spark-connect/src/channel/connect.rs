//! From an address to a connection that a server has answered on: TCP, through a proxy or not, under TLS or not.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper::client::conn::http2::Builder;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::sync::oneshot;

use super::activity::Activity;
use super::connect_error::ConnectError;
use super::connector::Connect;
use super::http2::Http2;
use super::ping::Pings;
use super::proxy::Proxy;
use super::tcp;
#[cfg(feature = "tls")]
use super::tls::TlsClient;
use super::windows::Windows;
use super::wire::{Bytes, Explain, Greeted, Greeting, Wire};
use crate::clock::{self, Runtime};
use crate::error::status::MAX_HEADER_LIST;

/// The way to the server, the same for every connection of a channel.
pub(super) struct Route {
    /// `http://host:port` of the server; the scheme says nothing.
    pub(super) server: Uri,
    pub(super) timeout: Duration,
    pub(super) windows: Windows,
    pub(super) pings: Arc<Pings>,
    pub(super) proxy: Option<Proxy>,
    /// Makes connections in place of TCP.
    pub(super) connector: Option<Arc<dyn Connect>>,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<TlsClient>,
}

impl Route {
    /// A connection on which the server has said something.
    pub(super) async fn connect(&self, runtime: Runtime) -> Result<Http2, ConnectError> {
        let limit = clock::deadline(self.timeout);
        let opened = match clock::timeout_at(limit, self.open(runtime)).await {
            Some(opened) => opened?,
            None => {
                let message = format!("no connection within {:?} (`connect_timeout`)", self.timeout);
                return Err(ConnectError::unreachable(message));
            }
        };
        let (http2, greeted) = opened;
        match clock::timeout_at(limit, greeted).await {
            Some(Ok(greeting)) => {
                greeting?.into_iter().for_each(|most| http2.note_most_calls(most));
                Ok(http2)
            }
            Some(Err(_)) => Err(ConnectError::transient("the connection ended before the server answered")),
            None => {
                let message =
                    format!("nothing came from the server within {:?} (`connect_timeout`)", self.timeout);
                Err(ConnectError::unreachable(message).timed_out())
            }
        }
    }

    async fn open(&self, runtime: Runtime) -> Result<(Http2, oneshot::Receiver<Greeted>), ConnectError> {
        let (bytes, explain) = self.bytes().await?;
        let (heard, greeted) = oneshot::channel();
        let activity = Arc::new(Activity::new());
        let wire = Wire::new(bytes, Arc::clone(&activity), Greeting { heard, explain });
        let (sender, driver) = self.http2().handshake(TokioIo::new(wire)).await.map_err(|error| {
            ConnectError::transient("the connection broke before anything was sent").with_source(error)
        })?;
        Ok((Http2::new(sender, driver, runtime, activity, Arc::clone(&self.pings)), greeted))
    }

    async fn bytes(&self) -> Result<(Box<dyn Bytes>, Option<Explain>), ConnectError> {
        let bytes: Box<dyn Bytes> = match (&self.connector, &self.proxy) {
            (Some(connector), _) => connector.connect(&self.server).await?,
            (None, Some(proxy)) => Box::new(proxy.tunnel(&self.server, self.timeout).await?),
            (None, None) => Box::new(tcp::connect(&self.server, self.timeout).await?),
        };
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            let (bytes, explain) = tls.handshake(bytes).await?;
            return Ok((bytes, Some(explain)));
        }
        Ok((bytes, None))
    }

    /// How to speak HTTP/2.
    fn http2(&self) -> Builder<TokioExecutor> {
        let mut http2 = Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .initial_stream_window_size(self.windows.stream)
            .initial_connection_window_size(self.windows.connection)
            .max_header_list_size(MAX_HEADER_LIST)
            // Frames still come for streams of queries that were dropped, which is no attack: by default the 1024th ends
            // the connection, with all that travels on it.
            .max_local_error_reset_streams(None);
        if let Some(keepalive) = self.pings.of_the_next_connection() {
            http2
                .keep_alive_interval(keepalive.interval)
                .keep_alive_timeout(keepalive.timeout)
                .keep_alive_while_idle(keepalive.while_idle);
        }
        http2
    }
}
