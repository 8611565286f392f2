//! What a test writes down: the requests to expect, and the steps that answer each.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use tonic::Status;

use super::proto::ExecutePlanRequest;
use super::request::{Body, Request};
use super::response::Response;

/// One expected request for responses, and the steps of its answer.
///
/// Where the steps run out the operation is still running: the stream stays open until the client leaves, or
/// ends if the last response completed the result.
#[derive(Debug)]
#[must_use = "an exchange does nothing until a fake server has it in its script"]
pub struct Exchange {
    expects: Expects,
    pub(super) steps: VecDeque<Step>,
    pub(super) at_work: bool,
}

type Fits = Box<dyn Fn(&ExecutePlanRequest) -> bool + Send + Sync>;

enum Expects {
    Execute,
    ExecuteWhere(String, Fits),
    ReattachFrom(Option<String>),
}

/// One thing that the server does.
#[derive(Debug)]
pub(super) enum Step {
    Send(Box<Response>),
    End,
    Fail(Box<Status>),
    Reset,
    Stall(String),
    Delay(Duration),
}

/// Expects an `ExecutePlan`.
pub fn execute() -> Exchange {
    Exchange::new(Expects::Execute)
}

/// Expects an `ExecutePlan` for which `fits` holds; `what` says in the test's output what that is.
pub fn execute_where(
    what: impl Into<String>,
    fits: impl Fn(&ExecutePlanRequest) -> bool + Send + Sync + 'static,
) -> Exchange {
    Exchange::new(Expects::ExecuteWhere(what.into(), Box::new(fits)))
}

/// Expects a `ReattachExecute` behind the response with this id, or from the first on.
pub fn reattach_from(last_response: Option<&str>) -> Exchange {
    Exchange::new(Expects::ReattachFrom(last_response.map(str::to_owned)))
}

impl Exchange {
    fn new(expects: Expects) -> Self {
        Self { expects, steps: VecDeque::new(), at_work: false }
    }

    /// Shows a stage to who reattaches from the start, whenever that comes: the operation is past planning, before
    /// which a client does not interrupt it.
    pub fn at_work(mut self) -> Self {
        self.at_work = true;
        self
    }

    /// Sends one response. Unless the response has its own, its ids are those of the request, and its response
    /// id is `r1`, `r2`, … counted through the whole operation.
    pub fn send(self, response: Response) -> Self {
        self.step(Step::Send(Box::new(response)))
    }

    /// Sends these responses one after the other.
    pub fn send_all(self, responses: impl IntoIterator<Item = Response>) -> Self {
        responses.into_iter().fold(self, Self::send)
    }

    /// Ends the stream without an error.
    pub fn end(self) -> Self {
        self.step(Step::End)
    }

    /// Ends the stream with this status; as the first step, answers with it and nothing else.
    pub fn fail(self, status: Status) -> Self {
        self.step(Step::Fail(Box::new(status)))
    }

    /// Resets the TCP connection that the request came on, with everything else that travels on it.
    pub fn reset(self) -> Self {
        self.step(Step::Reset)
    }

    /// Does nothing until the test calls [`Fake::release`](super::Fake::release) with the same name.
    pub fn stall(self, name: impl Into<String>) -> Self {
        self.step(Step::Stall(name.into()))
    }

    /// Does nothing for a while.
    pub fn delay(self, wait: Duration) -> Self {
        self.step(Step::Delay(wait))
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }

    pub(super) fn fits(&self, request: &Request) -> bool {
        match (&self.expects, &request.body) {
            (Expects::Execute, Body::Execute(_)) => true,
            (Expects::ExecuteWhere(_, fits), Body::Execute(execute)) => fits(execute),
            (Expects::ReattachFrom(last), Body::Reattach(reattach)) => *last == reattach.last_response_id,
            _ => false,
        }
    }

    pub(super) fn label(&self) -> String {
        self.expects.to_string()
    }
}

impl fmt::Display for Expects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Execute => f.write_str("ExecutePlan"),
            Self::ExecuteWhere(what, _) => write!(f, "ExecutePlan ({what})"),
            Self::ReattachFrom(Some(last)) => write!(f, "ReattachExecute behind {last}"),
            Self::ReattachFrom(None) => f.write_str("ReattachExecute from the start"),
        }
    }
}

impl fmt::Debug for Expects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
