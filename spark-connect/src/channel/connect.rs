//! From an address to a stream of bytes: TCP, through a proxy or not, under TLS or not.

use std::error::Error as StdError;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::future::BoxFuture;
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tonic::codegen::Service;

use super::proxy::Proxy;
use super::refusal::Refusal;
#[cfg(feature = "tls")]
use super::tls::Client as TlsClient;
use super::wire::{Bytes, Verdict, Watch, Wire};

type BoxError = Box<dyn StdError + Send + Sync>;

/// Makes the connections of one line, one after the other.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) route: Arc<Route>,
    pub(super) verdict: Verdict,
}

/// The way to the server.
pub(super) struct Route {
    /// `http://host:port` of the server; the scheme says nothing.
    pub(super) server: Uri,
    pub(super) timeout: Duration,
    pub(super) proxy: Option<Proxy>,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<TlsClient>,
}

/// Every failure is a [`Refusal`]: it is how the rest of the crate knows that a request was never sent.
impl Service<Uri> for Connector {
    type Response = TokioIo<Wire>;
    type Error = Refusal;
    type Future = BoxFuture<'static, Result<TokioIo<Wire>, Refusal>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Self { route, verdict } = self.clone();
        Box::pin(async move {
            verdict.clear();
            match tokio::time::timeout(route.timeout, route.connect(verdict)).await {
                Ok(connected) => connected.map(TokioIo::new),
                Err(_) => {
                    let message =
                        format!("no connection came about within {:?} (connect_timeout)", route.timeout);
                    Err(Refusal::passing(message))
                }
            }
        })
    }
}

impl Route {
    async fn connect(&self, verdict: Verdict) -> Result<Wire, Refusal> {
        let bytes: Box<dyn Bytes> = match &self.proxy {
            Some(proxy) => Box::new(proxy.tunnel(&self.server).await?),
            None => Box::new(tcp(&self.server).await.map_err(Refusal::of_connector)?),
        };
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            let (bytes, explain) = tls.handshake(bytes).await?;
            return Ok(Wire::new(bytes, Watch { verdict, explain: Some(explain) }));
        }
        Ok(Wire::new(bytes, Watch { verdict, explain: None }))
    }
}

/// After so much silence the kernel asks whether the peer is there, and how often again.
const KEEPALIVE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);

pub(super) async fn tcp(to: &Uri) -> Result<TcpStream, BoxError> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    // Probes of the kernel, which no server counts: they find a peer that is gone, and keep routers from forgetting
    // the connection while a query is silent.
    connector.set_keepalive(Some(KEEPALIVE));
    connector.set_keepalive_interval(Some(KEEPALIVE_INTERVAL));
    connector.set_keepalive_retries(Some(3));
    Ok(connector.call(to.clone()).await?.into_inner())
}
