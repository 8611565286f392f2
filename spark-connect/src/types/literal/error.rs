//! Why a value cannot be bound.

use std::borrow::Cow;
use std::{error, fmt};

/// Why a value cannot become a literal. It names types, and never holds the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiteralError {
    message: Cow<'static, str>,
}

impl LiteralError {
    /// An error for a type of your own. The message should say what to change, and leave the value out.
    #[must_use]
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into() }
    }

    pub(super) fn finer_than_micros(what: &str) -> Self {
        Self::new(format!(
            "{what} holds nanoseconds and Spark keeps microseconds: truncate or round it first"
        ))
    }
}

impl fmt::Display for LiteralError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for LiteralError {}
