//! Running a statement once.

use arrow_array::RecordBatch;
use futures_util::TryStreamExt;

use super::decode::Decoder;
use super::{BatchStream, Execution, Observer};
use crate::error::Result;
use crate::plan::Sql;
use crate::proto::execute_plan_response::ResponseType;
use crate::proto::relation::RelType;
use crate::proto::{self, LocalRelation, Relation, plan};
use crate::session::Session;

/// What came back from a statement.
///
/// Servers differ in what they send: Spark nothing for most statements, Delta tables counts of rows, Sail a
/// count of rows written, which is not the count of rows changed.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    batches: Vec<RecordBatch>,
}

impl Outcome {
    /// The rows that the server sent with its answer.
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }
}

impl Session {
    /// Runs a statement once, now, and waits until it is done.
    ///
    /// A query is run too, and its rows are dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Server`](crate::ErrorKind::Server) if the server refuses the statement or fails it;
    /// [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if the answer was lost: the statement is
    /// never sent a second time. The transport's kinds.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call interrupts the statement on the server; it may have run by then.
    pub async fn command(&self, sql: &Sql) -> Result<Outcome> {
        Outcome::of(self, sql, &Observer::new()).await
    }
}

impl Outcome {
    /// Runs the statement with `observer` looking on.
    pub(super) async fn of(session: &Session, sql: &Sql, observer: &Observer) -> Result<Self> {
        let mut execution = Execution::observed(session.clone(), sql.to_command(), true, observer);
        let mut outcome = Self::default();
        let mut query = None;
        while let Some(response) = execution.next().await {
            if let Some(ResponseType::SqlCommandResult(result)) = response?.response_type {
                match result.relation {
                    Some(Relation { rel_type: Some(RelType::LocalRelation(local)), .. }) => {
                        outcome.batches.extend(rows(local, observer)?);
                    }
                    relation => query = relation,
                }
            }
        }
        if let Some(relation) = query {
            let plan = proto::Plan { op_type: Some(plan::OpType::Root(relation)) };
            let mut batches = BatchStream::new(Execution::observed(session.clone(), plan, true, observer));
            while batches.try_next().await?.is_some() {}
        }
        Ok(outcome)
    }
}

fn rows(local: LocalRelation, observer: &Observer) -> Result<Vec<RecordBatch>> {
    let Some(data) = local.data.filter(|data| !data.is_empty()) else { return Ok(Vec::new()) };
    observer.received(data.len());
    let batches = Decoder::default().decode_stream(data)?;
    observer.decoded(&batches);
    Ok(batches)
}
