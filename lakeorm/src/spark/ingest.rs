//! Rows that a statement reads by a name: a temporary view of the session that runs it, over rows that were sent or over
//! files.

use std::sync::Arc;

use arrow_array::Int64Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use spark_connect::DataFrame;
use spark_connect::functions::{col, count, max, min};
use spark_connect::pool::PooledSession;
use spark_connect::types::quote_identifier;

use super::confs::with_confs;
use super::session::Running;
use super::{Inner, exec};
use crate::command::Command;
use crate::driver::{DirectIngest, Execution, ROW_NUMBER, StagedRows};
use crate::encode::same_key;
use crate::error::{Error, ErrorKind, Result};

/// More partitions than rows that were sent are ever in, so that none are put together. A plan node between the rows and
/// the statement keeps Spark's optimizer from computing the statement's expressions over the rows on the driver
/// (`ConvertToLocalRelation`), into a second copy on its heap: with 2 GB there is no room for that of a million rows.
const MAX_PARTITIONS: u32 = 1_000_000;

/// A session that is handed rows and will run the statement that reads them.
pub(super) struct Ingest {
    pub(super) driver: Arc<Inner>,
    pub(super) session: PooledSession,
    /// What closing the session waits for; nobody's where the slot is waited for.
    pub(super) running: Arc<Running>,
    /// Whether confs can be set for the statement alone.
    pub(super) takes_confs: bool,
}

impl Ingest {
    /// Rows that travel to the session.
    pub(super) async fn sent(self, rows: DirectIngest) -> Result<Execution<'static>> {
        let frame = self.session.create_dataframe(&rows.batches).coalesce(MAX_PARTITIONS);
        self.named(&frame, rows.view, rows.statement).await
    }

    /// Rows in files, once the engine has seen all of them.
    pub(super) async fn staged(self, rows: StagedRows) -> Result<Execution<'static>> {
        let frame = staged(&self.session, &rows);
        check(&frame, &rows, &self.session).await?;
        self.named(&frame, rows.view, rows.statement).await
    }

    /// Makes the view. It goes with the end of the execution; a session that is lost meanwhile has taken it along.
    async fn named(
        self,
        frame: &DataFrame,
        view: String,
        mut statement: Command,
    ) -> Result<Execution<'static>> {
        let Self { driver, session, running, takes_confs } = self;
        let confs = std::mem::take(&mut statement.confs);
        let confs = if takes_confs { confs } else { Vec::new() };
        statement.session = Some(session.clone());
        let session_of_view = session.clone();
        // Before it is made: dropped half-way, it may be there all the same.
        let removal = {
            let (session, view) = (session.clone(), view.clone());
            running.waited_for(async move {
                let dropped = session.catalog().drop_temp_view(view).await;
                // With the rows in it, it is nobody else's.
                dropped.map(drop).inspect_err(|_| session.taint()).map_err(Into::into)
            })
        };
        let statement = with_confs(session, confs, exec::outcome(driver, statement));
        let statement = async move { running.track_one(statement).await };
        let execution = Execution::new(statement, removal);
        match frame.create_temp_view(view).await {
            Ok(()) => Ok(execution),
            Err(error) => {
                session_of_view.discard_if_lost(&error);
                // It may be there all the same. Where it is not, or cannot be dropped, there is nothing to add to the error.
                let _ = execution.abort().await;
                Err(error.into())
            }
        }
    }
}

/// The rows in the files. What a server's settings could make of them otherwise is said: a file that is not there is no
/// file without rows, and a day of the year 1500 is that day.
fn staged(session: &PooledSession, rows: &StagedRows) -> DataFrame {
    session
        .read()
        .format("parquet")
        .schema(rows.schema.to_string())
        .option("ignoreMissingFiles", false)
        .option("ignoreCorruptFiles", false)
        .option("mergeSchema", false)
        .option("datetimeRebaseMode", "CORRECTED")
        .option("int96RebaseMode", "CORRECTED")
        .load(&rows.files)
}

/// Makes sure that the engine sees every row, and no key twice. Sail takes a file that it does not find for one without
/// rows, and an address that means another place to the engine is no error either.
async fn check(frame: &DataFrame, rows: &StagedRows, session: &PooledSession) -> Result<()> {
    let address = rows.files.first().map_or("", String::as_str);
    let unread = |error| {
        session.discard_if_lost(&error);
        Error::spark(
            format!("the engine cannot read {address}, where rows were staged, and none was written"),
            error,
        )
    };
    let seen = frame.count().await.map_err(unread)?;
    if seen != rows.rows {
        let message = format!(
            "the engine sees {seen} of the {} rows that were staged as {address} and its like, and none was written: it \
             has to read the same place, under the address that Backend::read_as gives it",
            rows.rows
        );
        return Err(Error::new(ErrorKind::Staging, message));
    }
    if rows.distinct.is_empty() {
        return Ok(());
    }
    let keys = rows.distinct.iter().map(|column| col(quote_identifier(column)));
    let twice = frame
        .group_by(keys)
        .agg([count("*").alias("rows"), min(ROW_NUMBER).alias("first"), max(ROW_NUMBER).alias("last")])
        .filter(col("rows").gt(1))
        .select(["first", "last"])
        .limit(1);
    for batch in twice.collect().await.map_err(unread)? {
        let number =
            |column| batch.column_by_name(column).and_then(|column| column.as_primitive_opt::<Int64Type>());
        let first_of = |numbers: &Int64Array| numbers.iter().flatten().next();
        if let (Some(first), Some(last)) =
            (number("first").and_then(first_of), number("last").and_then(first_of))
        {
            return Err(Error::new(ErrorKind::Encode, format!("row {last}: {}", same_key(first))));
        }
    }
    Ok(())
}
