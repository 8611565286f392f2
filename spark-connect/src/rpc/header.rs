//! The header of every request, and the ids that answers begin with.

use uuid::Uuid;

use crate::proto;

/// Maximum bytes of an id of a server's that is kept and sent back: a session's with every call, a response's to resume
/// after it. Servers send UUIDs.
pub(crate) const LONGEST_ID: usize = 512;

/// Whether a server's `text` is `id` as it was sent.
pub(crate) fn is_id(id: Uuid, text: &str) -> bool {
    *id.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == *text
}

/// The header of every request.
pub(super) struct Header {
    pub(super) session_id: String,
    pub(super) observed: Option<String>,
    pub(super) user_context: proto::UserContext,
    pub(super) client_type: String,
}

/// A request of a session.
pub(super) trait WithHeader: prost::Message {
    fn with_header(self, header: Header) -> Self;
}

macro_rules! with_header {
    ($($request:ident)*) => {$(
        impl WithHeader for proto::$request {
            fn with_header(self, header: Header) -> Self {
                Self {
                    session_id: header.session_id,
                    client_observed_server_side_session_id: header.observed,
                    user_context: Some(header.user_context),
                    client_type: Some(header.client_type),
                    ..self
                }
            }
        }
    )*};
}

with_header! {
    ExecutePlanRequest ReattachExecuteRequest ReleaseExecuteRequest AnalyzePlanRequest ConfigRequest InterruptRequest
    FetchErrorDetailsRequest AddArtifactsRequest ArtifactStatusesRequest CloneSessionRequest
}

/// The one request that does not say which session of the server it expects.
impl WithHeader for proto::ReleaseSessionRequest {
    fn with_header(self, header: Header) -> Self {
        Self {
            session_id: header.session_id,
            user_context: Some(header.user_context),
            client_type: Some(header.client_type),
            ..self
        }
    }
}

/// An answer that says whose it is: the session's id, and the server's own.
pub(super) trait Identified {
    fn ids(&self) -> (&str, &str);
}

macro_rules! identified {
    ($($answer:ident)*) => {$(
        impl Identified for proto::$answer {
            fn ids(&self) -> (&str, &str) {
                (&self.session_id, &self.server_side_session_id)
            }
        }
    )*};
}

identified! {
    ExecutePlanResponse AnalyzePlanResponse ConfigResponse ArtifactStatusesResponse CloneSessionResponse
}

/// The answer to a copied session, which also has the ids of the copy.
pub(super) struct Copied(pub(super) proto::CloneSessionResponse);

impl Identified for Copied {
    fn ids(&self) -> (&str, &str) {
        (&self.0.new_session_id, &self.0.new_server_side_session_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_text_that_was_sent_and_no_other() {
        let id = Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8);
        assert!(is_id(id, "67e55044-10b1-426f-9247-bb680e5fe0c8"));
        for other in [
            "",
            "67e5504410b1426f9247bb680e5fe0c8",
            "67e55044-10b1-426f-9247-bb680e5fe0c9",
            "67E55044-10B1-426F-9247-BB680E5FE0C8",
        ] {
            assert!(!is_id(id, other), "{other}");
        }
    }
}
