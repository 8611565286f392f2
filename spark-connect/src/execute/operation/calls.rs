//! The calls that an operation makes.

use std::future::Future;
use std::time::Duration;

use futures_core::Stream;

use crate::channel::Effects;
use crate::error::status::Failure;
use crate::error::{Error, Result};
use crate::proto::ExecutePlanResponse;
use crate::rpc::{PlanSent, ServerProfile};

/// The RPCs of one operation.
pub(crate) trait OperationRpc: Send + Sync + 'static {
    type Responses: Stream<Item = Result<ExecutePlanResponse, Failure>> + Send + Unpin + 'static;

    /// Finds out, where it is in doubt, whether the server would refuse the plan for something else than the plan, or run
    /// it in a session made anew.
    fn check_before_plan(&self, effects: Effects) -> impl Future<Output = Result<(), Failure>> + Send;
    /// Tells `sent` once the plan may have left.
    fn execute(&self, sent: &PlanSent) -> impl Future<Output = Result<Self::Responses, Failure>> + Send;
    /// Whether the plan may be several statements, of which the first may have run when another one fails.
    fn may_be_several(&self) -> bool;
    /// How long the plan may be on its way to the server.
    fn sending_time(&self) -> Duration;
    /// The server as far as it is known.
    fn profile(&self) -> ServerProfile;
    /// Finds out whether the server answers and has the session, which counts as used then: in a silence, and before the
    /// result is taken up again where the session may have been dropped for others.
    fn look(&self) -> impl Future<Output = Result<(), Failure>> + Send;
    /// The responses after `last`, or all of them.
    fn reattach(&self, last: Option<&str>) -> impl Future<Output = Result<Self::Responses, Failure>> + Send;
    /// Waits until the operation is to end whether the server answers or not, and gives the error that it ends with.
    fn ended_with_pool(&self) -> impl Future<Output = Error> + Send;
    /// Completes an error with what the server kept about it.
    fn explain(&self, error: Error) -> impl Future<Output = Error> + Send;
    /// Lets the server forget responses, up to and including `until` or all; in the background.
    fn release(&self, until: Option<String>);
    /// Lets the server forget the complete operation, and reads the stream to its very end; in the background.
    fn finish(&self, responses: Option<Self::Responses>);
    /// Has the session looked at before the next statement with effects: an answer was lost, and it may be too.
    fn probe_session_next(&self);
    /// Has the session looked at before the next plan: the server does not know what it was given in it.
    fn doubt_session(&self);
    /// Stops the operation and lets the server forget it, in the background. Whether it is `planned` already is not
    /// known of every operation.
    fn abandon(&self, planned: bool);
}
