//! The connections to a server, shared by any number of sessions.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use tokio::sync::OnceCell;
use tonic::{Code, Request, Response, Status, Streaming};
use uuid::Uuid;

use crate::clock::{self, Runtime};
use crate::error::status::{Failure, Remedy, refuses_token};
use crate::error::{Error, ErrorKind, Result, ServerError};
use crate::remote::{Remote, Token};
use crate::retry::Retrying;
use crate::token::{CallToken, TokenHeader, Tokens};

mod activity;
mod answers;
mod background;
mod builder;
mod connect;
mod connect_error;
mod connection;
mod connector;
mod header;
mod http2;
mod ping;
mod proxy;
mod secrets;
mod tcp;
#[cfg(feature = "tls")]
mod tls;
mod transport;
mod windows;
mod wire;

pub(crate) use answers::Answers;
pub use builder::ChannelBuilder;
pub(crate) use builder::DEFAULT_CONNECT_TIMEOUT;
#[cfg(feature = "fuzzing")]
pub(crate) use builder::DEFAULT_MAX_BATCH_BYTES;
#[cfg(feature = "fuzzing")]
pub(crate) use header::sanitize;
#[cfg(feature = "tls")]
pub use tls::Tls;
pub(crate) use transport::Transport;

use background::Background;
use connect_error::ConnectError;
use connection::Connection;

/// How long one unary call may take before the client gives up, as the reference client has it.
const UNARY_DEADLINE: Duration = Duration::from_secs(600);

/// The HTTP/2 connections to one server, made on first use; clones share them.
///
/// There is one unless [`ChannelBuilder::connections`] says otherwise; each session stays on one of them. A connection
/// that is lost, or whose Tokio runtime has ended, is replaced for the next call.
#[derive(Clone)]
pub struct Channel {
    shared: Arc<ChannelInner>,
    /// The one that a session keeps to.
    connection: Option<Arc<Connection>>,
}

struct ChannelInner {
    remote: Remote,
    authority: String,
    connections: Connections,
    tokens: Tokens,
    token_header: TokenHeader,
    session_id_header: Option<HeaderName>,
    retry: Retrying,
    background: Background,
    /// Whether a Spark Connect server has answered a call.
    answered: AtomicBool,
    max_batch_bytes: usize,
    /// Whether the server binds values, once that has been asked, and the breaks of all connections before.
    binds: Mutex<(u64, Arc<OnceCell<bool>>)>,
    /// Whether it is known to keep its tables beside the sessions.
    shares_catalog: AtomicBool,
}

/// Whether a call may change something on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effects {
    None,
    Some,
}

struct Connections {
    first: Arc<Connection>,
    others: Vec<Arc<Connection>>,
}

impl Channel {
    /// Options for the connections to `remote`.
    pub fn builder(remote: Remote) -> ChannelBuilder {
        ChannelBuilder::new(remote)
    }

    /// `host:port` of the server, as errors show it.
    pub fn authority(&self) -> &str {
        &self.shared.authority
    }

    /// How often a call found its connection broken, or a connection was replaced. Once this number has changed, a
    /// different server may be answering.
    ///
    /// On the channel of a session ([`Session::channel`](crate::Session::channel)) it counts for that session's
    /// connection, otherwise for all of them.
    #[doc(hidden)]
    pub fn breaks(&self) -> u64 {
        let all = || self.shared.connections.breaks();
        self.connection.as_ref().map_or_else(all, |connection| connection.breaks())
    }

    /// Waits until every release and interrupt that runs in the background has been answered or given up, or its
    /// Tokio runtime has ended or stands still.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call only stops the waiting.
    pub async fn drained(&self) {
        self.shared.background.drained().await;
    }

    /// How much memory one batch of a result may take: [`ChannelBuilder::max_batch_bytes`].
    pub fn max_batch_bytes(&self) -> usize {
        self.shared.max_batch_bytes
    }

    /// The same channel for one session: on the connection that the fewest keep to.
    pub(crate) fn for_session(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), connection: Some(self.shared.connections.least_used()) }
    }

    pub(crate) fn background(&self) -> &Background {
        &self.shared.background
    }

    /// Whether the server is known to keep its tables beside the sessions.
    pub(crate) fn shares_catalog(&self) -> bool {
        self.shared.shares_catalog.load(Ordering::Relaxed)
    }

    /// Takes note that the server keeps its tables beside the sessions.
    pub(crate) fn note_shared_catalog(&self) {
        self.shared.shares_catalog.store(true, Ordering::Relaxed);
    }

    /// Whether the server binds values, once that has been asked. After a break another one may be answering.
    pub(crate) fn binds(&self) -> Arc<OnceCell<bool>> {
        let breaks = self.shared.connections.breaks();
        let mut binds = self.shared.binds.lock().unwrap_or_else(PoisonError::into_inner);
        if binds.0 != breaks {
            *binds = (breaks, Arc::default());
        }
        Arc::clone(&binds.1)
    }

    pub(crate) fn remote(&self) -> &Remote {
        &self.shared.remote
    }

    pub(crate) fn retrying(&self) -> &Retrying {
        &self.shared.retry
    }

    /// Whether a Spark Connect server has answered a call on this channel, so that the address is right.
    pub(crate) fn has_answered(&self) -> bool {
        self.shared.answered.load(Ordering::Relaxed)
    }

    /// Makes sure that there is a connection, so that [`Channel::breaks`] counts one that has ended.
    pub(crate) async fn connected(&self) -> Result<(), Failure> {
        self.connection().connected().await.map_err(|cause| self.refused(&cause))
    }

    /// Whether there is a connection, as far as is known without making one.
    #[doc(hidden)]
    pub fn is_connected(&self) -> bool {
        self.connection().is_live()
    }

    fn connection(&self) -> &Arc<Connection> {
        self.connection.as_ref().unwrap_or(&self.shared.connections.first)
    }

    fn transport(&self) -> Transport {
        Transport::new(self.connection())
    }
}

/// Calls.
impl Channel {
    /// One attempt at a unary call, within its deadline.
    pub(crate) async fn unary<M, R, Calling>(
        &self,
        session: Uuid,
        message: impl Fn() -> Result<M, Failure>,
        rpc: impl Fn(Transport, Request<M>) -> Calling,
    ) -> Result<R, Failure>
    where
        Calling: Future<Output = Result<Response<R>, Status>>,
    {
        let attempt = async {
            let mut token = self.token().await?;
            loop {
                let request = self.request(session, message()?, &token);
                match rpc(self.transport(), request).await {
                    Ok(response) => {
                        self.shared.answered.store(true, Ordering::Relaxed);
                        token.accepted();
                        return Ok(response.into_inner());
                    }
                    Err(status) if self.renews(&mut token, &status, Effects::None).await? => {}
                    Err(status) => return Err(self.failure(&status, token.token())),
                }
            }
        };
        let answer = clock::timeout(UNARY_DEADLINE, attempt).await;
        answer.unwrap_or_else(|| Err(Failure::fatal(self.timed_out(UNARY_DEADLINE))))
    }

    /// One attempt at a call that streams its answer. One with effects leaves once: after any answer it is never made
    /// again, not even with another token. The message is made when there is a token, right before the request leaves.
    pub(crate) async fn stream<M, R, Calling>(
        &self,
        session: Uuid,
        effects: Effects,
        mut message: impl FnMut() -> Result<M, Failure>,
        rpc: impl Fn(Transport, Request<M>) -> Calling,
    ) -> Result<Answers<R>, Failure>
    where
        Calling: Future<Output = Result<Response<Streaming<R>>, Status>>,
    {
        let mut token = self.token().await?;
        loop {
            if effects == Effects::Some {
                // The time that connecting takes is none in which a statement may have run.
                self.connected().await?;
            }
            let request = self.request(session, message()?, &token);
            match rpc(self.transport(), request).await {
                Ok(response) => {
                    token.accepted();
                    return Ok(Answers::new(response.into_inner(), self.clone(), token.into_token()));
                }
                Err(status) if self.renews(&mut token, &status, effects).await? => {}
                Err(status) => return Err(self.failure(&status, token.token())),
            }
        }
    }

    /// The token of one call. The first thing that a call needs, so it finds out whether there is a runtime to make it on.
    async fn token(&self) -> Result<CallToken<'_>, Failure> {
        let unsent = |error| Failure::fatal(error).before_sending();
        Runtime::current().map_err(unsent)?;
        self.shared.tokens.of_a_call().await.map_err(unsent)
    }

    /// Whether the call is to be made once more, with another token: this one was refused, and nothing was changed.
    async fn renews(
        &self,
        token: &mut CallToken<'_>,
        status: &Status,
        effects: Effects,
    ) -> Result<bool, Failure> {
        if !refuses_token(status) {
            return Ok(false);
        }
        let may_be_the_user = may_be_the_user(status);
        match effects {
            Effects::None => {
                match token.renew(may_be_the_user).await {
                    Err(error) if may_be_the_user && error.kind() != ErrorKind::SessionLost => Ok(false),
                    // The call was refused whole, so it is as one that has not left.
                    renewed => renewed.map_err(|error| Failure::fatal(error).before_sending()),
                }
            }
            Effects::Some => {
                if may_be_the_user {
                    token.doubt()
                } else {
                    token.forget()
                }
                Ok(false)
            }
        }
    }

    /// Whether the token of the next call is one that the server has taken, so that it is no reason to refuse the call.
    /// One that is about to end is renewed before.
    pub(crate) async fn has_accepted_token(&self) -> Result<bool, Failure> {
        self.shared.tokens.is_accepted().await.map_err(|error| Failure::fatal(error).before_sending())
    }

    /// Wraps a message with the token and the headers that every RPC carries.
    fn request<M>(&self, session: Uuid, message: M, token: &CallToken<'_>) -> Request<M> {
        let mut request = Request::new(message);
        let metadata = request.metadata_mut().as_mut();
        for (name, value) in self.shared.remote.headers() {
            metadata.insert(name.clone(), value.clone());
        }
        if let Some(name) = &self.shared.session_id_header {
            // Hexadecimal digits and hyphens are a legal header.
            if let Ok(id) = HeaderValue::from_str(&session.to_string()) {
                metadata.insert(name.clone(), id);
            }
        }
        if let Some(token) = token.token() {
            self.shared.token_header.carry(token, metadata);
        }
        request
    }

    /// The failure of a call that carried `token`.
    fn failure(&self, status: &Status, token: Option<&Token>) -> Failure {
        if let Some(cause) = ConnectError::find_in(status) {
            return self.refused(cause);
        }
        let failure = Failure::from_status(status, &self.shared.authority);
        if failure.remedy == Remedy::Retry && !failure.is_disconnected() {
            self.connection().broke();
        }
        Failure { error: secrets::concealed(failure.error, token, &self.shared.remote), ..failure }
    }

    /// The failure of a stream that was open, whose call carried `token`. Where the server no longer takes that one and
    /// there is another, the rest may be asked for with it.
    async fn broken_off(self, status: Status, token: Option<Token>) -> Failure {
        let failure = self.failure(&status, token.as_ref());
        if refuses_token(&status)
            && let Some(token) = &token
            && self.shared.tokens.have_another_than(token, may_be_the_user(&status)).await
        {
            return Failure { remedy: Remedy::Retry, ..failure };
        }
        failure
    }

    /// Takes the token out of what the server told of a failure later than with the failure itself.
    pub(crate) fn conceal_token(&self, server: &mut ServerError) {
        if let Some(token) = self.shared.tokens.accepted() {
            secrets::conceal_token(server, &token);
        }
    }

    fn refused(&self, cause: &ConnectError) -> Failure {
        let error = cause.error(&self.shared.authority);
        let failure = match cause.is_transient() {
            true => {
                if !cause.is_counted() {
                    self.connection().broke();
                }
                Failure::transient(error)
            }
            false => Failure::fatal(error),
        };
        if cause.is_before_sending() { failure.before_sending() } else { failure }
    }

    fn timed_out(&self, deadline: Duration) -> Error {
        let message = format!("{} did not answer within {deadline:?}", self.shared.authority);
        Error::new(ErrorKind::Timeout, message)
    }
}

/// Whether a refusal may be one of the user, who may not do this, which the server says and the provider does not know.
fn may_be_the_user(status: &Status) -> bool {
    status.code() == Code::PermissionDenied
}

impl Connections {
    fn iter(&self) -> impl Iterator<Item = &Arc<Connection>> {
        std::iter::once(&self.first).chain(&self.others)
    }

    fn breaks(&self) -> u64 {
        self.iter().map(|connection| connection.breaks()).sum()
    }

    /// The one that the fewest sessions hold.
    fn least_used(&self) -> Arc<Connection> {
        let fewest = self.iter().min_by_key(|connection| Arc::strong_count(connection));
        Arc::clone(fewest.unwrap_or(&self.first))
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("remote", &self.shared.remote).finish_non_exhaustive()
    }
}
