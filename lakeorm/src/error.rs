//! The one error type of the crate.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;

use spark_connect::{QueryContext, ServerError};

use crate::encode::EncodeError;
use crate::row::{DecodeError, SchemaMismatch};

#[cfg(any(feature = "aws", feature = "databricks-oauth"))]
mod causes;
mod from;
mod kind;

#[cfg(any(feature = "aws", feature = "databricks-oauth"))]
pub(crate) use causes::with_causes;
pub use kind::ErrorKind;

/// A result whose error is [`lakeorm::Error`](Error).
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of every call, from the connection string to the last row.
///
/// The type is opaque: programs ask [`Error::kind`], the predicates and the accessors; people read its text
/// and the chain of [`std::error::Error::source`]s. That chain leaves out the error that this one was made from, whose
/// text is in this one's already: [`Error::origin`] gives it. No text holds a token, a bound value, or a cell that
/// a server's words show to be one.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    source: Option<Cause>,
    /// Whether a driver gave the source of an error of its own.
    is_wrapped: bool,
    /// Whether a write found no table.
    lacks_table: bool,
    /// Whether it is about the answer to a statement with side effects, which has run then.
    has_run: bool,
    /// Whether it is about a step before the statement with side effects, which has not run then.
    is_before: bool,
    /// The id of the write whose rows may still land.
    write: Option<uuid::Uuid>,
    /// The engine's own failure, as a driver tells it.
    server: Option<ServerError>,
    /// The operation that failed, as a driver names it.
    operation: Option<uuid::Uuid>,
    /// Whether a driver says that the call must not simply be made again.
    is_final: bool,
    /// Whether it is about a write with an idempotency key that its table does not record.
    is_of_unrecorded_write: bool,
}

enum Cause {
    Spark(spark_connect::Error),
    /// What a driver gives.
    Other(Box<dyn StdError + Send + Sync>),
    Mismatch(SchemaMismatch),
    Decode(DecodeError),
    Encode(EncodeError),
    Io(std::io::Error),
    /// Another situation, in which this one began.
    Own(Error),
}

impl Cause {
    /// What a driver gives, by what it is.
    fn told(source: Box<dyn StdError + Send + Sync>) -> Self {
        let source = match source.downcast::<Error>() {
            Ok(error) => return Self::Own(*error),
            Err(source) => source,
        };
        match source.downcast::<spark_connect::Error>() {
            Ok(error) => Self::Spark(*error),
            Err(source) => Self::Other(source),
        }
    }

    fn error(&self) -> &(dyn StdError + 'static) {
        match self {
            Self::Spark(error) => error,
            Self::Other(error) => &**error,
            Self::Mismatch(mismatch) => mismatch,
            Self::Decode(error) => error,
            Self::Encode(error) => error,
            Self::Io(error) => error,
            Self::Own(error) => error,
        }
    }
}

impl Error {
    /// An error of `kind` whose text is `message`, for drivers. The text must hold neither a token nor a value.
    /// [`Driver`](crate::Driver) says which kind is when.
    ///
    /// ```
    /// use lakeorm::{Error, ErrorKind, ServerError};
    ///
    /// let said = ServerError::new("no such relation: orders").with_sql_state("42P01");
    /// let error = Error::new(ErrorKind::Server, "the engine refused the query").with_server(said);
    /// assert!(error.is_table_not_found());
    /// let text = "the engine refused the query: no such relation: orders SQLSTATE: 42P01";
    /// assert_eq!(error.to_string(), text);
    /// ```
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::of(kind, message, None)
    }

    fn of(kind: ErrorKind, message: impl Into<Cow<'static, str>>, source: Option<Cause>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            source,
            is_wrapped: false,
            lacks_table: false,
            has_run: false,
            is_before: false,
            write: None,
            server: None,
            operation: None,
            is_final: false,
            is_of_unrecorded_write: false,
        }))
    }

    /// The same error with the engine's own failure, for drivers: what the client learns from it
    /// ([`is_table_not_found`](Self::is_table_not_found), [`is_commit_conflict`](Self::is_commit_conflict) and others)
    /// decides what a write or a migration does next. The text of the error ends with the engine's words.
    #[must_use]
    pub fn with_server(mut self, server: ServerError) -> Self {
        self.0.server = Some(server);
        self
    }

    /// The same error with what caused it, for drivers, which is its [origin](Self::origin) and ends its text: it must
    /// hold neither a token nor a value. An error that was made from another one keeps that.
    ///
    /// What an error of lakeorm or of `spark_connect` knows is known through this one too: its server's failure, and
    /// that a statement may have run or must not simply be sent again.
    ///
    /// ```
    /// use lakeorm::{Error, ErrorKind, ServerError};
    ///
    /// let missing = ServerError::new("no such relation: orders").table_not_found();
    /// let inner = Error::new(ErrorKind::Server, "refused").with_server(missing);
    /// let outer = Error::new(ErrorKind::Server, "the shard eu-1 failed").with_source(inner);
    /// assert!(outer.is_table_not_found());
    /// ```
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        if self.0.source.is_none() {
            self.0.source = Some(Cause::told(source.into()));
            self.0.is_wrapped = true;
        }
        self
    }

    /// The same error with the engine's id of the operation that failed, for drivers.
    #[must_use]
    pub fn with_operation_id(mut self, operation: uuid::Uuid) -> Self {
        self.0.operation = Some(operation);
        self
    }

    /// The same error, whose call must not simply be made again, for drivers: [`is_retryable`](Self::is_retryable) does
    /// not hold, whatever the kind. Either the call would fail again, or a statement with effects was sent.
    ///
    /// ```
    /// use lakeorm::{Error, ErrorKind};
    ///
    /// let starting = || Error::new(ErrorKind::ClusterNotReady, "the engine is starting");
    /// assert!(starting().is_retryable() && !starting().may_have_run());
    /// let sent = starting().not_retryable();
    /// assert!(!sent.is_retryable() && sent.may_have_run());
    /// ```
    #[must_use]
    pub fn not_retryable(mut self) -> Self {
        self.0.is_final = true;
        self
    }

    pub(crate) fn spark(message: impl Into<Cow<'static, str>>, error: spark_connect::Error) -> Self {
        Self::of(kind_of(&error), message, Some(Cause::Spark(error)))
    }

    /// An error of `kind` that `cause` led to.
    pub(crate) fn caused(kind: ErrorKind, message: impl Into<Cow<'static, str>>, cause: Self) -> Self {
        Self::of(kind, message, Some(Cause::Own(cause)))
    }

    /// The error of a write that finds no table.
    pub(crate) fn no_table(message: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(ErrorKind::SchemaMismatch, message);
        error.0.lacks_table = true;
        error
    }

    /// The same error, of the answer to a statement. Where the statement has effects, they are there now.
    pub(crate) fn of_answer(mut self, has_effects: bool) -> Self {
        if !has_effects || self.0.has_run {
            return self;
        }
        self.0.has_run = true;
        self.context("the statement ran")
    }

    /// The same error, of a step before the statement, which has not run.
    pub(crate) fn before_the_statement(mut self) -> Self {
        self.0.is_before = true;
        self
    }

    /// The same error of the write with this id, whose rows may still land.
    pub(crate) fn of_write(mut self, id: uuid::Uuid) -> Self {
        self.0.write = Some(id);
        self
    }

    /// The id of the write whose rows may still land, here or in the situation in which this one began.
    pub(crate) fn write(&self) -> Option<uuid::Uuid> {
        self.0.write.or_else(|| self.begun_in()?.write())
    }

    /// The same error of a write with an idempotency key that its table does not record.
    pub(crate) fn of_unrecorded_write(mut self) -> Self {
        self.0.is_of_unrecorded_write = true;
        self
    }

    /// Whether it is about such a write, here or in the situation in which this one began.
    pub(crate) fn is_of_unrecorded_write(&self) -> bool {
        self.0.is_of_unrecorded_write || self.begun_in().is_some_and(Self::is_of_unrecorded_write)
    }

    /// The same error with this in front of its text.
    pub(crate) fn context(mut self, context: &str) -> Self {
        self.0.message = match self.0.message.is_empty() {
            true => context.to_owned().into(),
            false => format!("{context}: {}", self.0.message).into(),
        };
        self
    }

    /// Which situation this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// A row was asked for and the result has none.
    ///
    /// The usual cause is a filter that matches nothing; use [`query_optional`](crate::query_optional) where
    /// that may happen.
    pub fn is_no_rows(&self) -> bool {
        self.kind() == ErrorKind::NoRows
    }

    /// The columns of a result, or of the table that is written, do not fit the row type, and the text lists every
    /// mismatch; or there is no such table; or the table has another format.
    pub fn is_schema_mismatch(&self) -> bool {
        self.kind() == ErrorKind::SchemaMismatch
    }

    /// A value of the result does not fit the row type: a NULL without an `Option`, a date out of range.
    pub fn is_decode(&self) -> bool {
        self.kind() == ErrorKind::Decode
    }

    /// The server no longer knows the session: it expired or the server restarted. What was in the session,
    /// such as temporary views, is gone.
    pub fn is_session_lost(&self) -> bool {
        self.kind() == ErrorKind::SessionLost
    }

    /// The cluster at the address is being started, as Databricks does with one that was idle, and it was not ready
    /// within the [`ClusterWait`](crate::spark::ClusterWait) of the driver. [`Error::cluster_state`] and
    /// [`Error::request_id`] say more; try again in a while.
    ///
    /// A terminated cluster does not start by itself: the error is then of the kind [`Server`](ErrorKind::Server), and
    /// says to start the cluster.
    pub fn is_cluster_not_ready(&self) -> bool {
        self.kind() == ErrorKind::ClusterNotReady
    }

    /// The operation was interrupted, by this program or by someone on the server; see also
    /// [`was_interrupted`](Self::was_interrupted).
    pub fn is_cancelled(&self) -> bool {
        self.kind() == ErrorKind::Cancelled
    }

    /// A deadline ran out: the server's answer, or a session of the pool, did not come in time.
    pub fn is_timeout(&self) -> bool {
        matches!(self.kind(), ErrorKind::Timeout | ErrorKind::PoolTimeout)
    }

    /// The same call may succeed later, and repeating it cannot do anything twice.
    pub fn is_retryable(&self) -> bool {
        if self.0.has_run || self.0.is_final {
            return false;
        }
        let kind = self.kind();
        let by_kind = claims_no_effect(kind) || matches!(kind, ErrorKind::Connect | ErrorKind::PoolTimeout);
        match &self.0.source {
            Some(Cause::Spark(error)) => error.is_retryable() && (by_kind || !self.0.is_wrapped),
            Some(Cause::Own(error)) if self.0.is_wrapped => by_kind && error.is_retryable(),
            _ => by_kind,
        }
    }

    /// Whether the statement may have run. If `false`, it is safe to send again, even with side effects.
    ///
    /// A query function that is given such a statement reads its answer after it has run: this is then `true` also
    /// where the answer does not fit the row type, or has no row. What [`RowBatch::rows`](crate::RowBatch::rows) and
    /// [`RowBatch::to_vec`](crate::RowBatch::to_vec) return is about a batch and knows of no statement: it has run.
    ///
    /// Where it is not known, this is `true`: for a [`Timeout`](ErrorKind::Timeout) of the program's own, for what was
    /// [`Cancelled`](ErrorKind::Cancelled), and for what a driver other than Spark's reports about its engine, or says
    /// is [`not_retryable`](Self::not_retryable) after it had a connection.
    ///
    /// ```
    /// use lakeorm::{Error, ErrorKind};
    ///
    /// assert!(Error::new(ErrorKind::Timeout, "the statement did not end in time").may_have_run());
    /// assert!(!Error::new(ErrorKind::PoolTimeout, "no session came free in time").may_have_run());
    /// ```
    pub fn may_have_run(&self) -> bool {
        use ErrorKind::{Cancelled, OutcomeUnknown, PartlyWritten, Protocol, Server, Timeout};
        let by_kind = match self.kind() {
            kind if claims_no_effect(kind) => self.0.is_final,
            kind => matches!(kind, OutcomeUnknown | Timeout | Cancelled | Server | Protocol | PartlyWritten),
        };
        match &self.0.source {
            _ if self.0.has_run => true,
            _ if self.0.is_before => false,
            Some(Cause::Spark(error)) => error.may_have_run() || by_kind && self.0.is_wrapped,
            Some(Cause::Own(error)) if self.0.is_wrapped => by_kind || error.may_have_run(),
            _ => by_kind,
        }
    }

    /// Whether a driver says that a statement with effects may have run, of a kind by which it did not: by
    /// [`not_retryable`](Self::not_retryable), or by the error that it gives as the source. Spark's own errors of these
    /// kinds say that nothing ran, also where a query may have.
    pub(crate) fn leaves_open_what_ran(&self) -> bool {
        if stays_open(self.kind()) {
            return false;
        }
        let claims = claims_no_effect(self.kind());
        let is_open =
            |kind, may_have_run| may_have_run && (stays_open(kind) || claims && !claims_no_effect(kind));
        let by_source = match &self.0.source {
            Some(Cause::Own(error)) if self.0.is_wrapped => {
                error.leaves_open_what_ran() || is_open(error.kind(), error.may_have_run())
            }
            Some(Cause::Spark(error)) if self.0.is_wrapped => is_open(kind_of(error), error.may_have_run()),
            _ => false,
        };
        by_source || claims && self.0.is_final
    }

    /// Whether only a part of the rows may have been written, here or in the situation in which this one began.
    pub(crate) fn is_partly_written(&self) -> bool {
        self.kind() == ErrorKind::PartlyWritten || self.begun_in().is_some_and(Self::is_partly_written)
    }

    /// A table or view of the statement, or the path that it reads, or the table that is written, does not exist. This
    /// holds on any server.
    pub fn is_table_not_found(&self) -> bool {
        self.lacks_table() || self.server().is_some_and(ServerError::is_table_not_found)
    }

    /// Whether a write found no table, here or in the situation in which this one began.
    fn lacks_table(&self) -> bool {
        self.0.lacks_table || self.begun_in().is_some_and(Self::lacks_table)
    }

    /// A column of the statement does not exist. This holds on any server.
    pub fn is_column_not_found(&self) -> bool {
        self.server().is_some_and(ServerError::is_column_not_found)
    }

    /// The server could not parse the statement.
    pub fn is_syntax_error(&self) -> bool {
        self.server().is_some_and(ServerError::is_syntax_error)
    }

    /// The user may not do what the statement does.
    pub fn is_permission_denied(&self) -> bool {
        self.server().is_some_and(ServerError::is_permission_denied)
    }

    /// The server said that others committed first. With the kind [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) it is
    /// still open whether the statement ran.
    pub fn is_commit_conflict(&self) -> bool {
        self.of_spark().is_some_and(spark_connect::Error::is_commit_conflict)
            || self.server().is_some_and(ServerError::is_commit_conflict)
    }

    /// Someone interrupted the operation, also where that leaves open whether a statement ran: the kind is then
    /// [`OutcomeUnknown`](ErrorKind::OutcomeUnknown), and [`is_cancelled`](Self::is_cancelled) does not hold.
    pub fn was_interrupted(&self) -> bool {
        self.is_cancelled() || self.of_spark().is_some_and(spark_connect::Error::was_interrupted)
    }

    /// The error that this one was made from, which can be downcast to learn more: a `spark_connect::Error` from the
    /// driver for Spark, an [`EncodeError`](crate::encode::EncodeError) for a row that cannot be written, a
    /// [`DecodeError`](crate::row::DecodeError) or [`SchemaMismatch`](crate::row::SchemaMismatch) for a result, the
    /// error of a source of rows, or what another driver gives to [`with_source`](Self::with_source).
    ///
    /// The text of this error already ends with the text of that one. The chain of [sources](StdError::source)
    /// therefore starts after it, so that printing the whole chain prints nothing twice.
    ///
    /// ```
    /// use std::error::Error as _;
    /// use lakeorm::{Error, ErrorKind, spark_connect};
    ///
    /// let error = Error::from(spark_connect::Error::new(spark_connect::ErrorKind::Connect, "no route to the server"));
    /// assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Connect, "no route to the server"));
    /// assert!(error.source().is_none());
    /// let origin = error.origin().and_then(|origin| origin.downcast_ref::<spark_connect::Error>());
    /// assert_eq!(origin.map(|origin| origin.kind()), Some(spark_connect::ErrorKind::Connect));
    /// ```
    pub fn origin(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(Cause::error)
    }

    fn of_spark(&self) -> Option<&spark_connect::Error> {
        match &self.0.source {
            Some(Cause::Spark(error)) => Some(error),
            _ => self.begun_in()?.of_spark(),
        }
    }

    /// The other situation, in which this one began.
    fn begun_in(&self) -> Option<&Self> {
        match &self.0.source {
            Some(Cause::Own(error)) => Some(error),
            _ => None,
        }
    }

    /// The server's own error, if it was the server that failed the call.
    pub fn server(&self) -> Option<&ServerError> {
        let of_cause = || match self.0.source.as_ref()? {
            Cause::Spark(error) => error.server(),
            Cause::Own(error) => error.server(),
            _ => None,
        };
        self.0.server.as_ref().or_else(of_cause)
    }

    /// The state of the Databricks cluster that refused the request, such as `PENDING` or `TERMINATED`.
    pub fn cluster_state(&self) -> Option<&str> {
        self.server().and_then(ServerError::cluster_state)
    }

    /// The id that the gateway in front of a Databricks cluster gave the refused request, for a support case.
    pub fn request_id(&self) -> Option<&str> {
        self.server().and_then(ServerError::request_id)
    }

    /// Spark's error condition, such as `TABLE_OR_VIEW_NOT_FOUND`. Sail sends none.
    pub fn error_class(&self) -> Option<&str> {
        self.server().and_then(ServerError::error_class)
    }

    /// The five characters of the SQLSTATE, such as `42P01`. Sail sends none.
    pub fn sql_state(&self) -> Option<&str> {
        self.server().and_then(ServerError::sql_state)
    }

    /// The values that Spark put into its message, by name; empty if the server sent none.
    pub fn message_parameters(&self) -> &BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        self.server().map_or(&NONE, ServerError::message_parameters)
    }

    /// The parts of the statement that the error is about, the innermost first.
    pub fn query_contexts(&self) -> &[QueryContext] {
        self.server().map(ServerError::query_contexts).unwrap_or_default()
    }

    /// The operation that failed, as the server's logs and UI name it.
    pub fn operation_id(&self) -> Option<uuid::Uuid> {
        let of_cause = || match self.0.source.as_ref()? {
            Cause::Spark(error) => error.operation_id(),
            Cause::Own(error) => error.operation_id(),
            _ => None,
        };
        self.0.operation.or_else(of_cause)
    }
}

/// Whether errors of the kind say themselves that it is not known whether the statement ran.
fn stays_open(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::OutcomeUnknown | ErrorKind::Timeout | ErrorKind::Cancelled)
}

/// Whether an error of this kind says that nothing with an effect ran, unless its driver says otherwise.
fn claims_no_effect(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ClusterNotReady | ErrorKind::SessionLost | ErrorKind::Unavailable)
}

fn kind_of(error: &spark_connect::Error) -> ErrorKind {
    use spark_connect::ErrorKind as Spark;
    match error.kind() {
        Spark::InvalidRemote | Spark::InvalidOption => ErrorKind::Config,
        Spark::NoRuntime => ErrorKind::NoRuntime,
        Spark::InvalidStatement => ErrorKind::InvalidStatement,
        Spark::Connect => ErrorKind::Connect,
        Spark::Unauthenticated => ErrorKind::Unauthenticated,
        Spark::Unavailable => ErrorKind::Unavailable,
        Spark::ClusterNotReady => ErrorKind::ClusterNotReady,
        Spark::SessionLost => ErrorKind::SessionLost,
        Spark::Cancelled => ErrorKind::Cancelled,
        Spark::Timeout => ErrorKind::Timeout,
        Spark::PoolTimeout => ErrorKind::PoolTimeout,
        Spark::Closed => ErrorKind::Closed,
        Spark::OutcomeUnknown => ErrorKind::OutcomeUnknown,
        Spark::Unsupported => ErrorKind::Unsupported,
        Spark::TooLarge => ErrorKind::TooLarge,
        Spark::Decode => ErrorKind::Decode,
        Spark::Protocol => ErrorKind::Protocol,
        _ => ErrorKind::Server,
    }
}

/// The text ends with that of the cause, so the chain of sources starts after it.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let mut between = if self.0.message.is_empty() { "" } else { ": " };
        if let Some(server) = &self.0.server {
            write!(f, "{between}{server}")?;
            between = ": ";
        }
        match self.origin() {
            Some(origin) => write!(f, "{between}{origin}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.to_string())
            .field("source", &StdError::source(self).map(ToString::to_string))
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.origin().and_then(StdError::source)
    }
}

#[cfg(test)]
mod tests;
