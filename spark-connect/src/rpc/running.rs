//! The operations of this client that run in a session.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::Rpc;

/// Their ids.
#[derive(Default)]
pub(super) struct Operations(Mutex<HashSet<Uuid>>);

/// Counts one operation as running for as long as it lives.
pub(crate) struct Running {
    rpc: Rpc,
    operation: Uuid,
}

impl Operations {
    fn ids(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rpc {
    /// Counts `operation` as running.
    pub(crate) fn running(&self, operation: Uuid) -> Running {
        self.inner.operations.ids().insert(operation);
        Running { rpc: self.unleased(), operation }
    }

    /// The operations of this client that run in the session.
    pub(crate) fn operations(&self) -> Vec<Uuid> {
        self.inner.operations.ids().iter().copied().collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.rpc.inner.operations.ids().remove(&self.operation);
    }
}
