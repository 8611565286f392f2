//! A session of the pool in the hands of its borrower.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::slot::Slot;
use crate::error::{Error, ErrorKind, Result};
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
    /// The number of the pool that lent it.
    pub(crate) fn pool_id(&self) -> u64 {
        self.slot.shared.id
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

impl PooledSession {
    /// The same session in the same slot, whose operations from here on carry a tag; see [`Session::with_tag`].
    ///
    /// # Errors
    ///
    /// [`InvalidOption`](crate::ErrorKind::InvalidOption) if the tag is empty or has a comma.
    pub fn with_tag(&self, tag: impl Into<String>) -> Result<Self> {
        Ok(Self { session: self.session.with_tag(tag)?, slot: Arc::clone(&self.slot) })
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

/// Whether a call goes again in another session: once, where its session was lost and it can have done nothing twice.
///
/// ```
/// # async fn run(pool: spark_connect::pool::SessionPool) -> spark_connect::Result<()> {
/// use spark_connect::Relation;
/// use spark_connect::pool::Replacement;
///
/// let mut replacement = Replacement::new(false);
/// let schema = loop {
///     let session = pool.acquire_to_query().await?;
///     match session.schema(&Relation::table("users")).await {
///         Err(error) if replacement.follows(&session, &error) => {}
///         answer => break answer?,
///     }
/// };
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Replacement {
    effects: bool,
    used: bool,
}

impl Replacement {
    /// For a call that may change something, if it has `effects`.
    #[must_use]
    pub fn new(effects: bool) -> Self {
        Self { effects, used: false }
    }

    /// Whether the call that failed in `session` may be made in another one. A session that was lost is discarded.
    pub fn follows(&mut self, session: &PooledSession, error: &Error) -> bool {
        if error.kind() != ErrorKind::SessionLost || !error.is_retryable() {
            return false;
        }
        session.slot.discard();
        !(self.effects && error.may_have_run() || std::mem::replace(&mut self.used, true))
    }
}
