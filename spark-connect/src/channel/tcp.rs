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
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tonic::codegen::Service;

use super::connect_error::ConnectError;

/// After this much silence the kernel asks whether the peer is there. No server counts these probes; they also keep
/// routers from forgetting the connection while a query is silent.
const PROBE_AFTER: Duration = Duration::from_secs(20);
const PROBE_AGAIN: Duration = Duration::from_secs(5);
const PROBES: u32 = 2;

/// How long the kernel waits for the receipt of what was sent.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const UNRECEIPTED: Duration = Duration::from_secs(30);

/// A connection to the host and port of `to`. Of several addresses each gets its share of `timeout`: one that nobody
/// answers at must not use up the time of the others.
pub(super) async fn connect(to: &Uri, timeout: Duration) -> Result<TcpStream, ConnectError> {
    connect_with(Resolver(GaiResolver::new()), to, timeout).await
}

async fn connect_with<R>(resolver: R, to: &Uri, timeout: Duration) -> Result<TcpStream, ConnectError>
where
    HttpConnector<R>: Service<Uri, Response = TokioIo<TcpStream>>,
    <HttpConnector<R> as Service<Uri>>::Error: StdError + 'static,
{
    let mut connector = HttpConnector::new_with_resolver(resolver);
    connector.set_connect_timeout(Some(timeout));
    connector.set_nodelay(true);
    connector.set_keepalive(Some(PROBE_AFTER));
    connector.set_keepalive_interval(Some(PROBE_AGAIN));
    connector.set_keepalive_retries(Some(PROBES));
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    connector.set_tcp_user_timeout(Some(UNRECEIPTED));
    match connector.call(to.clone()).await {
        Ok(stream) => Ok(stream.into_inner()),
        Err(error) => Err(connect_error(&error)),
    }
}

fn connect_error(error: &(dyn StdError + 'static)) -> ConnectError {
    if let Some(own) = ConnectError::in_chain(Some(error)) {
        return own.clone();
    }
    let mut causes = std::iter::successors(Some(error), |error| (*error).source());
    let Some(cause) = causes.find_map(|error| error.downcast_ref::<io::Error>()) else {
        return ConnectError::transient(error.to_string());
    };
    match cause.kind() {
        io::ErrorKind::ConnectionRefused => {
            ConnectError::transient(format!("nothing listens on that port ({cause})"))
        }
        io::ErrorKind::TimedOut => ConnectError::unreachable(format!("the host does not answer ({cause})")),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            ConnectError::unreachable(format!("no route to the host ({cause})"))
        }
        _ => ConnectError::transient(cause.to_string()),
    }
}

/// The system's resolver, whose errors are told from those of TCP.
#[derive(Clone)]
struct Resolver(GaiResolver);

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = ConnectError;
    type Future = BoxFuture<'static, Result<GaiAddrs, ConnectError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        self.0.poll_ready(cx).map_err(|error| ConnectError::unreachable(error.to_string()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let host = name.to_string();
        let unknown = move |error: io::Error| {
            ConnectError::unreachable(format!("the name {host} cannot be resolved to an address"))
                .with_source(error)
        };
        self.0.call(name).map_err(unknown).boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::future::Ready;
    use std::net::{Ipv4Addr, SocketAddr};
    use std::time::Instant;

    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    /// A name that has these addresses.
    #[derive(Clone)]
    struct Addresses(Vec<SocketAddr>);

    impl Service<Name> for Addresses {
        type Response = std::vec::IntoIter<SocketAddr>;
        type Error = io::Error;
        type Future = Ready<io::Result<Self::Response>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Name) -> Self::Future {
            std::future::ready(Ok(self.0.clone().into_iter()))
        }
    }

    /// A listener whose queue is full takes no packet, as a host that is down.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn an_address_that_nobody_answers_at_leaves_time_for_the_next() {
        const TIMEOUT: Duration = Duration::from_secs(4);
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::new(127, 0, 0, 2), 0).into()).unwrap();
        let dead = socket.listen(1).unwrap();
        let dead_address = dead.local_addr().unwrap();
        let alive = TcpListener::bind((Ipv4Addr::LOCALHOST, dead_address.port())).await.unwrap();
        let mut waiting = Vec::new();
        for _ in 0..4 {
            waiting.push(tokio::spawn(TcpStream::connect(dead_address)));
        }
        tokio::task::yield_now().await;
        let begun = Instant::now();
        let both = Addresses(vec![dead_address, alive.local_addr().unwrap()]);
        let to: Uri = format!("http://name:{}", dead_address.port()).parse().unwrap();
        let stream = connect_with(both, &to, TIMEOUT).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), alive.local_addr().unwrap());
        assert!(begun.elapsed() < TIMEOUT, "{:?}", begun.elapsed());
    }
}
