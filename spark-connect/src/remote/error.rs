//! Why a connection string was refused.

use std::error::Error;
use std::fmt;

use crate::error::ErrorKind;

/// A connection string, an environment variable or a setting that cannot be used; nothing was sent.
///
/// The text is one sentence that says what is wrong and what would be right. It never repeats a value, because
/// a value in the wrong place may well be a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteError {
    key: Option<String>,
    message: String,
}

impl RemoteError {
    /// The parameter, header or environment variable at fault; `None` if it is another part of the text.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    pub(super) fn text(message: impl Into<String>) -> Self {
        Self { key: None, message: message.into() }
    }

    /// The error of a `key` that is nearly that of a parameter, `known`.
    pub(super) fn misspelt(key: &str, known: &str) -> Self {
        let message = format!(
            "unknown parameter `{key}`: did you mean `{known}`? A header of that name is set with `Remote::with_header`"
        );
        Self { key: Some(key.to_owned()), message }
    }

    /// The error of one `key`; `rule` continues a sentence that starts with its name.
    pub(super) fn of(key: &str, rule: &str) -> Self {
        Self { key: Some(key.to_owned()), message: format!("`{key}` {rule}") }
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for RemoteError {}

/// Of the kind [`InvalidRemote`](ErrorKind::InvalidRemote), with the same text.
impl From<RemoteError> for crate::error::Error {
    fn from(error: RemoteError) -> Self {
        Self::new(ErrorKind::InvalidRemote, error.message)
    }
}
