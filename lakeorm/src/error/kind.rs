//! The kinds of errors.

use std::fmt;

/// The situations that a program may want to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The connection string, an option or the use of a client is wrong; no statement has had an effect.
    Config,
    /// The statement and its bound values do not fit together; nothing was sent.
    InvalidStatement,
    /// The call was made outside of a Tokio runtime, or on one that cannot serve it; nothing was sent.
    ///
    /// Tokio tells that a runtime has no timers or no I/O by a panic only. It is caught, but the panic hook prints it
    /// before the error comes, and where the profile has `panic = "abort"` it ends the program: build the runtime with
    /// `enable_all()`.
    NoRuntime,
    /// No connection could be made, or what answers does not speak Spark Connect.
    Connect,
    /// The server refuses the token, requires one, or does not let its user do this.
    Unauthenticated,
    /// The connection was lost and the retries are used up, or the server, or a gateway in front of it, takes no more
    /// calls for now ([`ServerError::is_throttled`](crate::ServerError::is_throttled)).
    Unavailable,
    /// The server refused the statement or failed while it ran.
    Server,
    /// The cluster at the address is being started, which takes minutes.
    ClusterNotReady,
    /// The server no longer knows the session: it expired, was released, or the server restarted.
    SessionLost,
    /// The operation was interrupted.
    Cancelled,
    /// A client-side deadline passed. [`Error::is_retryable`](crate::Error::is_retryable) holds where no server was reached.
    Timeout,
    /// No session of the pool came free, or could be opened, in time.
    PoolTimeout,
    /// The driver was closed.
    Closed,
    /// A statement with side effects was sent and its answer was lost, or it failed as it committed, so it may or may
    /// not have run.
    OutcomeUnknown,
    /// The server, the driver or the table's format lacks what was asked for, or would do it wrongly.
    Unsupported,
    /// A message is larger than one of the two sides allows, or a batch than
    /// [`SparkDriverBuilder::max_batch_bytes`](crate::spark::SparkDriverBuilder::max_batch_bytes).
    TooLarge,
    /// The server sent something that breaks the protocol.
    Protocol,
    /// The columns of a result, or of the table that is written, do not fit the row type; or there is no such table; or
    /// the table has another format.
    SchemaMismatch,
    /// A value of the result does not fit the row type.
    Decode,
    /// A row cannot be written: its column cannot hold a value of it, or another row has the same key. The table was
    /// not touched.
    Encode,
    /// The source of the rows to write failed, or held something that is no row. No row was written.
    Input,
    /// The staging location could not be reached, listed or written to, or the engine cannot read it or reads other
    /// rows there. None was written to the table.
    Staging,
    /// Only a part of the staged rows was written, or perhaps only a part: the engine passed over a file that it did not
    /// find. A look for the write would find that part. The text says how to remove or complete it.
    PartlyWritten,
    /// A row was asked for and there is none.
    NoRows,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Config => "invalid configuration",
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
            Self::Protocol => "protocol error",
            Self::SchemaMismatch => "schema mismatch",
            Self::Decode => "value that does not fit its field",
            Self::Encode => "row that cannot be written",
            Self::Input => "unreadable input",
            Self::Staging => "staging failed",
            Self::PartlyWritten => "partly written",
            Self::NoRows => "no rows",
        })
    }
}
