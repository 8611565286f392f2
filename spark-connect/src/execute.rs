//! Running a plan: from the first request to the last response, whatever the connection does in between.

use std::future::Future;
use std::pin::pin;

use futures_core::Stream;
use futures_util::future::{Either, select};
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use uuid::Uuid;

use crate::channel::Effects;
use crate::error::{Error, Result};
use crate::proto::execute_plan_response::ResponseType;
use crate::proto::{ExecutePlanResponse, Plan};
use crate::rpc::{OperationHandle, Rpc, Running};

mod assemble;
mod batch;
mod budget;
mod cancel;
mod decode;
mod envelope;
mod fields;
mod layout;
mod names;
mod observe;
mod operation;
mod outcome;
mod rpc;

pub use batch::BatchStream;
pub use observe::{ExecutionStats, Observer, Progress, StageProgress};
pub use outcome::Outcome;

pub(crate) use cancel::stop;

#[cfg(feature = "fuzzing")]
pub(crate) use decode::read_stream;
pub(crate) use operation::Operation;
#[cfg(feature = "fuzzing")]
pub(crate) use operation::OperationRpc;
#[cfg(feature = "fuzzing")]
pub(crate) use outcome::CommandResult;

use operation::outcome_unknown;
use rpc::SessionRpc;

/// The responses of one operation, every one exactly once and in the server's order.
///
/// It ends only where the server said that the result is complete; any other end is an error. Dropping it
/// stops the operation on the server.
pub(crate) struct Execution {
    operation_id: Uuid,
    effects: Effects,
    max_batch_bytes: usize,
    responses: BoxStream<'static, Result<ExecutePlanResponse>>,
    observer: Observer,
    /// None where no server runs it, or its last response has come.
    running: Option<Running>,
}

impl Execution {
    /// Runs `plan` when the first response is asked for, with `observer` looking on. One that may change
    /// something is never sent again where it may have run.
    pub(crate) fn new(rpc: Rpc, plan: Plan, effects: Effects, observer: &Observer) -> Self {
        Self::begin(rpc, effects, observer, |rpc, handle, observer| {
            responses(rpc, handle, plan, effects, observer).boxed()
        })
    }

    /// The same for a plan that has to be made ready first.
    pub(crate) fn prepared(
        rpc: Rpc,
        plan: impl Future<Output = Result<Plan>> + Send + 'static,
        effects: Effects,
        observer: &Observer,
    ) -> Self {
        Self::begin(rpc, effects, observer, |rpc, handle, observer| {
            let made = stream::once(async move {
                let plan = match select(pin!(handle.ended_with_pool()), pin!(plan)).await {
                    Either::Left((closed, _)) => return Err(closed),
                    Either::Right((plan, _)) => plan?,
                };
                Ok::<_, Error>(responses(rpc, handle, plan, effects, observer))
            });
            made.try_flatten().boxed()
        })
    }

    fn begin(
        rpc: Rpc,
        effects: Effects,
        observer: &Observer,
        responses: impl FnOnce(Rpc, OperationHandle, Observer) -> BoxStream<'static, Result<ExecutePlanResponse>>,
    ) -> Self {
        let operation_id = Uuid::new_v4();
        observer.began(operation_id);
        let max_batch_bytes = rpc.channel().max_batch_bytes();
        let running = rpc.running(operation_id);
        let observer = observer.clone();
        let responses = responses(rpc, running.handle(), observer.clone());
        Self { operation_id, effects, max_batch_bytes, responses, observer, running: Some(running) }
    }

    /// An operation whose responses are at hand.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn of(
        operation_id: Uuid,
        effects: Effects,
        responses: BoxStream<'static, Result<ExecutePlanResponse>>,
    ) -> Self {
        let max_batch_bytes = crate::channel::DEFAULT_MAX_BATCH_BYTES;
        Self { operation_id, effects, max_batch_bytes, responses, observer: Observer::new(), running: None }
    }

    pub(crate) fn operation_id(&self) -> Uuid {
        self.operation_id
    }

    /// The error of an answer that came and cannot be read: what a statement with effects did is not known then.
    pub(crate) fn unreadable(&self, error: Error) -> Error {
        match self.effects {
            Effects::MayChange => outcome_unknown(error)
                .with_operation(self.operation_id)
                .with_may_have_run(true)
                .not_repeatable(),
            Effects::ReadOnly => error,
        }
    }

    pub(crate) fn max_batch_bytes(&self) -> usize {
        self.max_batch_bytes
    }

    pub(crate) fn observer(&self) -> &Observer {
        &self.observer
    }

    /// The next response, or `None` after the server said that the result is complete.
    pub(crate) async fn next(&mut self) -> Option<Result<ExecutePlanResponse>> {
        let response = self.responses.next().await;
        if !matches!(response, Some(Ok(_))) {
            drop(self.running.take());
        }
        if let Some(Ok(ExecutePlanResponse {
            response_type: Some(ResponseType::ExecutionProgress(progress)),
            ..
        })) = &response
        {
            self.observer.progressed(progress);
        }
        response
    }
}

/// The responses of the operation of `handle`, which runs `plan` when the first is asked for.
fn responses(
    rpc: Rpc,
    handle: OperationHandle,
    plan: Plan,
    effects: Effects,
    observer: Observer,
) -> impl Stream<Item = Result<ExecutePlanResponse>> + Send {
    let retrying = rpc.channel().retrying().clone();
    let id = handle.id();
    let rpc = SessionRpc::new(rpc, handle, plan, effects);
    Operation::new(rpc, retrying, id, effects, observer).into_stream()
}
