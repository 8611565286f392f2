//! Plays the steps of one exchange as the body of its answer.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{BoxStream, unfold};
use tonic::Status;

use super::request::Request;
use super::response::Response;
use super::script::Step;
use super::state::State;
use super::wire::Switch;

/// The encoded responses of one exchange.
pub(super) type Responses = BoxStream<'static, Result<Bytes, Status>>;

/// Records the request, unless it is beside the script, and begins to answer it as the script says.
pub(super) async fn play(
    state: Arc<State>,
    request: Request,
    switch: Option<Switch>,
) -> Result<Responses, Status> {
    if !state.script().is_aside(&request) {
        state.record(request.clone());
    }
    state.check_session(&request)?;
    let mut begun = state.script().begin(&request)?;
    let begins_at = match begun.steps.front() {
        Some(Step::Begin(name)) => Some(name.clone()),
        _ => None,
    };
    if let Some(name) = begins_at {
        state.released(&name).await;
        begun.steps.pop_front();
        state.script().used(begun.number);
    }
    if let Some(Step::Fail(failure)) = begun.steps.front() {
        let status = state.failed(failure);
        begun.steps.pop_front();
        state.script().used(begun.number);
        return Err(status);
    }
    let session = request.session_id;
    let operation = request.operation_id.unwrap_or_default();
    let playing = Playing {
        state,
        switch,
        session,
        operation,
        number: begun.number,
        steps: begun.steps,
        open: true,
        complete: false,
    };
    Ok(unfold(playing, |mut playing| async move { playing.next().await.map(|item| (item, playing)) }).boxed())
}

struct Playing {
    state: Arc<State>,
    switch: Option<Switch>,
    session: String,
    operation: String,
    number: Option<usize>,
    steps: VecDeque<Step>,
    open: bool,
    complete: bool,
}

impl Playing {
    async fn next(&mut self) -> Option<Result<Bytes, Status>> {
        while self.open {
            let Some(step) = self.steps.pop_front() else {
                if self.complete {
                    return None;
                }
                return std::future::pending().await;
            };
            self.state.script().used(self.number);
            match step {
                Step::Send(response) => return Some(Ok(self.stamped(*response))),
                // Expanded when the exchange began; passed before.
                Step::Answer(_) | Step::Begin(_) => {}
                Step::Repeat(id) => return Some(self.repeated(&id)),
                Step::End => self.open = false,
                Step::Fail(failure) => {
                    self.open = false;
                    return Some(Err(self.state.failed(&failure)));
                }
                Step::Reset => {
                    if let Some(switch) = &self.switch {
                        switch.cut();
                    }
                    // The connection takes this stream with it.
                    return std::future::pending().await;
                }
                Step::Stall(name) => self.state.released(&name).await,
                Step::Delay(wait) => tokio::time::sleep(wait).await,
            }
        }
        None
    }

    fn repeated(&mut self, id: &str) -> Result<Bytes, Status> {
        let (bytes, complete) = self.state.script().kept(&self.operation, id)?;
        self.complete = complete;
        Ok(bytes)
    }

    /// Fills in the ids that the response leaves open.
    fn stamped(&mut self, response: Response) -> Bytes {
        self.complete = response.is_complete();
        let fill = |text: &mut String, with: &dyn Fn() -> String| {
            if text.is_empty() {
                *text = with();
            }
        };
        let stamp = |message: &mut super::proto::ExecutePlanResponse| {
            fill(&mut message.session_id, &|| self.session.clone());
            fill(&mut message.server_side_session_id, &|| self.state.server_side(&self.session));
            fill(&mut message.operation_id, &|| self.operation.clone());
            fill(&mut message.response_id, &|| self.state.script().next_response_id(&self.operation));
        };
        let response = response.edit(stamp);
        let bytes = response.encode();
        self.state.script().keep(
            &self.operation,
            &response.message.response_id,
            bytes.clone(),
            self.complete,
        );
        bytes
    }
}
