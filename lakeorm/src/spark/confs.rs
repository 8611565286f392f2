//! Confs that hold for one statement.

use spark_connect::Outcome;
use spark_connect::pool::PooledSession;

use crate::error::{ErrorKind, Result};

/// Whether confs can be set in the session for one statement, and a table format reads them.
pub(super) fn takes_confs(session: &PooledSession) -> bool {
    // One that is shared runs other writes beside, which would be taken for this one.
    session.profile().formats_read_confs() && !session.is_shared()
}

/// A session that is not handed on unless it is as it was.
struct Changed {
    session: PooledSession,
    is_undone: bool,
}

/// Runs a statement in a session in which nothing else runs, with confs that are taken back after it. On a server that does
/// not let them be set it runs without.
pub(super) async fn with_confs(
    session: PooledSession,
    confs: Vec<(String, String)>,
    statement: impl Future<Output = Result<Outcome>>,
) -> Result<Outcome> {
    if confs.is_empty() {
        return statement.await;
    }
    let keys: Vec<String> = confs.iter().map(|(key, _)| key.clone()).collect();
    let mut changed = Changed { session, is_undone: false };
    if let Err(error) = changed.session.set_confs(confs).await {
        use spark_connect::ErrorKind::{Server, Unsupported};
        if !matches!(error.kind(), Server | Unsupported) {
            return Err(error.into());
        }
        tracing::debug!(target: "lakeorm", kind = ?error.kind(), "the server takes no confs for a write");
    }
    let outcome = statement.await;
    if has_ended(&outcome) {
        changed.is_undone = changed.session.unset_confs(keys).await.is_ok();
    }
    outcome
}

/// Whether the statement has come to its end on the server too. One that still runs reads the confs again as it commits.
fn has_ended(outcome: &Result<Outcome>) -> bool {
    outcome.as_ref().err().is_none_or(|error| error.kind() == ErrorKind::Server)
}

impl Drop for Changed {
    fn drop(&mut self) {
        if !self.is_undone {
            self.session.taint();
        }
    }
}
