//! One session for every slot, on servers that keep tables inside sessions.

use crate::error::Result;
use crate::session::Session;

/// Whether the slots of the pool share a session.
pub(super) enum Sharing {
    /// No session was opened yet.
    Unknown,
    /// Each slot has its own.
    Never,
    /// All have this one: the server keeps tables inside sessions, or the connection string or the factory says so.
    With(Session),
}

impl Sharing {
    /// The sharing that the first session tells of.
    pub(super) async fn learn(session: &Session) -> Result<Self> {
        if !session.is_shared() {
            session.learn_catalog().await?;
        }
        Ok(match session.profile().keeps_catalog_in_session() || session.is_shared() {
            true => Self::With(session.clone()),
            false => Self::Never,
        })
    }

    /// Whether all share another session than this one.
    pub(super) fn is_outdated(&self, session: &Session) -> bool {
        matches!(self, Self::With(shared) if shared.key() != session.key())
    }

    /// After a loss the next session is opened as the first was. The loss of an older one, which may have had the same id,
    /// says nothing about the one that all have now.
    pub(super) fn forget(&mut self, lost: &Session) {
        if matches!(self, Self::With(shared) if shared.key() == lost.key()) {
            *self = Self::Unknown;
        }
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
        let mut sharing = Sharing::With(next.clone());
        assert!(sharing.is_outdated(&lost) && !sharing.is_outdated(&next));
        sharing.forget(&lost);
        assert!(matches!(sharing, Sharing::With(_)));
        sharing.forget(&next);
        assert!(matches!(sharing, Sharing::Unknown));
    }
}
