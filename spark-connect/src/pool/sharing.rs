//! One session for every slot, on servers that keep tables inside sessions; and whether a session is still there, on
//! servers that do not say so.

use crate::error::Result;
use crate::session::Session;

/// Whether the slots of the pool share a session.
pub(super) enum Sharing {
    /// No session was opened yet.
    Unknown,
    /// Each slot has its own.
    Never,
    /// All have this one: the server keeps tables inside sessions, or the connection string or the factory says so.
    With(SharedSession),
}

pub(super) struct SharedSession(Session);

/// The condition of a session before it is handed out.
pub(super) enum Usability {
    /// Nothing: it is as it was.
    Usable,
    /// Nothing helps: it is not the one that all share.
    Outdated,
    /// The sentinel has to be looked for, without a lock held.
    Unchecked(Session),
}

impl Sharing {
    /// The sharing that the first session tells of.
    pub(super) async fn learn(session: &Session) -> Result<Self> {
        if !session.is_shared() {
            session.learn_catalog().await?;
        }
        Ok(match session.profile().keeps_catalog_in_session() || session.is_shared() {
            true => Self::With(SharedSession(session.clone())),
            false => Self::Never,
        })
    }

    /// The check that `session` needs before it may be used: the sentinel, if there is one, is looked for unless it was
    /// seen a moment ago.
    pub(super) fn check(&self, session: &Session) -> Usability {
        if matches!(self, Self::With(SharedSession(shared)) if shared.key() != session.key()) {
            return Usability::Outdated;
        }
        match session.sentinel().is_none() || session.was_there_lately() {
            true => Usability::Usable,
            false => Usability::Unchecked(session.clone()),
        }
    }

    /// After a loss the next session is opened as the first was. The loss of an older one, which may have had the same id,
    /// says nothing about the one that all have now.
    pub(super) fn forget(&mut self, lost: &Session) {
        if matches!(self, Self::With(SharedSession(shared)) if shared.key() == lost.key()) {
            *self = Self::Unknown;
        }
    }
}

impl SharedSession {
    pub(super) fn session(&self) -> &Session {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::channel::Channel;

    #[tokio::test]
    async fn a_session_that_was_lost_is_not_the_one_of_the_same_name_that_followed_it() {
        let channel = Channel::builder("sc://localhost".parse().unwrap()).build().unwrap();
        let id = Uuid::new_v4();
        let (lost, next) = (Session::with_id(&channel, id), Session::with_id(&channel, id));
        let mut sharing = Sharing::With(SharedSession(next.clone()));
        assert!(matches!(sharing.check(&lost), Usability::Outdated));
        assert!(matches!(sharing.check(&next), Usability::Usable));
        sharing.forget(&lost);
        assert!(matches!(sharing, Sharing::With(_)));
        sharing.forget(&next);
        assert!(matches!(sharing, Sharing::Unknown));
    }
}
