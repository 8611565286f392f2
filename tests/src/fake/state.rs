//! What the server knows: its script, what it was sent, and its sessions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tonic::Status;
use uuid::Uuid;

use super::answers::Answers;
use super::request::Request;
use super::script::{Exchange, Step};

/// The confs of each session.
pub(super) type Confs = BTreeMap<String, BTreeMap<String, String>>;

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
    sail_like: bool,
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
}

/// An exchange that has begun: its steps, and its place in the script.
pub(super) struct Begun {
    pub(super) number: usize,
    pub(super) steps: VecDeque<Step>,
}

impl State {
    pub(super) fn new(
        script: Vec<Exchange>,
        token: Option<String>,
        sail_like: bool,
        answers: Answers,
    ) -> Self {
        let left = script.iter().map(|exchange| (exchange.label(), exchange.steps.len())).collect();
        let script = Script {
            ahead: script.into(),
            left,
            begun: 0,
            unexpected: Vec::new(),
            responses: BTreeMap::new(),
        };
        Self {
            script: Mutex::new(script),
            requests: watch::Sender::new(Vec::new()),
            released: watch::Sender::new(BTreeSet::new()),
            sessions: Mutex::default(),
            confs: Mutex::default(),
            token: Mutex::new(token),
            sail_like,
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
        if self.sail_like {
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
        if script.ahead.front().is_none_or(|next| !next.fits(request)) {
            let expected = script.ahead.front().map_or_else(|| "nothing more".to_owned(), Exchange::label);
            let came = described(request);
            script.unexpected.push(format!("{came} came where the script expects {expected}"));
            return Err(Status::failed_precondition("the script of the fake server expects something else"));
        }
        let number = script.begun;
        script.begun += 1;
        let steps = script.ahead.pop_front().map(|exchange| exchange.steps).unwrap_or_default();
        Ok(Begun { number, steps })
    }

    /// Counts a step of exchange `number` as used.
    pub(super) fn used(&self, number: usize) {
        if let Some((_, left)) = lock(&self.script).left.get_mut(number) {
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
        script.unexpected.iter().cloned().chain(left).collect()
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
