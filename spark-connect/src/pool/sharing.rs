//! One session for every slot, on servers that keep tables inside sessions; and whether a session is still there, on
//! servers that do not say so.

use std::time::Duration;

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

pub(super) struct SharedSession(Session);

/// What is to be done before a session is handed out.
pub(super) enum Usability {
    /// Nothing: it is as it was.
    Usable,
    /// Nothing helps: it is not the one that all share.
    Outdated,
    /// The sentinel has to be looked for, without a lock held.
    Unchecked(Session),
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
        Ok(Self::With(SharedSession(session.clone())))
    }

    /// What `session` needs before it may be used.
    pub(super) fn check(&self, session: &Session) -> Usability {
        match self {
            Self::With(SharedSession(shared)) if shared.id() != session.id() => Usability::Outdated,
            Self::With(shared) if !session.profile().evicts_sessions() => shared.check(),
            Self::With(_) | Self::Unknown | Self::Never => match session.sentinel() {
                Some(_) => Usability::Unchecked(session.clone()),
                None => Usability::Usable,
            },
        }
    }

    /// After a loss the next session is opened as the first was.
    pub(super) fn forget(&mut self, lost: &Session) {
        if matches!(self, Self::With(SharedSession(shared)) if shared.id() == lost.id()) {
            *self = Self::Unknown;
        }
    }
}

impl SharedSession {
    pub(super) fn session(&self) -> &Session {
        &self.0
    }

    /// The sentinel is looked for where the connection broke since the last look, or the session was idle for long.
    fn check(&self) -> Usability {
        match self.0.sentinel().is_none() || self.0.was_there_within(CHECK_INTERVAL) {
            true => Usability::Usable,
            false => Usability::Unchecked(self.0.clone()),
        }
    }
}
