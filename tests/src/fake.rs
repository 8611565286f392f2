//! A scripted Spark Connect server inside the test's own process.
//!
//! A test writes down what the server is asked and what it answers, runs the client, and looks at what was sent:
//!
//! ```text
//! let fake = Fake::start([execute().send(batch(&rows)).end(), reattach_from(Some("r1")).send(complete())]).await;
//! // … run a query against fake.remote() …
//! assert_eq!(fake.sent("ReattachExecute").len(), 1);
//! fake.finish();
//! ```
//!
//! Results are scripted step by step; the other calls have sensible answers that a test may replace. A request
//! that the script does not expect, and a step that nobody asked for, fail the test.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::Status;
use tonic::transport::Server;

mod answers;
mod failure;
mod playing;
pub mod proto;
mod request;
mod response;
mod script;
mod service;
mod state;
mod wire;

pub use failure::{error_details, error_info, error_info_with_id, retry_later, sail_error};
pub use request::{Body, Request, sql};
pub use response::{
    Response, analyzed, batch, batch_at, chunks, complete, planning, progress, response, schema, sql_result,
    unknown_enum, unknown_type,
};
pub use script::{Exchange, execute, execute_where, reattach_from};

use crate::trace;
use answers::Answers;
use state::State;
use wire::Incoming;

/// How long a test waits for a request that must come. Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running fake server. End the test with [`Fake::finish`].
#[derive(Debug)]
pub struct Fake {
    address: SocketAddr,
    state: Arc<State>,
    server: JoinHandle<()>,
    finished: bool,
}

/// Options of a [`Fake`], and answers that replace the usual ones.
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until `start`"]
pub struct FakeBuilder {
    script: Vec<Exchange>,
    token: Option<String>,
    gateway: bool,
    sail_like: bool,
    answers: Answers,
}

impl Fake {
    /// A server like Spark that expects exactly these exchanges, in this order.
    pub async fn start(script: impl IntoIterator<Item = Exchange>) -> Self {
        Self::builder().script(script).start().await
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
    #[must_use]
    pub fn sent(&self, rpc: &str) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.rpc == rpc).collect()
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
        match tokio::time::timeout(PATIENCE, self.state.wait_for(rpc, nth)).await {
            Ok(request) => request,
            Err(_) => panic!("no {rpc} number {nth} came; what came is {:?}", self.state.rpcs()),
        }
    }

    /// Lets every exchange that stands at [`Exchange::stall`] of this name go on, now and later.
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

    /// Ends the test: everything scripted must have been used, and nothing else been asked.
    ///
    /// # Panics
    ///
    /// If the script and what happened differ.
    #[expect(clippy::panic, reason = "a script that was not followed fails the test")]
    pub fn finish(mut self) {
        self.finished = true;
        let faults = self.state.faults();
        if !faults.is_empty() {
            panic!(
                "the script was not followed:\n  {}\nrequests: {:?}",
                faults.join("\n  "),
                self.state.rpcs()
            );
        }
    }

    /// Ends a test that compared the requests itself, because it cannot know how much of the script is used.
    pub fn finish_anywhere(mut self) {
        self.finished = true;
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

/// Replaces the answer to one unary RPC.
macro_rules! answer {
    ($(#[$doc:meta])* $method:ident, $field:ident, $request:ident, $response:ident) => {
        $(#[$doc])*
        ///
        /// Ids of the session that the answer leaves open are filled in.
        pub fn $method(
            mut self,
            answer: impl Fn(&proto::$request) -> Result<proto::$response, Status> + Send + Sync + 'static,
        ) -> Self {
            self.answers.$field = Some(Box::new(answer));
            self
        }
    };
}

impl FakeBuilder {
    /// The exchanges to expect, in this order, behind those given before.
    pub fn script(mut self, script: impl IntoIterator<Item = Exchange>) -> Self {
        self.script.extend(script);
        self
    }

    /// Wants this bearer token with every call.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Refuses a wrong token as a gateway does, with an HTTP status.
    pub fn behind_a_gateway(mut self) -> Self {
        self.gateway = true;
        self
    }

    /// Gives the client's session id back as the server's own, as Sail does.
    pub fn sail_like(mut self) -> Self {
        self.sail_like = true;
        self
    }

    answer!(
        /// Answers `Config`. Otherwise confs are kept and given back.
        on_config, config, ConfigRequest, ConfigResponse
    );
    answer!(
        /// Answers `AnalyzePlan`. Otherwise only the version of Spark is told.
        on_analyze, analyze, AnalyzePlanRequest, AnalyzePlanResponse
    );
    answer!(
        /// Answers `Interrupt`. Otherwise the operation asked for counts as interrupted.
        on_interrupt, interrupt, InterruptRequest, InterruptResponse
    );
    answer!(
        /// Answers `ReleaseExecute`. Otherwise the operation asked for counts as released.
        on_release_execute, release_execute, ReleaseExecuteRequest, ReleaseExecuteResponse
    );
    answer!(
        /// Answers `ReleaseSession`. Otherwise the session counts as released.
        on_release_session, release_session, ReleaseSessionRequest, ReleaseSessionResponse
    );
    answer!(
        /// Answers `FetchErrorDetails`. Otherwise the details are gone, as they are after the first reading.
        on_fetch_error_details, fetch_error_details, FetchErrorDetailsRequest, FetchErrorDetailsResponse
    );

    /// Starts the server on a free port of the loopback interface.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    #[expect(clippy::expect_used, reason = "a test without its server must fail")]
    pub async fn start(self) -> Fake {
        trace::print_if_asked();
        let Self { script, token, gateway, sail_like, answers } = self;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("the port's address");
        let state = Arc::new(State::new(script, token, sail_like, answers));
        let front = service::Front::new(Arc::clone(&state), gateway);
        let serving = Server::builder().serve_with_incoming(front, Incoming::new(listener));
        let server = tokio::spawn(async move {
            // An error here shows in the test as a client without a server.
            let _ = serving.await;
        });
        Fake { address, state, server, finished: false }
    }
}
