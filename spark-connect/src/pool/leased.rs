//! A session of the pool in the hands of its borrower.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use tokio::time::Instant;

use super::slot::Slot;
use crate::error::{Error, ErrorKind, Result, ServerError};
use crate::session::Session;

/// A borrowed session, with the slot that it occupies.
///
/// It is a [`Session`]; clones of it, and the streams of its queries, keep the slot too. The slot comes back when the
/// last of them is gone, and an operation that was dropped half-way keeps it until the server has stopped it or a few
/// seconds have passed; while the server is planning it, that may be over a minute.
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

    /// Gives the session up if `error`, of a call in it, says that the server no longer has it.
    pub fn discard_if_lost(&self, error: &Error) {
        // The outcome of a statement that lost its session is unknown. One that is named is not replaced.
        if is_replaceable(error)
            || !self.session.is_named() && error.said().is_some_and(ServerError::is_session_lost)
        {
            self.slot.discard();
        }
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

/// Whether a call whose session was lost may be made again in another one.
///
/// A call with effects may be made again only if it cannot have run.
///
/// ```
/// # async fn run(pool: spark_connect::pool::SessionPool) -> spark_connect::Result<()> {
/// use spark_connect::Relation;
/// use spark_connect::pool::SessionRetry;
///
/// let mut retry = SessionRetry::new(false);
/// let schema = loop {
///     let session = pool.acquire_to_query().await?;
///     match session.schema(&Relation::table("users")).await {
///         Err(error) if retry.allows(&session, &error) => {}
///         answer => break answer?,
///     }
/// };
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct SessionRetry {
    effects: bool,
    first_loss: Option<Instant>,
}

impl SessionRetry {
    /// `effects` says whether the call may change something.
    #[must_use]
    pub fn new(effects: bool) -> Self {
        Self { effects, first_loss: None }
    }

    /// Whether the call that failed with `error` in `session` may be made again in another session. If `error` is a
    /// [retryable](Error::is_retryable) loss of the session, `session` is discarded.
    ///
    /// A server that restarted has lost every session of the pool, so each that is older than the first loss is replaced; one
    /// that was opened since is not.
    pub fn allows(&mut self, session: &PooledSession, error: &Error) -> bool {
        session.discard_if_lost(error);
        if !is_replaceable(error) || self.effects && error.may_have_run() {
            return false;
        }
        match self.first_loss {
            Some(first_loss) => session.slot.opened() < first_loss,
            None => {
                self.first_loss = Some(Instant::now());
                true
            }
        }
    }
}

/// Whether the session is lost, and another may stand in for it.
fn is_replaceable(error: &Error) -> bool {
    error.kind() == ErrorKind::SessionLost && error.is_retryable()
}
