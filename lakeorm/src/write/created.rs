//! The columns that a table fills by itself, in the words of `SHOW CREATE TABLE`: Databricks tells there which are
//! generated, and Spark which have a default.

use futures_util::TryStreamExt;
use spark_connect::sql::filled_columns;

use super::described::text_in;
use crate::driver::Driver;
use crate::error::{Error, ErrorKind, Result};
use crate::source::{Read, Source};
use crate::table::TableName;

/// The columns of the table that are filled where a row has no value for them. An engine that does not tell has none.
pub(super) async fn filled(driver: &dyn Driver, table: &TableName) -> Result<Vec<String>> {
    let source = Source::sql(format!("SHOW CREATE TABLE {table}"));
    match driver.read(Read::all(source)).try_collect::<Vec<_>>().await {
        Ok(told) => {
            let told = told.iter().filter(|batch| batch.num_rows() > 0);
            Ok(told.flat_map(|batch| filled_columns(&text_in(batch, "createtab_stmt", 0))).collect())
        }
        // The write is then refused for the columns that it has no value for.
        Err(error) if !did_not_end(&error) => {
            tracing::debug!(target: "lakeorm", kind = ?error.kind(), %table, "the engine does not tell how it is made");
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// Whether the question did not get to its end, in contrast to one that the engine or the driver refused.
fn did_not_end(error: &Error) -> bool {
    let is_open = matches!(
        error.kind(),
        ErrorKind::NoRuntime
            | ErrorKind::Connect
            | ErrorKind::Unauthenticated
            | ErrorKind::Unavailable
            | ErrorKind::ClusterNotReady
            | ErrorKind::SessionLost
            | ErrorKind::Cancelled
            | ErrorKind::Timeout
            | ErrorKind::PoolTimeout
            | ErrorKind::Closed
    );
    (is_open && !error.is_permission_denied()) || error.is_commit_conflict()
}

#[cfg(test)]
mod tests {
    use spark_connect::ServerError;

    use super::*;

    #[test]
    fn a_question_that_is_refused_tells_no_columns_and_one_that_did_not_end_fails() {
        for kind in
            [ErrorKind::Server, ErrorKind::Unsupported, ErrorKind::InvalidStatement, ErrorKind::Config]
        {
            assert!(!did_not_end(&Error::new(kind, "refused")), "{kind:?}");
        }
        for kind in [ErrorKind::SessionLost, ErrorKind::Unavailable, ErrorKind::Timeout, ErrorKind::Closed] {
            assert!(did_not_end(&Error::new(kind, "not here")), "{kind:?}");
        }
        let server = |said| Error::new(ErrorKind::Server, "refused").with_server(said);
        assert!(did_not_end(&server(ServerError::new("another was first").commit_conflict())));
        assert!(!did_not_end(&server(ServerError::new("not for you").permission_denied())));
    }
}
