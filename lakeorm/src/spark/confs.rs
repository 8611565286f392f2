//! Confs that hold for one statement.

use std::collections::BTreeMap;

use spark_connect::pool::PooledSession;
use spark_connect::{Outcome, clock};

use super::time_limit::TimeLimit;
use crate::driver::TIDYING;
use crate::error::{Error, ErrorKind, Result};

/// Confs under which a table format takes every statement for one and the same write. Set for a whole session they
/// would have the second one skipped without a word.
const OF_ONE_WRITE: [&str; 4] = [
    "spark.databricks.delta.write.txnAppId",
    "spark.databricks.delta.write.txnVersion",
    "spark.sql.iceberg.snapshot-property.lakeorm-ingest-id",
    "spark.sql.iceberg.snapshot-property.lakeorm-wap-ingest-id",
];

/// The conf of one write that stands in the text, a key or a statement.
pub(super) fn conf_of_one_write(text: &str) -> Option<&'static str> {
    OF_ONE_WRITE.into_iter().find(|key| text.contains(key))
}

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

/// Runs a statement with these confs, and gives them their former values back. Where the server does not let them be
/// set, or the session does not take confs for one statement (`takes_confs`), the statement runs without them, and an
/// error of it is marked as that of an unrecorded write. Setting them may take as long as the statement.
pub(super) async fn with_confs(
    session: PooledSession,
    confs: Vec<(String, String)>,
    takes_confs: bool,
    limit: Option<TimeLimit>,
    statement: impl Future<Output = Result<Outcome>>,
) -> Result<Outcome> {
    // A format that reads none has no other protection than that merges conflict.
    if confs.is_empty() || !session.profile().formats_read_confs() {
        return statement.await;
    }
    if !takes_confs {
        warn_of_rows_alone("its session is shared with other writers");
        return statement.await.map_err(Error::of_unrecorded_write);
    }
    let keys: Vec<String> = confs.iter().map(|(key, _)| key.clone()).collect();
    let setting = async {
        let before = if_taken(session.confs(keys.clone()).await)?.unwrap_or_default();
        let changed = Changed { session, is_undone: false };
        let is_set = if_taken(changed.session.set_confs(confs).await)?;
        Ok((before, changed, is_set))
    };
    let (before, mut changed, is_set) =
        TimeLimit::bounding(limit, setting, TimeLimit::exceeded_by_confs).await?;
    let is_recorded = match is_set {
        Some(()) => true,
        None if before.is_empty() => {
            warn_of_rows_alone("the server does not let a write set its confs");
            false
        }
        // The table would take the statement for that write.
        None => return Err(of_another_write(&before)),
    };
    let outcome = statement.await;
    if has_ended(&outcome) {
        let restoring = restore(&changed.session, keys, before);
        changed.is_undone = matches!(clock::timeout(TIDYING, restoring).await, Some(Ok(())));
    }
    if is_recorded { outcome } else { outcome.map_err(Error::of_unrecorded_write) }
}

/// For a write with an idempotency key whose table could record it, and does not.
fn warn_of_rows_alone(why: &str) {
    tracing::warn!(
        target: "lakeorm",
        "the table does not record the idempotency key, since {why}: it is only known while one of its rows is \
         unchanged, the write is not sent again if its answer is lost, and on Databricks two writes with the key at the \
         same time may both land"
    );
}

/// The answer to a call about confs; `None` if the server does not let them be set.
fn if_taken<T>(answer: spark_connect::Result<T>) -> Result<Option<T>> {
    use spark_connect::ErrorKind::{Server, Unsupported};
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if matches!(error.kind(), Server | Unsupported) => {
            tracing::debug!(target: "lakeorm", kind = ?error.kind(), "the server takes no confs for a write");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn of_another_write(confs: &BTreeMap<String, String>) -> Error {
    let keys = confs.keys().map(String::as_str).collect::<Vec<_>>().join(" and ");
    let message = format!(
        "the session has {keys} of another write, and the server does not let a write set its own; nothing was written. \
         Remove {keys} from the server's and the session's confs"
    );
    Error::new(ErrorKind::Config, message)
}

/// Gives the confs the values that they had before.
async fn restore(
    session: &PooledSession,
    mut keys: Vec<String>,
    before: BTreeMap<String, String>,
) -> spark_connect::Result<()> {
    keys.retain(|key| !before.contains_key(key));
    if !keys.is_empty() {
        session.unset_confs(keys).await?;
    }
    if !before.is_empty() {
        session.set_confs(before).await?;
    }
    Ok(())
}

/// Whether the statement has come to its end on the server too. One that still runs reads the confs again as it
/// commits.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Delta, Dialect, Iceberg};
    use crate::table::TableName;

    #[test]
    fn the_confs_of_one_write_are_those_that_the_dialects_set() {
        let (table, id) = (TableName::parse("shop.orders"), uuid::Uuid::nil());
        let dialects: [&dyn Dialect; 2] = [&Delta::new(), &Iceberg::new()];
        let of = |dialect: &dyn Dialect| {
            [dialect.idempotency_confs(&table, id), dialect.unpublished_confs(&table, id)].concat()
        };
        let confs = dialects.map(of).concat();
        let keys: Vec<&str> = confs.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, OF_ONE_WRITE);
    }
}
