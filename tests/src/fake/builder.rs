//! What a test says of its server before it starts.

use std::net::Ipv4Addr;
use std::sync::Arc;

use arrow_schema::Schema;
use tokio::net::TcpListener;
use tonic::transport::Server;

use super::Fake;
use super::arrow::structure;
use super::failure::Failure;
use super::rules::{self, Effect, Rule};
use super::script::Exchange;
use super::service::{Front, TokenRefusal};
use super::state::{Naming, Setup, State};
use super::wire::Incoming;
use crate::trace;

/// Options of a [`Fake`], and answers that replace the usual ones.
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until `start`"]
pub struct FakeBuilder {
    setup: Setup,
    refusal: TokenRefusal,
}

impl FakeBuilder {
    /// The exchanges to expect, in this order, behind those given before.
    pub fn script(mut self, script: impl IntoIterator<Item = Exchange>) -> Self {
        self.setup.script.extend(script);
        self
    }

    /// Wants this bearer token with every call.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.setup.token = Some(token.into());
        self
    }

    /// Wants the token bare in this header, in place of `authorization`.
    pub fn token_header(mut self, name: impl Into<String>) -> Self {
        self.setup.token_header = Some(name.into());
        self
    }

    /// Refuses a wrong token so.
    pub fn refuses_tokens(mut self, refusal: TokenRefusal) -> Self {
        self.refusal = refusal;
        self
    }

    /// Gives the client's session id back as the server's own, as Sail does.
    pub fn echoes_session_ids(mut self) -> Self {
        self.setup.naming = Naming::Echoed;
        self
    }

    /// Gives sessions no id, and cannot end one, as Spark before 4.0.
    pub fn names_no_sessions(mut self) -> Self {
        self.setup.naming = Naming::Nameless;
        self.lacks("ReleaseSession")
    }

    /// A conf that each session begins with.
    pub fn conf(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.setup.answers.confs.insert(key.into(), value.into());
        self
    }

    /// The schema of every plan that is asked about. Without one the question is refused,
    /// unless a value is bound: the server binds.
    pub fn schema(mut self, schema: &Schema) -> Self {
        self.setup.answers.schema = Some(structure(schema));
        self
    }

    /// The version of Spark that the server says it has.
    pub fn spark_version(mut self, version: impl Into<String>) -> Self {
        self.setup.answers.spark_version = Some(version.into());
        self
    }

    /// Answers every call of a unary RPC with this failure.
    ///
    /// # Panics
    ///
    /// If there is no such RPC, or its answers are in the script.
    pub fn refuse(self, rpc: &str, failure: impl Into<Failure>) -> Self {
        self.refuse_first(usize::MAX, rpc, failure)
    }

    /// Answers the first `count` calls of a unary RPC with this failure, behind those that earlier rules are about.
    ///
    /// # Panics
    ///
    /// If there is no such RPC, or its answers are in the script.
    pub fn refuse_first(mut self, count: usize, rpc: &str, failure: impl Into<Failure>) -> Self {
        self.setup.rules.push(Rule::new(rpc, count, Effect::Fail(Box::new(failure.into()))));
        self
    }

    /// Expects no call of a unary RPC, such as one that ends a session or interrupts, behind those that earlier rules are
    /// about: one that comes is refused, and fails the test at [`Fake::finish`].
    ///
    /// # Panics
    ///
    /// If there is no such RPC, or its answers are in the script.
    pub fn expects_no(mut self, rpc: &str) -> Self {
        self.setup.rules.push(Rule::new(rpc, usize::MAX, Effect::Unexpected));
        self
    }

    /// Finds nothing running that an interrupt could stop.
    pub fn has_nothing_to_interrupt(mut self) -> Self {
        self.setup.answers.interrupts_nothing = true;
        self
    }

    /// Answers the first `count` calls of a unary RPC as usual, behind those that earlier rules are about.
    ///
    /// # Panics
    ///
    /// If there is no such RPC, or its answers are in the script.
    pub fn answer_first(mut self, count: usize, rpc: &str) -> Self {
        self.setup.rules.push(Rule::new(rpc, count, Effect::Answer));
        self
    }

    /// Answers no call of a unary RPC until [`Fake::release`] is called with this name.
    ///
    /// # Panics
    ///
    /// If there is no such RPC, or its answers are in the script.
    pub fn hold(mut self, rpc: &str, name: impl Into<String>) -> Self {
        self.setup.rules.push(Rule::new(rpc, usize::MAX, Effect::Hold(name.into())));
        self
    }

    /// Names this session in the answers to a unary RPC, whichever was asked about.
    ///
    /// # Panics
    ///
    /// If there is no such RPC, or its answers are in the script.
    pub fn answer_for_session(mut self, rpc: &str, session_id: impl Into<String>) -> Self {
        self.setup.answers.sessions.insert(rules::known(rpc).to_owned(), session_id.into());
        self
    }

    /// Does not have this unary RPC.
    ///
    /// # Panics
    ///
    /// If no server has it, or its answers are in the script.
    pub fn lacks(mut self, rpc: &str) -> Self {
        self.setup.rules.push(Rule::lacking(rpc));
        self
    }

    /// Starts the server on a free port of the loopback interface.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    #[expect(clippy::expect_used, reason = "a test without its server must fail")]
    pub async fn start(self) -> Fake {
        trace::print_if_asked();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("the port's address");
        let state = Arc::new(State::new(self.setup));
        let front = Front::new(Arc::clone(&state), self.refusal);
        let serving = Server::builder().serve_with_incoming(front, Incoming::new(listener));
        let server = tokio::spawn(async move {
            // An error here shows in the test as a client without a server.
            let _ = serving.await;
        });
        Fake::new(address, state, server)
    }
}
