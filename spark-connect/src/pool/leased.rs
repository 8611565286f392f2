//! A session of the pool in the hands of its borrower.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::slot::Slot;
use crate::session::Session;

/// A borrowed session, with the slot that it occupies.
///
/// It is a [`Session`]; clones of it, and the streams of its queries, keep the slot too. The slot comes back when the
/// last of them is gone, and an operation that was dropped half-way keeps it until the server has stopped it or a few
/// seconds have passed.
#[derive(Clone)]
pub struct PooledSession {
    session: Session,
    slot: Arc<Slot<Session>>,
}

impl PooledSession {
    pub(super) fn slot(&self) -> &Slot<Session> {
        &self.slot
    }

    /// `None` for an empty slot.
    pub(super) fn new(slot: Slot<Session>) -> Option<Self> {
        let slot = Arc::new(slot);
        let session = slot.item()?.leased(Arc::clone(&slot) as _);
        Some(Self { session, slot })
    }

    /// Has the session replaced instead of handed to the next borrower, because it was changed.
    pub fn taint(&self) {
        self.slot.taint();
    }

    /// Gives the session up because the server no longer has it; the next borrower gets a new one.
    pub fn discard(self) {
        self.slot.discard();
    }
}

impl Deref for PooledSession {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl fmt::Debug for PooledSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PooledSession").field(&self.session).finish()
    }
}
