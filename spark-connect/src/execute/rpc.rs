//! The RPCs of one operation, over those of its session.

use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt;
use prost::Message;
use uuid::Uuid;

use super::cancel;
use super::operation::OperationRpc;
use crate::channel::Effects;
use crate::clock;
use crate::error::status::Failure;
use crate::error::{Error, Result};
use crate::proto;
use crate::proto::command::CommandType;
use crate::proto::execute_plan_request::{RequestOption, request_option};
use crate::proto::plan::OpType;
use crate::proto::relation::RelType;
use crate::rpc::{OperationHandle, PlanSent, RELEASE_TIMEOUT, Responses, Rpc, ServerProfile};
use crate::sql::Statement;

/// No link to a server is slower than this, in bytes per second.
const SLOWEST_LINK: u64 = 64 * 1024;

/// The calls of one operation.
pub(crate) struct SessionRpc {
    rpc: Rpc,
    operation: Uuid,
    handle: OperationHandle,
    plan: proto::Plan,
    effects: Effects,
}

impl SessionRpc {
    pub(crate) fn new(rpc: Rpc, handle: OperationHandle, plan: proto::Plan, effects: Effects) -> Self {
        Self { rpc, operation: handle.id(), handle, plan, effects }
    }

    /// Tells the server something in a task that outlives the caller; `Channel::drained` waits for it.
    fn in_background<F>(&self, call: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // Bounded, and so boxed, before it is spawned, which would copy it several times.
        let call = clock::timeout(RELEASE_TIMEOUT, call);
        self.rpc.channel().background().spawn(async move {
            if call.await.is_none() {
                tracing::debug!("the server did not answer a release in time");
            }
        });
    }
}

impl OperationRpc for SessionRpc {
    type Responses = Responses;

    async fn check_before_plan(&self, effects: Effects) -> Result<(), Failure> {
        self.rpc.check_before_plan(effects, &self.handle).await
    }

    async fn execute(&self, sent: &PlanSent) -> Result<Responses, Failure> {
        let options = request_options(self.rpc.channel().remote().max_message_size());
        // Since the session was looked at another server may have come.
        let breaks = self.rpc.breaks_at_sentinel();
        self.rpc.execute_plan(self.operation, &self.plan, options, self.effects, breaks, sent).await
    }

    fn may_be_several(&self) -> bool {
        may_be_several(&self.plan)
    }

    fn sending_time(&self) -> Duration {
        let bytes = u64::try_from(self.plan.encoded_len()).unwrap_or(u64::MAX);
        Duration::from_secs(bytes / SLOWEST_LINK)
    }

    fn profile(&self) -> ServerProfile {
        self.rpc.profile()
    }

    async fn look(&self) -> Result<(), Failure> {
        match self.profile().recreates_lost_sessions() {
            true => self.rpc.check_sentinel().await,
            false => self.rpc.probe().await,
        }
    }

    async fn reattach(&self, last: Option<&str>) -> Result<Responses, Failure> {
        self.rpc.reattach_execute(self.operation, last).await
    }

    async fn ended_with_pool(&self) -> Error {
        self.handle.ended_with_pool().await
    }

    async fn explain(&self, error: Error) -> Error {
        self.handle.explain(self.rpc.explain(error).await)
    }

    fn release(&self, until: Option<String>) {
        let (rpc, operation) = (self.rpc.unleased(), self.operation);
        self.in_background(async move { release(&rpc, operation, until.as_deref()).await });
    }

    fn finish(&self, responses: Option<Responses>) {
        // The operation is over: who waits for a slot need not wait for what follows.
        let (rpc, operation) = (self.rpc.unleased(), self.operation);
        let responses = responses.map(Responses::unleased);
        self.in_background(async move {
            release(&rpc, operation, None).await;
            // A stream that is dropped with its end still on the way counts as reset, and HTTP/2 limits
            // these for each connection.
            if let Some(mut responses) = responses {
                while responses.next().await.is_some() {}
            }
        });
    }

    fn probe_session_next(&self) {
        self.rpc.probe_next();
    }

    fn doubt_session(&self) {
        self.rpc.doubt_sentinel();
    }

    fn abandon(&self, planned: bool) {
        cancel::abandon(&self.rpc, self.operation, planned);
    }
}

/// Whether a plan with effects may be several statements. Spark runs the statements inside of a relation one after the
/// other while it reads the plan, so a relation counts as several unless it is nothing but a single statement.
fn may_be_several(plan: &proto::Plan) -> bool {
    let relation = match &plan.op_type {
        Some(OpType::Root(relation)) => Some(relation),
        Some(OpType::Command(command)) => match &command.command_type {
            Some(CommandType::SqlCommand(sql)) => sql.input.as_ref(),
            // The frame of a write is one of queries.
            _ => return false,
        },
        Some(OpType::CompressedOperation(_)) | None => None,
    };
    match relation.and_then(|relation| relation.rel_type.as_ref()) {
        Some(RelType::Sql(sql)) => Statement::new(sql.query.as_str()).may_be_several(),
        _ => true,
    }
}

/// A hint to the server, whose failure changes nothing.
pub(super) async fn release(rpc: &Rpc, operation: Uuid, until: Option<&str>) {
    if let Err(failure) = rpc.release_execute(operation, until).await {
        tracing::debug!(%operation, kind = ?failure.error.kind(), "release");
    }
}

/// Reattaching is always asked for: without it a server sends no `result_complete`, and a short result looks
/// like a whole one. Chunks are asked for too, so that one row may be larger than one message: of nine tenths of what
/// `largest` allows, as a server has it that is not asked
/// (`spark.connect.session.resultChunking.maxChunkSize`); what is left is for the rest of the message.
fn request_options(largest: usize) -> Vec<RequestOption> {
    let reattach = proto::ReattachOptions { reattachable: true };
    let chunking = proto::ResultChunkingOptions {
        allow_arrow_batch_chunking: true,
        preferred_arrow_chunk_size: i64::try_from(largest / 10 * 9).ok(),
    };
    [
        request_option::RequestOption::ReattachOptions(reattach),
        request_option::RequestOption::ResultChunkingOptions(chunking),
    ]
    .map(|option| RequestOption { request_option: Some(option) })
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Command, Relation, Sending, SetKind, SetOperation, Sql, sql_command};

    fn of_relation(relation: &Relation) -> bool {
        may_be_several(&relation.to_plan(Sending::default()).unwrap().plan)
    }

    #[test]
    fn a_statement_inside_of_another_plan_may_be_one_of_several() {
        let call = Relation::sql("CALL p()");
        let both = call.set(&call, SetOperation::all(SetKind::Union));
        let script = Relation::sql("BEGIN INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); END");
        for plan in [both, script.limit(10), script, Relation::sql("INSERT INTO t VALUES (1)").limit(1)] {
            assert!(of_relation(&plan), "{plan:?}");
        }
        assert!(!of_relation(&Relation::sql("INSERT INTO t VALUES (1)")));
        let command = |text, longest_copy| sql_command(Sql::new(text).to_proto(), longest_copy);
        assert!(!may_be_several(&command("INSERT INTO t VALUES (1)", usize::MAX)));
        assert!(may_be_several(&command("CALL p()", 0)));
        assert!(may_be_several(&proto::Plan::default()));
    }

    #[test]
    fn a_command_without_a_statement_is_one() {
        let view = Command::view(Relation::range(0, 1, 1, None), "v".into(), false, true);
        assert!(!may_be_several(&view.to_plan(Sending::default()).unwrap().plan));
    }
}
