//! The sentinel, which says that a session is still the one that was opened, on a server that makes a lost one anew.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;
use uuid::Uuid;

use super::Rpc;
use crate::clock;
use crate::error::status::Failure;
use crate::error::{Error, ErrorKind};
use crate::proto::KeyValue;
use crate::proto::config_request::operation::OpType;
use crate::proto::config_request::{GetOption, Set};

/// Begins the key of a conf that a session made anew does not have. Each has a key of its own, since a session that the
/// connection string names may be that of several clients.
const KEY: &str = "lakeorm.session.sentinel";

/// A server that keeps a hundred sessions does not make as many within this, and one that restarts takes longer.
const FRESH: Duration = Duration::from_millis(100);

/// The sentinel of one session.
#[derive(Default)]
pub(super) struct Sentinel {
    key: OnceCell<String>,
    /// When it was last seen, and the breaks of the connection before.
    seen: Mutex<Option<(Instant, u64)>>,
    /// Held by the task that looks, for which others wait.
    looking: tokio::sync::Mutex<()>,
}

impl Rpc {
    /// The key of the conf, once it was set.
    pub(crate) fn sentinel(&self) -> Option<&str> {
        self.inner.sentinel.key.get().map(String::as_str)
    }

    /// Sets the conf, unless it was set before.
    pub(crate) async fn place_sentinel(&self) -> Result<(), Failure> {
        let place = || async {
            let key = format!("{KEY}.{}", Uuid::new_v4());
            let pairs = vec![KeyValue { key: key.clone(), value: Some("open".to_owned()) }];
            let breaks = self.breaks_of_live_connection().await?;
            self.config(&OpType::Set(Set { pairs, silent: None })).await?;
            self.saw_sentinel(breaks);
            Ok(key)
        };
        self.inner.sentinel.key.get_or_try_init(place).await.map(drop)
    }

    /// Whether the session still has the conf. One look serves all tasks that want it at once.
    pub(crate) async fn has_sentinel(&self) -> Result<bool, Failure> {
        let looking = &self.inner.sentinel.looking;
        if let Ok(_looking) = looking.try_lock() {
            return self.look_for_sentinel().await;
        }
        // Not for long: nobody may be polling the task that looks.
        drop(clock::timeout(FRESH, looking.lock()).await);
        if self.saw_sentinel_lately() { Ok(true) } else { self.look_for_sentinel().await }
    }

    async fn look_for_sentinel(&self) -> Result<bool, Failure> {
        let Some(key) = self.sentinel() else { return Ok(true) };
        let keys = vec![key.to_owned()];
        let breaks = self.breaks_of_live_connection().await?;
        let answer = self.config(&OpType::GetOption(GetOption { keys })).await?;
        let there = answer.pairs.iter().any(|pair| pair.key == key && pair.value.is_some());
        if there {
            self.saw_sentinel(breaks);
            self.inner.needs_probe.store(false, Ordering::Relaxed);
        }
        Ok(there)
    }

    /// Makes sure that a session which the server may have made anew is still the one that was opened: before a plan is
    /// sent to it, and before the result of one is taken up again. The server is asked unless it was a moment ago: it may
    /// drop sessions for others, or restart behind a proxy that keeps the connection, and any other call may have made the
    /// session anew, and been answered.
    pub(crate) async fn check_sentinel(&self) -> Result<(), Failure> {
        let profile = self.profile();
        if self.sentinel().is_none() {
            return match profile.recreates_lost_sessions() {
                true => self.place_sentinel().await,
                false => Ok(()),
            };
        }
        self.inner.channel.connected().await?;
        if self.saw_sentinel_lately() { Ok(()) } else { self.find_sentinel().await }
    }

    /// Asks for the sentinel; a session without it is lost.
    pub(super) async fn find_sentinel(&self) -> Result<(), Failure> {
        if self.has_sentinel().await? {
            return Ok(());
        }
        let message = "the server made the session anew: it had dropped it for others or restarted, and the session's \
                       confs and views are gone";
        Err(Failure::fatal(Error::new(ErrorKind::SessionLost, message)))
    }

    /// Whether the sentinel was seen a moment ago, and nothing has put the session in doubt since: neither a broken
    /// connection nor a failure that may be one of the session.
    pub(crate) fn saw_sentinel_lately(&self) -> bool {
        let breaks = self.inner.channel.breaks();
        !self.inner.needs_probe.load(Ordering::Relaxed)
            && self.seen().is_some_and(|(at, before)| at.elapsed() < FRESH && before == breaks)
    }

    /// The breaks of the connection until the sentinel was last seen: with others a plan may meet another session.
    pub(crate) fn breaks_at_sentinel(&self) -> Option<u64> {
        self.seen().map(|(_, breaks)| breaks)
    }

    /// Has the sentinel asked for before the next plan, whatever became of the connection.
    pub(crate) fn doubt_sentinel(&self) {
        *self.lock_seen() = None;
    }

    /// A call that finds its connection broken is made on the next one, so the breaks of before are those that count.
    async fn breaks_of_live_connection(&self) -> Result<u64, Failure> {
        self.inner.channel.connected().await?;
        Ok(self.inner.channel.breaks())
    }

    fn saw_sentinel(&self, breaks: u64) {
        let mut seen = self.lock_seen();
        // An answer that was long on its way says less than one of a later connection.
        if seen.is_none_or(|(_, known)| known <= breaks) {
            *seen = Some((Instant::now(), breaks));
        }
    }

    fn seen(&self) -> Option<(Instant, u64)> {
        *self.lock_seen()
    }

    fn lock_seen(&self) -> MutexGuard<'_, Option<(Instant, u64)>> {
        self.inner.sentinel.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
