//! Running a plan: from the first request to the last response, whatever the connection does in between.

use futures_util::stream::{BoxStream, StreamExt};
use uuid::Uuid;

use crate::error::Result;
use crate::proto::{ExecutePlanResponse, Plan};
use crate::session::Session;

mod assemble;
mod batch;
mod decode;
mod envelope;
mod operation;
mod outcome;
mod rpc;

pub use batch::BatchStream;
pub use outcome::Outcome;

use operation::Operation;
use rpc::SessionRpc;

/// The responses of one operation, every one exactly once and in the server's order.
///
/// It ends only where the server said that the result is complete; any other end is an error. Dropping it
/// stops the operation on the server.
pub(crate) struct Execution {
    operation_id: Uuid,
    responses: BoxStream<'static, Result<ExecutePlanResponse>>,
}

impl Execution {
    /// Runs `plan` when the first response is asked for. A plan with `effects` is never sent twice.
    pub(crate) fn new(session: Session, plan: Plan, effects: bool) -> Self {
        let operation_id = Uuid::new_v4();
        let retrying = session.channel().retrying().clone();
        let rpc = SessionRpc::new(session, operation_id, plan);
        let operation = Operation::new(rpc, retrying, operation_id, effects);
        Self { operation_id, responses: operation.into_stream().boxed() }
    }

    /// An operation whose responses are at hand.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn of(operation_id: Uuid, responses: BoxStream<'static, Result<ExecutePlanResponse>>) -> Self {
        Self { operation_id, responses }
    }

    pub(crate) fn operation_id(&self) -> Uuid {
        self.operation_id
    }

    /// The next response, or `None` after the server said that the result is complete.
    pub(crate) async fn next(&mut self) -> Option<Result<ExecutePlanResponse>> {
        self.responses.next().await
    }
}
