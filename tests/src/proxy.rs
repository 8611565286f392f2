//! A TCP proxy that breaks connections, to stand between a client and a server.
//!
//! ```text
//! let proxy = Proxy::start(server, Faults::none().after(1000, Fault::Cut)).await;
//! // … each connection to proxy.address() is reset once the server has sent so many bytes …
//! proxy.now(Fault::Swallow);
//! ```

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use uuid::Uuid;

use crate::fake::Fake;

mod connection;

/// What goes wrong with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is reset, on both sides.
    Cut,
    /// What either side sends is taken in and handed on to nobody: the connection lives, and is dead.
    Swallow,
    /// Nothing is taken in or handed on until [`Proxy::release`].
    Stall,
    /// The client is told that nothing more comes, and may go on sending.
    HalfClose,
}

/// What goes wrong on each connection, counted in bytes from the server to the client.
#[derive(Debug, Clone, Default)]
#[must_use = "faults do nothing until a proxy has them"]
pub struct Faults {
    /// In the order of their places.
    places: Vec<(usize, Fault)>,
    pace: Option<Duration>,
    unanswered: Option<&'static str>,
    mark: Option<&'static str>,
}

impl Faults {
    /// A proxy that passes every byte.
    pub fn none() -> Self {
        Self::default()
    }

    /// This fault once so many bytes have passed.
    pub fn after(mut self, bytes: usize, fault: Fault) -> Self {
        self.places.push((bytes, fault));
        self.places.sort_by_key(|(bytes, _)| *bytes);
        self
    }

    /// A wait of this length behind every 16 KiB.
    pub fn pace(mut self, wait: Duration) -> Self {
        self.pace = Some(wait);
        self
    }

    /// The server gets the first request with this text and answers it to nobody: from there on nothing of that connection
    /// comes back. Other connections, and later ones, are as they were.
    pub fn unanswered(mut self, text: &'static str) -> Self {
        self.unanswered = Some(text);
        self
    }

    /// Nothing goes wrong with a request with this text: [`Proxy::marked`] tells that one has passed.
    pub fn mark(mut self, text: &'static str) -> Self {
        self.mark = Some(text);
        self
    }
}

/// A running proxy. Dropping it closes every connection.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// None while connections are refused.
    accepting: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    faults: Faults,
    released: watch::Sender<bool>,
    /// What the connections of the moment were last struck by.
    struck: watch::Sender<Option<Fault>>,
    connections: AtomicUsize,
    cuts: AtomicUsize,
    session: OnceLock<Uuid>,
    /// Whether the request that stays without an answer has passed.
    unanswered: AtomicBool,
    /// Whether a request has passed that is marked.
    marked: watch::Sender<bool>,
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
            struck: watch::Sender::new(None),
            connections: AtomicUsize::new(0),
            cuts: AtomicUsize::new(0),
            session: OnceLock::new(),
            unanswered: AtomicBool::new(false),
            marked: watch::Sender::new(false),
        });
        let accepting = Mutex::new(Some(tokio::spawn(accept(listener, Arc::clone(&shared)))));
        Self { address, shared, accepting }
    }

    /// Stands before a scripted server and breaks nothing by itself.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    pub async fn before(fake: &Fake) -> Self {
        Self::start(fake.address(), Faults::none()).await
    }

    /// The address to connect to instead of the server's.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Strikes the connections of the moment. Later ones are as before.
    pub fn now(&self, fault: Fault) {
        self.shared.struck.send_replace(Some(fault));
    }

    /// Lets stalled connections go on, now and later.
    pub fn release(&self) {
        self.shared.released.send_replace(true);
    }

    /// Ends every connection and refuses new ones, as a host does whose server is down, until [`admit`](Self::admit).
    pub fn refuse(&self) {
        if let Some(accepting) = self.lock_accepting().take() {
            accepting.abort();
        }
    }

    /// Takes connections again.
    ///
    /// # Panics
    ///
    /// If the port has been taken meanwhile.
    #[expect(clippy::expect_used, reason = "a test without its proxy must fail")]
    pub async fn admit(&self) {
        let listener = TcpListener::bind(self.address).await.expect("the port that was free a moment ago");
        let accepting = tokio::spawn(accept(listener, Arc::clone(&self.shared)));
        if let Some(before) = self.lock_accepting().replace(accepting) {
            before.abort();
        }
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

    /// Whether the request that [`Faults::unanswered`] names has passed.
    #[must_use]
    pub fn left_unanswered(&self) -> bool {
        self.shared.unanswered.load(Ordering::Relaxed)
    }

    /// Waits until a request has passed that [`Faults::mark`] names.
    pub async fn marked(&self) {
        // The sender is in `self`, so the wait cannot fail while it is awaited.
        let _ = self.shared.marked.subscribe().wait_for(|marked| *marked).await;
    }

    /// How many of the connections were reset.
    #[must_use]
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::Relaxed)
    }

    fn lock_accepting(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        self.accepting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.refuse();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        shared.connections.fetch_add(1, Ordering::Relaxed);
        // Struck by what comes from here on, not only once its task runs.
        let struck = shared.struck.subscribe();
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            // Either side may go away at any time; the other one sees its connection end.
            let _ = connection::pass(client, &shared, struck).await;
        });
        while connections.try_join_next().is_some() {}
    }
}
