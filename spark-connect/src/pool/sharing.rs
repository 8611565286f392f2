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
const TRUST: Duration = Duration::from_secs(60);

/// Whether the slots of the pool share a session.
pub(super) enum Sharing {
    /// No session was opened yet.
    Unknown,
    /// Each slot has its own.
    Never,
    /// All have this one: the server keeps tables inside sessions, or the connection string names a session.
    With(Shared),
}

pub(super) struct Shared {
    session: Session,
    /// The key of the sentinel; none where the server itself tells a lost session.
    sentinel: Option<String>,
    seen: Seen,
}

/// The breaks of the connection up to the last look at the sentinel, and when that was.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    breaks: u64,
    at: Instant,
}

/// What is to be done before a session is handed out.
pub(super) enum Check {
    /// Nothing: it is as it was.
    Usable,
    /// Nothing helps: it is not the one that all share.
    Outdated,
    /// The sentinel has to be looked for.
    Look(Look),
}

/// A look at the sentinel, to be made without a lock held.
pub(super) struct Look {
    session: Session,
    sentinel: String,
    seen: Seen,
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
        let seen = Seen::now(session);
        Ok(Self::With(Shared { session: session.clone(), sentinel, seen }))
    }

    /// What `session` needs before it may be used.
    pub(super) fn check(&self, session: &Session) -> Check {
        match self {
            Self::With(shared) if shared.session.id() != session.id() => Check::Outdated,
            Self::With(shared) => shared.check(),
            Self::Unknown | Self::Never => Check::Usable,
        }
    }

    /// Notes that a look found the sentinel.
    pub(super) fn note(&mut self, look: &Look) {
        if let Self::With(shared) = self
            && shared.session.id() == look.session.id()
        {
            shared.seen = look.seen;
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

impl Shared {
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// The sentinel is looked for where the connection broke since the last look, or the session was idle for long.
    fn check(&self) -> Check {
        let Some(sentinel) = &self.sentinel else { return Check::Usable };
        let seen = Seen::now(&self.session);
        if seen.breaks == self.seen.breaks && seen.at.duration_since(self.seen.at) < TRUST {
            return Check::Usable;
        }
        Check::Look(Look { session: self.session.clone(), sentinel: sentinel.clone(), seen })
    }
}

impl Seen {
    fn now(session: &Session) -> Self {
        Self { breaks: session.channel().breaks(), at: Instant::now() }
    }
}

impl Look {
    /// Whether the session is still the one that was opened.
    pub(super) async fn is_there(&self) -> Result<bool> {
        match self.session.confs([self.sentinel.as_str()]).await {
            Ok(confs) => Ok(confs.contains_key(&self.sentinel)),
            Err(error) if error.kind() == ErrorKind::SessionLost => Ok(false),
            Err(error) => Err(error),
        }
    }
}
