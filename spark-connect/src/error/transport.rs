//! A connection that broke, as the status of a call tells of it.

use std::error::Error as StdError;

use tonic::Status;

use super::server::bounded;

/// The longest text of a broken connection, in bytes.
const CAUSE: usize = 2 * 1024;

/// The error below tonic's own status, whose text would only repeat "transport error".
pub(super) fn cause(status: &Status) -> Box<dyn StdError + Send + Sync> {
    let mut texts: Vec<String> = Vec::new();
    let mut next = StdError::source(status);
    while let Some(error) = next {
        let text = end_of_connection(error).unwrap_or_else(|| error.to_string());
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

/// The end of a connection by the server (`GOAWAY`), without the words that it adds to its reason: they may repeat the
/// token of any call on the connection.
fn end_of_connection(error: &(dyn StdError + 'static)) -> Option<String> {
    let error = error.downcast_ref::<h2::Error>().filter(|error| error.is_go_away() && error.is_remote())?;
    error.reason().map(|reason| format!("the server closed the connection ({reason:?})"))
}

/// Whether the status was made on this side because the connection broke: such a one has the error below it, and one
/// that a server sent has none. Its code and its text say nothing: a cut connection may arrive as `UNKNOWN`, and the
/// text of a server's error may quote a cell.
pub(super) fn is_broken(status: &Status) -> bool {
    sources(status).next().is_some()
}

/// The errors below the status.
pub(super) fn sources<'s>(status: &'s Status) -> impl Iterator<Item = &'s (dyn StdError + 'static)> {
    std::iter::successors(StdError::source(status), |error| (*error).source())
}
