//! Looking at a session ahead of a plan.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{OperationHandle, PROBE_CONF, Rpc, pool_closed};
use crate::channel::Effects;
use crate::clock::Runtime;
use crate::error::status::Failure;
use crate::error::{Error, ErrorKind};

/// A session that answered within this is still there, and so is its connection: servers keep idle sessions for minutes,
/// and load balancers idle connections for a minute (AWS).
const KNOWN_FOR: Duration = Duration::from_secs(30);

impl Rpc {
    /// Finds out, by a call that changes nothing, what might go wrong with the plan of `handle` for another reason than the
    /// plan.
    ///
    /// A server that makes a lost session anew would run the plan in the new one, so the sentinel is looked for. A
    /// statement with effects whose session, token or cluster was refused is not sent again, so a harmless call goes
    /// before it where the server may have lost the session or may be asleep (the session was idle for a while, or its
    /// connection broke), and where the server may refuse a token that it has not seen.
    pub(crate) async fn check_before_plan(
        &self,
        effects: Effects,
        handle: &OperationHandle,
    ) -> Result<(), Failure> {
        Runtime::current().map_err(|error| Failure::fatal(error).before_sending())?;
        self.check_pool_open(Some(handle))?;
        let checked = self.check_session_before_plan(effects).await;
        // The pool may have been closed meanwhile: then its session is not lost but closed.
        self.check_pool_open(Some(handle))?;
        checked
    }

    async fn check_session_before_plan(&self, effects: Effects) -> Result<(), Failure> {
        self.check_sentinel().await?;
        if self.inner.has_ended.load(Ordering::SeqCst) {
            let ended = Error::new(ErrorKind::SessionLost, "the session was released: open another one");
            return Err(Failure::fatal(ended).before_sending());
        }
        if !effects.may_change() || !self.is_to_be_probed() && self.inner.channel.has_accepted_token().await?
        {
            return Ok(());
        }
        if self.sentinel().is_some() {
            // Any other answer could be that of a session made anew.
            return self.find_sentinel().await;
        }
        self.probe().await?;
        // The answer may have been the first, which tells whether the server makes lost sessions anew.
        self.check_sentinel().await
    }

    /// Refuses a call in a session that its closed pool ends: the server might make it anew, without its confs. Refuses the
    /// plan of an operation that was cut off with its pool too, where the session goes on without the pool.
    pub(super) fn check_pool_open(&self, handle: Option<&OperationHandle>) -> Result<(), Failure> {
        match self.is_pool_closed() || handle.is_some_and(OperationHandle::is_cut_off) {
            true => Err(Failure::fatal(pool_closed()).before_sending()),
            false => Ok(()),
        }
    }

    /// Makes a short call that changes nothing.
    pub(crate) async fn probe(&self) -> Result<(), Failure> {
        let doubts = self.doubts();
        self.get(vec![PROBE_CONF.to_owned()]).await?;
        self.probed(doubts);
        Ok(())
    }

    fn is_to_be_probed(&self) -> bool {
        let answered = *self.inner.answered.lock().unwrap_or_else(PoisonError::into_inner);
        self.inner.needs_probe.load(Ordering::Relaxed)
            || answered.is_some_and(|(at, breaks)| {
                at.elapsed() >= KNOWN_FOR || breaks != self.inner.channel.breaks()
            })
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, advance};
    use uuid::Uuid;

    use super::*;
    use crate::channel::Channel;

    #[tokio::test(start_paused = true)]
    async fn a_session_that_was_idle_for_half_a_minute_is_looked_at_again() {
        let channel = Channel::builder("sc://localhost".parse().unwrap()).build().unwrap();
        let rpc = Rpc::new(&channel, Uuid::new_v4());
        *rpc.inner.answered.lock().unwrap() = Some((Instant::now(), channel.breaks()));
        advance(Duration::from_secs(29)).await;
        assert!(!rpc.is_to_be_probed());
        advance(Duration::from_secs(1)).await;
        assert!(rpc.is_to_be_probed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_is_looked_at_again_behind_a_break_and_when_it_is_in_doubt() {
        let channel = Channel::builder("sc://localhost".parse().unwrap()).build().unwrap();
        let rpc = Rpc::new(&channel, Uuid::new_v4());
        assert!(!rpc.is_to_be_probed(), "there is nothing that could have been lost");
        *rpc.inner.answered.lock().unwrap() = Some((Instant::now(), channel.breaks() + 1));
        assert!(rpc.is_to_be_probed());
        *rpc.inner.answered.lock().unwrap() = Some((Instant::now(), channel.breaks()));
        assert!(!rpc.is_to_be_probed());
        rpc.probe_next();
        assert!(rpc.is_to_be_probed());
    }

    /// The session goes on without the pool.
    #[test]
    fn a_plan_that_was_cut_off_with_its_pool_is_not_sent_and_others_are() {
        let channel = Channel::builder("sc://localhost".parse().unwrap()).build().unwrap();
        let rpc = Rpc::shared(&channel, Uuid::new_v4());
        let (cut_off, other) = (rpc.running(Uuid::new_v4()), rpc.running(Uuid::new_v4()));
        cut_off.handle().cut_off();
        let refused = rpc.check_pool_open(Some(&cut_off.handle())).unwrap_err();
        assert_eq!((refused.error.kind(), refused.unsent), (ErrorKind::Closed, true));
        for open in [Some(&other.handle()), None] {
            assert!(rpc.check_pool_open(open).is_ok());
        }
        rpc.note_pool_closed();
        assert!(rpc.check_pool_open(Some(&other.handle())).is_err() && rpc.check_pool_open(None).is_err());
    }
}
