//! Stopping an operation: an interrupt once it is planned, and what follows where nothing tells when that is, as on Spark
//! before 4.0.
//!
//! Such a server loses an interrupt that comes before, as later ones do, and takes no second one. But whenever a plan
//! fails it cancels every job of that operation, and it takes the id of an operation again that it was told to forget.
//! So where an operation does not end by the interrupt, a plan that fails before anything of it runs follows under the
//! same id.

use std::time::Duration;

use futures_util::StreamExt;
use tokio_util::task::task_tracker::TaskTrackerToken;
use uuid::Uuid;

use super::observe;
use super::rpc::release;
use crate::channel::Effects;
use crate::clock;
use crate::error::status::{Failure, Remedy};
use crate::error::{ErrorKind, Result};
use crate::proto;
use crate::proto::execute_plan_response::ResponseType;
use crate::proto::plan::OpType;
use crate::rpc::{FrequentReports, PLANNING_TIMEOUT, PlanSent, RELEASE_TIMEOUT, Rpc};

/// How long to wait for an operation to end that was interrupted.
const INTERRUPT_TIMEOUT: Duration = Duration::from_millis(300);

/// The waits before each attempt to cancel what did not end: an operation that is still planned has its first job later.
const PAUSES: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(400), Duration::from_secs(1)];

/// The waits after attempts to reach an operation that the server does not list: its plan may be on its way still, and
/// after the last one the release should find it.
const ON_ITS_WAY: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(150), Duration::from_millis(400)];

/// An operation that was given up. Where no runtime ran the task that stops it, or not to its end, it may run on.
struct Abandoned {
    rpc: Rpc,
    operation: Uuid,
    /// Whether it was stopped, and the session has the confs of before.
    is_clean: bool,
}

/// The session is marked before its slot is free, which its calls keep.
impl Drop for Abandoned {
    fn drop(&mut self) {
        if !self.is_clean {
            tracing::debug!(operation = %self.operation, "it may run on, or has left a conf changed");
            self.rpc.note_unclean();
        }
    }
}

/// Stops the operation and lets the server forget it, in the background. Whether it is `planned` already is not known of
/// every operation.
pub(super) fn abandon(rpc: &Rpc, operation: Uuid, planned: bool) {
    let home = rpc.channel().background().lasting();
    let goes_on = home.as_ref().is_some_and(|home| !home.stands_still());
    // A runtime that nobody runs any more may never get to the task: neither the slot nor the end of the session waits for
    // it.
    let (rpc, abandoning) = match goes_on {
        true => (rpc.clone(), Some(rpc.abandoning())),
        false => (rpc.unleased(), None),
    };
    if !goes_on {
        rpc.note_unclean();
    }
    let abandoned = Abandoned { rpc, operation, is_clean: false };
    if let Some(home) = home {
        home.spawn(stop_abandoned(abandoned, planned, abandoning));
    }
}

/// Stops the operation once it is planned. `_abandoning` is held meanwhile.
async fn stop_abandoned(mut abandoned: Abandoned, planned: bool, _abandoning: Option<TaskTrackerToken>) {
    let (rpc, operation) = (&abandoned.rpc, abandoned.operation);
    let frequent = rpc.frequent_reports();
    let profile = rpc.profile();
    let planned = planned
        || !profile.loses_early_interrupts()
        || !profile.takes_operation_ids_again()
            && clock::timeout(PLANNING_TIMEOUT, is_planned(rpc, operation, &frequent)).await == Some(true);
    let stopping = clock::timeout(RELEASE_TIMEOUT, stop(rpc, operation, planned));
    let is_stopped = stopping.await == Some(true);
    match clock::timeout(RELEASE_TIMEOUT, frequent.end()).await {
        Some(Ok(())) => abandoned.is_clean = is_stopped,
        ended => {
            let kind = ended.and_then(Result::err).map(|error| error.kind());
            tracing::debug!(%operation, ?kind, "progress");
        }
    }
}

/// Waits until the operation is past planning: Spark loses an interrupt that comes before, and the query's first stage is
/// submitted all the same, runs to its end, and can no longer be stopped. Says whether the server showed it.
async fn is_planned(rpc: &Rpc, operation: Uuid, frequent: &FrequentReports<'_>) -> bool {
    // The server tells of a stage when it has submitted one, at the next of these intervals. One that refuses the conf
    // tells all the same, a little later.
    if let Err(error) = frequent.begin().await {
        tracing::debug!(%operation, kind = ?error.kind(), "progress");
    }
    for pause in ON_ITS_WAY {
        if shows_work(rpc, operation).await {
            return true;
        }
        // The plan may still be on its way, or never arrive.
        clock::sleep(pause).await;
    }
    false
}

/// Whether the operation came to show that its planning is over, before its stream ended.
async fn shows_work(rpc: &Rpc, operation: Uuid) -> bool {
    let Ok(mut responses) = rpc.reattach_execute(operation, None).await else { return false };
    while let Some(Ok(response)) = responses.next().await {
        match response.response_type {
            Some(ResponseType::ExecutionProgress(encoded)) if !shows_a_stage(&encoded) => {}
            Some(_) => return true,
            None => {}
        }
    }
    false
}

fn shows_a_stage(encoded: &[u8]) -> bool {
    observe::progress(encoded).is_none_or(|progress| !progress.stages.is_empty())
}

/// Interrupts the operation and lets the server forget it. Says whether nothing of it runs on: an interrupt is lost
/// unless the operation is `planned`.
pub(crate) async fn stop(rpc: &Rpc, operation: Uuid, planned: bool) -> bool {
    let interrupted = interrupted(rpc, operation).await;
    if !planned && rpc.profile().takes_operation_ids_again() && matches!(interrupted, Ok(true)) {
        return end_interrupted(rpc, operation).await;
    }
    release(rpc, operation, None).await;
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
        true => release(rpc, operation, None).await,
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
        // Whoever is turned away for a token or a limit is told nothing about the operation.
        Remedy::None | Remedy::ReattachBriefly if failure.error.kind() == ErrorKind::Unauthenticated => false,
        Remedy::None | Remedy::ReattachBriefly => {
            failure.error.server().is_some_and(|server| !server.may_be_of_a_gateway(bare_refusals))
        }
        Remedy::Retry | Remedy::Reattach => false,
    }
}

async fn cancel_jobs(rpc: &Rpc, operation: Uuid) {
    for pause in PAUSES {
        clock::sleep(pause).await;
        release(rpc, operation, None).await;
        match rpc
            .execute_plan(operation, &failing(), Vec::new(), Effects::ReadOnly, None, &PlanSent::default())
            .await
        {
            Ok(mut responses) => while responses.next().await.is_some() {},
            Err(failure) => tracing::debug!(%operation, kind = ?failure.error.kind(), "cancelling jobs"),
        }
    }
    release(rpc, operation, None).await;
}

/// A relation that is none, which no server can plan.
fn failing() -> proto::Plan {
    proto::Plan { op_type: Some(OpType::Root(proto::Relation::default())) }
}
