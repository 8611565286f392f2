//! A connection that broke, as the status of a call tells of it.

use std::error::Error as StdError;

use tonic::{Code, Status};

use super::server::bounded;

/// The longest text of a broken connection, in bytes.
const CAUSE: usize = 2 * 1024;

/// The error below tonic's own status, whose text would only repeat "transport error".
pub(super) fn cause(status: &Status) -> Box<dyn StdError + Send + Sync> {
    let mut texts: Vec<String> = Vec::new();
    let mut next = StdError::source(status);
    while let Some(error) = next {
        let text = error.to_string();
        if text != "transport error" && !texts.iter().any(|seen| seen.contains(&text)) {
            texts.push(text);
        }
        next = error.source();
    }
    match texts.is_empty() {
        true => bounded::text(status.message().to_owned(), CAUSE).into(),
        false => bounded::text(texts.join(": "), CAUSE).into(),
    }
}

/// Whether the status was made on this side because the connection broke. A connection that is cut while a
/// message is under way arrives as `UNKNOWN`, so the code says nothing.
pub(super) fn is_broken(status: &Status) -> bool {
    const MARKS: [&str; 3] = ["h2 protocol error", "transport error", "error reading a body from connection"];
    sources(status).next().is_some()
        || (matches!(status.code(), Code::Unknown | Code::Internal)
            && MARKS.iter().any(|mark| status.message().contains(mark)))
}

/// The errors behind the status.
pub(super) fn sources<'s>(status: &'s Status) -> impl Iterator<Item = &'s (dyn StdError + 'static)> {
    std::iter::successors(StdError::source(status), |error| (*error).source())
}
