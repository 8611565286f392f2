//! What every message of a request begins with.

use http::HeaderMap;

use super::proto;
use super::request::{Body, Request};

/// A message with what every request begins with.
pub(super) trait Recorded: Sized {
    fn record(&self, headers: HeaderMap) -> Request;
}

macro_rules! recorded {
    ($message:ident, $rpc:literal, $observed:expr, $operation:expr, $body:expr) => {
        impl Recorded for proto::$message {
            fn record(&self, headers: HeaderMap) -> Request {
                let (observed, operation): (fn(&Self) -> Option<String>, fn(&Self) -> Option<String>) =
                    ($observed, $operation);
                let body: fn(Self) -> Body = $body;
                Request {
                    rpc: $rpc,
                    session_id: self.session_id.clone(),
                    observed_session_id: observed(self),
                    operation_id: operation(self),
                    user_id: self.user_context.as_ref().map(|user| user.user_id.clone()).unwrap_or_default(),
                    client_type: self.client_type.clone(),
                    headers,
                    body: body(self.clone()),
                }
            }
        }
    };
}

recorded!(
    ExecutePlanRequest,
    "ExecutePlan",
    |request| request.client_observed_server_side_session_id.clone(),
    |request| request.operation_id.clone(),
    |request| Body::Execute(Box::new(request))
);
recorded!(
    ReattachExecuteRequest,
    "ReattachExecute",
    |request| request.client_observed_server_side_session_id.clone(),
    |request| Some(request.operation_id.clone()),
    Body::Reattach
);
recorded!(
    AnalyzePlanRequest,
    "AnalyzePlan",
    |request| request.client_observed_server_side_session_id.clone(),
    |_| None,
    |request| Body::Analyze(Box::new(request))
);
recorded!(
    AddArtifactsRequest,
    "AddArtifacts",
    |request| request.client_observed_server_side_session_id.clone(),
    |_| None,
    |_| Body::AddArtifacts
);
recorded!(
    ArtifactStatusesRequest,
    "ArtifactStatus",
    |request| request.client_observed_server_side_session_id.clone(),
    |_| None,
    |_| Body::ArtifactStatus
);
recorded!(
    CloneSessionRequest,
    "CloneSession",
    |request| request.client_observed_server_side_session_id.clone(),
    |_| None,
    |_| Body::CloneSession
);
recorded!(
    ConfigRequest,
    "Config",
    |request| request.client_observed_server_side_session_id.clone(),
    |_| None,
    Body::Config
);
recorded!(
    InterruptRequest,
    "Interrupt",
    |request| request.client_observed_server_side_session_id.clone(),
    |request| match &request.interrupt {
        Some(proto::interrupt_request::Interrupt::OperationId(id)) => Some(id.clone()),
        _ => None,
    },
    |_| Body::Interrupt
);
recorded!(
    ReleaseExecuteRequest,
    "ReleaseExecute",
    |request| request.client_observed_server_side_session_id.clone(),
    |request| Some(request.operation_id.clone()),
    Body::ReleaseExecute
);
recorded!(ReleaseSessionRequest, "ReleaseSession", |_| None, |_| None, |_| Body::ReleaseSession);
recorded!(
    FetchErrorDetailsRequest,
    "FetchErrorDetails",
    |request| request.client_observed_server_side_session_id.clone(),
    |_| None,
    Body::FetchErrorDetails
);
