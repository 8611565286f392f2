//! The sentinel, which says that a session is still the one that was opened, on a server that makes a lost one anew.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::Rpc;
use crate::clock;
use crate::error::status::Failure;
use crate::error::{Error, ErrorKind};
use crate::proto::KeyValue;

/// The beginning of the key of a conf that a session made anew does not have. Each client adds an id of its own, since
/// several may share a session that the connection string names.
const KEY: &str = "lakeorm.session.sentinel";

/// How long a look at the session holds. Within this a server does not make the hundred sessions that would evict this
/// one, and none restarts. Only a proxy that moves calls to another server, while the connection stays up, may do so
/// within it: then a plan may run in a session made anew there, which no look ahead of the plan rules out.
const FRESH: Duration = Duration::from_millis(100);

/// How long a task waits for the look of another, whose future may no longer be polled.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

/// The sentinel of one session.
#[derive(Default)]
pub(super) struct Sentinel {
    key: OnceLock<String>,
    seen: Mutex<Seen>,
    /// Held by the task that looks, for which others wait.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Seen {
    /// When the server was last asked for it and had it, and the breaks of the connection before.
    last: Option<(Instant, u64)>,
    /// When a task last got its turn to look.
    looking_since: Option<Instant>,
    /// How often the session was put in doubt.
    doubts: u64,
    /// Whether it is in doubt since it was last seen.
    is_doubted: bool,
}

/// What is known where a look begins.
struct Look {
    at: Instant,
    breaks: u64,
    doubts: u64,
}

impl Rpc {
    /// The key of the conf, once it was set.
    pub(crate) fn sentinel(&self) -> Option<&str> {
        self.inner.sentinel.key.get().map(String::as_str)
    }

    /// Sets the conf, unless it was set before.
    async fn place_sentinel(&self) -> Result<(), Failure> {
        let _turn = self.turn_to_look(Instant::now()).await;
        match self.sentinel() {
            Some(_) => Ok(()),
            None => self.set_with_sentinel(&[]).await,
        }
    }

    /// Sets confs. On a server that makes a lost session anew they and the sentinel are in the same session: between two
    /// calls it could be lost, and the sentinel would vouch for one without the confs.
    pub(crate) async fn set_confs(&self, pairs: &[KeyValue]) -> Result<(), Failure> {
        if !self.profile().recreates_lost_sessions() {
            self.set(pairs.to_vec()).await?;
            // The answer may have been the first. If so, they are set once more, with the sentinel.
            if !self.profile().recreates_lost_sessions() {
                return Ok(());
            }
        }
        if self.sentinel().is_some() {
            return self.set(pairs.to_vec()).await;
        }
        let _turn = self.turn_to_look(Instant::now()).await;
        match self.sentinel() {
            Some(_) => self.set(pairs.to_vec()).await,
            None => self.set_with_sentinel(pairs).await,
        }
    }

    async fn set_with_sentinel(&self, confs: &[KeyValue]) -> Result<(), Failure> {
        let key = format!("{KEY}.{}", Uuid::new_v4());
        let mut pairs = confs.to_vec();
        pairs.push(KeyValue { key: key.clone(), value: Some("open".to_owned()) });
        let look = self.begin_look().await?;
        self.set(pairs).await?;
        self.saw_sentinel(&look);
        match self.inner.sentinel.key.set(key) {
            Ok(()) => Ok(()),
            // Another task was faster, and the session may have been made anew by this one's conf.
            Err(_) => self.find_sentinel().await,
        }
    }

    /// The values of confs, in the session that was opened: the sentinel is asked for by the same call.
    pub(crate) async fn confs(&self, mut keys: Vec<String>) -> Result<Vec<KeyValue>, Failure> {
        let Some(sentinel) = self.sentinel() else { return self.get(keys).await };
        keys.push(sentinel.to_owned());
        let look = self.begin_look().await?;
        let mut pairs = self.get(keys).await?;
        unless_gone(pairs.iter().any(|pair| pair.key == sentinel && pair.value.is_some()))?;
        self.saw_sentinel(&look);
        pairs.retain(|pair| pair.key != sentinel);
        Ok(pairs)
    }

    /// Whether the session still has the conf. One look serves all tasks that want it at once.
    pub(crate) async fn has_sentinel(&self) -> Result<bool, Failure> {
        let begun = Instant::now();
        let _turn = self.turn_to_look(begun).await;
        self.inner.channel.connected().await?;
        if self.saw_sentinel_since(begun) { Ok(true) } else { self.look_for_sentinel().await }
    }

    /// Waits until no other task looks, but not for ever: nobody may be polling the one that does.
    async fn turn_to_look(&self, begun: Instant) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let since = self.lock_seen().looking_since.map_or(begun, |since| since.min(begun));
        let looking = self.inner.sentinel.looking.lock();
        let turn = clock::wait_until(since.checked_add(LONGEST_LOOK), looking).await;
        if turn.is_some() {
            self.lock_seen().looking_since = Some(Instant::now());
        }
        turn
    }

    async fn look_for_sentinel(&self) -> Result<bool, Failure> {
        let Some(key) = self.sentinel() else { return Ok(true) };
        let look = self.begin_look().await?;
        let pairs = self.get(vec![key.to_owned()]).await?;
        let there = pairs.iter().any(|pair| pair.key == key && pair.value.is_some());
        if there {
            self.saw_sentinel(&look);
        }
        Ok(there)
    }

    /// Makes sure that a session which the server may have made anew is still the one that was opened: before a plan is
    /// sent to it, and before the result of one is taken up again. The server is asked unless it was a moment ago: it may
    /// drop sessions for others, or restart behind a proxy that keeps the connection, and any other call may have made the
    /// session anew, and been answered.
    pub(crate) async fn check_sentinel(&self) -> Result<(), Failure> {
        let profile = self.profile();
        if self.sentinel().is_none() {
            return match profile.recreates_lost_sessions() {
                true => self.place_sentinel().await,
                false => Ok(()),
            };
        }
        self.inner.channel.connected().await?;
        if self.saw_sentinel_lately() {
            return Ok(());
        }
        unless_gone(self.has_sentinel().await?)?;
        // A doubt that came up meanwhile is one about this plan too.
        if self.is_in_doubt(&self.lock_seen()) { self.find_sentinel().await } else { Ok(()) }
    }

    /// Asks for the sentinel by a call of its own, which tries the token too; a session without it is lost.
    pub(super) async fn find_sentinel(&self) -> Result<(), Failure> {
        unless_gone(self.look_for_sentinel().await?)
    }

    /// Whether the sentinel was seen a moment ago, and nothing has put the session in doubt since: neither a broken
    /// connection nor a failure that may be one of the session.
    pub(crate) fn saw_sentinel_lately(&self) -> bool {
        let breaks = self.inner.channel.breaks();
        let seen = self.lock_seen();
        !self.is_in_doubt(&seen)
            && seen.last.is_some_and(|(at, before)| at.elapsed() < FRESH && before == breaks)
    }

    /// Whether another task found it by a look of about when this one wanted one, and nothing has put the session in doubt
    /// since.
    fn saw_sentinel_since(&self, begun: Instant) -> bool {
        let breaks = self.inner.channel.breaks();
        let seen = self.lock_seen();
        // A task that nobody polled for long wants a look of its own.
        let is_fresh = |at: Instant| at + FRESH >= begun && begun.elapsed() < LONGEST_LOOK;
        !self.is_in_doubt(&seen) && seen.last.is_some_and(|(at, before)| is_fresh(at) && before == breaks)
    }

    fn is_in_doubt(&self, seen: &Seen) -> bool {
        seen.is_doubted || self.inner.needs_probe.load(Ordering::Relaxed)
    }

    /// The breaks of the connection until the sentinel was last seen: with others a plan may meet another session.
    pub(crate) fn breaks_at_sentinel(&self) -> Option<u64> {
        self.lock_seen().last.map(|(_, breaks)| breaks)
    }

    /// Has the sentinel asked for before the next plan, whatever became of the connection.
    pub(crate) fn doubt_sentinel(&self) {
        let mut seen = self.lock_seen();
        (seen.is_doubted, seen.doubts) = (true, seen.doubts + 1);
    }

    /// Has [`Rpc::check_before_plan`] look, even if answers to earlier calls still come in.
    pub(crate) fn probe_next(&self) {
        let mut seen = self.lock_seen();
        seen.doubts += 1;
        self.inner.needs_probe.store(true, Ordering::Relaxed);
    }

    /// Connects first: a call that finds its connection broken is made on the next one, whose breaks are the ones to note.
    async fn begin_look(&self) -> Result<Look, Failure> {
        self.inner.channel.connected().await?;
        let (at, breaks) = (Instant::now(), self.inner.channel.breaks());
        Ok(Look { at, breaks, doubts: self.doubts() })
    }

    /// Takes note that a look found the sentinel. It settles no doubt that came up since the look began, and no answer of a
    /// later connection, or to a later look, gives way to one that was long on its way.
    fn saw_sentinel(&self, look: &Look) {
        let mut seen = self.lock_seen();
        let is_of_before = seen.last.is_some_and(|(_, known)| known > look.breaks);
        if seen.doubts == look.doubts && !is_of_before {
            seen.is_doubted = false;
            self.inner.needs_probe.store(false, Ordering::Relaxed);
        }
        if seen.last.is_none_or(|(at, known)| (known, at) < (look.breaks, look.at)) {
            seen.last = Some((look.at, look.breaks));
        }
    }

    /// How often the session was put in doubt.
    pub(super) fn doubts(&self) -> u64 {
        self.lock_seen().doubts
    }

    /// Takes note that the session answered, unless it was put in doubt since the question.
    pub(super) fn probed(&self, doubts: u64) {
        let seen = self.lock_seen();
        if seen.doubts == doubts {
            self.inner.needs_probe.store(false, Ordering::Relaxed);
        }
    }

    fn lock_seen(&self) -> MutexGuard<'_, Seen> {
        self.inner.sentinel.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unless_gone(there: bool) -> Result<(), Failure> {
    if there {
        return Ok(());
    }
    let message = "the server made the session anew, since it restarted or had dropped the session for others: the \
                   confs and views of the session are gone";
    Err(Failure::fatal(Error::new(ErrorKind::SessionLost, message)))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::channel::Channel;

    fn rpc() -> Rpc {
        let channel = Channel::builder("sc://localhost".parse().unwrap()).build().unwrap();
        Rpc::new(&channel, Uuid::new_v4())
    }

    fn look(rpc: &Rpc) -> Look {
        Look { at: Instant::now(), breaks: 0, doubts: rpc.doubts() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_doubt_outlives_the_answer_to_a_look_that_began_before() {
        for doubt in [Rpc::probe_next as fn(&Rpc), Rpc::doubt_sentinel] {
            let rpc = rpc();
            let begun = look(&rpc);
            doubt(&rpc);
            rpc.saw_sentinel(&begun);
            assert!(!rpc.saw_sentinel_lately() && !rpc.saw_sentinel_since(begun.at));
            // A plan is still sent on the connection of the look alone.
            assert_eq!(rpc.breaks_at_sentinel(), Some(0));
            rpc.saw_sentinel(&look(&rpc));
            assert!(rpc.saw_sentinel_lately() && rpc.saw_sentinel_since(begun.at));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_of_an_earlier_connection_ends_no_doubt() {
        for doubt in [Rpc::probe_next as fn(&Rpc), Rpc::doubt_sentinel] {
            let rpc = rpc();
            let is_doubted = || rpc.is_in_doubt(&rpc.lock_seen());
            rpc.saw_sentinel(&Look { breaks: 2, ..look(&rpc) });
            doubt(&rpc);
            rpc.saw_sentinel(&Look { breaks: 1, ..look(&rpc) });
            assert!(is_doubted());
            rpc.saw_sentinel(&Look { breaks: 2, ..look(&rpc) });
            assert!(!is_doubted());
            doubt(&rpc);
            rpc.saw_sentinel(&Look { breaks: 3, ..look(&rpc) });
            assert!(!is_doubted());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_latest_look_is_kept_in_whatever_order_the_answers_come() {
        let rpc = rpc();
        let looks = async |breaks| {
            tokio::time::advance(FRESH).await;
            Look { breaks, ..look(&rpc) }
        };
        let (first, second, later, old) = (looks(1).await, looks(1).await, looks(2).await, looks(1).await);
        for (answered, kept) in [
            (&second, (second.at, 1)),
            (&first, (second.at, 1)),
            (&later, (later.at, 2)),
            (&old, (later.at, 2)),
        ] {
            rpc.saw_sentinel(answered);
            assert_eq!(rpc.lock_seen().last, Some(kept));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_was_answered_ends_no_doubt_that_came_up_since_it_was_made() {
        let rpc = rpc();
        rpc.probe_next();
        let made = rpc.doubts();
        rpc.probe_next();
        rpc.probed(made);
        assert!(rpc.is_in_doubt(&rpc.lock_seen()));
        rpc.probed(rpc.doubts());
        assert!(!rpc.is_in_doubt(&rpc.lock_seen()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_waits_for_its_first_look_however_old_the_last_one_is() {
        let rpc = rpc();
        rpc.lock_seen().looking_since = Some(Instant::now());
        tokio::time::advance(100 * LONGEST_LOOK).await;
        let first = rpc.turn_to_look(Instant::now()).await;
        assert!(first.is_some());
        assert!(rpc.turn_to_look(Instant::now()).now_or_never().is_none(), "it waits for the first");
        tokio::time::advance(2 * LONGEST_LOOK).await;
        let impatient = rpc.turn_to_look(Instant::now()).now_or_never();
        assert!(matches!(impatient, Some(None)), "but not for one that nobody polls");
    }

    #[tokio::test(start_paused = true)]
    async fn a_sentinel_was_there_when_the_server_was_asked_and_not_when_it_answered() {
        let rpc = rpc();
        let begun = look(&rpc);
        tokio::time::advance(FRESH).await;
        rpc.saw_sentinel(&begun);
        assert!(!rpc.saw_sentinel_lately());
        assert!(rpc.saw_sentinel_since(begun.at), "a task that waited for the look takes its result");
        assert!(!rpc.saw_sentinel_since(Instant::now() + FRESH), "a later task does not");
        tokio::time::advance(LONGEST_LOOK).await;
        assert!(!rpc.saw_sentinel_since(begun.at), "nor one that nobody polled for long");
    }
}
