//! The operations of this client that run in a session.

use std::collections::HashMap;
use std::future::poll_fn;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use futures_util::task::AtomicWaker;
use uuid::Uuid;

use super::{CLOSED, Rpc};
use crate::error::{Error, ErrorKind};

/// The running operations, by id.
#[derive(Default)]
pub(super) struct Operations(Mutex<HashMap<Uuid, OperationHandle>>);

/// One operation, for whoever ends it or waits for its end.
#[derive(Clone)]
pub(crate) struct OperationHandle(Arc<Inner>);

struct Inner {
    id: Uuid,
    /// The number of the pool that the session was leased from.
    pool: Option<u64>,
    /// Whether that pool was closed, and has the operation interrupted.
    is_pool_closed: AtomicBool,
    /// Whether it is to end though the server is silent.
    is_cut_off: AtomicBool,
    /// Wakes the task that runs the operation. It is looked at with each response, and costs nothing there.
    runs: AtomicWaker,
    end: Mutex<End>,
}

#[derive(Default)]
struct End {
    has_come: bool,
    /// Wake the tasks that wait for it.
    waiting: Vec<Waker>,
}

/// Counts one operation as running for as long as it lives.
pub(crate) struct Running {
    rpc: Rpc,
    handle: OperationHandle,
}

impl Operations {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, OperationHandle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rpc {
    /// Counts `operation` as running.
    pub(crate) fn running(&self, operation: Uuid) -> Running {
        let handle = OperationHandle(Arc::new(Inner {
            id: operation,
            pool: self.lease.as_ref().map(|lease| lease.pool),
            is_pool_closed: AtomicBool::new(false),
            is_cut_off: AtomicBool::new(false),
            runs: AtomicWaker::new(),
            end: Mutex::default(),
        }));
        self.inner.operations.lock().insert(operation, handle.clone());
        Running { rpc: self.unleased(), handle }
    }

    /// The operations of this client that run in the session.
    pub(crate) fn operations(&self) -> Vec<OperationHandle> {
        self.inner.operations.lock().values().cloned().collect()
    }

    /// Those that run in it under a lease of `pool`, and none of the application's own.
    pub(crate) fn operations_of(&self, pool: u64) -> Vec<OperationHandle> {
        let mut operations = self.operations();
        operations.retain(|operation| operation.0.pool == Some(pool));
        operations
    }
}

impl Running {
    pub(crate) fn handle(&self) -> OperationHandle {
        self.handle.clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.rpc.inner.operations.lock().remove(&self.handle.id());
        let waiting = {
            let mut end = self.handle.end();
            end.has_come = true;
            mem::take(&mut end.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl OperationHandle {
    fn end(&self) -> MutexGuard<'_, End> {
        self.0.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn id(&self) -> Uuid {
        self.0.id
    }

    /// Takes note that its pool was closed and has it interrupted: whoever waits for it is told that.
    pub(crate) fn note_pool_closed(&self) {
        self.0.is_pool_closed.store(true, Ordering::SeqCst);
    }

    /// The error that it ends with, under the kind that says who interrupted it.
    pub(crate) fn explain(&self, error: Error) -> Error {
        match error.is_of_stopped_operation() && self.0.is_pool_closed.load(Ordering::SeqCst) {
            true => error.into_kind(ErrorKind::Closed, CLOSED),
            false => error,
        }
    }

    /// Ends it without the server, its pool being closed.
    pub(crate) fn cut_off(&self) {
        self.0.is_cut_off.store(true, Ordering::SeqCst);
        self.0.runs.wake();
    }

    /// Whether it is to end without the server.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.0.is_cut_off.load(Ordering::SeqCst)
    }

    /// Waits until it is to end without the server; gives the error that it ends with.
    pub(crate) async fn ended_with_pool(&self) -> Error {
        poll_fn(|cx| {
            self.0.runs.register(cx.waker());
            if self.is_cut_off() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        Error::new(ErrorKind::Closed, CLOSED)
    }

    /// Waits until it has ended, or nobody waits for it any more.
    pub(crate) async fn ended(&self) {
        poll_fn(|cx| {
            let mut end = self.end();
            if end.has_come {
                return Poll::Ready(());
            }
            if !end.waiting.iter().any(|waiting| waiting.will_wake(cx.waker())) {
                end.waiting.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::channel::Channel;

    #[test]
    fn the_operations_of_a_pool_are_told_from_those_of_others() {
        let channel = Channel::builder("sc://localhost".parse().unwrap()).build().unwrap();
        let own = Rpc::shared(&channel, Uuid::new_v4());
        let (first, second) = (own.leased(1, Arc::new(())), own.leased(2, Arc::new(())));
        let running = [&own, &first, &second, &first.unleased()].map(|rpc| rpc.running(Uuid::new_v4()));
        let ids: Vec<Uuid> = own.operations_of(1).iter().map(OperationHandle::id).collect();
        assert_eq!(ids, [running[1].handle().id()]);
        assert_eq!(own.operations().len(), 4);
        let handle = running[1].handle();
        assert_eq!(handle.ended().now_or_never(), None);
        drop(running);
        assert_eq!(handle.ended().now_or_never(), Some(()));
        assert!(own.operations().is_empty());
    }

    #[test]
    fn what_a_closed_pool_interrupted_is_closed_and_its_other_failures_are_their_own() {
        let channel = Channel::builder("sc://localhost".parse().unwrap()).build().unwrap();
        let rpc = Rpc::shared(&channel, Uuid::new_v4());
        let running = rpc.running(Uuid::new_v4());
        let ended = |kind| running.handle().explain(Error::new(kind, "it ended")).kind();
        let kinds = [ErrorKind::Cancelled, ErrorKind::Server, ErrorKind::Unavailable, ErrorKind::SessionLost];
        assert_eq!(kinds.map(ended), kinds);
        running.handle().note_pool_closed();
        let [interrupted, others @ ..] = kinds;
        assert_eq!(ended(interrupted), ErrorKind::Closed);
        assert_eq!(others.map(ended), others);
    }
}
