//! What the server was sent, for a test to look at.

use http::HeaderMap;
use prost::Message;

use super::proto;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    /// The name of the RPC, such as `ExecutePlan`.
    pub rpc: &'static str,
    /// The client's id of the session; empty if the request was refused unread.
    pub session_id: String,
    /// The server's own id of the session, as far as the client has seen it.
    pub observed_session_id: Option<String>,
    /// The operation, for the RPCs that are about one.
    pub operation_id: Option<String>,
    /// The user of the session.
    pub user_id: String,
    /// What the client says it is.
    pub client_type: Option<String>,
    /// The headers of the call, gRPC's own among them.
    pub headers: HeaderMap,
    /// The message.
    pub body: Body,
}

/// The message of a request.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each variant is the message that the RPC of its name takes")]
pub enum Body {
    /// The token was wrong, so the message was not read.
    Refused,
    Execute(Box<proto::ExecutePlanRequest>),
    Reattach(proto::ReattachExecuteRequest),
    Analyze(Box<proto::AnalyzePlanRequest>),
    Config(proto::ConfigRequest),
    Interrupt(proto::InterruptRequest),
    ReleaseExecute(proto::ReleaseExecuteRequest),
    ReleaseSession(proto::ReleaseSessionRequest),
    FetchErrorDetails(proto::FetchErrorDetailsRequest),
}

impl Request {
    pub(super) fn refused(rpc: &'static str, headers: HeaderMap) -> Self {
        Self {
            rpc,
            session_id: String::new(),
            observed_session_id: None,
            operation_id: None,
            user_id: String::new(),
            client_type: None,
            headers,
            body: Body::Refused,
        }
    }

    /// A header of the call, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The message of an `ExecutePlan`.
    #[must_use]
    pub fn execute(&self) -> Option<&proto::ExecutePlanRequest> {
        match &self.body {
            Body::Execute(request) => Some(request),
            _ => None,
        }
    }

    /// The plan of an `ExecutePlan`.
    #[must_use]
    pub fn plan(&self) -> Option<&proto::Plan> {
        self.execute()?.plan.as_ref()
    }

    /// The relation at the root of the plan of an `ExecutePlan`, if it is a query.
    #[must_use]
    pub fn root(&self) -> Option<&proto::relation::RelType> {
        match self.plan()?.op_type.as_ref()? {
            proto::plan::OpType::Root(relation) => relation.rel_type.as_ref(),
            _ => None,
        }
    }

    /// The SQL of the plan of an `ExecutePlan`, as [`sql`] finds it.
    #[must_use]
    pub fn sql(&self) -> Option<&proto::Sql> {
        self.execute().and_then(sql)
    }

    /// Whether it is a `ReattachExecute` for every response of its operation.
    pub(super) fn reattaches_from_the_start(&self) -> bool {
        matches!(&self.body, Body::Reattach(reattach) if reattach.last_response_id.is_none())
    }

    /// The response up to which a `ReleaseExecute` releases; `None` inside if it releases all.
    #[must_use]
    pub fn released_until(&self) -> Option<Option<&str>> {
        use proto::release_execute_request::Release;
        let Body::ReleaseExecute(request) = &self.body else { return None };
        match request.release.as_ref()? {
            Release::ReleaseAll(_) => Some(None),
            Release::ReleaseUntil(until) => Some(Some(&until.response_id)),
        }
    }

    /// The bytes of the plan of an `ExecutePlan`, to compare two sendings.
    #[must_use]
    pub fn plan_bytes(&self) -> Vec<u8> {
        self.plan().map(Message::encode_to_vec).unwrap_or_default()
    }
}

/// The SQL of a plan, if its root is a query in SQL or it is a statement.
#[must_use]
pub fn sql(request: &proto::ExecutePlanRequest) -> Option<&proto::Sql> {
    let rel_type = match request.plan.as_ref()?.op_type.as_ref()? {
        proto::plan::OpType::Root(relation) => relation.rel_type.as_ref()?,
        proto::plan::OpType::Command(command) => match command.command_type.as_ref()? {
            proto::command::CommandType::SqlCommand(sql) => sql.input.as_ref()?.rel_type.as_ref()?,
            _ => return None,
        },
        proto::plan::OpType::CompressedOperation(_) => return None,
    };
    match rel_type {
        proto::relation::RelType::Sql(sql) => Some(sql),
        _ => None,
    }
}

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
    Body::Interrupt
);
recorded!(
    ReleaseExecuteRequest,
    "ReleaseExecute",
    |request| request.client_observed_server_side_session_id.clone(),
    |request| Some(request.operation_id.clone()),
    Body::ReleaseExecute
);
recorded!(ReleaseSessionRequest, "ReleaseSession", |_| None, |_| None, Body::ReleaseSession);
recorded!(
    FetchErrorDetailsRequest,
    "FetchErrorDetails",
    |request| request.client_observed_server_side_session_id.clone(),
    |_| None,
    Body::FetchErrorDetails
);
