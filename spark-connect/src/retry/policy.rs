//! The waits between attempts.

use std::time::Duration;

use super::timer::jitter;

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
///
/// A literal ends in `..RetryPolicy::default()`: a later minor release may add a field.
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
        let own = backoff(self.initial_backoff, self.multiplier, self.max_backoff, retry);
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

/// The longest wait before retry number `retry`: `initial` before the first, and `multiplier` times as long before each
/// that follows, up to `max`.
pub(crate) fn backoff(initial: Duration, multiplier: f64, max: Duration, retry: u32) -> Duration {
    let factor = multiplier.powi(i32::try_from(retry).unwrap_or(i32::MAX));
    Duration::try_from_secs_f64(initial.as_secs_f64() * factor).unwrap_or(max).min(max)
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
    fn what_a_server_asks_for_is_waited_in_full_within_bounds() {
        let policy = RetryPolicy::default();
        let asked = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(policy.wait(0, asked(1), 0.0), Some(Duration::from_secs(1)));
        assert_eq!(policy.wait(1, asked(1), 0.5), Some(Duration::from_millis(1100)));
        assert_eq!(policy.wait(0, asked(6000), 0.0), Some(Duration::from_secs(600)));
    }
}
