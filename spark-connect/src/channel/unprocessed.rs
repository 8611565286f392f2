//! Calls that left, and that the server says it has not processed.

use std::error::Error as StdError;
use std::fmt;

use tonic::Status;

use super::http2::BoxError;

/// The failure of a call whose stream is above the last one that the server took, as it said when it ended the
/// connection (`GOAWAY`): by RFC 9113, section 8.7, nothing of the call was processed, and it may be sent again. Clients
/// of gRPC do so once (gRFC A6, transparent retries).
///
/// `REFUSED_STREAM` is meant to say the same and does not count: proxies say it of calls that they had passed on. HAProxy
/// does where a connection to its server ends without an answer (haproxy/haproxy#3414), and h2o did (h2o/h2o#3308). A
/// `GOAWAY` is never passed on: it counts the streams of its own connection.
#[derive(Debug)]
pub(super) struct Unprocessed(BoxError);

impl Unprocessed {
    pub(super) fn new(failure: BoxError) -> Self {
        Self(failure)
    }

    /// Whether a call without the head of an answer ended so. h2 gives the `GOAWAY` of a server as the error of the
    /// streams above the last one alone: those below end with the connection, by another error.
    pub(super) fn is_told_by(error: &hyper::Error) -> bool {
        let cause = error.source().and_then(|cause| cause.downcast_ref::<h2::Error>());
        cause.is_some_and(|cause| cause.is_go_away() && cause.is_remote())
    }

    pub(super) fn is_in(status: &Status) -> bool {
        let mut causes = std::iter::successors(status.source(), |error| (*error).source());
        causes.any(|error| error.is::<Self>())
    }
}

impl fmt::Display for Unprocessed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server ended the connection and has not processed the call")
    }
}

impl StdError for Unprocessed {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.0)
    }
}
