//! Rows that travel beside the statement that writes them: a temporary view of the session that runs it.

use std::sync::Arc;

use spark_connect::pool::PooledSession;

use super::{Inner, exec};
use crate::driver::{DirectIngest, Execution};
use crate::error::Result;

/// Makes the view; the statement runs in the same session, and the view goes with its end. A session that is lost meanwhile
/// has taken the view with it.
pub(super) async fn direct(
    driver: Arc<Inner>,
    session: PooledSession,
    ingest: DirectIngest,
) -> Result<Execution<'static>> {
    let DirectIngest { batches, view, mut statement } = ingest;
    statement.session = Some(session.clone());
    // Before it is made: dropped half-way, it may be there all the same.
    let removal = {
        let (session, view) = (session.clone(), view.clone());
        async move {
            let dropped = session.catalog().drop_temp_view(view).await;
            // With the rows in it, it is nobody else's.
            dropped.map(drop).inspect_err(|_| session.taint()).map_err(Into::into)
        }
    };
    let execution = Execution::new(exec::outcome(driver, statement), removal);
    match session.create_dataframe(&batches).create_temp_view(view).await {
        Ok(()) => Ok(execution),
        Err(error) => {
            // It may be there all the same. Where it is not, or cannot be dropped, there is nothing to add to the error.
            let _ = execution.abort().await;
            Err(error.into())
        }
    }
}
