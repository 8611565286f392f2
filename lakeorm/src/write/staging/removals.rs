//! Waiting for the removal of files.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::select;
use spark_connect::clock;
use tokio::sync::watch;

use super::STOPPED;

/// How long a store may take to remove what a client waits for.
const REMOVAL_BOUND: Duration = Duration::from_secs(5);

/// Whether files of a client's writes are yet to be removed.
#[derive(Debug, Default)]
pub(crate) struct Removals(watch::Sender<()>);

/// Held for as long as files are there.
pub(in crate::write) type Unremoved = watch::Receiver<()>;

impl Removals {
    pub(in crate::write) fn unremoved(&self) -> Unremoved {
        self.0.subscribe()
    }

    /// Waits until the files of every write are gone, those of a dropped one included, within a bound.
    pub(crate) async fn wait(&self) {
        let bound = STOPPED.saturating_add(REMOVAL_BOUND);
        // Without timers nothing is waited for.
        select(pin!(self.0.closed()), pin!(clock::sleep(bound))).await;
    }
}
