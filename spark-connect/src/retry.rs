//! When to try again, and how long to wait before: a policy as data, with the clock and the jitter as parameters.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::clock;
use crate::error::status::{Failure, Remedy};
use crate::error::{Error, ErrorKind, Result, ServerError};

mod budget;
mod policy;
mod timer;

pub(crate) use budget::RetryBudget;
pub use policy::RetryPolicy;
pub(crate) use policy::backoff;
pub use timer::{Sleep, Timer};

/// A policy with the clock, the jitter and the budget that it uses.
#[derive(Debug, Clone)]
pub(crate) struct Retrying {
    pub(crate) policy: RetryPolicy,
    pub(crate) timer: Timer,
    pub(crate) budget: RetryBudget,
    /// `host:port`, which tells the calls of two drivers apart in a log.
    pub(crate) server: Arc<str>,
}

/// The attempts at one thing: how many retries there were since it last went well, and since when it goes badly.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    retries: u32,
    /// What is left of a wait after the part that was waited last.
    rest: Duration,
    /// When that wait ends; `None` beyond all clocks.
    until: Option<Instant>,
    /// Whether the attempt shortly before the end of the caller's time was made.
    had_last: bool,
    since: Option<Instant>,
    warned: bool,
}

/// The parts of a wait after an attempt that found no connection: it cost the server next to nothing, and one that is
/// back is to be found soon.
const PARTS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(2));

/// How long before the end of its time a last attempt is made.
const BEFORE_THE_END: (Duration, Duration) = (Duration::from_millis(500), Duration::from_millis(1500));

/// Retries that last this long are worth a line in a log.
const NOTICEABLE: Duration = Duration::from_secs(3);

impl Attempts {
    /// It went well: the next failure is the first again.
    pub(crate) fn succeeded(&mut self) {
        self.retries = 0;
        self.rest = Duration::ZERO;
        self.until = None;
        self.since = None;
    }

    /// What is left of a wait that is waited in parts: by the clock, since attempts take time too, and by the parts, since
    /// the sleep of a timer need not last.
    fn left(&self) -> Option<Duration> {
        let by_clock = self.until.map(|until| until.saturating_duration_since(Instant::now()));
        let left = by_clock.map_or(self.rest, |left| left.min(self.rest));
        (!left.is_zero()).then_some(left)
    }

    /// Says once that the retries go on, without the server's words, which may repeat a value of the statement.
    fn report(&mut self, server: &str, wait: Duration, error: &Error) {
        let elapsed = self.since.get_or_insert_with(Instant::now).elapsed();
        let (retry, kind) = (self.retries, error.kind());
        let error_class = error.server().and_then(ServerError::error_class);
        if self.warned || elapsed.saturating_add(wait) < NOTICEABLE {
            tracing::debug!(server, retry, ?wait, ?kind, error_class, "trying again");
        } else {
            self.warned = true;
            tracing::warn!(
                server,
                retry,
                ?wait,
                ?elapsed,
                ?kind,
                error_class,
                "a call fails and is tried again"
            );
        }
    }
}

impl Retrying {
    /// Waits before the next attempt, and says whether this is a retry of its own: a part of a wait that goes on is none.
    /// Without retries left, or where retrying does not help, gives the error back.
    pub(crate) async fn pause(&self, attempts: &mut Attempts, failure: Failure) -> Result<bool> {
        self.pause_before(None, attempts, failure).await
    }

    /// The same for a caller whose time ends at `end`: where the wait would last longer, one more attempt is made shortly
    /// before.
    pub(crate) async fn pause_before(
        &self,
        end: Option<Instant>,
        attempts: &mut Attempts,
        failure: Failure,
    ) -> Result<bool> {
        if failure.remedy != Remedy::Retry {
            return Err(failure.error);
        }
        let is_in_parts = failure.unsent && failure.error.kind() == ErrorKind::Connect;
        let left = if is_in_parts { attempts.left() } else { None };
        let draw = || self.policy.wait(attempts.retries, failure.retry_delay, (self.timer.jitter)());
        let Some(whole) = left.or_else(draw) else { return Err(failure.error) };
        let part = if is_in_parts { whole.min(self.drawn(PARTS)) } else { whole };
        let part = match failure.retry_delay {
            Some(_) => part,
            None => self.ending_before(end, attempts, part),
        };
        let wait = part.max(self.budget.turn(self.policy.max_backoff));
        attempts.report(&self.server, wait, &failure.error);
        let is_retry = left.is_none();
        if is_retry {
            attempts.retries += 1;
            attempts.until = clock::deadline(whole);
        }
        attempts.rest = whole.saturating_sub(wait);
        (self.timer.sleep)(wait).await;
        Ok(is_retry)
    }

    /// The wait, or the time until a last attempt is due.
    fn ending_before(&self, end: Option<Instant>, attempts: &mut Attempts, wait: Duration) -> Duration {
        let Some(end) = end.filter(|_| !attempts.had_last) else { return wait };
        let left = end.saturating_duration_since(Instant::now());
        // Many clients of a server that was lost run out of time together.
        let due = left.saturating_sub(self.drawn(BEFORE_THE_END));
        if due.is_zero() || wait <= due {
            return wait;
        }
        attempts.had_last = true;
        due
    }

    fn drawn(&self, (least, most): (Duration, Duration)) -> Duration {
        let width = most.saturating_sub(least);
        let drawn = Duration::try_from_secs_f64(width.as_secs_f64() * (self.timer.jitter)());
        least.saturating_add(drawn.unwrap_or(width).min(width))
    }

    /// Runs a call that may be repeated until it succeeds or the retries are used up.
    pub(crate) async fn run<R, F>(&self, call: impl FnMut() -> F) -> Result<R, Error>
    where
        F: Future<Output = Result<R, Failure>>,
    {
        self.run_telling(None, |_| (), call).await
    }

    /// The same for a caller whose time ends at `end`; `failed` is told of each failure.
    pub(crate) async fn run_telling<R, F>(
        &self,
        end: Option<Instant>,
        mut failed: impl FnMut(&Error),
        mut call: impl FnMut() -> F,
    ) -> Result<R, Error>
    where
        F: Future<Output = Result<R, Failure>>,
    {
        let mut attempts = Attempts::default();
        loop {
            match call().await {
                Ok(response) => {
                    self.budget.refill();
                    return Ok(response);
                }
                Err(failure) => {
                    failed(&failure.error);
                    self.pause_before(end, &mut attempts, failure).await?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Retries by the longest draws, and the waits that they were told.
    fn longest(sleep: fn(Duration) -> Sleep) -> (Retrying, Arc<Mutex<Vec<Duration>>>) {
        let waits = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&waits);
        let sleep = move |wait: Duration| {
            told.lock().unwrap().push(wait);
            sleep(wait)
        };
        let (policy, timer) = (RetryPolicy::default(), Timer::new(sleep, || 1.0));
        (Retrying { policy, timer, budget: RetryBudget::default(), server: "host:15002".into() }, waits)
    }

    fn sleeping(wait: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(wait))
    }

    fn failure(kind: ErrorKind) -> Failure {
        Failure::transient(Error::new(kind, "gone"))
    }

    fn no_connection() -> Failure {
        failure(ErrorKind::Connect).before_sending()
    }

    /// Attempts that take so long each and find no connection, until the retries are used up: the number of the retries,
    /// and the waits.
    async fn unconnected(sleep: fn(Duration) -> Sleep, each: Duration) -> (usize, Vec<Duration>) {
        let (retrying, waits) = longest(sleep);
        let (mut attempts, mut retries) = (Attempts::default(), 0);
        for _ in 0..2000 {
            if !each.is_zero() {
                tokio::time::sleep(each).await;
            }
            match retrying.pause(&mut attempts, no_connection()).await {
                Ok(is_retry) => retries += usize::from(is_retry),
                Err(_) => break,
            }
        }
        let waits = waits.lock().unwrap().clone();
        (retries, waits)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_tried_every_two_seconds_for_as_long_as_the_policy_waits() {
        let (retries, waits) = unconnected(sleeping, Duration::ZERO).await;
        assert_eq!(retries, 15);
        assert!(waits.len() > 300 && waits.iter().all(|wait| *wait <= Duration::from_secs(2)), "{waits:?}");
        // The clock of timers is one of milliseconds.
        let waited = waits.iter().sum::<Duration>();
        assert!((607_250..=608_250).contains(&waited.as_millis()), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_that_take_long_lengthen_no_wait_of_the_policy() {
        let begun = Instant::now();
        let (retries, _) = unconnected(sleeping, Duration::from_secs(10)).await;
        assert_eq!(retries, 15);
        // One attempt for each retry may reach beyond its wait.
        assert!(begun.elapsed() < Duration::from_secs(608 + 16 * 12), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_in_parts_ends_where_a_timer_does_not_wait() {
        let (retries, waits) = unconnected(|_| Box::pin(async {}), Duration::ZERO).await;
        assert_eq!(retries, 15);
        assert_eq!(waits.iter().sum::<Duration>(), Duration::from_millis(608_250));
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_whose_time_ends_before_the_next_wait_tries_once_more() {
        for (draw, before_the_end) in [(0.5, 1000), (0.9, 1400), (1.0, 1500)] {
            let (mut retrying, _) = longest(sleeping);
            retrying.timer.jitter = Arc::new(move || draw);
            let end = Instant::now() + Duration::from_secs(100);
            let mut attempts = Attempts::default();
            let mut left = Vec::new();
            while Instant::now() < end {
                retrying
                    .pause_before(Some(end), &mut attempts, failure(ErrorKind::Unavailable))
                    .await
                    .unwrap();
                left.push(end.saturating_duration_since(Instant::now()).as_millis());
            }
            let late: Vec<u128> = left.into_iter().filter(|left| (1..=1500).contains(left)).collect();
            assert!(late.len() == 1 && late[0].abs_diff(before_the_end) < 20, "{late:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_end_cuts_what_a_server_asks_for_or_the_turn_in_a_storm() {
        let (retrying, waits) = longest(|_| Box::pin(async {}));
        let end = Instant::now() + Duration::from_secs(10);
        let asked = Failure { retry_delay: Some(Duration::from_secs(20)), ..failure(ErrorKind::Unavailable) };
        retrying.pause_before(Some(end), &mut Attempts::default(), asked).await.unwrap();
        for _ in 0..4000 {
            retrying.budget.turn(Duration::from_secs(60));
        }
        let mut attempts = Attempts { retries: 7, ..Attempts::default() };
        retrying.pause_before(Some(end), &mut attempts, failure(ErrorKind::Unavailable)).await.unwrap();
        let waits = waits.lock().unwrap();
        assert_eq!(waits[0], Duration::from_millis(20_050));
        assert!(waits[1] > Duration::from_secs(15), "{waits:?}");
    }
}
