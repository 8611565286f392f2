//! The pool or session that a frame runs in.

use std::future::Future;
use std::sync::Arc;

use futures_core::Stream;
use futures_util::stream::{BoxStream, StreamExt};

use super::DataFrame;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Origin, Owner, Relation};
use crate::pool::{PooledSession, SessionPool};
use crate::session::Session;

/// The pool or session that runs the frames that are made with it.
#[derive(Clone)]
pub(crate) enum Home {
    Pool(SessionPool),
    Leased(PooledSession),
    Session(Session),
}

impl Home {
    pub(super) fn leased(&self) -> Option<&PooledSession> {
        match self {
            Self::Leased(session) => Some(session),
            _ => None,
        }
    }

    fn session(&self) -> Option<&Session> {
        match self {
            Self::Leased(session) => Some(session),
            Self::Session(session) => Some(session),
            Self::Pool(_) => None,
        }
    }

    /// The owner that a relation of this session keeps.
    pub(super) fn owner(&self) -> Option<Owner> {
        self.session().map(|session| Owner::new(session.key(), Arc::new(self.clone())))
    }

    pub(super) fn origin(&self) -> Origin {
        match self {
            Self::Pool(pool) => Origin::Pool(pool.id()),
            Self::Leased(session) => Origin::Pool(session.pool_id()),
            Self::Session(session) => Origin::Session(session.key()),
        }
    }

    /// Refuses a relation that cannot run here: one with a mistake, or made for another server.
    pub(super) fn check(&self, relation: &Relation) -> Result<()> {
        Ok(relation.check_in(Some(self.origin()), self.owner())?)
    }

    /// The answer to a call in the session. One that was closed refuses it, and stops it.
    async fn while_open<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        match self.leased() {
            Some(session) => session.while_open(call).await,
            None => Box::pin(call).await,
        }
    }

    /// The items of a stream in the session. One that was closed refuses it, and stops it though nobody reads it.
    pub(super) fn stream_while_open<T: 'static>(
        &self,
        items: impl Stream<Item = Result<T>> + Send + 'static,
    ) -> Result<BoxStream<'static, Result<T>>> {
        let Some(session) = self.leased() else { return Ok(items.boxed()) };
        session.check_open()?;
        Ok(session.stream_while_open(items))
    }
}

impl SessionPool {
    pub(crate) fn home(&self) -> Home {
        Home::Pool(self.clone())
    }
}

impl PooledSession {
    pub(crate) fn home(&self) -> Home {
        Home::Leased(self.clone())
    }
}

impl Session {
    pub(crate) fn home(&self) -> Home {
        Home::Session(self.clone())
    }
}

impl DataFrame {
    /// Makes a call in the session that the frame belongs to, or in one of the pool, where a session that was lost is
    /// replaced. A call with `effects` is not made again if it may have done something.
    pub(super) async fn run<T, F>(&self, effects: bool, call: impl Fn(Session) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        if let Some((home, session)) = ready(&self.relation)? {
            return home.while_open(call(session.clone())).await;
        }
        let Some(pool) = &self.pool else {
            let message = "the frame has nowhere to run: create it from a session or a driver";
            return Err(Error::new(ErrorKind::InvalidStatement, message));
        };
        pool.run(effects, call).await
    }

    /// Makes a call that only a session remembers.
    pub(crate) async fn run_in_session<T, F>(&self, what: &str, call: impl Fn(Session) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        match ready(&self.relation)? {
            Some((home, session)) => home.while_open(call(session.clone())).await,
            None => Err(Error::new(
                ErrorKind::InvalidStatement,
                format!(
                    "{what} needs a session, since the frames and the catalog of a pool or driver run in any session: \
                     take the frame or the catalog from a session (`pool.acquire()`, or `drv.session()` in lakeorm)"
                ),
            )),
        }
    }
}

/// The session that a relation belongs to.
pub(super) fn session_of(relation: &Relation) -> Option<&Home> {
    relation.owner().and_then(|owner| owner.kept().downcast_ref::<Home>())
}

/// The same, and the session that calls are made in, once the relation is known to have no mistake.
pub(super) fn ready(relation: &Relation) -> Result<Option<(&Home, &Session)>> {
    relation.check()?;
    relation.check_values()?;
    Ok(session_of(relation).and_then(|home| Some((home, home.session()?))))
}
