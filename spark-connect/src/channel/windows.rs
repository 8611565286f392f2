//! How much of results may be on its way before their readers have taken it.

use std::ops::RangeInclusive;

use crate::error::{Error, ErrorKind, Result};

/// The window that HTTP/2 begins with, and one that fills a link of 1 Gbit/s and half a second.
const STREAM: RangeInclusive<usize> = 65_535..=64 * 1024 * 1024;

/// The largest window that HTTP/2 has, in bytes.
const MAX_WINDOW_BYTES: u32 = (1 << 31) - 1;

/// The number of streams whose windows make that of the connection. A result whose reader pauses keeps its share of it,
/// so with a small factor a few of them would stop every other call.
const WINDOW_FACTOR: u32 = 128;

/// The windows of a connection, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Windows {
    /// Of one result.
    pub(super) stream: u32,
    /// Of all results of the connection together.
    pub(super) connection: u32,
}

impl Windows {
    /// Those of a connection each of whose results has `stream`.
    pub(super) fn of(stream: usize) -> Result<Self> {
        match u32::try_from(stream) {
            Ok(bytes) if STREAM.contains(&stream) => {
                let connection = bytes.saturating_mul(WINDOW_FACTOR).min(MAX_WINDOW_BYTES);
                Ok(Self { stream: bytes, connection })
            }
            _ => {
                let (least, most) = STREAM.into_inner();
                let message =
                    format!("`stream_window` cannot be {stream} bytes: give it from {least} to {most} bytes");
                Err(Error::new(ErrorKind::InvalidOption, message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    #[test]
    fn the_connection_has_room_for_many_results_whose_readers_pause() {
        for (stream, streams) in [(65_535, 128), (2 * MIB, 128), (16 * MIB, 127), (64 * MIB, 31)] {
            let windows = Windows::of(stream).unwrap();
            assert_eq!((windows.stream as usize, windows.connection / windows.stream), (stream, streams));
        }
    }

    #[test]
    fn a_window_that_http2_does_not_have_is_an_error_that_says_what_to_give() {
        for stream in [0, 65_534, 64 * MIB + 1, usize::MAX] {
            let error = Windows::of(stream).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidOption);
            let told =
                format!("`stream_window` cannot be {stream} bytes: give it from 65535 to 67108864 bytes");
            assert_eq!(error.to_string(), told);
        }
    }
}
