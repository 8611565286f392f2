//! What a test writes down: the requests to expect, and the steps that answer each.

use std::collections::VecDeque;
use std::time::Duration;

use arrow_array::RecordBatch;

use super::expects::{Asked, Expects, Wanted};
use super::failure::Failure;
use super::request::Request;
use super::response::{Response, batch, complete, sql_results};
use super::statement::Statement;
use super::value::Value;

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
    pub(super) wanted: Vec<Wanted>,
}

/// One thing that the server does.
#[derive(Debug)]
pub(super) enum Step {
    Send(Box<Response>),
    Answer(Vec<RecordBatch>),
    Repeat(String),
    End,
    Fail(Box<Failure>),
    Reset,
    Begin(String),
    Stall(String),
    Delay(Duration),
}

/// Expects an `ExecutePlan` of this statement, or of a query over it such as its first row, without values.
pub fn on(text: impl Into<String>) -> Exchange {
    let asked = Asked { statement: Statement::new(text), whatever_values: false };
    Exchange::new(Expects::Execute(Some(asked), Vec::new()))
}

/// Expects an `ExecutePlan`.
pub fn execute() -> Exchange {
    Exchange::new(Expects::Execute(None, Vec::new()))
}

/// Expects a `ReattachExecute` behind the response with this id, or from the first on.
pub fn reattach_from(last_response: Option<&str>) -> Exchange {
    Exchange::new(Expects::ReattachFrom(last_response.map(str::to_owned)))
}

impl Exchange {
    fn new(expects: Expects) -> Self {
        Self { expects, steps: VecDeque::new(), at_work: false, wanted: Vec::new() }
    }

    /// Expects these values for the `?` of the statement.
    ///
    /// # Panics
    ///
    /// If the exchange does not begin with [`on`].
    pub fn values(mut self, values: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        self.asked().statement.values = values.into_iter().map(Into::into).collect();
        self
    }

    /// Expects this value for the `:name` of the statement.
    ///
    /// # Panics
    ///
    /// If the exchange does not begin with [`on`].
    pub fn named_value(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.asked().statement.named.insert(name.into(), value.into());
        self
    }

    /// Takes the statement whatever its values are.
    ///
    /// # Panics
    ///
    /// If the exchange does not begin with [`on`].
    pub fn whatever_values(mut self) -> Self {
        self.asked().whatever_values = true;
        self
    }

    /// Expects a request for which `fits` holds besides; `what` says in the test's output what that is.
    ///
    /// # Panics
    ///
    /// If a `ReattachExecute` is expected.
    #[expect(clippy::panic, reason = "a mistake in a test's script")]
    pub fn when(
        mut self,
        what: impl Into<String>,
        fits: impl Fn(&Request) -> bool + Send + Sync + 'static,
    ) -> Self {
        match &mut self.expects {
            Expects::Execute(_, conditions) => conditions.push((what.into(), Box::new(fits))),
            Expects::ReattachFrom(_) => panic!("a ReattachExecute is known by the response that it names"),
        }
        self
    }

    /// Wants the operation to be interrupted before the test ends. Of an operation that neither says this nor is
    /// [`at_work`](Self::at_work) an interrupt fails the test.
    pub fn interrupted(mut self) -> Self {
        self.wanted.push(Wanted::Interrupt);
        self
    }

    /// Wants all of the operation to be released before the test ends.
    pub fn released(mut self) -> Self {
        self.wanted.push(Wanted::Release);
        self
    }

    /// Answers with these batches and the end of the result. They are the result of a query, and come as one
    /// relation in the answer to a statement.
    pub fn answer(self, batches: impl IntoIterator<Item = RecordBatch>) -> Self {
        self.step(Step::Answer(batches.into_iter().collect()))
    }

    /// Sends the response with this id once more, as Sail does to a client that reattaches before its end.
    pub fn repeat(self, response_id: impl Into<String>) -> Self {
        self.step(Step::Repeat(response_id.into()))
    }

    /// Shows a stage to who reattaches from the start, whenever that comes: the operation is past planning, before
    /// which a client does not interrupt it. It may be interrupted then.
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

    /// Ends the stream with this failure; as the first step, answers with it and nothing else.
    pub fn fail(self, failure: impl Into<Failure>) -> Self {
        self.step(Step::Fail(Box::new(failure.into())))
    }

    /// Resets the TCP connection that the request came on, with everything else that travels on it.
    pub fn reset(self) -> Self {
        self.step(Step::Reset)
    }

    /// Begins to answer, with the head of the answer, when the test calls [`Fake::release`](super::Fake::release) with this
    /// name. What ends the call before ends the statement, as on Sail.
    ///
    /// # Panics
    ///
    /// If it is not the first step.
    pub fn begin_at(self, name: impl Into<String>) -> Self {
        assert!(self.steps.is_empty(), "an answer begins with its first step");
        self.step(Step::Begin(name.into()))
    }

    /// Does nothing until the test calls [`Fake::release`](super::Fake::release) with the same name.
    pub fn stall(self, name: impl Into<String>) -> Self {
        self.step(Step::Stall(name.into()))
    }

    /// Does nothing for a while.
    pub fn delay(self, wait: Duration) -> Self {
        self.step(Step::Delay(wait))
    }

    #[expect(clippy::panic, reason = "a mistake in a test's script")]
    fn asked(&mut self) -> &mut Asked {
        match &mut self.expects {
            Expects::Execute(Some(asked), _) => asked,
            _ => panic!("only an exchange that begins with `on` names a statement"),
        }
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }

    pub(super) fn fits(&self, request: &Request) -> bool {
        self.expects.fits(request)
    }

    /// Whether the test says that its operation is or may be interrupted.
    pub(super) fn may_be_interrupted(&self) -> bool {
        self.at_work || self.wanted.contains(&Wanted::Interrupt)
    }

    pub(super) fn label(&self) -> String {
        self.expects.to_string()
    }
}

impl Step {
    /// What the step sends, if that depends on whether it answers a statement or a query.
    pub(super) fn expanded(self, answers_a_command: bool) -> Vec<Self> {
        let Self::Answer(batches) = self else { return vec![self] };
        let rows = match answers_a_command {
            true => vec![sql_results(&batches)],
            false => batches.iter().map(batch).collect(),
        };
        rows.into_iter().chain([complete()]).map(|response| Self::Send(Box::new(response))).collect()
    }
}
