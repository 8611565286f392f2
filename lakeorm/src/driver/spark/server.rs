//! The connection to the server and its sessions.

use std::collections::BTreeMap;
use std::time::Duration;

use spark_connect::{Channel, Remote, Session};
use tokio::sync::{Mutex, OnceCell};

use crate::driver::pool::{Pool, Slot};
use crate::error::{Error, ErrorKind, Result};

/// How long closing waits: once for what runs, once for the server's answers.
const CLOSE_BOUND: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Options {
    pub(super) pool_size: usize,
    pub(super) acquire_timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) confs: BTreeMap<String, String>,
}

pub(super) struct Server {
    remote: Remote,
    options: Options,
    channel: OnceCell<Channel>,
    pool: Pool<Session>,
    /// The one session of a server that keeps tables inside sessions. A table made through one slot is then
    /// there for the next.
    shared: Mutex<Sharing>,
}

/// Whether the slots of the pool share a session.
enum Sharing {
    Unknown,
    Never,
    With(Session),
}

impl Server {
    pub(super) fn new(remote: Remote, options: Options) -> Self {
        // A connection string that names a session means that session, in every slot.
        let sharing = Mutex::new(Sharing::Unknown);
        let pool = Pool::new(options.pool_size, options.acquire_timeout);
        Self { remote, options, channel: OnceCell::new(), pool, shared: sharing }
    }

    /// A session of the pool, opened if need be.
    pub(super) async fn acquire(&self) -> Result<Slot<Session>> {
        self.pool.acquire(|| self.open()).await
    }

    /// Gives up a session that the server no longer knows.
    pub(super) async fn discard(&self, slot: Slot<Session>) {
        let mut sharing = self.shared.lock().await;
        if let (Sharing::With(shared), Some(lost)) = (&*sharing, slot.session())
            && shared.id() == lost.id()
        {
            *sharing = Sharing::Unknown;
        }
        slot.discard();
    }

    pub(super) async fn close(&self) {
        if self.pool.is_closed() {
            return;
        }
        let mut sessions = self.pool.close(CLOSE_BOUND).await;
        if let Sharing::With(shared) = &*self.shared.lock().await {
            sessions = vec![shared.clone()];
        }
        let Some(channel) = self.channel.get() else { return };
        let farewells = async {
            channel.drained().await;
            futures_util::future::join_all(sessions.iter().map(Session::release)).await;
        };
        if tokio::time::timeout(CLOSE_BOUND, farewells).await.is_err() {
            tracing::debug!("the server did not release every session in time");
        }
    }

    /// A new session with the driver's confs, or the one that all slots share.
    async fn open(&self) -> Result<Session> {
        let mut sharing = self.shared.lock().await;
        match &*sharing {
            Sharing::With(session) => return Ok(session.clone()),
            // Only the first session has to be waited for: it tells what kind of server this is.
            Sharing::Never => drop(sharing),
            Sharing::Unknown => {
                let session = self.open_new().await?;
                let shared = session.has_own_catalog() == Some(true) || self.remote.session_id().is_some();
                *sharing = if shared { Sharing::With(session.clone()) } else { Sharing::Never };
                return Ok(session);
            }
        }
        self.open_new().await
    }

    async fn open_new(&self) -> Result<Session> {
        let channel = self
            .channel
            .get_or_try_init(|| async { Channel::lazy(self.remote.clone(), self.options.connect_timeout) });
        let session = Session::new(channel.await?);
        let timeout = self.options.connect_timeout;
        match tokio::time::timeout(timeout, session.open(&self.options.confs)).await {
            Ok(Ok(())) => Ok(session),
            Ok(Err(error)) => Err(Error::spark("cannot open a session", error)),
            Err(_) => {
                let authority = self.remote.authority();
                let message = format!(
                    "no Spark Connect server answered at {authority} within {timeout:?} (connect_timeout)"
                );
                Err(Error::new(ErrorKind::Timeout, message))
            }
        }
    }
}
