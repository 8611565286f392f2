//! Running a statement once.

use std::fmt;

use arrow_array::RecordBatch;
use futures_util::TryStreamExt;

use super::decode::Decoder;
use super::{BatchStream, Execution, Observer};
use crate::error::Result;
use crate::proto::execute_plan_response::ResponseType;
use crate::proto::relation::RelType;
use crate::proto::{self, LocalRelation, Relation, plan};
use crate::rpc::Rpc;

/// What came back from a statement.
///
/// Servers differ in what they send: Spark nothing for most statements, Delta tables counts of rows, Sail a
/// count of rows written, which is not the count of rows changed.
#[derive(Clone, Default)]
pub struct Outcome {
    batches: Vec<RecordBatch>,
    /// What the server calls a relation that it keeps.
    pub(crate) checkpoint: Option<String>,
}

impl Outcome {
    /// The rows that the server sent with its answer.
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }
}

impl Outcome {
    /// Runs the plan of a command with `observer` looking on.
    pub(crate) async fn of(rpc: &Rpc, plan: proto::Plan, observer: &Observer) -> Result<Self> {
        let mut execution = Execution::new(rpc.clone(), plan, true, observer);
        let mut outcome = Self::default();
        let mut query = None;
        while let Some(response) = execution.next().await {
            match response?.response_type {
                Some(ResponseType::SqlCommandResult(result)) => match result.relation {
                    Some(Relation { rel_type: Some(RelType::LocalRelation(local)), .. }) => {
                        outcome.batches.extend(rows(rpc, local, observer)?);
                    }
                    relation => query = relation,
                },
                Some(ResponseType::CheckpointCommandResult(result)) => {
                    outcome.checkpoint = result.relation.map(|relation| relation.relation_id);
                }
                _ => {}
            }
        }
        if let Some(relation) = query {
            let plan = proto::Plan { op_type: Some(plan::OpType::Root(relation)) };
            let mut batches = BatchStream::new(Execution::new(rpc.clone(), plan, true, observer));
            while batches.try_next().await?.is_some() {}
        }
        Ok(outcome)
    }
}

/// Counts, and no cell.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: usize = self.batches.iter().map(RecordBatch::num_rows).sum();
        f.debug_struct("Outcome")
            .field("batches", &self.batches.len())
            .field("rows", &rows)
            .finish_non_exhaustive()
    }
}

fn rows(rpc: &Rpc, local: LocalRelation, observer: &Observer) -> Result<Vec<RecordBatch>> {
    let Some(data) = local.data.filter(|data| !data.is_empty()) else { return Ok(Vec::new()) };
    observer.received(data.len());
    let batches = Decoder::new(rpc.channel().max_batch_bytes()).decode_stream(data)?;
    observer.decoded(&batches);
    Ok(batches)
}
