//! Where a frame runs.

use std::future::Future;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Origin, Owner, Relation};
use crate::pool::{PooledSession, SessionPool, SessionRetry};
use crate::session::Session;

/// Where frames run that are made with it.
#[derive(Clone)]
pub(crate) enum Home {
    Nowhere,
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
            Self::Nowhere | Self::Pool(_) => None,
        }
    }

    /// What a relation of this session keeps.
    pub(super) fn owner(&self) -> Option<Owner> {
        self.session().map(|session| Owner::new(session.key(), Arc::new(self.clone())))
    }

    pub(super) fn origin(&self) -> Option<Origin> {
        match self {
            Self::Nowhere => None,
            Self::Pool(pool) => Some(Origin::Pool(pool.id())),
            Self::Leased(session) => Some(Origin::Pool(session.pool_id())),
            Self::Session(session) => Some(Origin::Session(session.key())),
        }
    }

    /// Where a frame runs that is made of two. If they do not belong together their relations know.
    pub(super) fn or(&self, other: &Self) -> Self {
        match self {
            Self::Nowhere => other.clone(),
            _ => self.clone(),
        }
    }

    /// Makes a call in the session that the relation belongs to, or in one of the pool, where a session that was lost is
    /// replaced. A call with `effects` is not made again if it may have done something.
    pub(super) async fn run<T, F>(
        &self,
        relation: &Relation,
        effects: bool,
        call: impl Fn(Session) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        relation.check()?;
        if let Some(session) = session_of(relation).and_then(Self::session) {
            return call(session.clone()).await;
        }
        let Self::Pool(pool) = self else {
            let message = "the frame belongs to no session and no pool: make it with one";
            return Err(Error::new(ErrorKind::InvalidStatement, message));
        };
        let mut retry = SessionRetry::new(effects);
        loop {
            let session = pool.acquire_to_query().await?;
            match pool.when_ready(|| call(Session::clone(&session))).await {
                Err(error) if retry.allows(&session, &error) => {}
                answer => return answer,
            }
        }
    }

    /// Makes a call that only a session remembers.
    pub(crate) async fn run_in_session<T, F>(
        &self,
        relation: &Relation,
        what: &str,
        call: impl Fn(Session) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        relation.check()?;
        match session_of(relation).and_then(Self::session) {
            Some(session) => call(session.clone()).await,
            None => Err(Error::new(
                ErrorKind::InvalidStatement,
                format!(
                    "{what} lives in a session, and what a driver makes runs in any of its sessions: make it with one, \
                     `drv.session().await?`"
                ),
            )),
        }
    }
}

/// The session that a relation belongs to.
pub(super) fn session_of(relation: &Relation) -> Option<&Home> {
    relation.owner().and_then(|owner| owner.kept().downcast_ref::<Home>())
}
