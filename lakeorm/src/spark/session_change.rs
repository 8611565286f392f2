//! What runs in any session of the pool, and the statements that set something in the one they run in.

use std::future::Future;

use spark_connect::pool::{PooledSession, SessionRetry};

use super::Inner;
use super::observe::Observation;
use crate::error::Result;

/// Makes a call in a session of the pool, and again in another if that one was lost: a call with `effects` only where it
/// cannot have run. A session that the call changes is not handed on.
pub(super) async fn in_a_session<T, F>(
    inner: &Inner,
    observation: &Observation,
    effects: bool,
    changes_session: bool,
    call: impl Fn(PooledSession) -> F,
) -> Result<(PooledSession, T)>
where
    F: Future<Output = spark_connect::Result<T>>,
{
    let mut change = SessionChange::by(changes_session, &inner.name);
    let mut retry = SessionRetry::new(effects);
    loop {
        let session = observation.acquire().await?;
        if let Some(change) = &mut change {
            change.made_in(&session);
        }
        match inner.pool.when_ready(&session, || call(session.clone())).await {
            Err(error) if retry.allows(&session, &error) => {}
            answer => return Ok((session, answer?)),
        }
    }
}

/// A statement that sets something in a session of the pool, whichever it is run in.
struct SessionChange<'d> {
    driver: &'d str,
    is_told: bool,
}

impl<'d> SessionChange<'d> {
    fn by(changes_session: bool, driver: &'d str) -> Option<Self> {
        changes_session.then_some(Self { driver, is_told: false })
    }

    /// Has the session not handed on. Only a session tells who sees the change, which is told once.
    fn made_in(&mut self, session: &PooledSession) {
        if !self.is_told {
            self.is_told = true;
            warn_of_state(self.driver, session);
        }
        session.taint();
    }
}

/// For a session that the caller of the statement will not get again, or that all callers share.
fn warn_of_state(driver: &str, session: &PooledSession) {
    if session.is_shared() || session.profile().keeps_catalog_in_session() {
        tracing::warn!(
            target: "lakeorm",
            driver,
            "this statement changes session state, which every user of this driver now sees: all share one session"
        );
    } else {
        tracing::warn!(
            target: "lakeorm",
            driver,
            "this statement changes session state, which the next statement will not see: use session_conf or \
             session_statement, or run both in drv.session()"
        );
    }
}
