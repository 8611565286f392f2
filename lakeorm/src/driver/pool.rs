//! A bounded pool of sessions.

use std::fmt;
use std::future::Future;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, ErrorKind, Result};

/// At most `size` sessions, handed out in the order in which they were asked for.
///
/// A permit of the semaphore is a slot: whoever holds one may take an idle session or open a new one, so there
/// are never more sessions than slots.
pub(crate) struct Pool<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    size: usize,
    deadline: Duration,
    slots: Arc<Semaphore>,
    idle: Mutex<Vec<S>>,
}

/// A borrowed session, with the slot that it occupies. Dropping it gives both back.
pub(crate) struct Slot<S> {
    session: Option<S>,
    shared: Arc<Shared<S>>,
    // Dropped last, so that whoever waits for the slot finds the session idle.
    _permit: OwnedSemaphorePermit,
}

impl<S: Clone> Pool<S> {
    pub(crate) fn new(size: usize, deadline: Duration) -> Self {
        let slots = Arc::new(Semaphore::new(size));
        Self { shared: Arc::new(Shared { size, deadline, slots, idle: Mutex::new(Vec::new()) }) }
    }

    /// An idle session, or the one that `open` makes, once there is a free slot.
    pub(crate) async fn acquire<F>(&self, open: impl FnOnce() -> F) -> Result<Slot<S>>
    where
        F: Future<Output = Result<S>>,
    {
        let shared = &self.shared;
        let permit = tokio::time::timeout(shared.deadline, Arc::clone(&shared.slots).acquire_owned())
            .await
            .map_err(|_| shared.no_slot())?
            .map_err(|_| closed())?;
        let idle = shared.idle().pop();
        let session = match idle {
            Some(session) => session,
            None => open().await?,
        };
        Ok(Slot { session: Some(session), shared: Arc::clone(shared), _permit: permit })
    }

    /// Hands out nothing more, waits for what is out for at most `bound`, and gives back the idle sessions.
    pub(crate) async fn close(&self, bound: Duration) -> Vec<S> {
        let shared = &self.shared;
        let all = u32::try_from(shared.size).unwrap_or(u32::MAX);
        let returned = tokio::time::timeout(bound, shared.slots.acquire_many(all)).await;
        if returned.is_err() {
            tracing::debug!("sessions are still in use after {bound:?}");
        }
        shared.slots.close();
        mem::take(&mut *shared.idle())
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.shared.slots.is_closed()
    }
}

impl<S> Shared<S> {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<S>> {
        // A panic elsewhere leaves a list of sessions that is as good as before.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn no_slot(&self) -> Error {
        let (size, deadline) = (self.size, self.deadline);
        let message = format!(
            "no session came free within {deadline:?}: all {size} are in use; let streams end sooner, or raise \
             pool_size or acquire_timeout"
        );
        Error::new(ErrorKind::PoolTimeout, message)
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, "the driver was closed")
}

impl<S> Slot<S> {
    /// The borrowed session; `None` once it has been discarded.
    pub(crate) fn session(&self) -> Option<&S> {
        self.session.as_ref()
    }

    /// Drops the session instead of giving it back, and frees the slot.
    pub(crate) fn discard(mut self) {
        self.session = None;
    }
}

impl<S> Drop for Slot<S> {
    fn drop(&mut self) {
        if let Some(session) = self.session.take()
            && !self.shared.slots.is_closed()
        {
            self.shared.idle().push(session);
        }
    }
}

impl<S> fmt::Debug for Pool<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let free = self.shared.slots.available_permits();
        f.debug_struct("Pool").field("size", &self.shared.size).field("free", &free).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test(start_paused = true)]
    async fn no_more_sessions_than_slots_and_the_error_says_what_was_waited_for() {
        let opened = AtomicUsize::new(0);
        let open = || async { Ok(opened.fetch_add(1, Ordering::Relaxed)) };
        let pool = Pool::new(2, Duration::from_secs(3));
        let first = pool.acquire(open).await.unwrap();
        let _second = pool.acquire(open).await.unwrap();
        let error = pool.acquire(open).await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PoolTimeout);
        assert_eq!(
            error.to_string(),
            "no session came free within 3s: all 2 are in use; let streams end sooner, or raise pool_size or \
             acquire_timeout"
        );
        drop(first);
        let third = pool.acquire(open).await.unwrap();
        assert_eq!((third.session(), opened.load(Ordering::Relaxed)), (Some(&0), 2));
    }

    #[tokio::test]
    async fn a_discarded_session_is_replaced() {
        let opened = AtomicUsize::new(0);
        let open = || async { Ok(opened.fetch_add(1, Ordering::Relaxed)) };
        let pool = Pool::new(1, LONG);
        pool.acquire(open).await.unwrap().discard();
        assert_eq!(pool.acquire(open).await.unwrap().session(), Some(&1));
    }

    #[tokio::test]
    async fn a_failed_or_dropped_opening_gives_the_slot_back() {
        let pool = Pool::<u8>::new(1, LONG);
        let failing = || async { Err(Error::new(ErrorKind::Connect, "no")) };
        pool.acquire(failing).await.map(|_| ()).unwrap_err();
        let mut opening = Box::pin(pool.acquire(std::future::pending));
        assert!(futures_util::poll!(&mut opening).is_pending());
        drop(opening);
        assert_eq!(pool.acquire(|| async { Ok(7) }).await.unwrap().session(), Some(&7));
    }

    #[tokio::test]
    async fn a_closed_pool_hands_out_nothing_and_gives_its_sessions_up() {
        let pool = Pool::new(2, LONG);
        drop(pool.acquire(|| async { Ok(7) }).await.unwrap());
        assert_eq!(pool.close(LONG).await, [7]);
        let error = pool.acquire(|| async { Ok(8) }).await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn closing_does_not_wait_for_ever_and_a_late_return_is_dropped() {
        let pool = Pool::<u8>::new(1, LONG);
        let slot = pool.acquire(|| async { Ok(7) }).await.unwrap();
        assert_eq!(pool.close(Duration::from_secs(5)).await, Vec::<u8>::new());
        drop(slot);
        assert!(pool.is_closed());
        assert_eq!(pool.close(Duration::ZERO).await, Vec::<u8>::new());
    }
}
