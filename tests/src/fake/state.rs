//! What the server knows: its script, what it was sent, and its sessions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;
use tonic::Status;
use uuid::Uuid;

use super::answers::Answers;
use super::details::Details;
use super::failure::Failure;
use super::request::Request;
use super::response::progress;
use super::rules::{self, Effect, Rule};
use super::script::{Exchange, Step, Wanted};

/// The confs of each session.
pub(super) type Confs = BTreeMap<String, BTreeMap<String, String>>;

/// What a test says of its server before it starts.
#[derive(Debug, Default)]
pub(super) struct Setup {
    pub(super) script: Vec<Exchange>,
    pub(super) token: Option<String>,
    pub(super) echoes_session_ids: bool,
    pub(super) answers: Answers,
    pub(super) rules: Vec<Rule>,
}

#[derive(Debug)]
pub(super) struct State {
    script: Mutex<Script>,
    /// Every request, which is also what a test waits on.
    requests: watch::Sender<Vec<Request>>,
    /// The names of the stalls that the test has released.
    released: watch::Sender<BTreeSet<String>>,
    sessions: Mutex<BTreeMap<String, String>>,
    confs: Mutex<Confs>,
    token: Mutex<Option<String>>,
    rules: Mutex<Vec<Rule>>,
    /// The details of failures that nobody has fetched yet, by their ids.
    details: Mutex<BTreeMap<String, Details>>,
    echoes_session_ids: bool,
    pub(super) answers: Answers,
}

#[derive(Debug)]
struct Script {
    ahead: VecDeque<Exchange>,
    /// What each exchange expects and how many of its steps are left, in the script's order.
    left: Vec<(String, usize)>,
    begun: usize,
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
}

/// An exchange that has begun: its steps, and its place in the script.
pub(super) struct Begun {
    /// None where the answer is not one of the script's.
    pub(super) number: Option<usize>,
    pub(super) steps: VecDeque<Step>,
}

impl State {
    pub(super) fn new(setup: Setup) -> Self {
        let Setup { script, token, echoes_session_ids, answers, rules } = setup;
        let left = script.iter().map(|exchange| (exchange.label(), exchange.steps.len())).collect();
        let script = Script {
            ahead: script.into(),
            left,
            begun: 0,
            unexpected: Vec::new(),
            responses: BTreeMap::new(),
            sent: BTreeMap::new(),
            commands: BTreeSet::new(),
            at_work: BTreeSet::new(),
            wanted: Vec::new(),
        };
        Self {
            script: Mutex::new(script),
            requests: watch::Sender::new(Vec::new()),
            released: watch::Sender::new(BTreeSet::new()),
            sessions: Mutex::default(),
            confs: Mutex::default(),
            token: Mutex::new(token),
            rules: Mutex::new(rules),
            details: Mutex::default(),
            echoes_session_ids,
            answers,
        }
    }

    pub(super) fn accepts(&self, authorization: Option<&[u8]>) -> bool {
        let token = lock(&self.token);
        token.as_ref().is_none_or(|token| authorization == Some(format!("Bearer {token}").as_bytes()))
    }

    pub(super) fn change_token(&self, token: String) {
        *lock(&self.token) = Some(token);
    }

    pub(super) fn record(&self, request: Request) {
        self.requests.send_modify(|requests| requests.push(request));
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.borrow().clone()
    }

    pub(super) fn rpcs(&self) -> Vec<&'static str> {
        self.requests.borrow().iter().map(|request| request.rpc).collect()
    }

    /// The `nth` request of an RPC, counted from 1. Waits for ever, so the caller sets the bound.
    pub(super) async fn wait_for(&self, rpc: &str, nth: usize) -> Request {
        let find = |requests: &Vec<Request>| {
            requests.iter().filter(|request| request.rpc == rpc).nth(nth.saturating_sub(1)).cloned()
        };
        let mut requests = self.requests.subscribe();
        loop {
            if let Some(found) = find(&requests.borrow_and_update()) {
                return found;
            }
            if requests.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    pub(super) fn release(&self, stall: &str) {
        self.released.send_modify(|released| {
            released.insert(stall.to_owned());
        });
    }

    pub(super) async fn released(&self, stall: &str) {
        let mut released = self.released.subscribe();
        // The sender is `self`, so the wait cannot fail while it is awaited.
        let _ = released.wait_for(|released| released.contains(stall)).await;
    }

    /// The server's own id of a session.
    pub(super) fn server_side(&self, session: &str) -> String {
        if self.echoes_session_ids {
            return session.to_owned();
        }
        lock(&self.sessions).entry(session.to_owned()).or_insert_with(|| Uuid::new_v4().to_string()).clone()
    }

    pub(super) fn forget_sessions(&self) {
        lock(&self.sessions).clear();
    }

    pub(super) fn confs(&self) -> MutexGuard<'_, Confs> {
        lock(&self.confs)
    }

    /// Takes the next exchange of the script for `request`.
    pub(super) fn begin(&self, request: &Request) -> Result<Begun, Status> {
        let mut script = lock(&self.script);
        let operation = request.operation_id.as_deref().unwrap_or_default();
        if request.reattaches_from_the_start() && script.at_work.contains(operation) {
            let steps = VecDeque::from([Step::Send(Box::new(progress()))]);
            return Ok(Begun { number: None, steps });
        }
        if script.ahead.front().is_none_or(|next| !next.fits(request)) {
            let expected = script.ahead.front().map_or_else(|| "nothing more".to_owned(), Exchange::label);
            let came = described(request);
            script.unexpected.push(format!("{came} came where the script expects {expected}"));
            return Err(Status::failed_precondition("the script of the fake server expects something else"));
        }
        let number = script.begun;
        script.begun += 1;
        let Some(exchange) = script.ahead.pop_front() else {
            return Err(Status::failed_precondition("the script of the fake server has ended"));
        };
        if exchange.at_work {
            script.at_work.insert(operation.to_owned());
        }
        if request.is_command() {
            script.commands.insert(operation.to_owned());
        }
        let (label, answers_a_command) = (exchange.label(), script.commands.contains(operation));
        let wanted = exchange.wanted.iter().map(|wanted| (label.clone(), operation.to_owned(), *wanted));
        script.wanted.extend(wanted);
        let steps: VecDeque<Step> =
            exchange.steps.into_iter().flat_map(|step| step.expanded(answers_a_command)).collect();
        if let Some((_, left)) = script.left.get_mut(number) {
            *left = steps.len();
        }
        Ok(Begun { number: Some(number), steps })
    }

    /// What a rule says about this call, once it may go on.
    pub(super) async fn ruled(&self, rpc: &str) -> Result<(), Status> {
        let effect = rules::next(&mut lock(&self.rules), rpc);
        match effect {
            Some(Effect::Fail(failure)) => Err(self.failed(&failure)),
            Some(Effect::Hold(name)) => {
                self.released(&name).await;
                Ok(())
            }
            Some(Effect::Answer) | None => Ok(()),
        }
    }

    /// The status of a failure, whose details are kept from now on.
    pub(super) fn failed(&self, failure: &Failure) -> Status {
        if let Some((id, details)) = failure.kept() {
            lock(&self.details).insert(id.to_owned(), details.clone());
        }
        failure.to_status()
    }

    /// The details of a failure, which are gone after this.
    pub(super) fn take_details(&self, error_id: &str) -> Option<Details> {
        lock(&self.details).remove(error_id)
    }

    /// Keeps a response for a client that asks for it once more.
    pub(super) fn keep(&self, operation: &str, response_id: &str, bytes: Bytes, complete: bool) {
        let key = (operation.to_owned(), response_id.to_owned());
        lock(&self.script).sent.insert(key, (bytes, complete));
    }

    /// A response that was sent before; without it the script is wrong.
    pub(super) fn kept(&self, operation: &str, response_id: &str) -> Result<(Bytes, bool), Status> {
        let mut script = lock(&self.script);
        let key = (operation.to_owned(), response_id.to_owned());
        if let Some(sent) = script.sent.get(&key) {
            return Ok(sent.clone());
        }
        script.unexpected.push(format!("{response_id} was to be repeated, but it was never sent"));
        Err(Status::failed_precondition("the script of the fake server repeats what was never sent"))
    }

    /// Waits until what is wanted of operations has happened. Waits for ever, so the caller sets the bound.
    pub(super) async fn settled(&self) {
        let mut requests = self.requests.subscribe();
        // The sender is `self`, so the wait cannot fail while it is awaited.
        let _ = requests.wait_for(|requests| self.unmet(requests).is_empty()).await;
    }

    /// What is wanted of operations and has not happened.
    pub(super) fn unmet(&self, requests: &[Request]) -> Vec<String> {
        let script = lock(&self.script);
        let unmet = script.wanted.iter().filter(|(_, operation, wanted)| {
            let about = |request: &&Request| request.operation_id.as_ref() == Some(operation);
            !requests.iter().filter(about).any(|request| wanted.is_met_by(request))
        });
        unmet.map(|(label, _, wanted)| format!("{label} was never {wanted}")).collect()
    }

    /// Counts a step of exchange `number` as used.
    pub(super) fn used(&self, number: Option<usize>) {
        let mut script = lock(&self.script);
        if let Some((_, left)) = number.and_then(|number| script.left.get_mut(number)) {
            *left = left.saturating_sub(1);
        }
    }

    /// The id of the next response of an operation: `r1`, `r2`, ….
    pub(super) fn next_response_id(&self, operation: &str) -> String {
        let mut script = lock(&self.script);
        let count = script.responses.entry(operation.to_owned()).or_default();
        *count += 1;
        format!("r{count}")
    }

    /// How what happened differs from the script.
    pub(super) fn faults(&self) -> Vec<String> {
        let unmet = self.unmet(&self.requests());
        let script = lock(&self.script);
        let left = script.left.iter().enumerate().filter_map(|(number, (label, left))| {
            if number >= script.begun {
                Some(format!("{label} (exchange {}) was never asked", number + 1))
            } else if *left > 0 {
                Some(format!("{label} (exchange {}) has {left} steps that nobody waited for", number + 1))
            } else {
                None
            }
        });
        script.unexpected.iter().cloned().chain(left).chain(unmet).collect()
    }
}

fn described(request: &Request) -> String {
    use super::request::Body;
    match &request.body {
        Body::Reattach(reattach) => match &reattach.last_response_id {
            Some(last) => format!("ReattachExecute behind {last}"),
            None => "ReattachExecute from the start".to_owned(),
        },
        _ => request.rpc.to_owned(),
    }
}

/// A test that panicked while it held a lock has failed already.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
