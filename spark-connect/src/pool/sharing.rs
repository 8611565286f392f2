//! One session for every slot, on servers that keep tables inside sessions; and whether a session is still there, on
//! servers that do not say so.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::Result;
use crate::session::Session;

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
    last: LastCheck,
}

impl Sharing {
    /// What the first session tells of its server.
    pub(super) async fn learn(session: &Session) -> Result<Self> {
        if !session.is_named() {
            session.learn_catalog().await?;
        }
        let profile = session.profile();
        if !profile.keeps_catalog_in_session() && !session.is_named() {
            return Ok(Self::Never);
        }
        if profile.recreates_lost_sessions() {
            session.place_sentinel().await?;
        }
        Ok(Self::With(SharedSession { session: session.clone(), last: LastCheck::now(session) }))
    }

    /// What `session` needs before it may be used.
    pub(super) fn check(&self, session: &Session) -> Usability {
        match self {
            Self::With(shared) if shared.session.id() != session.id() => Usability::Outdated,
            Self::With(shared) if !session.profile().evicts_sessions() => shared.check(),
            Self::With(_) | Self::Unknown | Self::Never => match session.sentinel() {
                Some(_) => Usability::Unchecked(SentinelCheck::of(session)),
                None => Usability::Usable,
            },
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
        if self.session.sentinel().is_none() {
            return Usability::Usable;
        }
        let last = LastCheck::now(&self.session);
        if last.breaks == self.last.breaks && last.at.duration_since(self.last.at) < CHECK_INTERVAL {
            return Usability::Usable;
        }
        Usability::Unchecked(SentinelCheck { session: self.session.clone(), last })
    }
}

impl LastCheck {
    fn now(session: &Session) -> Self {
        Self { breaks: session.channel().breaks(), at: Instant::now() }
    }
}

impl SentinelCheck {
    fn of(session: &Session) -> Self {
        Self { session: session.clone(), last: LastCheck::now(session) }
    }

    /// Whether the session is still the one that was opened.
    pub(super) async fn is_there(&self) -> Result<bool> {
        self.session.is_there().await
    }
}
