//! An HTTP proxy that records what it is asked for.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// One question of a client's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The first line, such as `CONNECT host:443 HTTP/1.1`.
    pub line: String,
    /// The header of this name, if it was sent.
    pub proxy_authorization: Option<String>,
}

/// A running proxy. Dropping it closes every connection.
#[derive(Debug)]
pub struct HttpProxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    accepting: JoinHandle<()>,
}

/// What it answers, to whatever destination it is asked for.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The way to this server.
    To(SocketAddr),
    /// This status line, such as `403 Forbidden`, and the end of the connection.
    Refuse(&'static str),
    /// Nothing, and the end of the connection.
    HangUp,
}

impl HttpProxy {
    /// Listens on a free port of the loopback interface.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    #[expect(clippy::expect_used, reason = "a test without its proxy must fail")]
    pub async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("the port's address");
        let asked = Arc::default();
        let accepting = tokio::spawn(accept(listener, answer, Arc::clone(&asked)));
        Self { address, asked, accepting }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every question so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.asked).clone()
    }
}

impl Drop for HttpProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, answer: Answer, asked: Arc<Mutex<Vec<Asked>>>) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let (answer, asked) = (answer.clone(), Arc::clone(&asked));
        connections.spawn(async move {
            // Either side may go away at any time.
            let _ = serve(client, answer, &asked).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(mut client: TcpStream, answer: Answer, asked: &Mutex<Vec<Asked>>) -> io::Result<()> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(char::from(client.read_u8().await?));
    }
    let header = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.to_owned())
    };
    lock(asked).push(Asked {
        line: head.lines().next().unwrap_or_default().to_owned(),
        proxy_authorization: head.lines().find_map(header),
    });
    match answer {
        Answer::To(server) => {
            let mut server = TcpStream::connect(server).await?;
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            copy_bidirectional(&mut client, &mut server).await?;
        }
        Answer::Refuse(status) => {
            let text = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            client.write_all(text.as_bytes()).await?;
        }
        Answer::HangUp => {}
    }
    Ok(())
}

/// A test that panicked while it held a lock has failed already.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
