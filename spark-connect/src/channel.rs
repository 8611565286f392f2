//! The connections to a server, shared by any number of sessions.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_util::StreamExt;
use http::{HeaderName, HeaderValue};
use tokio_util::task::TaskTracker;
use tonic::{Code, Request, Response, Status, Streaming};
use uuid::Uuid;

use crate::error::status::{Failure, Remedy};
use crate::error::{Error, ErrorKind, Result};
use crate::remote::Remote;
use crate::retry::Retrying;
use crate::token::{Ticket, Tokens};

mod builder;
mod connect;
mod proxy;
mod refusal;
#[cfg(feature = "tls")]
mod tls;
mod wire;

pub use builder::ChannelBuilder;
pub(crate) use builder::is_loopback;
pub(crate) use proxy::is_left_out;
#[cfg(feature = "tls")]
pub use tls::Tls;

use refusal::Refusal;
use wire::Verdict;

/// How long one unary call may take before the client gives up, as the reference client has it.
const UNARY_DEADLINE: Duration = Duration::from_secs(600);

/// The HTTP/2 connections to one server, made on first use; clones share them.
///
/// There is one unless [`ChannelBuilder::connections`] says otherwise; a session keeps to one of them.
#[derive(Clone)]
pub struct Channel {
    shared: Arc<Shared>,
    /// The connection that a session keeps to.
    line: Option<Arc<Line>>,
}

struct Shared {
    remote: Remote,
    authority: String,
    lines: Lines,
    tokens: Tokens,
    session_id_header: Option<HeaderName>,
    retry: Retrying,
    background: TaskTracker,
}

/// One HTTP/2 connection.
struct Line {
    transport: tonic::transport::Channel,
    breaks: AtomicU64,
    verdict: Verdict,
}

struct Lines {
    first: Arc<Line>,
    others: Vec<Arc<Line>>,
}

impl Channel {
    /// Options for the connections to `remote`.
    pub fn builder(remote: Remote) -> ChannelBuilder {
        ChannelBuilder::new(remote)
    }

    /// `host:port` of the server, as it stands in errors.
    pub fn authority(&self) -> &str {
        &self.shared.authority
    }

    /// How often a call found its connection broken. After a change the server may be another one than before.
    ///
    /// On the channel of a session ([`Session::channel`](crate::Session::channel)) it counts for the connection of
    /// that session, otherwise for all of them.
    pub fn breaks(&self) -> u64 {
        let count = |line: &Arc<Line>| line.breaks.load(Ordering::Relaxed);
        self.line.as_ref().map_or_else(|| self.shared.lines.iter().map(count).sum(), count)
    }

    /// Waits until every release and interrupt that runs in the background has been answered or given up.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call stops the waiting only.
    pub async fn drained(&self) {
        self.shared.background.close();
        self.shared.background.wait().await;
        self.shared.background.reopen();
    }

    /// The same channel for one session: on the connection that the fewest keep to.
    pub(crate) fn for_session(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), line: Some(self.shared.lines.least_used()) }
    }

    pub(crate) fn background(&self) -> &TaskTracker {
        &self.shared.background
    }

    pub(crate) fn remote(&self) -> &Remote {
        &self.shared.remote
    }

    pub(crate) fn retrying(&self) -> &Retrying {
        &self.shared.retry
    }

    fn line(&self) -> &Line {
        self.line.as_ref().unwrap_or(&self.shared.lines.first)
    }
}

/// Calls.
impl Channel {
    /// One attempt at a unary call, within its deadline.
    pub(crate) async fn unary<M, R, Calling>(
        &self,
        session: Uuid,
        message: impl Fn() -> M,
        rpc: impl Fn(tonic::transport::Channel, Request<M>) -> Calling,
    ) -> Result<R, Failure>
    where
        Calling: Future<Output = Result<Response<R>, Status>>,
    {
        let attempt = async {
            let mut ticket = self.shared.tokens.ticket().await.map_err(Failure::fatal)?;
            loop {
                let request = self.request(session, message(), &ticket);
                match rpc(self.line().transport.clone(), request).await {
                    Ok(response) => return Ok(response.into_inner()),
                    Err(status) if self.renews(&mut ticket, &status).await? => {}
                    Err(status) => return Err(self.failure(&status)),
                }
            }
        };
        match tokio::time::timeout(UNARY_DEADLINE, attempt).await {
            Ok(result) => result,
            Err(_) => Err(Failure::fatal(self.timed_out(UNARY_DEADLINE))),
        }
    }

    /// One attempt at a call that streams its answer.
    pub(crate) async fn stream<M, R, Calling>(
        &self,
        session: Uuid,
        message: impl Fn() -> M,
        rpc: impl Fn(tonic::transport::Channel, Request<M>) -> Calling,
    ) -> Result<Answers<R>, Failure>
    where
        Calling: Future<Output = Result<Response<Streaming<R>>, Status>>,
    {
        let mut ticket = self.shared.tokens.ticket().await.map_err(Failure::fatal)?;
        loop {
            let request = self.request(session, message(), &ticket);
            let answers = match rpc(self.line().transport.clone(), request).await {
                // A gateway refuses with an HTTP status, which shows where the first message would.
                Ok(response) if ticket.is_renewable() => Answers::begun(response.into_inner()).await,
                Ok(response) => Ok(Answers::new(response.into_inner())),
                Err(status) => Err(status),
            };
            match answers {
                Ok(answers) => return Ok(answers),
                Err(status) if self.renews(&mut ticket, &status).await? => {}
                Err(status) => return Err(self.failure(&status)),
            }
        }
    }

    /// Whether the call is to be made once more, with another token: the server refused this one, so it did not run.
    async fn renews(&self, ticket: &mut Ticket<'_>, status: &Status) -> Result<bool, Failure> {
        Ok(status.code() == Code::Unauthenticated && ticket.renew().await.map_err(Failure::fatal)?)
    }

    /// Wraps a message with the token and the headers that every RPC carries.
    fn request<M>(&self, session: Uuid, message: M, ticket: &Ticket<'_>) -> Request<M> {
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
        if let Some(token) = ticket.token() {
            metadata.insert(http::header::AUTHORIZATION, token.bearer());
        }
        request
    }

    pub(crate) fn failure(&self, status: &Status) -> Failure {
        if let Some(refusal) = Refusal::behind(status) {
            if !refusal.passing {
                return self.refused(&refusal.whole_text(), Remedy::None);
            }
            self.line().breaks.fetch_add(1, Ordering::Relaxed);
            return self.refused(&refusal.whole_text(), Remedy::NotSent);
        }
        let failure = Failure::from_status(status, &self.shared.authority);
        if failure.remedy != Remedy::Retry {
            return failure;
        }
        // A refusal behind the handshake ends the connection, and only the connection knows why.
        if let Some(verdict) = self.line().verdict.get() {
            return self.refused(&verdict, Remedy::None);
        }
        self.line().breaks.fetch_add(1, Ordering::Relaxed);
        failure
    }

    /// No connection came about: the proxy or the server refused it, for this reason.
    fn refused(&self, reason: &str, remedy: Remedy) -> Failure {
        let message = format!("cannot connect to {}: {reason}", self.shared.authority);
        Failure { error: Error::new(ErrorKind::Connect, message), remedy, retry_delay: None }
    }

    fn timed_out(&self, deadline: Duration) -> Error {
        let message = format!("{} did not answer within {deadline:?}", self.shared.authority);
        Error::new(ErrorKind::Timeout, message)
    }
}

/// The messages of a streaming call.
pub(crate) struct Answers<R> {
    first: Option<R>,
    rest: Streaming<R>,
}

impl<R> Answers<R> {
    fn new(rest: Streaming<R>) -> Self {
        Self { first: None, rest }
    }

    /// Waits for the first message, or for the refusal in its place.
    async fn begun(mut rest: Streaming<R>) -> Result<Self, Status> {
        let first = rest.next().await.transpose()?;
        Ok(Self { first, rest })
    }
}

impl<R> Stream for Answers<R> {
    type Item = Result<R, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(first))),
            None => Pin::new(&mut self.rest).poll_next(cx),
        }
    }
}

// Nothing of it is ever pinned.
impl<R> Unpin for Answers<R> {}

impl Lines {
    fn iter(&self) -> impl Iterator<Item = &Arc<Line>> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The one that the fewest sessions hold.
    fn least_used(&self) -> Arc<Line> {
        Arc::clone(self.iter().min_by_key(|line| Arc::strong_count(line)).unwrap_or(&self.first))
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("remote", &self.shared.remote).finish_non_exhaustive()
    }
}
