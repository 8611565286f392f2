//! The one error type of the crate.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

mod details;
mod grpc;
mod server;
pub(crate) mod status;
mod transport;

pub(crate) use server::bounded::kept_of_cut;
pub use server::{QueryContext, ServerError};

/// A result whose error is this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

type BoxError = Box<dyn StdError + Send + Sync>;

/// The error of a call, with everything that the server said about it.
///
/// The type is opaque: programs ask [`Error::kind`] and the accessors, people read its text and the chain of
/// [`std::error::Error::source`]s. No text holds a token or a bound value that this crate knows of,
/// or a cell that a server's words show to be one.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    server: Option<ServerError>,
    operation: Option<Uuid>,
    may_have_run: bool,
    source: Option<BoxError>,
    /// Whether the same call may be made again: not where it would fail for ever, nor where it may do something twice.
    repeatable: bool,
    /// Whether no server answered in time when a connection or a session was to be opened, which may be repeated.
    unreached: bool,
}

/// The situations that a program may want to tell apart.
///
/// # Errors of every call
///
/// Every call to a server may fail with one of these kinds, whatever it asks for:
///
/// - [`Connect`](Self::Connect)
/// - [`Unauthenticated`](Self::Unauthenticated)
/// - [`Unavailable`](Self::Unavailable)
/// - [`ClusterNotReady`](Self::ClusterNotReady)
/// - [`SessionLost`](Self::SessionLost)
/// - [`Timeout`](Self::Timeout)
/// - [`Closed`](Self::Closed)
/// - [`TooLarge`](Self::TooLarge)
/// - [`Protocol`](Self::Protocol)
/// - [`NoRuntime`](Self::NoRuntime)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The connection string is wrong; nothing was sent.
    InvalidRemote,
    /// An option is wrong; nothing was sent.
    InvalidOption,
    /// The statement and its bound values do not fit together; nothing was sent.
    InvalidStatement,
    /// The call was made outside of a Tokio runtime, or on one that cannot serve it; nothing was sent.
    ///
    /// Tokio tells that a runtime has no timers or no I/O by a panic only. It is caught, but the panic hook prints it
    /// before the error comes, and where the profile has `panic = "abort"` it ends the program: build the runtime with
    /// `enable_all()`.
    NoRuntime,
    /// No connection: the host is unknown, nothing listens, the TLS handshake failed, or what answers does not speak
    /// Spark Connect.
    Connect,
    /// The server refuses the token, requires one, or does not let its user do this.
    Unauthenticated,
    /// The connection was lost and the retries are used up, or the server, or a gateway in front of it, takes no more
    /// calls for now ([`ServerError::is_throttled`]).
    Unavailable,
    /// The server refused the statement or failed while it ran.
    Server,
    /// The cluster behind the address is being started.
    ClusterNotReady,
    /// The server no longer knows the session: it expired, was released, or the server restarted.
    SessionLost,
    /// The operation was interrupted.
    Cancelled,
    /// A client-side deadline passed. [Retryable](Error::is_retryable) where no server was reached in time.
    Timeout,
    /// No session of the pool came free, or could be opened, in time.
    PoolTimeout,
    /// The pool of sessions was closed.
    Closed,
    /// A statement with side effects was sent and its answer was lost, or it failed as it committed, so it may or may not
    /// have run.
    OutcomeUnknown,
    /// The server does not have what was asked for.
    Unsupported,
    /// A message is larger than one of the two sides allows, or a batch than
    /// [`ChannelBuilder::max_batch_bytes`](crate::ChannelBuilder::max_batch_bytes).
    TooLarge,
    /// A value is not what its column's type says.
    Decode,
    /// The server sent something that breaks the protocol.
    Protocol,
}

/// How many bytes an error's own text may have: a server may have written parts of it.
const MAX_TEXT_BYTES: usize = 32 * 1024;

impl Error {
    /// Makes an error of `kind` whose text is `message`.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        let message = match message.into() {
            Cow::Owned(text) => Cow::Owned(server::bounded::text(text, MAX_TEXT_BYTES)),
            short => short,
        };
        Self(Box::new(Inner {
            kind,
            message,
            server: None,
            operation: None,
            may_have_run: false,
            source: None,
            repeatable: true,
            unreached: false,
        }))
    }

    /// No server answered in time when a connection or a session was to be opened.
    pub(crate) fn unreached(message: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(ErrorKind::Timeout, message);
        error.0.unreached = true;
        error
    }

    /// Whether no server answered in time when a connection or a session was to be opened.
    pub(crate) fn is_unreached(&self) -> bool {
        self.0.unreached
    }

    /// Whether no server was found or none answered, so that the factory of a pool may know another address.
    pub(crate) fn found_no_server(&self) -> bool {
        self.kind() == ErrorKind::Connect || self.is_unreached()
    }

    /// Adds the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds the error whose text ends this one's: of its sources only what is behind it is one of this error's.
    pub(crate) fn with_origin(self, origin: Arc<Self>) -> Self {
        self.with_source(Origin(origin))
    }

    /// The same failure seen as another situation.
    pub(crate) fn into_kind(mut self, kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        self.0.message = message.into();
        self.seen_as(kind)
    }

    /// Whether it is about an operation that was stopped: that says so, or is no longer there.
    pub(crate) fn is_of_stopped_operation(&self) -> bool {
        self.kind() == ErrorKind::Cancelled
            || self.kind() != ErrorKind::SessionLost
                && self.server().is_some_and(ServerError::is_operation_unknown)
    }

    /// The same failure under another kind, in its own words.
    pub(crate) fn seen_as(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The failure of a statement that prepared a call, as one of the call, for which nothing was sent. Only for a statement
    /// that may run again whatever became of it.
    pub(crate) fn of_preparation(mut self) -> Self {
        if self.kind() == ErrorKind::OutcomeUnknown
            && let Some(source) = self.0.source.take()
        {
            match source.downcast::<Self>() {
                Ok(cause) => return cause.of_preparation(),
                Err(source) => self.0.source = Some(source),
            }
        }
        self.0.operation = None;
        self.with_may_have_run(false)
    }

    /// The session that the connection string names was ended for good.
    pub(crate) fn into_ended_by_server(mut self) -> Self {
        self.0.repeatable = false;
        self.into_kind(
            ErrorKind::SessionLost,
            "the server has ended the session that the connection string names, and its id is used up: write another \
             session_id, or none",
        )
    }

    /// The same failure, with what it was met at in front of its text.
    pub(crate) fn with_context(mut self, context: &str) -> Self {
        self.0.message = format!("{context}: {}", self.0.message).into();
        self
    }

    /// The same failure under the kind that its details tell: some have their SQLSTATE there only.
    pub(crate) fn reclassified(self) -> Self {
        match self.kind() == ErrorKind::Server && self.server().is_some_and(ServerError::is_unsupported) {
            true => self.into_kind(ErrorKind::Unsupported, "the server does not support this"),
            false => self,
        }
    }

    pub(crate) fn with_server(mut self, server: ServerError) -> Self {
        self.0.server = Some(server);
        self
    }

    /// Changes the error that caused this one.
    pub(crate) fn map_source(&mut self, change: impl FnOnce(BoxError) -> BoxError) {
        self.0.source = self.0.source.take().map(change);
    }

    /// Puts in place of an origin, which others share, what `copy` makes of the source behind it. False if there is none.
    pub(crate) fn replace_origin<E: Into<BoxError>>(
        &mut self,
        copy: impl FnOnce(&(dyn StdError + 'static)) -> E,
    ) -> bool {
        let Some(origin) = self.0.source.as_ref().and_then(|source| source.downcast_ref::<Origin>()) else {
            return false;
        };
        let behind = origin.0.source().map(|source| copy(source).into());
        self.0.source = behind;
        true
    }

    pub(crate) fn with_operation(mut self, operation: Uuid) -> Self {
        self.0.operation = Some(operation);
        self
    }

    pub(crate) fn with_may_have_run(mut self, may_have_run: bool) -> Self {
        self.0.may_have_run = may_have_run;
        self
    }

    pub(crate) fn not_repeatable(mut self) -> Self {
        self.0.repeatable = false;
        self
    }

    pub(crate) fn server_mut(&mut self) -> Option<&mut ServerError> {
        self.0.server.as_mut()
    }

    pub(crate) fn protocol(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Protocol, message)
    }

    /// Which situation this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed later (in another session, if its own was lost) and repeating it cannot do
    /// anything twice. A connection that fails until somebody changes something, as with a certificate that is not trusted,
    /// does not count.
    pub fn is_retryable(&self) -> bool {
        let is_transient = self.0.unreached
            || matches!(
                self.kind(),
                ErrorKind::Connect
                    | ErrorKind::Unavailable
                    | ErrorKind::ClusterNotReady
                    | ErrorKind::SessionLost
                    | ErrorKind::PoolTimeout
            );
        is_transient && self.0.repeatable
    }

    /// The server's words, if it was the server that failed the call.
    pub fn server(&self) -> Option<&ServerError> {
        self.0.server.as_ref()
    }

    /// The same, also where it caused an error of its own kind: a statement whose outcome is unknown.
    pub(crate) fn server_in_chain(&self) -> Option<&ServerError> {
        let cause = self.0.source.as_ref().and_then(|source| source.downcast_ref::<Self>());
        self.server().or_else(|| cause.and_then(Self::server))
    }

    /// Whether the operation was interrupted, by this program or by someone on the server; also where that leaves open what
    /// became of a statement.
    pub fn was_interrupted(&self) -> bool {
        let cause = self.0.source.as_ref().and_then(|source| source.downcast_ref::<Self>());
        let is_open = self.kind() == ErrorKind::OutcomeUnknown;
        self.kind() == ErrorKind::Cancelled || is_open && cause.is_some_and(Self::was_interrupted)
    }

    /// Whether the server said that others committed to the table first. If the statement then left no trace in the
    /// table, it has not run, even where the [kind](Self::kind) of the error leaves that open.
    pub fn is_commit_conflict(&self) -> bool {
        self.server_in_chain().is_some_and(ServerError::is_commit_conflict)
    }

    /// The operation that failed, as the server's logs and UI name it.
    pub fn operation_id(&self) -> Option<Uuid> {
        self.0.operation
    }

    /// Whether the statement may have run. If `false`, it is safe to send again, even with side effects.
    pub fn may_have_run(&self) -> bool {
        self.0.may_have_run || self.0.kind == ErrorKind::OutcomeUnknown
    }

    /// Whether the statement names a column that does not exist.
    pub fn is_column_not_found(&self) -> bool {
        self.server().is_some_and(ServerError::is_column_not_found)
    }

    /// Whether a table or view of the statement, or the path that it reads, does not exist.
    pub fn is_table_not_found(&self) -> bool {
        self.server().is_some_and(ServerError::is_table_not_found)
    }

    /// Whether the server could not parse the statement.
    pub fn is_syntax_error(&self) -> bool {
        self.server().is_some_and(ServerError::is_syntax_error)
    }

    /// Whether the user may not do what the statement does.
    pub fn is_permission_denied(&self) -> bool {
        self.server().is_some_and(ServerError::is_permission_denied)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(server) = &self.0.server {
            write!(f, ": {server}")?;
        }
        if let Some(operation) = self.0.operation {
            write!(f, " (operation {operation})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind).field("message", &self.0.message);
        if let Some(server) = &self.0.server {
            debug.field("server", server);
        }
        if let Some(operation) = &self.0.operation {
            debug.field("operation", operation);
        }
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))?;
        match source.downcast_ref::<Origin>() {
            Some(origin) => origin.0.source(),
            None => Some(source),
        }
    }
}

/// An error whose text ends that of another one, which would be printed twice as its source.
#[derive(Debug)]
struct Origin(Arc<Error>);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Origin {}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidRemote => "invalid remote",
            Self::InvalidOption => "invalid option",
            Self::InvalidStatement => "invalid statement",
            Self::NoRuntime => "no runtime",
            Self::Connect => "no connection",
            Self::Unauthenticated => "unauthenticated",
            Self::Unavailable => "unavailable",
            Self::Server => "server error",
            Self::ClusterNotReady => "cluster not ready",
            Self::SessionLost => "session lost",
            Self::Cancelled => "cancelled",
            Self::Timeout => "timeout",
            Self::PoolTimeout => "pool timeout",
            Self::Closed => "closed",
            Self::OutcomeUnknown => "outcome unknown",
            Self::Unsupported => "unsupported",
            Self::TooLarge => "too large",
            Self::Decode => "value that does not fit its type",
            Self::Protocol => "protocol error",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_words_of_their_own() {
        assert_eq!(ErrorKind::InvalidRemote.to_string(), "invalid remote");
        assert_eq!(ErrorKind::OutcomeUnknown.to_string(), "outcome unknown");
        assert_eq!(ErrorKind::Decode.to_string(), "value that does not fit its type");
    }
}
