//! Ending the sessions of a pool.

use std::time::Duration;

use futures_util::future::join_all;

use super::opening::{Phase, Sessions};
use crate::channel::Channel;
use crate::clock;
use crate::error::{Error, ErrorKind, Result};
use crate::session::Session;

/// How long the server may take to release the sessions of a pool that is closed.
const RELEASE_BOUND: Duration = Duration::from_secs(5);

/// How much of that goes to stopping what was dropped before: the server may plan it for longer.
const STOP_BOUND: Duration = Duration::from_secs(2);

impl Sessions {
    /// Leaves the sessions that come back from now on to [`Sessions::end_all`].
    pub(super) fn keep_for_the_end(&self) {
        let mut open = self.open();
        open.phase = open.phase.max(Phase::Closing);
    }

    /// Ends every session of `pool` on the server, within a bound, and waits for what was said in the background before. What
    /// a call left undone, since it was dropped or the server did not answer, the next one does.
    pub(super) async fn end_all(&self, pool: u64) {
        self.open().phase = Phase::Ended;
        if clock::wait_until(clock::deadline(RELEASE_BOUND), self.end_each(pool)).await.is_none() {
            tracing::debug!("the server did not release every session in time");
            // The server may not have heard of their end, so what runs in them is ended on this side.
            self.open().sessions.values().for_each(|session| session.cut_off(pool));
        }
    }

    async fn end_each(&self, pool: u64) {
        // Two calls at once do not end a session twice.
        let _turn = self.0.ending.lock().await;
        let sessions: Vec<Session> = self.open().sessions.values().cloned().collect();
        let newest = self.newest().clone();
        let drained = || join_all(sessions.iter().map(Session::channel).chain(&newest).map(Channel::drained));
        // Dropped operations are stopped first, so far as that is soon done; ending the sessions stops those that are still
        // held or planned.
        if clock::wait_until(clock::deadline(STOP_BOUND), drained()).await.is_none() {
            tracing::debug!("what was dropped did not stop in time");
        }
        join_all(sessions.iter().map(|session| self.end(session, pool))).await;
        drained().await;
        self.newest().take();
    }

    async fn end(&self, session: &Session, pool: u64) {
        let ended = match session.is_shared() {
            true => self.leave(session, pool).await,
            false => session.release_with_pool().await,
        };
        // A session whose end the server has answered is not ended again, even if the waits below are dropped.
        let is_told = |error: &Error| matches!(error.kind(), ErrorKind::SessionLost | ErrorKind::Server);
        if ended.as_ref().err().is_none_or(is_told) {
            self.open().sessions.remove(&session.key());
        }
        match ended {
            Ok(()) => session.cut_off_the_rest(pool).await,
            Err(error) => {
                tracing::debug!(kind = ?error.kind(), "the end of a session");
                session.cut_off(pool);
            }
        }
    }

    /// Stops what `pool` runs in a session that it may not end, and takes back what it set there.
    async fn leave(&self, session: &Session, pool: u64) -> Result<()> {
        session.interrupt_all_of(pool).await?;
        match session.sentinel() {
            // Whoever made it to be shared goes on with it, and would take it for lost without the conf.
            Some(sentinel) if !session.is_made_to_be_shared() => session.unset_confs([sentinel]).await,
            _ => Ok(()),
        }
    }

    /// Whether the session may be ended before the pool is closed: not one that all slots share, nor one that belongs to
    /// others too.
    pub(super) fn may_end(&self, session: &Session) -> bool {
        !session.is_shared()
            && !session.profile().keeps_catalog_in_session()
            && self.open().phase == Phase::Open
    }
}
