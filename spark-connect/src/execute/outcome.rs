//! Running a statement once.

use std::fmt;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, RecordBatch};
use bytes::Bytes;
use futures_util::TryStreamExt;
use prost::Message;

use super::decode::Decoder;
use super::{BatchStream, Execution, Observer};
use crate::channel::Effects;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::sql_command;
use crate::proto::execute_plan_response::ResponseType;
use crate::proto::{self, LocalRelation, Relation, plan};
use crate::rpc::Rpc;
use crate::sql::Statement;

/// Where Delta says how many rows it changed.
const AFFECTED: &str = "num_affected_rows";

/// The answer to a statement.
///
/// Servers differ in what they send: Spark nothing for most statements, Delta tables counts of rows
/// ([`affected_rows`](Self::affected_rows)), Sail a count of rows written, which is not the count of rows changed.
#[derive(Clone, Default)]
pub struct Outcome {
    batches: Vec<RecordBatch>,
    /// The server's name of a relation that it keeps.
    pub(crate) checkpoint: Option<String>,
}

impl Outcome {
    /// The rows that the server sent with its answer.
    ///
    /// Delta tables on Spark answer UPDATE, DELETE and MERGE with one row of counts: `num_affected_rows` and, for a MERGE,
    /// `num_updated_rows`, `num_deleted_rows` and `num_inserted_rows`. Other servers and formats send other columns or
    /// none.
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// How many rows an UPDATE, DELETE or MERGE changed, where the server says it: on Delta tables of Spark and
    /// Databricks, the column `num_affected_rows`.
    ///
    /// `None` everywhere else, and where Delta itself does not know. Iceberg tables on Spark answer without a count. Sail
    /// counts the rows that it wrote, in files that it wrote anew: an UPDATE of one row may say 2, and a DELETE of one 0.
    ///
    /// ```no_run
    /// # async fn run(session: spark_connect::Session) -> spark_connect::Result<()> {
    /// let outcome = session.command(&spark_connect::Sql::new("DELETE FROM users WHERE id = 7")).await?;
    /// if let Some(deleted) = outcome.affected_rows() {
    ///     println!("{deleted} rows deleted");
    /// }
    /// # Ok(()) }
    /// ```
    #[doc(alias = "rows_affected")]
    pub fn affected_rows(&self) -> Option<u64> {
        let mut filled = self.batches.iter().filter(|batch| batch.num_rows() > 0);
        let (Some(batch), None) = (filled.next(), filled.next()) else { return None };
        let counts = batch.column_by_name(AFFECTED)?.as_primitive_opt::<Int64Type>()?;
        // Delta says -1 where it does not know.
        (counts.len() == 1 && counts.is_valid(0)).then(|| u64::try_from(counts.value(0)).ok())?
    }
}

/// The answer of a driver that runs statements by other means.
///
/// ```
/// use std::sync::Arc;
/// use spark_connect::Outcome;
/// use spark_connect::arrow_array::{ArrayRef, Int64Array, RecordBatch};
///
/// let deleted: ArrayRef = Arc::new(Int64Array::from(vec![7]));
/// let counts = RecordBatch::try_from_iter([("num_affected_rows", deleted)])?;
/// assert_eq!(Outcome::from(vec![counts]).affected_rows(), Some(7));
/// # Ok::<(), spark_connect::arrow_schema::ArrowError>(())
/// ```
impl From<Vec<RecordBatch>> for Outcome {
    fn from(batches: Vec<RecordBatch>) -> Self {
        Self { batches, checkpoint: None }
    }
}

impl Outcome {
    /// Runs `statement` in the form `sql` that the server takes, and reports to `observer`. A server answers a query with
    /// a relation, which is run then.
    pub(crate) async fn of_statement(
        rpc: &Rpc,
        statement: &Statement,
        sql: proto::Sql,
        observer: &Observer,
    ) -> Result<Self> {
        let effects = Effects::of(statement.has_effects());
        let plan = sql_command(sql, rpc.profile().longest_bare_statement());
        match CommandResult::of(rpc, plan, effects, observer).await? {
            Some(CommandResult::Query(relation)) if statement.is_left_to_run() => {
                let plan = proto::Plan { op_type: Some(plan::OpType::Root(*relation)) };
                let mut batches =
                    BatchStream::new(Execution::new(rpc.clone(), plan, effects, observer), None);
                let run = async {
                    while batches.try_next().await?.is_some() {}
                    Ok::<_, Error>(Self::default())
                };
                run.await.map_err(|error| match effects {
                    // The statement was answered before.
                    Effects::MayChange => error.with_may_have_run(true).not_repeatable(),
                    Effects::ReadOnly => error,
                })
            }
            answer => Ok(Self::of_answer(answer)),
        }
    }

    /// Runs the plan of a command.
    pub(crate) async fn of_command(rpc: &Rpc, plan: proto::Plan) -> Result<Self> {
        Ok(Self::of_answer(CommandResult::of(rpc, plan, Effects::MayChange, &Observer::new()).await?))
    }

    fn of_answer(answer: Option<CommandResult>) -> Self {
        match answer {
            Some(CommandResult::Rows(batches)) => batches.into(),
            Some(CommandResult::Kept(relation)) => Self { batches: Vec::new(), checkpoint: Some(relation) },
            // Not left to run, so it has run.
            Some(CommandResult::Query(_)) | None => Self::default(),
        }
    }
}

/// The answer of a server to a command.
pub(crate) enum CommandResult {
    Rows(Vec<RecordBatch>),
    /// The server's name of a relation that it keeps.
    Kept(String),
    /// The statement itself. A query is to be run as a plan. Spark 3.5 answers so too when it has run several INSERTs.
    Query(Box<Relation>),
}

/// A relation of which only rows are decoded: other relations are short, and two bytes of one can stand for a hundred in
/// memory.
#[derive(Clone, PartialEq, Message)]
struct Rows {
    #[prost(message, optional, tag = "11")]
    local: Option<LocalRelation>,
}

/// The longest plan that a server may answer with, which repeats the statement, in bytes.
const LONGEST_PLAN: usize = 4 * 1024 * 1024;

impl CommandResult {
    /// Runs the plan of a command, and gives its answer.
    async fn of(rpc: &Rpc, plan: proto::Plan, effects: Effects, observer: &Observer) -> Result<Option<Self>> {
        Self::read_from(&mut Execution::new(rpc.clone(), plan, effects, observer)).await
    }

    /// The one answer among the responses to a command.
    pub(crate) async fn read_from(execution: &mut Execution) -> Result<Option<Self>> {
        let mut answer = None;
        while let Some(response) = execution.next().await {
            let next = match response?.response_type {
                Some(ResponseType::SqlCommandResult(result)) => Self::read(result.relation, execution),
                Some(ResponseType::CheckpointCommandResult(result)) => {
                    Ok(result.relation.map(|relation| Self::Kept(relation.relation_id)))
                }
                _ => continue,
            };
            let next = next.map_err(|error| execution.unreadable(error))?;
            if answer.replace(next).is_some() {
                return Err(execution.unreadable(Error::protocol("the server answered the command twice")));
            }
        }
        Ok(answer.flatten())
    }

    fn read(relation: Bytes, execution: &Execution) -> Result<Option<Self>> {
        if relation.is_empty() {
            return Ok(None);
        }
        let unreadable =
            |error| Error::protocol("the answer to the command is not readable").with_source(error);
        let Rows { local } = Rows::decode(relation.clone()).map_err(unreadable)?;
        match local {
            Some(local) => Ok(Some(Self::Rows(rows(local, execution)?))),
            None if relation.len() > LONGEST_PLAN => Err(Error::new(
                ErrorKind::TooLarge,
                "the server answered the command with a plan of more than 4 MiB",
            )),
            None => Ok(Some(Self::Query(Box::new(Relation::decode(relation).map_err(unreadable)?)))),
        }
    }
}

/// Counts, and no other cell.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcome")
            .field("batches", &self.batches.len())
            .field("affected_rows", &self.affected_rows())
            .finish_non_exhaustive()
    }
}

fn rows(local: LocalRelation, execution: &Execution) -> Result<Vec<RecordBatch>> {
    let Some(data) = local.data.filter(|data| !data.is_empty()) else { return Ok(Vec::new()) };
    execution.observer().received(data.len());
    let batches = Decoder::new(execution.max_batch_bytes()).decode_stream(data)?;
    execution.observer().decoded(&batches);
    Ok(batches)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, UInt64Array};

    use super::*;

    fn of(batches: &[(&str, ArrayRef)]) -> Outcome {
        let batch = |(name, column): &(&str, ArrayRef)| {
            RecordBatch::try_from_iter([(*name, Arc::clone(column))]).unwrap()
        };
        Outcome::from(batches.iter().map(batch).collect::<Vec<_>>())
    }

    fn counts<const N: usize>(counts: [Option<i64>; N]) -> ArrayRef {
        Arc::new(Int64Array::from(counts.to_vec()))
    }

    #[test]
    fn the_rows_that_delta_changed_are_counted_and_nothing_else_is() {
        let none = counts([]);
        let written: ArrayRef = Arc::new(UInt64Array::from(vec![2]));
        for (outcome, affected) in [
            (of(&[(AFFECTED, counts([Some(7)]))]), Some(7)),
            (of(&[(AFFECTED, counts([Some(0)]))]), Some(0)),
            (of(&[(AFFECTED, Arc::clone(&none)), (AFFECTED, counts([Some(7)]))]), Some(7)),
            // Delta does not know, or passed over the statement.
            (of(&[(AFFECTED, counts([Some(-1)]))]), None),
            (of(&[(AFFECTED, counts([None]))]), None),
            (of(&[(AFFECTED, none)]), None),
            // Sail.
            (of(&[("count", written)]), None),
            (of(&[("num_inserted_rows", counts([Some(7)]))]), None),
            // Rows of a query.
            (of(&[(AFFECTED, counts([Some(7), Some(8)]))]), None),
            (of(&[(AFFECTED, counts([Some(7)])), (AFFECTED, counts([Some(8)]))]), None),
            (Outcome::default(), None),
        ] {
            assert_eq!(outcome.affected_rows(), affected, "{outcome:?}");
        }
    }

    #[test]
    fn an_outcome_shows_no_number_of_rows_that_is_not_of_those_changed() {
        let outcome = of(&[("count", counts([Some(1), Some(2), Some(3)]))]);
        assert_eq!(format!("{outcome:?}"), "Outcome { batches: 1, affected_rows: None, .. }");
    }
}
