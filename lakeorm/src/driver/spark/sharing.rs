//! One session for every slot, on servers that keep tables inside sessions.

use std::time::Duration;

use spark_connect::Session;
use tokio::time::Instant;
use uuid::Uuid;

use crate::error::Result;

/// A conf that says that the session is still the one that was opened: Sail makes a new and empty one under the
/// same id after a restart or an expiry, and says nothing.
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
    /// What the sentinel says; none where the server itself tells a lost session.
    sentinel: Option<String>,
    /// The breaks of the connection up to the last look at the sentinel, and when that was.
    seen: (u64, Instant),
}

impl Sharing {
    /// What the first session tells of its server.
    pub(super) async fn learn(session: &Session) -> Result<Self> {
        let own_catalog = session.has_own_catalog() == Some(true);
        if !own_catalog && !session.is_named() {
            return Ok(Self::Never);
        }
        let sentinel = own_catalog.then(|| Uuid::new_v4().to_string());
        if let Some(sentinel) = &sentinel {
            session.set_confs([(SENTINEL, sentinel.as_str())]).await?;
        }
        let seen = (session.channel().breaks(), Instant::now());
        Ok(Self::With(Shared { session: session.clone(), sentinel, seen }))
    }

    /// Whether `session` may be used: it is the shared one and has not been lost.
    pub(super) async fn holds(&mut self, session: &Session) -> Result<bool> {
        match self {
            Self::With(shared) if shared.session.id() != session.id() => Ok(false),
            Self::With(shared) => shared.is_there().await,
            Self::Unknown | Self::Never => Ok(true),
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

    /// Looks for the sentinel where the connection broke since the last look, or the session was idle for long.
    async fn is_there(&mut self) -> Result<bool> {
        let Some(sentinel) = &self.sentinel else { return Ok(true) };
        let now = (self.session.channel().breaks(), Instant::now());
        if now.0 == self.seen.0 && now.1.duration_since(self.seen.1) < TRUST {
            return Ok(true);
        }
        let confs = match self.session.confs([SENTINEL]).await {
            Ok(confs) => confs,
            Err(error) if error.kind() == spark_connect::ErrorKind::SessionLost => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        self.seen = now;
        Ok(confs.get(SENTINEL) == Some(sentinel))
    }
}
