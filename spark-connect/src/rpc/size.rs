//! Whether a request is small enough to be sent.

use prost::Message;

use crate::error::status::Failure;
use crate::error::{Error, ErrorKind};

/// Spark refuses a larger request (`spark.connect.grpc.maxInboundMessageSize`).
pub(super) const MAX_REQUEST: usize = 128 * 1024 * 1024;

/// The request, unless it is too large. Found out by the encoder only, it would end as if the connection had been lost,
/// be tried again until the retries are used up, or leave open whether a statement ran.
pub(super) fn sendable<M: Message>(request: M) -> Result<M, Failure> {
    let size = request.encoded_len();
    if size <= MAX_REQUEST {
        return Ok(request);
    }
    let message = format!(
        "nothing was sent: the request has {size} bytes, and servers take {MAX_REQUEST} at most; bind fewer values, send \
         fewer rows at once, or write the rows to files and read them from there"
    );
    Err(Failure::fatal(Error::new(ErrorKind::TooLarge, message)).before_sending())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::status::Remedy;
    use crate::proto::ReleaseSessionRequest;

    /// A request of this many bytes, of which a tag and a length of four bytes are five.
    fn of_size(bytes: usize) -> ReleaseSessionRequest {
        ReleaseSessionRequest { session_id: "x".repeat(bytes - 5), ..Default::default() }
    }

    #[test]
    fn a_request_that_servers_would_refuse_never_leaves_and_the_error_says_what_to_do() {
        assert_eq!(sendable(of_size(MAX_REQUEST)).unwrap().encoded_len(), MAX_REQUEST);
        let Failure { error, remedy, unsent, .. } = sendable(of_size(MAX_REQUEST + 1)).unwrap_err();
        assert_eq!((error.kind(), remedy, unsent), (ErrorKind::TooLarge, Remedy::None, true));
        assert!(error.to_string().contains("134217729 bytes, and servers take 134217728 at most"), "{error}");
        assert!(error.to_string().contains("bind fewer values"), "{error}");
    }
}
