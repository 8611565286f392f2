//! One session for every slot, on servers that keep tables inside sessions.

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use crate::error::{ErrorKind, Result};
use crate::session::Session;

/// Begins the key of a conf that says that the session is still the one that was opened: Sail makes a new and empty one
/// under the same id after a restart or an expiry, and says nothing. Each pool has a key of its own, since a session that
/// the connection string names may be that of several pools, and takes it back when it is closed.
const SENTINEL: &str = "lakeorm.session.sentinel";

/// After so long without a look the sentinel is looked for again. Sail expires sessions after 15 minutes.
const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// Whether the slots of the pool share a session.
pub(super) enum Sharing {
    /// No session was opened yet.
    Unknown,
    /// Each slot has its own.
    Never,
    /// All have this one: the server keeps tables inside sessions, or the connection string names a session.
    With(SharedSession),
}

pub(super) struct SharedSession {
    session: Session,
    /// The key of the sentinel; none where the server itself tells a lost session.
    sentinel: Option<String>,
    last: LastCheck,
}

/// The breaks of the connection up to the last look at the sentinel, and when that was.
#[derive(Clone, Copy)]
pub(super) struct LastCheck {
    breaks: u64,
    at: Instant,
}

/// What is to be done before a session is handed out.
pub(super) enum Usability {
    /// Nothing: it is as it was.
    Usable,
    /// Nothing helps: it is not the one that all share.
    Outdated,
    /// The sentinel has to be looked for.
    Unchecked(SentinelCheck),
}

/// A look at the sentinel, to be made without a lock held.
pub(super) struct SentinelCheck {
    session: Session,
    sentinel: String,
    last: LastCheck,
}

impl Sharing {
    /// What the first session tells of its server.
    pub(super) async fn learn(session: &Session) -> Result<Self> {
        let profile = session.profile();
        if !profile.keeps_catalog_in_session() && !session.is_named() {
            return Ok(Self::Never);
        }
        let sentinel = profile.hides_lost_sessions().then(|| format!("{SENTINEL}.{}", Uuid::new_v4()));
        if let Some(sentinel) = &sentinel {
            session.set_confs([(sentinel.as_str(), "open")]).await?;
        }
        let last = LastCheck::now(session);
        Ok(Self::With(SharedSession { session: session.clone(), sentinel, last }))
    }

    /// What `session` needs before it may be used.
    pub(super) fn check(&self, session: &Session) -> Usability {
        match self {
            Self::With(shared) if shared.session.id() != session.id() => Usability::Outdated,
            Self::With(shared) => shared.check(),
            Self::Unknown | Self::Never => Usability::Usable,
        }
    }

    /// Notes that a look found the sentinel.
    pub(super) fn note(&mut self, check: &SentinelCheck) {
        if let Self::With(shared) = self
            && shared.session.id() == check.session.id()
        {
            shared.last = check.last;
        }
    }

    /// The key of the sentinel in `session`, to be taken back.
    pub(super) fn sentinel(&self, session: &Session) -> Option<String> {
        match self {
            Self::With(shared) if shared.session.id() == session.id() => shared.sentinel.clone(),
            _ => None,
        }
    }

    /// After a loss the next session is opened as the first was.
    pub(super) fn forget(&mut self, lost: &Session) {
        if matches!(self, Self::With(shared) if shared.session.id() == lost.id()) {
            *self = Self::Unknown;
        }
    }
}

impl SharedSession {
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// The sentinel is looked for where the connection broke since the last look, or the session was idle for long.
    fn check(&self) -> Usability {
        let Some(sentinel) = &self.sentinel else { return Usability::Usable };
        let last = LastCheck::now(&self.session);
        if last.breaks == self.last.breaks && last.at.duration_since(self.last.at) < CHECK_INTERVAL {
            return Usability::Usable;
        }
        Usability::Unchecked(SentinelCheck {
            session: self.session.clone(),
            sentinel: sentinel.clone(),
            last,
        })
    }
}

impl LastCheck {
    fn now(session: &Session) -> Self {
        Self { breaks: session.channel().breaks(), at: Instant::now() }
    }
}

impl SentinelCheck {
    /// Whether the session is still the one that was opened.
    pub(super) async fn is_there(&self) -> Result<bool> {
        match self.session.confs([self.sentinel.as_str()]).await {
            Ok(confs) => Ok(confs.contains_key(&self.sentinel)),
            Err(error) if error.kind() == ErrorKind::SessionLost => Ok(false),
            Err(error) => Err(error),
        }
    }
}
