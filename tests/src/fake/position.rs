//! How far the script has been followed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use bytes::Bytes;
use tonic::Status;

use super::expects::Wanted;
use super::request::{Body, Request};
use super::response::progress;
use super::script::{Exchange, Step};

/// What of a script has been asked, what was sent of it, and what it still waits for.
#[derive(Debug, Default)]
pub(super) struct Position {
    ahead: VecDeque<Exchange>,
    /// What each exchange expects and how many of its steps are left, in the script's order.
    left: Vec<(String, usize)>,
    begun: usize,
    /// How many descriptions were asked for beside the script.
    pub(super) descriptions: usize,
    /// How often it was asked beside the script how a table is made.
    pub(super) creations: usize,
    unexpected: Vec<String>,
    /// How many responses each operation has sent.
    responses: BTreeMap<String, usize>,
    /// The responses that were sent, by operation and id, and whether each completed its result.
    sent: BTreeMap<(String, String), (Bytes, bool)>,
    /// The operations that are statements.
    commands: BTreeSet<String>,
    /// The operations that show a stage to who comes back to them.
    at_work: BTreeSet<String>,
    /// What has to become of which operation, by what its exchange expects.
    wanted: Vec<(String, String, Wanted)>,
    /// What the first exchange of each operation expects, and whether one of them says that it may be interrupted.
    operations: BTreeMap<String, (String, bool)>,
}

/// An exchange that has begun: its steps, and its place in the script.
pub(super) struct Begun {
    /// None where the answer is not one of the script's.
    pub(super) number: Option<usize>,
    pub(super) steps: VecDeque<Step>,
}

const DESCRIBES: &str = "DESCRIBE TABLE EXTENDED ";

const SHOWS_CREATION: &str = "SHOW CREATE TABLE ";

/// Whether it is a statement that begins with these words.
fn begins(request: &Request, words: &str) -> bool {
    request.statement().is_some_and(|sent| sent.text.starts_with(words))
}

impl Position {
    pub(super) fn new(script: Vec<Exchange>) -> Self {
        let left = script.iter().map(|exchange| (exchange.label(), exchange.steps.len())).collect();
        Self { ahead: script.into(), left, ..Self::default() }
    }

    /// Takes the next exchange of the script for `request`.
    pub(super) fn begin(&mut self, request: &Request) -> Result<Begun, Status> {
        let operation = request.operation_id.as_deref().unwrap_or_default();
        if request.reattaches_from_the_start() && self.at_work.contains(operation) {
            let steps = VecDeque::from([Step::Send(Box::new(progress()))]);
            return Ok(Begun { number: None, steps });
        }
        if self.is_aside(request) {
            match begins(request, DESCRIBES) {
                true => self.descriptions += 1,
                false => self.creations += 1,
            }
            let told = Step::Answer(vec![nothing_told()]);
            return Ok(Begun {
                number: None,
                steps: told.expanded(request.is_command()).into_iter().collect(),
            });
        }
        if self.ahead.front().is_none_or(|next| !next.fits(request)) {
            let expected = self.ahead.front().map_or_else(|| "nothing more".to_owned(), Exchange::label);
            let came = described(request);
            self.unexpected.push(format!("{came} came where the script expects {expected}"));
            return Err(Status::failed_precondition("the script of the fake server expects something else"));
        }
        let number = self.begun;
        self.begun += 1;
        let Some(exchange) = self.ahead.pop_front() else {
            return Err(Status::failed_precondition("the script of the fake server has ended"));
        };
        if exchange.at_work {
            self.at_work.insert(operation.to_owned());
        }
        if request.is_command() {
            self.commands.insert(operation.to_owned());
        }
        let (label, answers_a_command) = (exchange.label(), self.commands.contains(operation));
        let (_, may_be_interrupted) =
            self.operations.entry(operation.to_owned()).or_insert_with(|| (label.clone(), false));
        *may_be_interrupted |= exchange.may_be_interrupted();
        let wanted = exchange.wanted.iter().map(|wanted| (label.clone(), operation.to_owned(), *wanted));
        self.wanted.extend(wanted);
        let steps: VecDeque<Step> =
            exchange.steps.into_iter().flat_map(|step| step.expanded(answers_a_command)).collect();
        if let Some((_, left)) = self.left.get_mut(number) {
            *left = steps.len();
        }
        Ok(Begun { number: Some(number), steps })
    }

    /// Whether a table is to be described where the script does not say how: then nothing is told of it. Each look at a table
    /// asks that, and few scripts are about it.
    pub(super) fn is_aside(&self, request: &Request) -> bool {
        matches!(request.body, Body::Execute(_))
            && [DESCRIBES, SHOWS_CREATION].iter().any(|words| begins(request, words))
            && self.ahead.front().is_none_or(|next| !next.fits(request))
    }

    /// Keeps a response for a client that asks for it once more.
    pub(super) fn keep(&mut self, operation: &str, response_id: &str, bytes: Bytes, complete: bool) {
        let key = (operation.to_owned(), response_id.to_owned());
        self.sent.insert(key, (bytes, complete));
    }

    /// A response that was sent before; without it the script is wrong.
    pub(super) fn kept(&mut self, operation: &str, response_id: &str) -> Result<(Bytes, bool), Status> {
        let key = (operation.to_owned(), response_id.to_owned());
        if let Some(sent) = self.sent.get(&key) {
            return Ok(sent.clone());
        }
        self.unexpected.push(format!("{response_id} was to be repeated, but it was never sent"));
        Err(Status::failed_precondition("the script of the fake server repeats what was never sent"))
    }

    /// Takes note of a call that the test rules out.
    pub(super) fn ruled_out(&mut self, rpc: &str) -> Status {
        self.unexpected.push(format!("{rpc} came, which the test rules out"));
        Status::failed_precondition("the test of the fake server rules this call out")
    }

    /// Takes note of a call in a session that has ended.
    pub(super) fn too_late(&mut self, rpc: &str) {
        self.unexpected.push(format!("{rpc} came in a session that was released before"));
    }

    /// What is wanted of operations and has not happened.
    pub(super) fn unmet(&self, requests: &[Request]) -> Vec<String> {
        let unmet = self.wanted.iter().filter(|(_, operation, wanted)| {
            let about = |request: &&Request| request.operation_id.as_ref() == Some(operation);
            !requests.iter().filter(about).any(|request| wanted.is_met_by(request))
        });
        unmet.map(|(label, _, wanted)| format!("{label} was never {wanted}")).collect()
    }

    /// Counts a step of exchange `number` as used.
    pub(super) fn used(&mut self, number: Option<usize>) {
        if let Some((_, left)) = number.and_then(|number| self.left.get_mut(number)) {
            *left = left.saturating_sub(1);
        }
    }

    /// The id of the next response of an operation: `r1`, `r2`, ….
    pub(super) fn next_response_id(&mut self, operation: &str) -> String {
        let count = self.responses.entry(operation.to_owned()).or_default();
        *count += 1;
        format!("r{count}")
    }

    /// What came and the script does not say.
    pub(super) fn astray(&self, requests: &[Request]) -> Vec<String> {
        let interrupted = requests.iter().filter(|request| request.rpc == "Interrupt");
        let needless =
            interrupted.filter_map(|request| match self.operations.get(request.operation_id.as_ref()?) {
                Some((_, true)) => None,
                Some((label, false)) => {
                    Some(format!("{label} was interrupted, which its exchange does not say"))
                }
                None => Some("an operation was interrupted that the script does not know".to_owned()),
            });
        self.unexpected.iter().cloned().chain(needless).collect()
    }

    /// How what happened differs from the script.
    pub(super) fn faults(&self, requests: &[Request]) -> Vec<String> {
        let unmet = self.unmet(requests);
        let left = self.left.iter().enumerate().filter_map(|(number, (label, left))| {
            if number >= self.begun {
                Some(format!("{label} (exchange {}) was never asked", number + 1))
            } else if *left > 0 {
                Some(format!("{label} (exchange {}) has {left} steps that nobody waited for", number + 1))
            } else {
                None
            }
        });
        self.astray(requests).into_iter().chain(left).chain(unmet).collect()
    }
}

fn described(request: &Request) -> String {
    match &request.body {
        Body::Reattach(reattach) => match &reattach.last_response_id {
            Some(last) => format!("ReattachExecute behind {last}"),
            None => "ReattachExecute from the start".to_owned(),
        },
        _ => request.rpc.to_owned(),
    }
}

/// A description without a line.
fn nothing_told() -> RecordBatch {
    let column = |name| Field::new(name, DataType::Utf8, true);
    RecordBatch::new_empty(Arc::new(Schema::new(vec![
        column("col_name"),
        column("data_type"),
        column("comment"),
    ])))
}
