//! What is wrong with a connection string.

use std::borrow::Cow;
use std::fmt;

/// Why a text is not a connection string. It names the key at fault and never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteError {
    key: Option<String>,
    reason: Cow<'static, str>,
}

impl RemoteError {
    pub(super) fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { key: None, reason: reason.into() }
    }

    pub(super) fn of(key: &str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { key: Some(key.to_owned()), reason: reason.into() }
    }

    /// The parameter, or the environment variable, that is at fault.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "`{key}` {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for RemoteError {}
