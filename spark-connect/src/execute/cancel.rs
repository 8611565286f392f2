//! Stopping an operation where nothing tells when its planning is over, as on Spark before 4.0.
//!
//! Such a server loses an interrupt that comes before, as later ones do, and takes no second one. But whenever a plan
//! fails it cancels every job of that operation, and it takes the id of an operation again that it was told to forget.
//! So where an operation does not end by the interrupt, a plan that fails before anything of it runs follows under the
//! same id.

use std::time::Duration;

use futures_util::StreamExt;
use uuid::Uuid;

use crate::channel::Effects;
use crate::clock;
use crate::error::status::Remedy;
use crate::proto;
use crate::proto::execute_plan_response::ResponseType;
use crate::proto::plan::OpType;
use crate::rpc::Rpc;

/// How long the end of an operation that was interrupted is waited for.
const END: Duration = Duration::from_millis(300);

/// The waits before each attempt to cancel what did not end: an operation that is still planned has its first job later.
const PAUSES: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(400), Duration::from_secs(1)];

/// Sees to the end of operations that were interrupted, and lets the server forget them. Says whether it saw the end of
/// each; what it did not see may run on.
pub(crate) async fn end_interrupted(rpc: &Rpc, operations: &[Uuid]) -> bool {
    let ends = operations.iter().map(|operation| async move {
        let ended = clock::timeout(END, has_ended(rpc, *operation)).await == Some(true);
        match ended {
            true => forget(rpc, *operation).await,
            false => cancel_jobs(rpc, *operation).await,
        }
        ended
    });
    futures_util::future::join_all(ends).await.into_iter().all(|ended| ended)
}

/// Whether the operation comes to its end, as far as its stream tells. One that breaks tells nothing.
async fn has_ended(rpc: &Rpc, operation: Uuid) -> bool {
    let is_end = |remedy| matches!(remedy, Remedy::OperationNotFound | Remedy::None);
    let mut responses = match rpc.reattach_execute(operation, None).await {
        Ok(responses) => responses,
        Err(failure) => return is_end(failure.remedy),
    };
    while let Some(response) = responses.next().await {
        match response {
            Ok(response) if matches!(response.response_type, Some(ResponseType::ResultComplete(_))) => {
                return true;
            }
            Ok(_) => {}
            Err(failure) => return is_end(failure.remedy),
        }
    }
    false
}

async fn cancel_jobs(rpc: &Rpc, operation: Uuid) {
    for pause in PAUSES {
        clock::sleep(pause).await;
        forget(rpc, operation).await;
        match rpc.execute_plan(operation, &failing(), Vec::new(), Effects::None).await {
            Ok(mut responses) => while responses.next().await.is_some() {},
            Err(failure) => tracing::debug!(%operation, kind = ?failure.error.kind(), "cancelling jobs"),
        }
    }
    forget(rpc, operation).await;
}

/// A relation that is none, which no server can plan.
fn failing() -> proto::Plan {
    proto::Plan { op_type: Some(OpType::Root(proto::Relation::default())) }
}

async fn forget(rpc: &Rpc, operation: Uuid) {
    super::rpc::release(rpc, operation, None).await;
}
