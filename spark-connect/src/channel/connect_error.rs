//! Why there is no connection.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use tonic::Status;

use crate::error::{Error, ErrorKind};

/// A reason in words for people, found again in the chain of errors that a failed call brings.
///
/// Only this crate's own connector makes one, so it knows whether the call that brings it was sent. Its `Debug` is logged by the
/// libraries between, so it holds no secret.
#[derive(Debug, Clone)]
pub(crate) struct ConnectError {
    kind: ErrorKind,
    /// Continues a sentence that says where to.
    message: String,
    permanence: Permanence,
    /// Whether the call that brings it had left already.
    left: bool,
    /// Whether the break that it tells of was counted before.
    counted: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The outlook of the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permanence {
    /// The same, until somebody changes something.
    Permanent,
    /// A connection: somebody answered, if only to refuse.
    Transient,
    /// A connection, once the network is back: nobody answered at all.
    Unreachable,
    /// The same, for so long that this call waits no longer.
    GivenUp,
}

impl ConnectError {
    /// Something that stays until somebody changes something.
    pub(super) fn permanent(message: impl Into<String>) -> Self {
        Self::new(message, Permanence::Permanent)
    }

    /// Something that may be over with the next attempt.
    pub(super) fn transient(message: impl Into<String>) -> Self {
        Self::new(message, Permanence::Transient)
    }

    /// Nobody answered.
    pub(super) fn unreachable(message: impl Into<String>) -> Self {
        Self::new(message, Permanence::Unreachable)
    }

    fn new(message: impl Into<String>, permanence: Permanence) -> Self {
        let (kind, message) = (ErrorKind::Connect, message.into());
        Self { kind, message, permanence, left: false, counted: false, source: None }
    }

    /// No connection can be made from here.
    pub(super) fn no_runtime(error: &Error) -> Self {
        Self { kind: ErrorKind::NoRuntime, ..Self::permanent(error.to_string()) }
    }

    /// There is another connection than the call is for.
    pub(super) fn replaced() -> Self {
        Self { counted: true, ..Self::transient("the connection broke before the call was sent") }
    }

    /// The same of a call that had left.
    pub(super) fn after_sending(self) -> Self {
        Self { left: true, ..self }
    }

    /// Nothing came in time.
    pub(super) fn timed_out(self) -> Self {
        Self { kind: ErrorKind::Timeout, ..self }
    }

    pub(super) fn with_permanence(self, permanence: Permanence) -> Self {
        Self { permanence, ..self }
    }

    pub(super) fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Some(Arc::from(source.into())), ..self }
    }

    pub(super) fn permanence(&self) -> Permanence {
        self.permanence
    }

    /// Whether not a byte of the call that brings it left this process.
    pub(crate) fn is_before_sending(&self) -> bool {
        !self.left
    }

    /// Whether it tells of a break that was counted before. Counting it again would turn away the calls beside it, which
    /// know of that break.
    pub(super) fn is_counted(&self) -> bool {
        self.counted
    }

    /// Whether no server was reached.
    pub(super) fn is_unreached(&self) -> bool {
        self.kind != ErrorKind::NoRuntime && !self.counted
    }

    /// Whether the next attempt may well succeed.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self.permanence, Permanence::Transient | Permanence::Unreachable)
    }

    /// The refusal that a failed call brings.
    pub(crate) fn find_in(status: &Status) -> Option<&Self> {
        Self::in_chain(StdError::source(status))
    }

    pub(super) fn in_chain<'e>(error: Option<&'e (dyn StdError + 'static)>) -> Option<&'e Self> {
        std::iter::successors(error, |error| (*error).source()).find_map(|error| error.downcast_ref::<Self>())
    }

    /// The error of a call to `authority`.
    pub(crate) fn error(&self, authority: &str) -> Error {
        let message = match self.kind {
            ErrorKind::NoRuntime => self.whole_text(),
            _ => format!("cannot connect to {authority}: {}", self.whole_text()),
        };
        let error = match self.kind {
            ErrorKind::Timeout => Error::unreached(message),
            kind => Error::new(kind, message),
        };
        if self.permanence == Permanence::Permanent { error.not_repeatable() } else { error }
    }

    /// The text with those of its causes.
    fn whole_text(&self) -> String {
        let mut text = self.message.clone();
        let mut next = StdError::source(self);
        while let Some(error) = next {
            let reason = error.to_string();
            if !text.contains(&reason) {
                text.push_str(": ");
                text.push_str(&reason);
            }
            next = error.source();
        }
        text
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for ConnectError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
