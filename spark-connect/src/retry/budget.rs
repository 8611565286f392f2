//! How fast all calls of a client retry together.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How fast all calls of a client may retry together, so that many callers do not multiply the load on a server that
/// is down. Whoever comes too early waits for its turn; nobody is turned away, since a caller who has a server to go
/// back to loses nothing by waiting. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct RetryBudget(Arc<Mutex<Option<Instant>>>);

/// The number of retries that are not spaced: four calls may use up their own.
const BURST: u32 = 60;

/// The time between two retries beyond these.
const SPACING: Duration = Duration::from_millis(5);

impl Default for RetryBudget {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }
}

impl RetryBudget {
    /// How long the next retry has to wait for its turn, but no longer than `most`.
    pub(super) fn turn(&self, most: Duration) -> Duration {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_of_retries_is_spaced_and_an_answer_ends_the_spacing() {
        let budget = RetryBudget::default();
        let turn = || budget.turn(Duration::from_secs(60));
        let turns: Vec<Duration> = (0..260).map(|_| turn()).collect();
        assert!(turns[..60].iter().all(Duration::is_zero));
        assert!(turns[259] > Duration::from_millis(900) && turns[259] <= Duration::from_secs(1));
        budget.refill();
        assert_eq!(turn(), Duration::ZERO);
    }

    #[test]
    fn no_turn_in_a_storm_is_further_away_than_the_longest_wait_of_the_policy() {
        let (budget, most) = (RetryBudget::default(), Duration::from_millis(100));
        let longest = (0..1000).map(|_| budget.turn(most)).max();
        assert!(longest > Some(most / 2) && longest <= Some(most), "{longest:?}");
        for most in [Duration::ZERO, Duration::MAX] {
            assert!(budget.turn(most) <= most);
        }
    }
}
