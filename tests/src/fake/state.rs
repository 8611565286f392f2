//! What the server knows: its script, what it was sent, and its sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, HeaderValue};
use tokio::sync::watch;
use tonic::Status;
use uuid::Uuid;

use super::answers::Answers;
use super::details::Details;
use super::failure::Failure;
use super::position::Position;
use super::request::Request;
use super::rules::{self, Effect, Rule};
use super::script::Exchange;

/// The confs of each session.
pub(super) type Confs = BTreeMap<String, BTreeMap<String, String>>;

/// What the server calls a session beside the client's id.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// An id of its own, as Spark does.
    #[default]
    Own,
    /// The client's id again, as Sail does.
    Echoed,
    /// Nothing, as Spark does before 4.0.
    Nameless,
}

/// What a test says of its server before it starts.
#[derive(Debug, Default)]
pub(super) struct Setup {
    pub(super) script: Vec<Exchange>,
    pub(super) token: Option<String>,
    /// The header that the token is wanted in, bare; `authorization` as a bearer token otherwise.
    pub(super) token_header: Option<String>,
    pub(super) naming: Naming,
    pub(super) answers: Answers,
    pub(super) rules: Vec<Rule>,
}

#[derive(Debug)]
pub(super) struct State {
    script: Mutex<Position>,
    /// Every request, which is also what a test waits on.
    requests: watch::Sender<Vec<Request>>,
    /// The names of the stalls that the test has released.
    released: watch::Sender<BTreeSet<String>>,
    sessions: Mutex<BTreeMap<String, String>>,
    confs: Mutex<Confs>,
    /// The sessions that were released.
    ended: Mutex<BTreeSet<String>>,
    token: Mutex<Option<String>>,
    token_header: Option<String>,
    rules: Mutex<Vec<Rule>>,
    /// The details of failures that nobody has fetched yet, by their ids.
    details: Mutex<BTreeMap<String, Details>>,
    /// What was uploaded, by session and name.
    artifacts: Mutex<BTreeMap<(String, String), Vec<u8>>>,
    naming: Naming,
    pub(super) answers: Answers,
}

impl State {
    pub(super) fn new(setup: Setup) -> Self {
        let Setup { script, token, token_header, naming, answers, rules } = setup;
        Self {
            script: Mutex::new(Position::new(script)),
            requests: watch::Sender::new(Vec::new()),
            released: watch::Sender::new(BTreeSet::new()),
            sessions: Mutex::default(),
            confs: Mutex::default(),
            ended: Mutex::default(),
            token: Mutex::new(token),
            token_header,
            rules: Mutex::new(rules),
            details: Mutex::default(),
            artifacts: Mutex::default(),
            naming,
            answers,
        }
    }

    /// How far the script has been followed.
    pub(super) fn script(&self) -> MutexGuard<'_, Position> {
        lock(&self.script)
    }

    pub(super) fn accepts(&self, headers: &HeaderMap) -> bool {
        let token = lock(&self.token);
        let sent = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
        token.as_ref().is_none_or(|token| match &self.token_header {
            Some(name) => sent(name) == Some(token.as_bytes()),
            None => sent("authorization") == Some(format!("Bearer {token}").as_bytes()),
        })
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
        match self.naming {
            Naming::Own => {}
            Naming::Echoed => return session.to_owned(),
            Naming::Nameless => return String::new(),
        }
        lock(&self.sessions).entry(session.to_owned()).or_insert_with(|| Uuid::new_v4().to_string()).clone()
    }

    pub(super) fn forget_sessions(&self) {
        lock(&self.sessions).clear();
    }

    pub(super) fn drop_sessions(&self) {
        self.confs().clear();
    }

    pub(super) fn artifacts(&self) -> MutexGuard<'_, BTreeMap<(String, String), Vec<u8>>> {
        lock(&self.artifacts)
    }

    pub(super) fn confs(&self) -> MutexGuard<'_, Confs> {
        lock(&self.confs)
    }

    /// Ends a session.
    pub(super) fn end(&self, session: &str) {
        lock(&self.ended).insert(session.to_owned());
    }

    /// Refuses what asks something of a session that has ended, as Spark does; the test fails then.
    pub(super) fn check_session(&self, request: &Request) -> Result<(), Status> {
        let asks = ["ExecutePlan", "AnalyzePlan", "Config", "AddArtifacts"].contains(&request.rpc);
        if !asks || !lock(&self.ended).contains(&request.session_id) {
            return Ok(());
        }
        self.script().too_late(request.rpc);
        Err(self.failed(&Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "HY000")))
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
            Some(Effect::Unexpected) => Err(self.script().ruled_out(rpc)),
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

    /// Waits until what is wanted of operations has happened. Waits for ever, so the caller sets the bound.
    pub(super) async fn settled(&self) {
        let mut requests = self.requests.subscribe();
        // The sender is `self`, so the wait cannot fail while it is awaited.
        let _ = requests.wait_for(|requests| self.script().unmet(requests).is_empty()).await;
    }
}

/// A test that panicked while it held a lock has failed already.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
