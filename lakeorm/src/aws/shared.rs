//! The session that all slots of a driver share.

use std::sync::{Mutex, PoisonError};

use spark_connect::{Channel, Session};
use uuid::Uuid;

/// The last one that was opened.
#[derive(Default)]
pub(super) struct SharedSession(Mutex<Option<Session>>);

impl SharedSession {
    /// The session on `channel`. Its id is that of the last one, so that the server counts no other, unless the server has
    /// ended that for good.
    pub(super) fn on(&self, channel: &Channel) -> Session {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = last.as_ref().filter(|last| !last.was_ended_by_server()).map(Session::id);
        let session = Session::shared(channel, kept.unwrap_or_else(Uuid::new_v4));
        *last = Some(session.clone());
        session
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_id_stays_the_same_from_one_session_to_the_next() {
        let channel = Channel::builder("sc://localhost".parse().unwrap()).build().unwrap();
        let shared = SharedSession::default();
        let (first, next) = (shared.on(&channel), shared.on(&channel));
        assert_eq!(first.id(), next.id());
        assert!(first.is_shared() && !first.is_named() && !first.was_ended_by_server());
        assert_ne!(SharedSession::default().on(&channel).id(), first.id());
    }
}
