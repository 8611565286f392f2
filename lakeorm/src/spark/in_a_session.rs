//! What runs in any session of the pool, among it statements that set something in the one they run in.

use std::future::Future;
use std::mem;

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
    let (mut is_told, mut retry) = (false, SessionRetry::new(effects));
    loop {
        let session = observation.acquire().await?;
        if changes_session {
            // Only a session tells who sees the change.
            if !mem::replace(&mut is_told, true) {
                warn_of_state(&inner.name, &session);
            }
            session.taint();
        }
        match inner.pool.when_ready(&session, || call(session.clone())).await {
            Err(error) if retry.allows(&session, &error) => {}
            answer => return Ok((session, answer?)),
        }
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
