//! Spark SQL text: its parameter markers, and values as literals.
//!
//! A server that binds gets the values beside the text. Where one does not, [`substitute`] writes them into the text,
//! each in a form that no escape rule can break.

mod arguments;
mod context;
mod created;
mod effects;
mod marker;
mod render;
mod session_changes;
mod statement;
mod stored;
mod substitute;
#[cfg(test)]
mod tests;
mod token;
mod verbatim;

use std::{error, fmt};

pub use self::arguments::{Argument, Arguments, Values};
#[doc(hidden)]
pub use self::created::filled_columns;
pub(crate) use self::effects::{acts, may_act};
pub use self::marker::{Marker, Markers, markers};
pub(crate) use self::render::hexadecimal;
pub use self::render::render;
pub use self::statement::Statement;
pub use self::substitute::substitute;
pub(crate) use self::substitute::{Edit, Inline, Inlined, inline};
use crate::types::LiteralError;

/// A mistake in a statement or in the values bound to it.
///
/// It names markers and positions, and holds neither the statement's text nor a value: both may be secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlError {
    problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    Unterminated {
        what: &'static str,
        at: usize,
    },
    /// A comment that starts there and does not end at one place for all servers.
    TwoEnds {
        at: usize,
        why: &'static str,
    },
    Binding(String),
    Value {
        marker: String,
        source: LiteralError,
    },
}

impl SqlError {
    fn unterminated(what: &'static str, at: usize) -> Self {
        Self { problem: Problem::Unterminated { what, at } }
    }

    fn carried_on(at: usize) -> Self {
        let why = "has a backslash at the end of its line, which makes the next line a part of it on some servers and not \
                   on others: put a space behind the backslash";
        Self { problem: Problem::TwoEnds { at, why } }
    }

    fn hint_in_comment(at: usize) -> Self {
        let why = "holds `/*+`, which opens another comment on some servers and not on others: take the plus sign away";
        Self { problem: Problem::TwoEnds { at, why } }
    }

    fn comment_in_hint(at: usize) -> Self {
        let why = "stands inside of a hint, which is itself a comment on some servers and not on others: move it out of \
                   `/*+ … */`";
        Self { problem: Problem::TwoEnds { at, why } }
    }

    fn binding(message: impl Into<String>) -> Self {
        Self { problem: Problem::Binding(message.into()) }
    }

    /// Whether a statement without values is sent all the same: the server knows best whether it ends, and why not.
    pub(crate) fn is_left_to_server(&self) -> bool {
        matches!(self.problem, Problem::Unterminated { .. })
    }

    fn value(marker: String, source: LiteralError) -> Self {
        Self { problem: Problem::Value { marker, source } }
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::Unterminated { what, at } => {
                write!(f, "the {what} that starts at byte {at} of the statement does not end")
            }
            Problem::TwoEnds { at, why } => {
                write!(f, "the comment that starts at byte {at} of the statement {why}")
            }
            Problem::Binding(message) => f.write_str(message),
            Problem::Value { marker, .. } => write!(f, "the value bound to {marker} cannot be sent"),
        }
    }
}

impl error::Error for SqlError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.problem {
            Problem::Value { source, .. } => Some(source),
            Problem::Unterminated { .. } | Problem::TwoEnds { .. } | Problem::Binding(_) => None,
        }
    }
}
