//! The messages of an Arrow stream and where their bodies stand.

use std::ops::Range;

use arrow_ipc::{Message, root_as_message_with_opts};
use flatbuffers::{InvalidFlatbuffer, VerifierOptions};

use crate::error::{Error, ErrorKind, Result};

/// The marker before the length of each message, which the framing before Arrow 0.15 does not have.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// How deep types may be nested. Whatever reads them recurses, on the stack of a task.
const MAX_DEPTH: usize = 100;

/// The levels of a message that are no nested types: the message, the schema and the column.
const DEPTH_AROUND: usize = 3;

/// One message: its metadata, verified, and the place of its body in the stream.
pub(super) struct Envelope<'s> {
    pub(super) message: Message<'s>,
    pub(super) body: Range<usize>,
}

/// The messages of a stream, in order.
pub(super) struct Envelopes<'s> {
    stream: &'s [u8],
    rest: &'s [u8],
}

impl<'s> Envelopes<'s> {
    pub(super) fn of(stream: &'s [u8]) -> Self {
        Self { stream, rest: stream }
    }

    /// The next message, or nothing at the end of the stream.
    pub(super) fn next(&mut self) -> Result<Option<Envelope<'s>>> {
        let Some(metadata) = self.metadata()? else { return Ok(None) };
        let options = VerifierOptions { max_depth: MAX_DEPTH + DEPTH_AROUND, ..VerifierOptions::default() };
        let message = root_as_message_with_opts(&options, metadata).map_err(|error| match error {
            InvalidFlatbuffer::DepthLimitReached => too_deep(),
            _ => broken(),
        })?;
        let length = usize::try_from(message.bodyLength()).map_err(|_| broken())?;
        let start = self.stream.len() - self.rest.len();
        let (body, rest) = self.rest.split_at_checked(length).ok_or_else(broken)?;
        self.rest = rest;
        Ok(Some(Envelope { message, body: start..start + body.len() }))
    }

    /// The metadata of the next message. A stream may end with a message of no length, and with nothing after it.
    fn metadata(&mut self) -> Result<Option<&'s [u8]>> {
        let rest = self.rest.strip_prefix(&CONTINUATION).unwrap_or(self.rest);
        let Some((length, rest)) = rest.split_first_chunk() else {
            return if self.rest.is_empty() { Ok(None) } else { Err(broken()) };
        };
        match usize::try_from(i32::from_le_bytes(*length)).map_err(|_| broken())? {
            0 if rest.is_empty() => Ok(None),
            0 => Err(broken()),
            length => {
                let (metadata, rest) = rest.split_at_checked(length).ok_or_else(broken)?;
                self.rest = rest;
                Ok(Some(metadata))
            }
        }
    }
}

#[cold]
fn too_deep() -> Error {
    let message = format!(
        "a column of the result has a type that is nested deeper than {MAX_DEPTH} levels: select what is inside of it"
    );
    Error::new(ErrorKind::TooLarge, message)
}

/// The error of bytes that are no Arrow stream.
#[cold]
pub(super) fn broken() -> Error {
    Error::protocol("the result is not readable as Arrow: a message does not fit its frame")
}
