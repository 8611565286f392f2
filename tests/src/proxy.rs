//! A TCP proxy that breaks connections at byte offsets, to stand between a client and a real server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use uuid::Uuid;

/// How much is passed on at once.
const PIECE: usize = 16 * 1024;

/// What goes wrong on each connection, counted in bytes from the server to the client.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Resets the connection once this many bytes have passed.
    pub cut_after: Option<usize>,
    /// Passes nothing on once this many bytes have passed, until [`Proxy::release`].
    pub stall_after: Option<usize>,
    /// Waits this long behind every 16 KiB.
    pub pace: Option<Duration>,
}

/// A running proxy. Dropping it closes every connection.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    faults: Faults,
    released: watch::Sender<bool>,
    /// How many times the connections of the moment were swallowed.
    swallowed: watch::Sender<usize>,
    connections: AtomicUsize,
    cuts: AtomicUsize,
    session: OnceLock<Uuid>,
}

impl Proxy {
    /// Stands before `server` on a free port of the loopback interface.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    #[expect(clippy::expect_used, reason = "a test without its proxy must fail")]
    pub async fn start(server: SocketAddr, faults: Faults) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("the port's address");
        let shared = Arc::new(Shared {
            server,
            faults,
            released: watch::Sender::new(false),
            swallowed: watch::Sender::new(0),
            connections: AtomicUsize::new(0),
            cuts: AtomicUsize::new(0),
            session: OnceLock::new(),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, accepting }
    }

    /// The address to connect to instead of the server's.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets stalled connections go on, now and later.
    pub fn release(&self) {
        self.shared.released.send_replace(true);
    }

    /// Takes in what the connections of the moment bring, and hands nothing on any more: they live, and are dead. Later
    /// ones are as before.
    pub fn swallow(&self) {
        self.shared.swallowed.send_modify(|times| *times += 1);
    }

    /// How many connections there were.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// The session that the client spoke of first: its id stands as text in the first message.
    #[must_use]
    pub fn session_id(&self) -> Option<Uuid> {
        self.shared.session.get().copied()
    }

    /// How many of them were reset.
    #[must_use]
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        shared.connections.fetch_add(1, Ordering::Relaxed);
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            // Either side may go away at any time; the other one sees its connection end.
            let _ = connect(client, &shared).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Passes bytes both ways until one side ends or a fault does.
async fn connect(mut client: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut server = TcpStream::connect(shared.server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    // Borrowed halves: owned ones say goodbye when they are dropped, before a reset can.
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let mut swallowed = shared.swallowed.subscribe();
    tokio::select! {
        ended = ask(&mut from_client, &mut to_server, shared) => ended,
        ended = answer(&mut from_server, &mut to_client, shared) => ended,
        _ = swallowed.changed() => swallow(&mut from_client).await,
    }
}

/// Reads to the end, for nobody.
async fn swallow(from_client: &mut ReadHalf<'_>) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    while from_client.read(&mut buffer).await? > 0 {}
    Ok(())
}

async fn ask(
    from_client: &mut ReadHalf<'_>,
    to_server: &mut WriteHalf<'_>,
    shared: &Shared,
) -> io::Result<()> {
    let mut heard = Vec::new();
    let mut buffer = vec![0; PIECE];
    loop {
        let read = from_client.read(&mut buffer).await?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        to_server.write_all(bytes).await?;
        if heard.len() < PIECE && shared.session.get().is_none() {
            heard.extend_from_slice(bytes);
            if let Some(id) = first_id(&heard) {
                // Another connection may have been faster; its session is as good.
                let _ = shared.session.set(id);
            }
        }
    }
}

async fn answer(
    from_server: &mut ReadHalf<'_>,
    to_client: &mut WriteHalf<'_>,
    shared: &Shared,
) -> io::Result<()> {
    let Faults { cut_after, mut stall_after, pace } = shared.faults;
    let mut buffer = vec![0; PIECE];
    let mut passed = 0;
    loop {
        if stall_after.is_some_and(|at| passed >= at) {
            stall_after = None;
            // The sender is in `shared`, so the wait cannot fail.
            let _ = shared.released.subscribe().wait_for(|released| *released).await;
        }
        if cut_after.is_some_and(|at| passed >= at) {
            shared.cuts.fetch_add(1, Ordering::Relaxed);
            to_client.as_ref().set_zero_linger()?;
            from_server.as_ref().set_zero_linger()?;
            return Ok(());
        }
        let next = [cut_after, stall_after].into_iter().flatten().map(|at| at - passed).min();
        let room = buffer.len().min(next.unwrap_or(PIECE));
        let Some(free) = buffer.get_mut(..room) else { return Ok(()) };
        let read = from_server.read(free).await?;
        let Some(bytes) = free.get(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        to_client.write_all(bytes).await?;
        passed += read;
        if let Some(wait) = pace {
            tokio::time::sleep(wait).await;
        }
    }
}

/// The first UUID that stands as text in `bytes`.
fn first_id(bytes: &[u8]) -> Option<Uuid> {
    let texts = bytes.windows(36).filter_map(|text| std::str::from_utf8(text).ok());
    texts.filter_map(|text| text.parse().ok()).next()
}
