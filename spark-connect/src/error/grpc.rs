//! An answer that is not gRPC.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use http::StatusCode;
use tonic::{Code, Status};

use super::transport::sources;

/// The largest head or trailers that this side takes, in bytes. Errors travel in trailers, percent-encoded and a second
/// time in base64; hyper's 16 KiB would lose long ones whole.
pub(crate) const MAX_HEADER_LIST: u32 = 64 * 1024;

/// An answer that is not gRPC, found again in the chain of errors that a failed call brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotGrpc {
    /// A page: a gateway in front of the server answered, or something else than a Spark Connect server.
    Page { status: StatusCode, content_type: Option<String> },
    /// Compressed messages, which nobody asked for.
    Compressed(String),
    /// A body of something else than messages.
    Bytes,
    /// The end of the stream without a status.
    Cut,
    /// The status that all went well, without the message of the answer or in the middle of one.
    Incomplete,
    /// Trailers without a status: HTTP/2 leaves out what is above its limit.
    Trailers,
}

/// The longest name of a content type that is repeated.
const NAME: usize = 60;

impl NotGrpc {
    pub(crate) fn page(status: StatusCode, content_type: Option<&str>) -> Self {
        Self::Page { status, content_type: content_type.map(|name| name.chars().take(NAME).collect()) }
    }

    pub(crate) fn compressed(encoding: &str) -> Self {
        Self::Compressed(encoding.chars().take(NAME).collect())
    }

    /// The form in which it passes through the generated client.
    pub(crate) fn into_status(self) -> Status {
        let code = match &self {
            Self::Page { status: StatusCode::UNAUTHORIZED, .. } => Code::Unauthenticated,
            Self::Page { status: StatusCode::FORBIDDEN, .. } => Code::PermissionDenied,
            _ => Code::Unknown,
        };
        let mut status = Status::new(code, self.to_string());
        status.set_source(Arc::new(self));
        status
    }

    pub(super) fn find_in(status: &Status) -> Option<&Self> {
        sources(status).find_map(|error| error.downcast_ref::<Self>())
    }

    /// Whether asking again may help: the gateway has no server at the moment, or the stream was cut on its way.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Page { status, .. } => matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504),
            Self::Cut | Self::Incomplete => true,
            Self::Compressed(_) | Self::Bytes | Self::Trailers => false,
        }
    }

    /// Whether nobody was found who answers calls, as where a router has lost its server for a moment.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Page { status: StatusCode::NOT_FOUND, .. })
    }
}

impl fmt::Display for NotGrpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page { status, content_type: None } => write!(f, "HTTP {status} instead of a gRPC answer"),
            Self::Page { status, content_type: Some(name) } => {
                write!(
                    f,
                    "HTTP {status} ({name}) instead of a gRPC answer: a gateway in front of the server?"
                )
            }
            Self::Compressed(encoding) => write!(f, "messages compressed with {encoding}"),
            Self::Bytes => {
                f.write_str("a body that does not consist of gRPC messages, or of compressed ones")
            }
            Self::Cut => f.write_str("the stream was cut before its gRPC status"),
            Self::Incomplete => f.write_str("the answer ended before its message did"),
            Self::Trailers => write!(
                f,
                "trailers without a gRPC status: an error whose text is larger than the {} KiB that HTTP/2 passes on?",
                MAX_HEADER_LIST / 1024
            ),
        }
    }
}

impl StdError for NotGrpc {}

/// Whether HTTP/2 on this side refused the head or the trailers of an answer, which are larger than its limit or break
/// its rules. The same answer would come again.
pub(super) fn is_refused_answer(status: &Status) -> bool {
    sources(status).filter_map(|error| error.downcast_ref::<h2::Error>()).any(|error| {
        let reason = error.reason();
        error.is_library()
            && (error.is_reset() && reason == Some(h2::Reason::PROTOCOL_ERROR)
                || error.is_go_away()
                    && matches!(reason, Some(h2::Reason::COMPRESSION_ERROR | h2::Reason::ENHANCE_YOUR_CALM)))
    })
}
