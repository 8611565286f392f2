//! Waiting for what writes have left to remove.

use std::pin::pin;

use futures_util::future::select;
use spark_connect::clock::sleep_until;
use tokio::sync::watch;
use tokio::time::Instant;

/// Whether files or views of writes are yet to be removed.
#[derive(Debug, Default)]
pub(crate) struct Removals(watch::Sender<()>);

/// Held for as long as they are there.
pub(crate) type Unremoved = watch::Receiver<()>;

impl Removals {
    pub(crate) fn unremoved(&self) -> Unremoved {
        self.0.subscribe()
    }

    /// Waits until those of every write are gone, a dropped one included. None is stopped: what it removes would stay.
    pub(crate) async fn wait_until(&self, deadline: Option<Instant>) {
        // Without timers nothing is waited for.
        select(pin!(self.0.closed()), pin!(sleep_until(deadline))).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_yet_to_be_removed_is_waited_for_until_a_deadline() {
        let removals = Removals::default();
        let (unremoved, begun) = (removals.unremoved(), Instant::now());
        removals.wait_until(Some(begun + Duration::from_millis(500))).await;
        assert_eq!(begun.elapsed(), Duration::from_millis(500));
        let removing = async move {
            tokio::time::sleep(Duration::from_millis(500)).await;
            drop(unremoved);
        };
        let ((), ()) = tokio::join!(removing, removals.wait_until(None));
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
    }
}
