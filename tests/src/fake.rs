//! A scripted Spark Connect server inside the test's own process.
//!
//! A test writes down what the server is asked and what it answers, runs the client, and looks at what was sent:
//!
//! ```text
//! let fake = Fake::builder()
//!     .script([
//!         on("SELECT id FROM t WHERE name = ?").values(["ada"]).answer([rows]),
//!         on("DELETE FROM t").fail(Failure::spark("TABLE_OR_VIEW_NOT_FOUND", "42P01")),
//!         execute().send(batch(&rows)).end(),
//!         reattach_from(Some("r1")).send(batch(&more)).stall("read").interrupted().released(),
//!     ])
//!     .refuse_first(1, "Config", Failure::unavailable("starting"))
//!     .start()
//!     .await;
//! // … run queries against fake.remote(), drop the last one …
//! fake.settled().await;
//! assert_eq!(fake.sent("ExecutePlan")[1].statement(), Some(Statement::new("DELETE FROM t")));
//! fake.finish();
//! ```
//!
//! What a client executes is expected in the script's order, and answered step by step: see [`Exchange`]. The other
//! calls have the answers of a healthy server, and rules that a test may give: see [`FakeBuilder`]. A request that the
//! script does not expect, a step that nobody asked for, an operation that was to be interrupted or released and was
//! not, an interrupt that no exchange speaks of and a plan in a session that was released fail the test at
//! [`Fake::finish`].
//!
//! Requests are recorded as plain values: see [`Request`]. No message of the protocol shows here; where a test is about
//! bytes, [`Response::raw`] sends them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

mod answers;
mod arrow;
mod builder;
mod details;
mod expects;
mod failure;
mod playing;
mod position;
mod proto;
mod recorded;
mod request;
mod response;
mod rules;
mod script;
mod service;
mod state;
mod statement;
mod tree;
mod upload;
mod value;
mod wire;

pub use builder::FakeBuilder;
pub use details::Details;
pub use failure::{Code, Failure};
pub use request::Request;
pub use response::{
    Response, Stage, batch, batch_at, chunks, complete, planning, progress, schema, sql_relation, sql_result,
    stages, unknown_enum, unknown_type,
};
pub use script::{Exchange, execute, on, reattach_from};
pub use service::TokenRefusal;
pub use statement::Statement;
pub use value::Value;

use position::Position;
use service::RPCS;
use state::State;

/// How long a test waits for a request that must come. Only a failing test waits this long.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// A running fake server. End the test with [`Fake::finish`].
#[derive(Debug)]
pub struct Fake {
    address: SocketAddr,
    state: Arc<State>,
    server: JoinHandle<()>,
    finished: bool,
}

impl Fake {
    /// A server like Spark that expects exactly these exchanges, in this order.
    pub async fn start(script: impl IntoIterator<Item = Exchange>) -> Self {
        Self::builder().script(script).start().await
    }

    fn new(address: SocketAddr, state: Arc<State>, server: JoinHandle<()>) -> Self {
        Self { address, state, server, finished: false }
    }

    /// Options for a server.
    pub fn builder() -> FakeBuilder {
        FakeBuilder::default()
    }

    /// The connection string.
    #[must_use]
    pub fn remote(&self) -> String {
        format!("sc://{}", self.authority())
    }

    /// `host:port`, as a client names the server.
    #[must_use]
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// Where the server listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port that the server listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every request so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.state.requests()
    }

    /// The requests of one RPC so far, in the order of arrival.
    ///
    /// # Panics
    ///
    /// If the protocol has no RPC of this name.
    #[must_use]
    pub fn sent(&self, rpc: &str) -> Vec<Request> {
        assert!(RPCS.contains(&rpc), "{rpc} is none of the calls of the protocol: {RPCS:?}");
        self.requests().into_iter().filter(|request| request.rpc == rpc).collect()
    }

    /// The sessions of the requests of one RPC so far, in the order of arrival.
    ///
    /// # Panics
    ///
    /// If the protocol has no RPC of this name.
    #[must_use]
    pub fn sessions(&self, rpc: &str) -> Vec<String> {
        self.sent(rpc).into_iter().map(|request| request.session_id).collect()
    }

    /// How often a table was described where the script did not say how.
    #[must_use]
    pub fn descriptions(&self) -> usize {
        self.state.script().descriptions
    }

    /// How often it was asked how a table is made where the script did not say it.
    #[must_use]
    pub fn creations(&self) -> usize {
        self.state.script().creations
    }

    /// What was uploaded and arrived whole, by its name, in whatever session.
    #[must_use]
    pub fn artifacts(&self) -> BTreeMap<String, Vec<u8>> {
        self.state.artifacts().iter().map(|((_, name), bytes)| (name.clone(), bytes.clone())).collect()
    }

    /// The first request of an RPC, as soon as it is there.
    ///
    /// # Panics
    ///
    /// If it does not come.
    pub async fn wait_for(&self, rpc: &str) -> Request {
        self.wait_for_nth(rpc, 1).await
    }

    /// The `nth` request of an RPC, counted from 1, as soon as it is there.
    ///
    /// # Panics
    ///
    /// If it does not come.
    #[expect(clippy::panic, reason = "a request that must come and does not fails the test")]
    pub async fn wait_for_nth(&self, rpc: &str, nth: usize) -> Request {
        match tokio::time::timeout(REQUEST_TIMEOUT, self.state.wait_for(rpc, nth)).await {
            Ok(request) => request,
            Err(_) => panic!("no {rpc} number {nth} came; what came is {:?}", self.state.rpcs()),
        }
    }

    /// Waits until every operation that has to be is interrupted and released.
    ///
    /// # Panics
    ///
    /// If that does not happen.
    #[expect(clippy::panic, reason = "a request that must come and does not fails the test")]
    pub async fn settled(&self) {
        if tokio::time::timeout(REQUEST_TIMEOUT, self.state.settled()).await.is_err() {
            let requests = self.state.requests();
            panic!(
                "{}; what came is {:?}",
                self.state.script().unmet(&requests).join(", "),
                self.state.rpcs()
            );
        }
    }

    /// Lets every exchange that stands at [`Exchange::stall`] of this name go on, and every call that is held by it
    /// ([`FakeBuilder::hold`]), now and later.
    pub fn release(&self, stall: &str) {
        self.state.release(stall);
    }

    /// Wants this bearer token from now on.
    pub fn change_token(&self, token: impl Into<String>) {
        self.state.change_token(token.into());
    }

    /// Gives every session a new id of the server's, as a restarted server does.
    pub fn forget_sessions(&self) {
        self.state.forget_sessions();
    }

    /// Drops the confs of every session, as a server does that makes a lost session anew.
    pub fn drop_sessions(&self) {
        self.state.drop_sessions();
    }

    /// Ends the test: everything scripted must have been used, and no plan, interrupt or call that the test rules out
    /// have come besides.
    ///
    /// # Panics
    ///
    /// If the script and what happened differ.
    pub fn finish(self) {
        self.end(Position::faults);
    }

    /// Ends a test that cannot know how much of its script is used; what came must stand in it all the same.
    ///
    /// # Panics
    ///
    /// If something came that the script does not say.
    pub fn finish_anywhere(self) {
        self.end(Position::astray);
    }

    #[expect(clippy::panic, reason = "a script that was not followed fails the test")]
    fn end(mut self, compare: fn(&Position, &[Request]) -> Vec<String>) {
        self.finished = true;
        let requests = self.state.requests();
        let faults = compare(&self.state.script(), &requests);
        if !faults.is_empty() {
            panic!(
                "the script was not followed:\n  {}\nrequests: {:?}",
                faults.join("\n  "),
                self.state.rpcs()
            );
        }
    }
}

impl Drop for Fake {
    #[expect(clippy::panic, reason = "a test that does not compare script and events proves nothing")]
    fn drop(&mut self) {
        self.server.abort();
        if !self.finished && !std::thread::panicking() {
            panic!("the test ended without Fake::finish, so nothing says that its script was followed");
        }
    }
}
