//! The pool or session that a frame runs in.

use std::future::Future;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Origin, Owner, Relation};
use crate::pool::{PooledSession, SessionPool};
use crate::session::Session;

/// The pool or session that runs the frames that are made with it.
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

    /// The owner that a relation of this session keeps.
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

    /// The home of a frame that is made of two. If they do not belong together their relations know.
    pub(super) fn or(&self, other: &Self) -> Self {
        match self {
            Self::Nowhere => other.clone(),
            _ => self.clone(),
        }
    }

    /// Refuses a relation that cannot run here: one with a mistake, or made for another server.
    fn check(&self, relation: &Relation) -> Result<()> {
        Ok(relation.check_in(self.origin(), self.owner())?)
    }

    /// The answer to a call in the session. One that was closed refuses it, and stops it.
    async fn while_open<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        match self.leased() {
            Some(session) => session.while_open(call).await,
            None => Box::pin(call).await,
        }
    }

    /// Makes a call in the session that the relation belongs to, or in one of the pool, where a session that was lost
    /// is replaced. A call with `effects` is not made again if it may have done something.
    pub(super) async fn run<T, F>(
        &self,
        relation: &Relation,
        effects: bool,
        call: impl Fn(Session) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        if let Some((home, session)) = ready(relation)? {
            return home.while_open(call(session.clone())).await;
        }
        let Self::Pool(pool) = self else {
            let message = "the frame has nowhere to run: create it from a session or a driver";
            return Err(Error::new(ErrorKind::InvalidStatement, message));
        };
        pool.run(effects, call).await
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
        match ready(relation)? {
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
fn ready(relation: &Relation) -> Result<Option<(&Home, &Session)>> {
    relation.check()?;
    relation.check_values()?;
    Ok(session_of(relation).and_then(|home| Some((home, home.session()?))))
}

macro_rules! checks {
    ($($maker:ty => $home:expr, $here:literal;)*) => {$(
        impl $maker {
            #[doc = concat!("Refuses a relation that cannot run in ", $here, ", before anything is sent.")]
            ///
            /// # Errors
            ///
            /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) for the relation of a frame that
            /// another pool made, or a session of another, and for one with a mistake in it.
            #[doc(hidden)]
            pub fn check_relation(&self, relation: &Relation) -> Result<()> {
                let home: fn(Self) -> Home = $home;
                home(self.clone()).check(relation)
            }
        }
    )*};
}

checks! {
    SessionPool => Home::Pool, "the sessions of the pool";
    PooledSession => Home::Leased, "the session";
}
