//! The operations of this client that run in a session.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use uuid::Uuid;

use super::Rpc;

/// Their ids, and their number, which can be waited for.
#[derive(Default)]
pub(super) struct Operations {
    ids: Mutex<HashSet<Uuid>>,
    running: TaskTracker,
}

/// Counts one operation as running for as long as it lives.
pub(crate) struct Running {
    rpc: Rpc,
    operation: Uuid,
    _counted: TaskTrackerToken,
}

impl Operations {
    fn ids(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rpc {
    /// Counts `operation` as running.
    pub(crate) fn running(&self, operation: Uuid) -> Running {
        self.inner.operations.ids().insert(operation);
        Running { rpc: self.unleased(), operation, _counted: self.inner.operations.running.token() }
    }

    /// The operations of this client that run in the session.
    pub(crate) fn operations(&self) -> Vec<Uuid> {
        self.inner.operations.ids().iter().copied().collect()
    }

    /// Waits until no operation of this client runs in the session.
    pub(crate) async fn operations_ended(&self) {
        // It only counts; waiting for it ends whenever there are none.
        self.inner.operations.running.close();
        self.inner.operations.running.wait().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.rpc.inner.operations.ids().remove(&self.operation);
    }
}
