//! From a host and a port to a TCP connection.

use std::error::Error as StdError;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::{FutureExt, TryFutureExt};
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiResolver, Name};
use tokio::net::TcpStream;
use tonic::codegen::Service;

use super::refusal::Refusal;

/// After so much silence the kernel asks whether the peer is there. No server counts these probes; they also keep
/// routers from forgetting the connection while a query is silent.
const PROBE_AFTER: Duration = Duration::from_secs(20);
const PROBE_AGAIN: Duration = Duration::from_secs(5);
const PROBES: u32 = 2;

/// How long the kernel waits for the receipt of what was sent.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const UNRECEIPTED: Duration = Duration::from_secs(30);

/// A connection to the host and port of `to`.
pub(super) async fn connect(to: &Uri) -> Result<TcpStream, Refusal> {
    let mut connector = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
    connector.set_nodelay(true);
    connector.set_keepalive(Some(PROBE_AFTER));
    connector.set_keepalive_interval(Some(PROBE_AGAIN));
    connector.set_keepalive_retries(Some(PROBES));
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    connector.set_tcp_user_timeout(Some(UNRECEIPTED));
    match connector.call(to.clone()).await {
        Ok(stream) => Ok(stream.into_inner()),
        Err(error) => Err(refusal(&error)),
    }
}

fn refusal(error: &(dyn StdError + 'static)) -> Refusal {
    if let Some(refusal) = Refusal::in_chain(Some(error)) {
        return refusal.clone();
    }
    let mut causes = std::iter::successors(Some(error), |error| (*error).source());
    let Some(cause) = causes.find_map(|error| error.downcast_ref::<io::Error>()) else {
        return Refusal::passing(error.to_string());
    };
    match cause.kind() {
        io::ErrorKind::ConnectionRefused => {
            Refusal::passing(format!("nothing listens on that port ({cause})"))
        }
        io::ErrorKind::TimedOut => Refusal::unreachable(format!("the host does not answer ({cause})")),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Refusal::unreachable(format!("no way leads to the host ({cause})"))
        }
        _ => Refusal::passing(cause.to_string()),
    }
}

/// The system's resolver, whose errors are told from those of TCP.
#[derive(Clone)]
struct Resolver(GaiResolver);

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = Refusal;
    type Future = BoxFuture<'static, Result<GaiAddrs, Refusal>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        self.0.poll_ready(cx).map_err(|error| Refusal::unreachable(error.to_string()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let host = name.to_string();
        let unknown = move |error: io::Error| {
            Refusal::unreachable(format!("the name {host} cannot be resolved to an address"))
                .with_source(error)
        };
        self.0.call(name).map_err(unknown).boxed()
    }
}
