//! A gateway that looks at the token of a connection once, when it is upgraded to a WebSocket, and a user's connector to it.
//!
//! The frames are left out: what a service puts around the bytes is between its gateway and the connector.

use std::future::Future;
use std::io;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::Uri;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tonic::codegen::Service;

/// A running gateway. Dropping it closes every connection.
pub(crate) struct Gateway {
    port: u16,
    wanted: Arc<Mutex<String>>,
    connections: Arc<Mutex<JoinSet<io::Result<()>>>>,
    accepting: JoinHandle<()>,
}

impl Gateway {
    /// Listens in front of the server on this port, and wants this token with every upgrade.
    pub(crate) async fn start(server: u16, token: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let wanted = Arc::new(Mutex::new(token.to_owned()));
        let connections = Arc::new(Mutex::new(JoinSet::new()));
        let (wanting, accepted) = (Arc::clone(&wanted), Arc::clone(&connections));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let token = wanting.lock().unwrap().clone();
                accepted.lock().unwrap().spawn(upgrade(client, server, token));
            }
        });
        Self { port, wanted, connections, accepting }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Wants another token from now on, and ends the connections that came with the one before.
    pub(crate) fn change_token(&self, token: &str) {
        *self.wanted.lock().unwrap() = token.to_owned();
        self.connections.lock().unwrap().abort_all();
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn upgrade(mut client: TcpStream, server: u16, token: String) -> io::Result<()> {
    let asked = head(&mut client).await?;
    if !asked.contains(&format!("authorization: Bearer {token}\r\n")) {
        return client.write_all(b"HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n").await;
    }
    let upgraded = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    client.write_all(upgraded).await?;
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// What gives the token of the next connection.
type Ask = Arc<dyn Fn() -> io::Result<&'static str> + Send + Sync>;

/// Connects to the gateway, and asks for a token each time.
#[derive(Clone)]
pub(crate) struct Upgraded {
    gateway: u16,
    ask: Ask,
}

impl Upgraded {
    pub(crate) fn by(
        gateway: u16,
        ask: impl Fn() -> io::Result<&'static str> + Send + Sync + 'static,
    ) -> Self {
        Self { gateway, ask: Arc::new(ask) }
    }
}

impl Service<Uri> for Upgraded {
    type Response = TcpStream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Self { gateway, ask } = self.clone();
        Box::pin(async move {
            let token = ask()?;
            let mut made = TcpStream::connect((Ipv4Addr::LOCALHOST, gateway)).await?;
            let request = format!(
                "GET / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\nauthorization: Bearer {token}\r\n\r\n"
            );
            made.write_all(request.as_bytes()).await?;
            let answer = head(&mut made).await?;
            match answer.lines().next() {
                Some("HTTP/1.1 101 Switching Protocols") => Ok(made),
                other => Err(io::Error::other(other.unwrap_or("no answer").to_owned())),
            }
        })
    }
}

/// All up to the first empty line.
async fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(char::from(stream.read_u8().await?));
    }
    Ok(head)
}
