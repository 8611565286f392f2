//! The frame of an Arrow stream, checked before it is decoded.
//!
//! Arrow's reader verifies the metadata of a message but takes the places of its buffers on trust, and panics
//! where one lies outside the body; a compressed buffer says itself how much memory it wants.

use arrow_ipc::{Message, root_as_message};

use crate::error::{Error, Result};

/// The most that one buffer may grow to when it is decompressed, in bytes. A buffer of text has 32-bit offsets.
const MAX_UNCOMPRESSED: i64 = i32::MAX as i64;

/// A buffer up to this size may claim any rate of compression, a larger one at most [`MAX_RATE`], so that a few
/// bytes cannot ask for gigabytes.
const ANY_RATE: i64 = 64 * 1024 * 1024;

const MAX_RATE: i64 = 4096;

/// Stands before the length of each message, and tells it from the framing before Arrow 0.15.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// Checks that every buffer that a message names lies inside the message's body.
pub(super) fn check(mut stream: &[u8]) -> Result<()> {
    while let Some((metadata, rest)) = metadata(stream)? {
        let message = root_as_message(metadata).map_err(|_| broken())?;
        let length = usize::try_from(message.bodyLength()).map_err(|_| broken())?;
        let (body, rest) = rest.split_at_checked(length).ok_or_else(broken)?;
        check_body(&message, body)?;
        stream = rest;
    }
    Ok(())
}

/// The metadata of the next message and what stands behind it; nothing at the end of the stream.
fn metadata(stream: &[u8]) -> Result<Option<(&[u8], &[u8])>> {
    let stream = stream.strip_prefix(&CONTINUATION).unwrap_or(stream);
    let Some((length, rest)) = stream.split_first_chunk() else {
        return if stream.is_empty() { Ok(None) } else { Err(broken()) };
    };
    match usize::try_from(i32::from_le_bytes(*length)).map_err(|_| broken())? {
        0 => Ok(None),
        length => rest.split_at_checked(length).map(Some).ok_or_else(broken),
    }
}

fn check_body(message: &Message<'_>, body: &[u8]) -> Result<()> {
    let Some(batch) = message.header_as_record_batch() else { return Ok(()) };
    let compressed = batch.compression().is_some();
    for buffer in batch.buffers().into_iter().flatten() {
        let start = usize::try_from(buffer.offset()).map_err(|_| broken())?;
        let length = usize::try_from(buffer.length()).map_err(|_| broken())?;
        let end = start.checked_add(length).ok_or_else(broken)?;
        let bytes = body.get(start..end).ok_or_else(broken)?;
        if compressed && let Some(size) = bytes.first_chunk() {
            let most = buffer.length().saturating_mul(MAX_RATE).clamp(ANY_RATE, MAX_UNCOMPRESSED);
            if !(-1..=most).contains(&i64::from_le_bytes(*size)) {
                return Err(broken());
            }
        }
    }
    Ok(())
}

fn broken() -> Error {
    Error::protocol("the result is not readable as Arrow: a message does not fit its frame")
}
