//! What says that a session is still the one that was opened, on a server that makes a lost one anew and says nothing.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;
use uuid::Uuid;

use super::Rpc;
use crate::error::status::Failure;
use crate::error::{Error, ErrorKind};
use crate::proto::KeyValue;
use crate::proto::config_request::operation::OpType;
use crate::proto::config_request::{GetOption, Set};

/// Begins the key of a conf that a session made anew does not have. Each has a key of its own, since a session that the
/// connection string names may be that of several clients.
const KEY: &str = "lakeorm.session.sentinel";

/// A server that keeps a hundred sessions does not make as many within this.
const FRESH: Duration = Duration::from_millis(100);

/// The sentinel of one session.
#[derive(Default)]
pub(super) struct Sentinel {
    key: OnceCell<String>,
    /// When it was last seen, and the breaks of the connection until then: a server that restarts breaks it.
    seen: Mutex<Option<(Instant, u64)>>,
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
            self.config(&OpType::Set(Set { pairs, silent: None })).await?;
            self.saw_sentinel();
            Ok(key)
        };
        self.inner.sentinel.key.get_or_try_init(place).await.map(drop)
    }

    /// Whether the session still has the conf.
    pub(crate) async fn has_sentinel(&self) -> Result<bool, Failure> {
        let Some(key) = self.sentinel() else { return Ok(true) };
        let keys = vec![key.to_owned()];
        let answer = self.config(&OpType::GetOption(GetOption { keys })).await?;
        let there = answer.pairs.iter().any(|pair| pair.key == key && pair.value.is_some());
        if there {
            self.saw_sentinel();
        }
        Ok(there)
    }

    /// Makes sure that a session which the server may have dropped for others is still there: before a plan is sent to it,
    /// and before the result of one is taken up again.
    pub(crate) async fn check_sentinel(&self) -> Result<(), Failure> {
        if self.sentinel().is_none() {
            return self.place_sentinel().await;
        }
        if self.saw_sentinel_lately() {
            return Ok(());
        }
        if self.has_sentinel().await? {
            self.inner.needs_probe.store(false, Ordering::Relaxed);
            return Ok(());
        }
        let message = "the server made the session anew: it had dropped it for others or restarted, and the session's \
                       confs and views are gone";
        Err(Failure::fatal(Error::new(ErrorKind::SessionLost, message)))
    }

    fn saw_sentinel(&self) {
        let mut seen = self.inner.sentinel.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Some((Instant::now(), self.inner.channel.breaks()));
    }

    fn saw_sentinel_lately(&self) -> bool {
        let seen = *self.inner.sentinel.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let lately =
            |(at, breaks): (Instant, u64)| at.elapsed() < FRESH && breaks == self.inner.channel.breaks();
        !self.inner.needs_probe.load(Ordering::Relaxed) && seen.is_some_and(lately)
    }
}
