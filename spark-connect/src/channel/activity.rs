//! How long a connection has been silent while somebody waited for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// When the server was last heard on a connection, and since when somebody waits.
pub(super) struct Activity {
    begun: Instant,
    /// Milliseconds after `begun`, as the other one.
    heard: AtomicU64,
    /// The first call since the server was heard.
    asked: AtomicU64,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), heard: AtomicU64::new(0), asked: AtomicU64::new(0) }
    }

    /// Something came from the server.
    pub(super) fn heard(&self) {
        self.heard.store(self.now(), Ordering::Relaxed);
    }

    /// A call begins.
    pub(super) fn asked(&self) {
        if self.asked.load(Ordering::Relaxed) <= self.heard.load(Ordering::Relaxed) {
            self.asked.store(self.now(), Ordering::Relaxed);
        }
    }

    /// For how long nothing has come, since the first call that waits for something.
    pub(super) fn silence(&self) -> Duration {
        let since = self.heard.load(Ordering::Relaxed).max(self.asked.load(Ordering::Relaxed));
        Duration::from_millis(self.now().saturating_sub(since))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn silence_begins_with_the_first_call_that_nothing_came_after() {
        let activity = Activity::new();
        activity.heard();
        advance(60 * SECOND).await;
        activity.asked();
        assert_eq!(activity.silence(), Duration::ZERO);
        advance(SECOND).await;
        activity.asked();
        assert_eq!(activity.silence(), SECOND);
        activity.heard();
        assert_eq!(activity.silence(), Duration::ZERO);
        advance(SECOND).await;
        assert_eq!(activity.silence(), SECOND);
    }
}
