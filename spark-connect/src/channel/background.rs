//! Calls to a server that nobody waits for.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::clock::{self, Runtime};

/// Tasks that outlive their callers, and the runtimes that run them: first those that no calls were made on, then those of
/// calls, in the order of their last call.
#[derive(Default)]
pub(crate) struct Background(Mutex<Vec<Home>>);

/// A runtime, and the tasks on it.
#[derive(Clone)]
pub(crate) struct Home {
    runtime: Runtime,
    handle: Handle,
    tasks: TaskTracker,
    /// Held from choosing this runtime until the task is spawned, so that it is not dropped from the list.
    #[expect(dead_code, reason = "it is kept, not read")]
    chosen: Option<TaskTrackerToken>,
}

impl Home {
    fn new(handle: Handle) -> Self {
        let tasks = TaskTracker::new();
        // It only counts; waiting for it ends whenever there are none.
        tasks.close();
        Self { runtime: Runtime::of(&handle), handle, tasks, chosen: None }
    }

    fn chosen(&self) -> Self {
        Self { chosen: Some(self.tasks.token()), ..self.clone() }
    }

    fn has_threads(&self) -> bool {
        !self.runtime.is_single_threaded()
    }

    /// Whether nobody may ever run its tasks: it has one thread, and another runtime is the current one, or none.
    pub(crate) fn stands_still(&self) -> bool {
        self.runtime.is_out_of_reach()
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn_on(task, &self.handle);
    }
}

impl Background {
    /// Takes note that a call is made on `runtime`, the current one.
    pub(super) fn note(&self, runtime: Runtime) {
        let mut homes = self.homes();
        if homes.last().is_some_and(|last| last.runtime == runtime) {
            return;
        }
        let home = match homes.iter().position(|home| home.runtime == runtime) {
            Some(at) => Some(homes.remove(at)),
            None => {
                // A runtime of one thread is not tried, as it may stand still; it is needed only while it has tasks.
                homes.retain(|home| match home.has_threads() {
                    true => clock::takes_tasks(&home.handle),
                    false => !home.tasks.is_empty(),
                });
                Handle::try_current().ok().map(Home::new)
            }
        };
        homes.extend(home);
    }

    /// Runs `task`. Where no runtime takes it it is dropped: the server's own timeouts are the backstop.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(home) = self.at_hand().or_else(|| self.lasting()) {
            home.spawn(task);
        }
    }

    /// The same for a task that stops something, which is not to be lost with the runtime that happens to be the current
    /// one: it may be ending.
    pub(crate) fn spawn_lasting(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(home) = self.lasting() {
            home.spawn(task);
        }
    }

    /// The current runtime, if calls are made on it and no other is better. It is asked for with every call, so nothing is
    /// tried.
    fn at_hand(&self) -> Option<Home> {
        let current = Runtime::current().ok()?;
        let homes = self.homes();
        if current.is_single_threaded() && homes.iter().any(Home::has_threads) {
            return None;
        }
        homes.iter().rfind(|home| home.runtime == current).map(Home::chosen)
    }

    /// The runtime on which a task gets to its end, as [`clock::lasting`] has it; else one that [stands
    /// still](Home::stands_still), which is better than none. Those that are found to have ended are forgotten.
    pub(crate) fn lasting(&self) -> Option<Home> {
        let mut homes = self.homes();
        homes.retain(|home| !home.has_threads() || clock::takes_tasks(&home.handle));
        if let Some(home) = homes.iter().rfind(|home| home.has_threads()) {
            return Some(home.chosen());
        }
        if let Some(current) = clock::current() {
            return Some(Self::home_of(&mut homes, current));
        }
        while let Some(home) = homes.last() {
            if clock::takes_tasks(&home.handle) {
                return Some(home.chosen());
            }
            homes.pop();
        }
        None
    }

    fn home_of(homes: &mut Vec<Home>, handle: Handle) -> Home {
        let runtime = Runtime::of(&handle);
        if let Some(known) = homes.iter().find(|home| home.runtime == runtime) {
            return known.chosen();
        }
        let home = Home::new(handle);
        let chosen = home.chosen();
        homes.insert(0, home);
        chosen
    }

    /// Waits until there are none, but for those of a runtime that nobody runs.
    pub(super) async fn drained(&self) {
        let homes = self.homes().clone();
        for Home { runtime, tasks, .. } in homes {
            runtime.reach(tasks.wait()).await;
        }
    }

    fn homes(&self) -> MutexGuard<'_, Vec<Home>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::{self, Builder};

    use super::*;

    fn current_thread() -> runtime::Runtime {
        Builder::new_current_thread().enable_all().build().unwrap()
    }

    fn multi_thread() -> runtime::Runtime {
        Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
    }

    /// Makes a call on each.
    fn noted(runtimes: &[&runtime::Runtime]) -> Background {
        let background = Background::default();
        for runtime in runtimes {
            runtime.block_on(async { background.note(Runtime::current().unwrap()) });
        }
        background
    }

    #[test]
    fn a_runtime_that_stands_still_is_not_tried_while_another_lives() {
        let (still, client) = (current_thread(), multi_thread());
        for runtimes in [[&still, &client], [&client, &still]] {
            let background = noted(&runtimes);
            for _ in 0..3 {
                background.spawn_lasting(async {});
                background.spawn(async {});
            }
            assert_eq!(background.lasting().map(|home| home.stands_still()), Some(false));
        }
        assert_eq!(still.metrics().num_alive_tasks(), 0);
    }

    #[test]
    fn runtimes_that_have_ended_are_forgotten_when_a_task_is_to_run() {
        let (client, ended, other) = (current_thread(), multi_thread(), multi_thread());
        let background = noted(&[&ended, &other, &client]);
        assert_eq!(background.homes().len(), 3);
        drop((ended, other));
        client.block_on(async {
            background.spawn(async {});
            background.drained().await;
        });
        assert_eq!(background.homes().len(), 1);
        assert_eq!(background.lasting().map(|home| home.stands_still()), Some(true));
        drop(client);
        assert!(background.lasting().is_none() && background.homes().is_empty());
    }
}
