//! A session of the pool in the hands of its borrower.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream;
use futures_util::stream::BoxStream;
use tokio::time::Instant;

use super::slot::Slot;
use super::slots::closed;
use crate::error::{Error, ErrorKind, Result, ServerError};
use crate::session::Session;

mod closing;

use closing::Closing;

/// A borrowed session, with the slot that it occupies.
///
/// It is a [`Session`]; clones of it, and the streams of its queries, keep the slot too. The slot comes back when the
/// last of them is gone, and an operation that was dropped half-way keeps it until the server has stopped it or a few
/// seconds have passed; while the server is planning it, that may be over a minute.
#[derive(Clone)]
pub struct PooledSession {
    session: Session,
    slot: Arc<Slot<Session>>,
    closing: Closing,
}

impl PooledSession {
    /// The number of the pool that lent it.
    pub(crate) fn pool_id(&self) -> u64 {
        self.slot.shared.id
    }

    /// `None` for an empty slot.
    pub(super) fn new(slot: Slot<Session>) -> Option<Self> {
        let slot = Arc::new(slot);
        let session = slot.item()?.leased(slot.shared.id, Arc::clone(&slot) as _);
        Some(Self { session, slot, closing: Closing::default() })
    }

    /// Has the session replaced instead of handed to the next borrower, because it was changed.
    pub fn taint(&self) {
        self.slot.taint();
    }

    /// Gives the session up because the server no longer has it; the next borrower gets a new one.
    pub fn discard(self) {
        self.slot.discard();
    }

    /// Gives the session up if `error`, of a call in it, says that the server no longer has it. It is replaced too if the
    /// server cannot be reached, unless others may use it: the factory may know another address.
    #[doc(hidden)]
    pub fn discard_if_lost(&self, error: &Error) {
        // The error of a statement that lost its session is `OutcomeUnknown`. A session with a name is not replaced.
        if is_replaceable(error)
            || !self.session.is_named() && error.server_in_chain().is_some_and(ServerError::is_session_lost)
        {
            self.slot.discard();
        } else if error.found_no_server() && !self.session.is_shared() {
            self.slot.taint();
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
        Ok(Self { session: self.session.with_tag(tag)?, ..self.clone() })
    }
}

/// Closing it, for its clones and for what was made with them.
impl PooledSession {
    /// Refuses what its frames, readers and catalogs run from here on, as [`Closed`](ErrorKind::Closed). What they run
    /// already may end until `bound` is over, and is stopped then, as [`Cancelled`](ErrorKind::Cancelled), also a stream
    /// that nobody reads. The methods of [`Session`] are not refused, and the slot comes back when the last handle is gone.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may leave running what runs; a second one stops it.
    pub async fn close(&self, bound: Duration) {
        self.closing.close(bound).await;
    }

    /// Refuses a session that was closed.
    ///
    /// # Errors
    ///
    /// [`Closed`](ErrorKind::Closed).
    #[doc(hidden)]
    pub fn check_open(&self) -> Result<()> {
        self.closing.check()
    }

    /// Refuses a session whose pool was closed and has ended it, or is about to.
    ///
    /// # Errors
    ///
    /// [`Closed`](ErrorKind::Closed).
    #[doc(hidden)]
    pub fn check_pool_open(&self) -> Result<()> {
        match self.slot.shared.permits.is_closed() {
            true => Err(closed()),
            false => Ok(()),
        }
    }

    /// The answer to a call that belongs to the session, unless it is closed before.
    ///
    /// # Errors
    ///
    /// Those of the call; [`Closed`](ErrorKind::Closed) if the session was closed, and the call is not begun then;
    /// [`Cancelled`](ErrorKind::Cancelled) if it was closed meanwhile, and the call is dropped.
    ///
    /// # Cancel safety
    ///
    /// As the call itself.
    #[doc(hidden)]
    pub async fn while_open<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        // Boxed: futures of calls are deep, and so is what awaits them.
        self.closing.run(Box::pin(call)).await
    }

    /// The items of a stream that belongs to the session. If the session is closed before their end, the stream is
    /// dropped, even if nobody reads it. A session that is closed already is not refused: see
    /// [`check_open`](Self::check_open).
    ///
    /// # Errors
    ///
    /// Those of the items; [`Cancelled`](ErrorKind::Cancelled) as the last item if the session was closed before their end.
    ///
    /// # Cancel safety
    ///
    /// Dropping a call of `next` loses no item. Dropping the stream drops the stream of the items.
    #[doc(hidden)]
    pub fn stream_while_open<T, E, S>(&self, items: S) -> BoxStream<'static, Result<T, E>>
    where
        T: 'static,
        E: From<Error> + 'static,
        S: Stream<Item = Result<T, E>> + Send + 'static,
    {
        self.closing.stream(items)
    }

    /// The answer to a call that belongs to the session. If the session is closed first, the call is dropped, even
    /// if nobody polls it. A session that is closed already is not refused: see [`check_open`](Self::check_open).
    ///
    /// # Errors
    ///
    /// Those of the call; [`Cancelled`](ErrorKind::Cancelled) if the session was closed before its end.
    ///
    /// # Cancel safety
    ///
    /// As the call itself.
    #[doc(hidden)]
    pub async fn future_while_open<T, E, F>(&self, call: F) -> Result<T, E>
    where
        T: 'static,
        E: From<Error> + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.closing.future(call).await
    }

    /// The same session in the same slot, which is closed apart from this one.
    #[doc(hidden)]
    #[must_use]
    pub fn with_own_close(&self) -> Self {
        Self { closing: Closing::default(), ..self.clone() }
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
/// A call with effects may be made again only if it cannot have run. [`SessionPool::run`](super::SessionPool::run) does
/// so, for a call that needs nothing else of its session.
#[doc(hidden)]
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
