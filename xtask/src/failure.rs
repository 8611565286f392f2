//! What a command of this tool says when it could not do its work.

use std::fmt;

/// The result of a step: its value, or one message for the person at the terminal.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// A message that names what went wrong and, where it is known, what to change.
pub(crate) struct Failure(String);

impl Failure {
    /// Makes a failure out of its message.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Puts what was being done in front of an error that only says how it failed.
pub(crate) trait During<T> {
    /// Turns the error into a [`Failure`] that starts with `what`.
    fn during(self, what: impl fmt::Display) -> Outcome<T>;
}

impl<T, E: fmt::Display> During<T> for Result<T, E> {
    fn during(self, what: impl fmt::Display) -> Outcome<T> {
        self.map_err(|error| Failure(format!("{what}: {error}")))
    }
}
