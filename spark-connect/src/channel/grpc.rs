//! Whether what answers is gRPC, before the generated client reads it.
//!
//! A gateway answers with a page and an HTTP status when the server behind it does not; the client would read the page
//! as messages, and what it says of them reads like an error of the server's, which would say that a statement did not
//! run. And a stream that ends without a gRPC status was cut, or its trailers were too large for HTTP/2. One that ends well
//! in the middle of a message, or without the one message that answers a call, was cut too, by a proxy that says otherwise.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, Response, header};
use hyper::body::{Body, Frame, SizeHint};
use tonic::Status;

use super::http2::{BoxError, ResponseBody};
use crate::error::status::NotGrpc;

const GRPC_STATUS: &str = "grpc-status";

/// Lets an answer of gRPC through, and nothing else.
pub(super) fn checked(
    answer: Response<ResponseBody>,
    is_unary: bool,
) -> Result<Response<GrpcBody>, BoxError> {
    let (head, body) = answer.into_parts();
    let ended = head.headers.contains_key(GRPC_STATUS);
    match not_grpc(head.status, &head.headers) {
        Some(page) if !ended => Err(page.into()),
        _ => {
            let frames = Frames::default();
            Ok(Response::from_parts(head, GrpcBody { body, frames, ended, is_unary }))
        }
    }
}

fn not_grpc(status: http::StatusCode, headers: &HeaderMap) -> Option<Status> {
    let text = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let content_type = text(header::CONTENT_TYPE);
    let is_grpc = content_type.as_ref().is_none_or(|kind| kind.starts_with("application/grpc"));
    let encoding = text(header::HeaderName::from_static("grpc-encoding"));
    if status.is_success() && is_grpc {
        // No compression is asked for.
        let compressed = encoding.filter(|encoding| *encoding != "identity")?;
        return Some(NotGrpc::compressed(&compressed).into_status());
    }
    Some(NotGrpc::page(status, content_type.as_deref()).into_status())
}

/// The bytes in front of a message of gRPC: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// Where the messages of a body begin and end.
#[derive(Default)]
struct Frames {
    /// How many bytes of the prefix have come, and the length that they tell.
    prefix: usize,
    length: u32,
    /// How many bytes of the message are still to come.
    left: usize,
    /// Whether a message has begun.
    begun: bool,
}

impl Frames {
    /// Whether `bytes` go on with plain messages, the only ones that were asked for.
    fn take(&mut self, mut bytes: &[u8]) -> bool {
        loop {
            let skipped = self.left.min(bytes.len());
            self.left -= skipped;
            let Some((first, rest)) = bytes.get(skipped..).and_then(<[u8]>::split_first) else { return true };
            if self.prefix == 0 && *first != 0 {
                return false;
            }
            self.begun = true;
            self.length = self.length << 8 | u32::from(*first);
            self.prefix += 1;
            if self.prefix == PREFIX {
                let length = std::mem::take(&mut self.length);
                (self.prefix, self.left) = (0, usize::try_from(length).unwrap_or(usize::MAX));
            }
            bytes = rest;
        }
    }

    /// Whether no message is half-way.
    fn is_between(&self) -> bool {
        self.left == 0 && self.prefix == 0
    }
}

/// A body of gRPC's messages that ends with a gRPC status or with an error.
pub(crate) struct GrpcBody {
    body: ResponseBody,
    frames: Frames,
    /// Whether a status came.
    ended: bool,
    /// Whether it is one message, and not a stream of any number.
    is_unary: bool,
}

impl Body for GrpcBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)) else {
            return Poll::Ready(match std::mem::replace(&mut self.ended, true) {
                true if !self.may_end() => Some(Err(NotGrpc::Incomplete.into_status().into())),
                true => None,
                false => Some(Err(NotGrpc::Cut.into_status().into())),
            });
        };
        let frame = frame?;
        if frame.trailers_ref().is_some_and(went_well) && !self.may_end() {
            self.ended = true;
            return Poll::Ready(Some(Err(NotGrpc::Incomplete.into_status().into())));
        }
        if frame.data_ref().is_some_and(|bytes| !self.frames.take(bytes)) {
            return Poll::Ready(Some(Err(NotGrpc::Bytes.into_status().into())));
        }
        if let Some(trailers) = frame.trailers_ref()
            && !std::mem::replace(&mut self.ended, true)
            && !trailers.contains_key(GRPC_STATUS)
        {
            return Poll::Ready(Some(Err(NotGrpc::Trailers.into_status().into())));
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.ended && self.may_end() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl GrpcBody {
    /// Whether the end of an answer that went well may stand here.
    fn may_end(&self) -> bool {
        self.frames.is_between() && (self.frames.begun || !self.is_unary)
    }
}

fn went_well(headers: &HeaderMap) -> bool {
    headers.get(GRPC_STATUS).is_some_and(|status| status.as_bytes() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(flag: u8, bytes: &[u8]) -> Vec<u8> {
        let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
        [&[flag], &length[..], bytes].concat()
    }

    #[test]
    fn messages_are_followed_wherever_they_are_cut() {
        let good =
            [message(0, b""), message(0, &[1; 300]), message(0, b"\x01\x02"), message(0, b"")].concat();
        let bad = [&good[..], &message(1, b"x")].concat();
        for size in 1..=bad.len() {
            let takes = |bytes: &[u8]| {
                let mut frames = Frames::default();
                bytes.chunks(size).all(|piece| frames.take(piece))
            };
            assert!(takes(&good), "{size}");
            assert!(!takes(&bad), "{size}");
        }
        for size in 0..good.len() {
            let mut frames = Frames::default();
            assert!(frames.take(&good[..size]));
            assert_eq!(frames.is_between(), [0, 5, 310, 317].contains(&size), "{size}");
        }
        assert!(!Frames::default().take(b"<html>"));
        assert!(Frames::default().take(&[0, 0xff, 0xff, 0xff, 0xff, 1, 1, 1]));
    }
}
