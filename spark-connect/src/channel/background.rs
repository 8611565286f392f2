//! Calls to a server that nobody waits for.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::task::TaskTracker;

use crate::clock::Runtime;

/// Tasks that outlive their callers, by the runtime that runs them.
#[derive(Default)]
pub(crate) struct Background(Mutex<Vec<(Runtime, TaskTracker)>>);

impl Background {
    /// Runs `task` on the current runtime. Without one it is dropped: the server's own timeouts are the backstop.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let Ok(runtime) = Runtime::current() else { return };
        let tracker = {
            let mut trackers = self.trackers();
            trackers.retain(|(of, tracker)| *of == runtime || !tracker.is_empty());
            match trackers.iter().find(|(of, _)| *of == runtime) {
                Some((_, tracker)) => tracker.clone(),
                None => {
                    let tracker = TaskTracker::new();
                    // It only counts; waiting for it ends whenever there are none.
                    tracker.close();
                    trackers.push((runtime, tracker.clone()));
                    tracker
                }
            }
        };
        tracker.spawn(task);
    }

    /// Waits until there are none, but for those of a runtime that nobody runs.
    pub(super) async fn drained(&self) {
        let trackers: Vec<_> = self.trackers().clone();
        for (runtime, tracker) in trackers {
            runtime.reach(tracker.wait()).await;
        }
    }

    fn trackers(&self) -> MutexGuard<'_, Vec<(Runtime, TaskTracker)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
