//! When to try again, and how long to wait before: a policy as data, with the clock and the jitter as parameters.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock;
use crate::error::status::{Failure, Remedy};
use crate::error::{Error, ErrorKind, Result, ServerError};

/// The waits between attempts; the numbers are those of Spark's own clients.
///
/// A wait is drawn from the whole range up to the backoff, so that many clients of a server that comes back do not all
/// call at once. What a server asks for is waited in full, and the draw is added to it.
///
/// Where no connection was made, nothing was sent: a wait is then interrupted every one to two seconds by another attempt,
/// which does not count as a retry, so that a server that is back is found soon.
///
/// ```
/// use std::time::Duration;
/// use spark_connect::RetryPolicy;
///
/// let policy = RetryPolicy { max_retries: 3, ..RetryPolicy::default() };
/// assert_eq!(policy.wait(1, None, 1.0), Some(Duration::from_millis(200)));
/// assert_eq!(policy.wait(1, None, 0.5), Some(Duration::from_millis(100)));
/// assert_eq!(policy.wait(3, None, 1.0), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// How often one call is tried again. Default 15.
    pub max_retries: u32,
    /// The most that the first wait may be. Default 50 ms.
    pub initial_backoff: Duration,
    /// The factor by which each wait may be longer. Default 4.
    pub multiplier: f64,
    /// The longest wait of the policy's own. Default 60 s.
    pub max_backoff: Duration,
    /// The longest wait that a server may ask for (`google.rpc.RetryInfo`). Default 600 s.
    pub max_server_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 15,
            initial_backoff: Duration::from_millis(50),
            multiplier: 4.0,
            max_backoff: Duration::from_secs(60),
            max_server_delay: Duration::from_secs(600),
        }
    }
}

impl RetryPolicy {
    /// No retries: the first failure is the error.
    #[must_use]
    pub fn none() -> Self {
        Self { max_retries: 0, ..Self::default() }
    }

    /// The wait before retry number `retry` (the first is 0), or `None` once the retries are used up.
    /// `jitter` is a number from 0 to 1.
    #[must_use]
    pub fn wait(&self, retry: u32, server_delay: Option<Duration>, jitter: f64) -> Option<Duration> {
        if retry >= self.max_retries {
            return None;
        }
        let factor = self.multiplier.powi(i32::try_from(retry).unwrap_or(i32::MAX));
        let own = Duration::try_from_secs_f64(self.initial_backoff.as_secs_f64() * factor)
            .unwrap_or(self.max_backoff)
            .min(self.max_backoff);
        // NaN draws the whole wait.
        let jitter = if jitter.is_nan() { 1.0 } else { jitter.clamp(0.0, 1.0) };
        let drawn = Duration::try_from_secs_f64(own.as_secs_f64() * jitter).unwrap_or(own);
        Some(server_delay.map_or(drawn, |delay| delay.min(self.max_server_delay).saturating_add(drawn)))
    }

    /// The same wait, drawn at random.
    #[must_use]
    pub fn draw(&self, retry: u32, server_delay: Option<Duration>) -> Option<Duration> {
        self.wait(retry, server_delay, jitter())
    }
}

/// A number from 0 to 1. A version 4 UUID is the randomness that the crate already has.
fn jitter() -> f64 {
    let [byte, ..] = *uuid::Uuid::new_v4().as_bytes();
    f64::from(byte) / f64::from(u8::MAX)
}

/// A policy with the clock, the jitter and the budget that it uses.
#[derive(Debug, Clone)]
pub(crate) struct Retrying {
    pub(crate) policy: RetryPolicy,
    pub(crate) timer: Timer,
    pub(crate) budget: Budget,
    /// `host:port`, which tells the calls of two drivers apart in a log.
    pub(crate) server: Arc<str>,
}

/// How fast all calls of a client may retry together, so that many callers do not multiply the load on a server that
/// is down. Whoever comes too early waits for its turn; nobody is turned away, since a caller who has a server to go
/// back to loses nothing by waiting. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<Mutex<Option<Instant>>>);

/// The number of retries that are not spaced: four calls may use up their own.
const BURST: u32 = 60;

/// The time between two retries beyond these.
const SPACING: Duration = Duration::from_millis(5);

impl Default for Budget {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }
}

impl Budget {
    /// How long the next retry has to wait for its turn, but no longer than `most`.
    fn turn(&self, most: Duration) -> Duration {
        let now = Instant::now();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = last.map_or(now, |last| last.max(now));
        // Those whose turns are further away come together.
        let turn =
            now.checked_add(most.saturating_add(SPACING * BURST)).map_or(turn, |latest| turn.min(latest));
        *last = turn.checked_add(SPACING);
        turn.duration_since(now).saturating_sub(SPACING * BURST)
    }

    /// An answer of the server's: it is alive.
    pub(crate) fn refill(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The attempts at one thing: how many retries there were since it last went well, and since when it goes badly.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    retries: u32,
    /// What is left of a wait after the part that was waited last.
    rest: Duration,
    /// When that wait ends; `None` beyond all clocks.
    until: Option<Instant>,
    /// The attempt shortly before the end of the caller's time was made.
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

/// A wait that ends by itself.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The clock and the randomness of retries: Tokio's clock and true randomness, unless a test brings its own.
///
/// ```
/// use std::time::Duration;
/// use spark_connect::{Channel, Timer};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// // Retries at once, and by the longest wait of the policy.
/// let timer = Timer::new(|_wait: Duration| Box::pin(async {}), || 1.0);
/// let channel = Channel::builder("sc://localhost".parse()?).timer(timer).build()?;
/// # let _ = channel; Ok(()) }
/// ```
#[derive(Clone)]
pub struct Timer {
    pub(crate) sleep: Arc<dyn Fn(Duration) -> Sleep + Send + Sync>,
    pub(crate) jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Timer {
    /// A timer of one's own: `sleep` waits, `jitter` gives a number from 0 to 1.
    pub fn new(
        sleep: impl Fn(Duration) -> Sleep + Send + Sync + 'static,
        jitter: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Self {
        Self { sleep: Arc::new(sleep), jitter: Arc::new(jitter) }
    }

    pub(crate) fn system() -> Self {
        Self::new(|wait| Box::pin(clock::sleep(wait)), jitter)
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_waits_are_those_of_the_reference_client() {
        let policy = RetryPolicy::default();
        let waits: Vec<u128> =
            (0..15).map(|retry| policy.wait(retry, None, 1.0).unwrap().as_millis()).collect();
        assert_eq!(waits[..6], [50, 200, 800, 3200, 12_800, 51_200]);
        assert!(waits[6..].iter().all(|wait| *wait == 60_000));
        assert_eq!(waits.iter().sum::<u128>(), 608_250);
        assert_eq!(policy.wait(15, None, 1.0), None);
        assert_eq!(RetryPolicy::none().wait(0, Some(Duration::from_secs(1)), 1.0), None);
    }

    /// Retries by the longest draws, and the waits that they were told.
    fn longest(sleep: fn(Duration) -> Sleep) -> (Retrying, Arc<Mutex<Vec<Duration>>>) {
        let waits = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&waits);
        let sleep = move |wait: Duration| {
            told.lock().unwrap().push(wait);
            sleep(wait)
        };
        let (policy, timer) = (RetryPolicy::default(), Timer::new(sleep, || 1.0));
        (Retrying { policy, timer, budget: Budget::default(), server: "host:15002".into() }, waits)
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

    #[test]
    fn a_wait_is_drawn_from_the_whole_range() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.wait(3, None, 0.0), Some(Duration::ZERO));
        assert_eq!(policy.wait(3, None, 0.25), Some(Duration::from_millis(800)));
        assert_eq!(policy.wait(3, None, 1.0), Some(Duration::from_millis(3200)));
    }

    #[test]
    fn a_drawn_wait_is_within_the_range() {
        let policy = RetryPolicy { max_retries: 3, ..RetryPolicy::default() };
        for _ in 0..100 {
            assert!(policy.draw(2, None).unwrap() <= Duration::from_millis(800));
            assert!(policy.draw(0, Some(Duration::from_secs(1))).unwrap() >= Duration::from_secs(1));
        }
        assert_eq!(policy.draw(3, None), None);
    }

    #[test]
    fn no_number_of_a_policy_or_a_timer_overflows() {
        let policy = RetryPolicy {
            initial_backoff: Duration::MAX,
            max_backoff: Duration::MAX,
            max_server_delay: Duration::MAX,
            multiplier: f64::INFINITY,
            ..RetryPolicy::default()
        };
        assert_eq!(policy.wait(1, Some(Duration::MAX), 1.0), Some(Duration::MAX));
        assert_eq!(policy.wait(14, None, f64::NAN), Some(Duration::MAX));
        let policy = RetryPolicy { multiplier: f64::NAN, ..RetryPolicy::default() };
        assert_eq!(policy.wait(1, None, f64::NAN), Some(policy.max_backoff));
        assert_eq!(policy.wait(1, None, f64::NEG_INFINITY), Some(Duration::ZERO));
    }

    #[test]
    fn a_storm_of_retries_is_spaced_and_an_answer_ends_the_spacing() {
        let budget = Budget::default();
        let turn = || budget.turn(Duration::from_secs(60));
        let turns: Vec<Duration> = (0..260).map(|_| turn()).collect();
        assert!(turns[..60].iter().all(Duration::is_zero));
        assert!(turns[259] > Duration::from_millis(900) && turns[259] <= Duration::from_secs(1));
        budget.refill();
        assert_eq!(turn(), Duration::ZERO);
    }

    #[test]
    fn no_turn_in_a_storm_is_further_away_than_the_longest_wait_of_the_policy() {
        let (budget, most) = (Budget::default(), Duration::from_millis(100));
        let longest = (0..1000).map(|_| budget.turn(most)).max();
        assert!(longest > Some(most / 2) && longest <= Some(most), "{longest:?}");
        for most in [Duration::ZERO, Duration::MAX] {
            assert!(budget.turn(most) <= most);
        }
    }

    #[test]
    fn what_a_server_asks_for_is_waited_in_full_within_bounds() {
        let policy = RetryPolicy::default();
        let asked = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(policy.wait(0, asked(1), 0.0), Some(Duration::from_secs(1)));
        assert_eq!(policy.wait(1, asked(1), 0.5), Some(Duration::from_millis(1100)));
        assert_eq!(policy.wait(0, asked(6000), 0.0), Some(Duration::from_secs(600)));
    }
}
