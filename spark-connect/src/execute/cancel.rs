//! Stopping an operation: an interrupt, and what follows where nothing tells when planning is over, as on Spark before
//! 4.0.
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
use crate::error::Result;
use crate::error::status::{Failure, Remedy};
use crate::proto;
use crate::proto::execute_plan_response::ResponseType;
use crate::proto::plan::OpType;
use crate::rpc::{Rpc, Sent};

/// How long to wait for an operation to end that was interrupted.
const INTERRUPT_TIMEOUT: Duration = Duration::from_millis(300);

/// The waits before each attempt to cancel what did not end: an operation that is still planned has its first job later.
const PAUSES: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(400), Duration::from_secs(1)];

/// The waits between attempts to reach an operation that the server does not list: its plan may be on its way still.
pub(super) const ON_ITS_WAY: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(150), Duration::from_millis(400)];

/// Interrupts the operation and lets the server forget it. Says whether nothing of it runs on: an interrupt is lost
/// unless the operation is `planned`.
pub(crate) async fn stop(rpc: &Rpc, operation: Uuid, planned: bool) -> bool {
    let interrupted = interrupted(rpc, operation).await;
    if !planned && rpc.profile().takes_operation_ids_again() && matches!(interrupted, Ok(true)) {
        return end_interrupted(rpc, operation).await;
    }
    forget(rpc, operation).await;
    matches!(interrupted, Ok(interrupted) if planned || !interrupted)
}

/// Whether an interrupt stopped something; an error is one of the last attempt.
async fn interrupted(rpc: &Rpc, operation: Uuid) -> Result<bool> {
    let mut stopped = Ok(false);
    // A plan that is still on its way when the interrupt arrives would run all the same.
    for pause in ON_ITS_WAY {
        stopped = rpc.retrying(|| rpc.interrupt(operation)).await.map(|ids| !ids.is_empty());
        match &stopped {
            Ok(true) => break,
            Ok(false) => clock::sleep(pause).await,
            Err(error) => tracing::debug!(%operation, kind = ?error.kind(), "interrupt"),
        }
    }
    stopped
}

/// Sees to the end of an operation that was interrupted, and lets the server forget it. Says whether it saw the end; what
/// did not end may run on.
async fn end_interrupted(rpc: &Rpc, operation: Uuid) -> bool {
    let ended = clock::timeout(INTERRUPT_TIMEOUT, has_ended(rpc, operation)).await == Some(true);
    match ended {
        true => forget(rpc, operation).await,
        false => cancel_jobs(rpc, operation).await,
    }
    ended
}

/// Whether the operation comes to its end, as far as its stream tells. One that breaks tells nothing.
async fn has_ended(rpc: &Rpc, operation: Uuid) -> bool {
    let mut responses = match rpc.reattach_execute(operation, None).await {
        Ok(responses) => responses,
        Err(failure) => return tells_the_end(rpc, &failure),
    };
    while let Some(response) = responses.next().await {
        match response {
            Ok(response) if matches!(response.response_type, Some(ResponseType::ResultComplete(_))) => {
                return true;
            }
            Ok(_) => {}
            Err(failure) => return tells_the_end(rpc, &failure),
        }
    }
    false
}

/// Whether a failure says that the operation has ended: not one of this client, or of a proxy on the way.
fn tells_the_end(rpc: &Rpc, failure: &Failure) -> bool {
    let bare_refusals = rpc.profile().has_bare_refusals();
    match failure.remedy {
        Remedy::OperationNotFound => true,
        Remedy::None => failure.error.server().is_some_and(|server| !server.may_be_of_a_proxy(bare_refusals)),
        Remedy::Retry | Remedy::Reattach => false,
    }
}

async fn cancel_jobs(rpc: &Rpc, operation: Uuid) {
    for pause in PAUSES {
        clock::sleep(pause).await;
        forget(rpc, operation).await;
        match rpc.execute_plan(operation, &failing(), Vec::new(), Effects::None, None, &Sent::default()).await
        {
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
