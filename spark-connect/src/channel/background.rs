//! Calls to a server that nobody waits for.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::clock::{self, Runtime};

/// Tasks that outlive their callers, and the runtimes that run them: those that calls were made on, the last at the end,
/// behind others.
#[derive(Default)]
pub(crate) struct Background(Mutex<Vec<Home>>);

/// A runtime, and the tasks on it.
#[derive(Clone)]
struct Home {
    runtime: Runtime,
    handle: Handle,
    tasks: TaskTracker,
}

impl Home {
    fn new(handle: Handle) -> Self {
        let tasks = TaskTracker::new();
        // It only counts; waiting for it ends whenever there are none.
        tasks.close();
        Self { runtime: Runtime::of(&handle), handle, tasks }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
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
                homes.retain(|home| clock::takes_tasks(&home.handle));
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
        let has_threads = |home: &Home| !home.runtime.is_single_threaded();
        if current.is_single_threaded() && homes.iter().any(has_threads) {
            return None;
        }
        homes.iter().rfind(|home| home.runtime == current).cloned()
    }

    fn lasting(&self) -> Option<Home> {
        let mut homes = self.homes();
        let handle = clock::lasting(homes.iter().rev().map(|home| &home.handle))?;
        let runtime = Runtime::of(&handle);
        if let Some(known) = homes.iter().find(|home| home.runtime == runtime) {
            return Some(known.clone());
        }
        let home = Home::new(handle);
        homes.insert(0, home.clone());
        Some(home)
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
