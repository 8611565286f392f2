//! The connection to the server and its sessions.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use spark_connect::{Channel, Remote, RetryPolicy, Session};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::sharing::Sharing;
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
    pub(super) retry: RetryPolicy,
}

pub(super) struct Server {
    remote: Remote,
    options: Options,
    channel: OnceCell<Channel>,
    pool: Pool<Session>,
    sharing: tokio::sync::Mutex<Sharing>,
    /// The sessions that the server holds for this driver, to be released in the end.
    open: Mutex<HashMap<Uuid, Session>>,
}

impl Server {
    pub(super) fn new(remote: Remote, options: Options) -> Self {
        let pool = Pool::new(options.pool_size, options.acquire_timeout);
        let sharing = tokio::sync::Mutex::new(Sharing::Unknown);
        Self { remote, options, channel: OnceCell::new(), pool, sharing, open: Mutex::default() }
    }

    /// A session of the pool, opened if need be.
    pub(super) async fn acquire(&self) -> Result<Slot<Session>> {
        loop {
            let slot = self.pool.acquire(|| self.open()).await?;
            match slot.session() {
                Some(session) if self.is_stale(session).await? => self.discard(slot).await,
                _ => return Ok(slot),
            }
        }
    }

    /// Gives up a session that the server no longer knows.
    pub(super) async fn discard(&self, slot: Slot<Session>) {
        if let Some(lost) = slot.session() {
            self.sharing.lock().await.forget(lost);
            self.sessions().remove(&lost.id());
        }
        slot.discard();
    }

    /// Ends every session, which stops what still runs in it.
    pub(super) async fn close(&self) {
        if self.pool.is_closed() {
            return;
        }
        self.pool.close(CLOSE_BOUND).await;
        let Some(channel) = self.channel.get() else { return };
        let sessions: Vec<Session> = self.sessions().drain().map(|(_, session)| session).collect();
        // What was dropped says its own farewell first; ending the sessions stops what is still held.
        let farewells = async {
            channel.drained().await;
            futures_util::future::join_all(sessions.iter().map(Session::release)).await;
            channel.drained().await;
        };
        if tokio::time::timeout(CLOSE_BOUND, farewells).await.is_err() {
            tracing::debug!("the server did not release every session in time");
        }
    }

    /// Whether the server that shares one session with all slots has lost it, or replaced it meanwhile.
    async fn is_stale(&self, session: &Session) -> Result<bool> {
        let mut sharing = self.sharing.lock().await;
        Ok(!sharing.holds(session).await?)
    }

    /// A new session with the driver's confs, or the one that all slots share.
    async fn open(&self) -> Result<Session> {
        let mut sharing = self.sharing.lock().await;
        match &*sharing {
            Sharing::With(shared) => return Ok(shared.session().clone()),
            // Only the first session has to be waited for: it tells what kind of server this is.
            Sharing::Never => drop(sharing),
            Sharing::Unknown => {
                let session = self.open_new().await?;
                *sharing = Sharing::learn(&session, &self.remote).await?;
                return Ok(session);
            }
        }
        self.open_new().await
    }

    async fn open_new(&self) -> Result<Session> {
        let channel = self.channel.get_or_try_init(|| async {
            Channel::lazy(self.remote.clone(), self.options.connect_timeout, self.options.retry)
        });
        let session = Session::new(channel.await?);
        let timeout = self.options.connect_timeout;
        match tokio::time::timeout(timeout, session.open(&self.options.confs)).await {
            Ok(Ok(())) => {
                self.sessions().insert(session.id(), session.clone());
                Ok(session)
            }
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

    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
