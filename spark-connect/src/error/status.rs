//! From a gRPC status to an [`Error`], and to what may be done about it.
//!
//! Nearly every failure of a server arrives as `INTERNAL`, so the code decides little: the `ErrorInfo` detail
//! and, for a broken connection, the chain of transport errors do.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::time::Duration;

use tonic::{Code, Status};

use super::details::{Details, RetryInfo};
use super::grpc::is_refused_answer;
pub(crate) use super::grpc::{MAX_HEADER_LIST, NotGrpc};
use super::transport::{cause, is_broken};
use super::{Error, ErrorKind, ServerError};

/// A failed RPC: the error to show, and its facts for the retry rules.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    pub(crate) remedy: Remedy,
    /// How long the server asked to wait (`google.rpc.RetryInfo`).
    pub(crate) retry_delay: Option<Duration>,
    /// Whether the server has nothing of the request: not a byte of it left this process, as only the connector and the
    /// code before it know, or it left and is `unprocessed`.
    pub(crate) unsent: bool,
    /// Whether the request left, and the server said by the rules of HTTP/2 that it has not processed it.
    pub(crate) unprocessed: bool,
}

/// The remedy of a failed RPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// There was no connection, it broke, or the server asked to wait: wait, then go on.
    Retry,
    /// A deadline passed on the way: a stream is reattached after a pause, a plan that was not sent yet is tried again,
    /// and any other call is not repeated.
    Reattach,
    /// A router in front of the server may have failed in its place, or turns away who was let in before: a stream is
    /// reattached for a short while where there may be one, and all else is final.
    ReattachBriefly,
    /// The server does not know the operation or the session that was asked for.
    OperationNotFound,
    /// Nothing helps.
    None,
}

impl Failure {
    pub(crate) fn fatal(error: Error) -> Self {
        Self { error, remedy: Remedy::None, retry_delay: None, unsent: false, unprocessed: false }
    }

    /// A failure that may be over with the next attempt.
    pub(crate) fn transient(error: Error) -> Self {
        Self { remedy: Remedy::Retry, ..Self::fatal(error) }
    }

    /// The same failure of a request that never left this process.
    pub(crate) fn before_sending(self) -> Self {
        Self { unsent: true, ..self }
    }

    /// The same failure of a request that left, and that the server has not processed.
    pub(crate) fn unprocessed(self) -> Self {
        Self { unprocessed: true, ..self.before_sending() }
    }

    /// Whether it is another stream that has the operation, so that the connection is as good as before.
    pub(crate) fn is_disconnected(&self) -> bool {
        self.error.server().is_some_and(ServerError::is_disconnected)
    }

    /// Whether the server says that it has turned the plan away before it ran.
    pub(crate) fn is_turned_away(&self) -> bool {
        self.error.server().is_some_and(ServerError::is_turned_away)
    }

    /// `authority` (`host:port`) goes into the text of every connection error.
    pub(crate) fn from_status(status: &Status, authority: &str) -> Self {
        if Unreadable::find_in(status) {
            return Self::fatal(Error::protocol(UNREADABLE));
        }
        if let Some(answer) = NotGrpc::find_in(status) {
            return Self::not_grpc(answer, status.code(), authority);
        }
        if is_refused_answer(status) {
            let message = format!(
                "the answer of {authority} has a head or trailers larger than the {} KiB that HTTP/2 passes on, or \
                 breaks its rules",
                MAX_HEADER_LIST / 1024
            );
            return Self::fatal(Error::new(ErrorKind::TooLarge, message).with_source(cause(status)));
        }
        let details = Details::of(status);
        let wait = details.retry_info();
        let retry_delay = wait.and_then(RetryInfo::delay);
        let server = server_error(status, &details);
        let kind = kind(status, &server);
        let remedy = remedy(status, &server, kind, wait.is_some());
        let error = error(status, server, kind, authority);
        Self { remedy, retry_delay, ..Self::fatal(error) }
    }

    /// Nothing that answers in gRPC answered.
    fn not_grpc(answer: &NotGrpc, code: Code, authority: &str) -> Self {
        let (kind, message) = match (answer, code) {
            (NotGrpc::Trailers, _) => {
                (ErrorKind::TooLarge, format!("{authority} fails with an unreadable error"))
            }
            (_, Code::Unauthenticated | Code::PermissionDenied) => {
                (ErrorKind::Unauthenticated, unauthenticated(code, authority))
            }
            _ if answer.is_transient() => (ErrorKind::Unavailable, lost(authority)),
            _ => (ErrorKind::Protocol, format!("{authority} does not answer in gRPC")),
        };
        let remedy = match answer.is_transient() {
            true => Remedy::Retry,
            false if answer.is_not_found() => Remedy::ReattachBriefly,
            false => Remedy::None,
        };
        Self { remedy, ..Self::fatal(Error::new(kind, format!("{message}: {answer}"))) }
    }
}

const UNREADABLE: &str = "a message of the server is not readable, or nested deeper than 100 messages";

/// The server's bytes are no message of the protocol, or one that is nested too deep.
#[derive(Debug)]
pub(crate) struct Unreadable(pub(crate) prost::DecodeError);

impl Unreadable {
    /// Whether this client made the status, because of such bytes.
    fn find_in(status: &Status) -> bool {
        status.source().is_some_and(|source| source.is::<Self>())
    }
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(UNREADABLE)
    }
}

impl StdError for Unreadable {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

/// Whether a call was refused for its token, as far as can be told: gateways say so also as of a user who may not do
/// something. With a condition or a class it is the server that says it, about what a statement does.
pub(crate) fn refuses_token(status: &Status) -> bool {
    match status.code() {
        Code::Unauthenticated => true,
        Code::PermissionDenied => {
            NotGrpc::find_in(status).is_some() || !server_error(status, &Details::of(status)).is_explained()
        }
        _ => false,
    }
}

fn server_error(status: &Status, details: &Details) -> ServerError {
    let mut server = ServerError { message: status.message().to_owned(), ..ServerError::default() };
    fill_from_details(details, &mut server);
    server.read_cluster(status.code(), details.retry_info().and_then(RetryInfo::delay));
    server.denied = status.code() == Code::PermissionDenied;
    server.is_bare = is_one_of_proxies(status.code()) && !server.is_explained();
    server.throttled =
        status.code() == Code::ResourceExhausted && !server.is_explained() && !server.is_message_size();
    server.bounded()
}

/// Whether a server and a proxy in front of it give the code alike, for a failure inside or a call that was given up.
fn is_one_of_proxies(code: Code) -> bool {
    matches!(code, Code::Internal | Code::Unknown | Code::DataLoss | Code::Aborted | Code::Cancelled)
}

fn fill_from_details(details: &Details, server: &mut ServerError) {
    let Some(info) = details.error_info() else { return };
    let text = |key: &str| info.metadata.get(key).filter(|value| !value.is_empty()).cloned();
    server.error_class = text("errorClass");
    server.sql_state = text("sqlState");
    server.error_id = text("errorId");
    server.exception_classes = text("classes")
        .and_then(|json| serde_json::from_str::<Vec<String>>(&json).ok())
        .filter(|classes| !classes.is_empty())
        .unwrap_or_else(|| Vec::from_iter((!info.reason.is_empty()).then(|| info.reason.clone())));
    server.message_parameters = text("messageParameters")
        .and_then(|json| serde_json::from_str::<BTreeMap<String, String>>(&json).ok())
        .unwrap_or_default();
    server.read_class();
}

fn kind(status: &Status, server: &ServerError) -> ErrorKind {
    match status.code() {
        Code::Unauthenticated | Code::PermissionDenied => ErrorKind::Unauthenticated,
        // With a cause it is not the server that says so: HTTP/2 ended the connection to protect itself.
        Code::ResourceExhausted | Code::OutOfRange if !is_broken(status) && server.is_message_size() => {
            ErrorKind::TooLarge
        }
        Code::DeadlineExceeded => ErrorKind::Timeout,
        Code::Unimplemented => ErrorKind::Unsupported,
        _ if is_broken(status) => ErrorKind::Unavailable,
        _ if server.cluster.is_some() => cluster_kind(server),
        // It says nothing about what was asked for.
        _ if server.throttled => ErrorKind::Unavailable,
        Code::Unavailable => ErrorKind::Unavailable,
        Code::Cancelled => ErrorKind::Cancelled,
        _ => server_kind(server),
    }
}

/// Conditions of the session and of the operation; everything else is the statement's own failure.
fn server_kind(server: &ServerError) -> ErrorKind {
    if server.is_session_lost() {
        ErrorKind::SessionLost
    } else if server.is_stopping() || server.is_disconnected() {
        ErrorKind::Unavailable
    } else if server.is_cancelled() {
        ErrorKind::Cancelled
    } else if server.is_unsupported() {
        ErrorKind::Unsupported
    } else {
        ErrorKind::Server
    }
}

/// A cluster that stands still is no reason to ask again: someone has to start it.
fn cluster_kind(server: &ServerError) -> ErrorKind {
    match &server.cluster {
        Some(cluster) if cluster.is_starting() => ErrorKind::ClusterNotReady,
        _ => ErrorKind::Server,
    }
}

fn remedy(status: &Status, server: &ServerError, kind: ErrorKind, asked_to_wait: bool) -> Remedy {
    // Starting takes minutes, which is longer than the retries of a call are made for.
    if server.cluster.is_some() {
        return Remedy::None;
    }
    // More calls would not help against a limit, unless they are asked for.
    let is_answered = status.code() == Code::Internal || server.throttled;
    let lost = kind == ErrorKind::Unavailable && !is_answered || is_broken(status);
    if asked_to_wait || lost || server.is_disconnected() {
        return Remedy::Retry;
    }
    if status.code() == Code::DeadlineExceeded {
        return Remedy::Reattach;
    }
    if server.is_operation_unknown() {
        return Remedy::OperationNotFound;
    }
    match status.code() == Code::Unknown && server.is_bare {
        true => Remedy::ReattachBriefly,
        false => Remedy::None,
    }
}

fn error(status: &Status, server: ServerError, kind: ErrorKind, authority: &str) -> Error {
    if kind == ErrorKind::Unavailable && is_broken(status) {
        return Error::new(kind, lost(authority)).with_source(cause(status));
    }
    let message: Cow<'static, str> = match kind {
        ErrorKind::Unavailable if server.is_disconnected() => {
            format!("another stream is attached to the operation on {authority}").into()
        }
        ErrorKind::Unavailable if server.throttled => format!(
            "{authority}, or a gateway in front of it, limits how many calls or sessions it takes: use fewer at once, or \
             try again later"
        )
        .into(),
        ErrorKind::Unavailable => lost(authority).into(),
        ErrorKind::Unauthenticated => unauthenticated(status.code(), authority).into(),
        ErrorKind::TooLarge => format!(
            "a message is too large for {authority} (`spark.connect.grpc.maxInboundMessageSize` there) or for this \
             client (`grpc_max_message_size` in the connection string; 16 MiB for answers without rows)"
        )
        .into(),
        ErrorKind::Timeout => format!("{authority} did not answer in time").into(),
        ErrorKind::ClusterNotReady => format!("the cluster behind {authority} is being started").into(),
        ErrorKind::SessionLost => "the server no longer has the session".into(),
        ErrorKind::Cancelled => "the operation was cancelled".into(),
        ErrorKind::Unsupported => "the server does not support this".into(),
        _ if server.cluster.is_some() => {
            format!("the cluster behind {authority} is not running: start it, then try again").into()
        }
        _ => "the server failed the operation".into(),
    };
    Error::new(kind, message).with_server(server)
}

fn lost(authority: &str) -> String {
    format!("the connection to {authority} was lost")
}

/// With the code for a user who may not do something, servers refuse tokens too.
fn unauthenticated(code: Code, authority: &str) -> String {
    match code {
        Code::PermissionDenied => {
            format!("{authority} refuses access: the token may be wrong, or its user may not do this")
        }
        _ => format!("{authority} refuses the token, or requires one"),
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt;

    use super::*;

    fn failure(code: Code, message: &str) -> Failure {
        Failure::from_status(&Status::new(code, message), "host:443")
    }

    #[test]
    fn a_cluster_that_is_being_started_is_told_from_other_refusals() {
        for (code, message) in [
            (Code::Internal, "BAD_REQUEST: unexpected state Pending [state=PENDING] (requestId=7)"),
            (Code::FailedPrecondition, "cluster state PENDING"),
            (Code::Internal, "[FailedPrecondition] cluster is in state Restarting"),
            (Code::Unavailable, "TEMPORARILY_UNAVAILABLE: The current cluster state is Pending."),
        ] {
            let Failure { error, remedy, .. } = failure(code, message);
            assert_eq!((error.kind(), remedy), (ErrorKind::ClusterNotReady, Remedy::None), "{message}");
            assert!(error.to_string().contains(message));
        }
        for (code, message) in [
            (Code::FailedPrecondition, "the table has pending deletions"),
            (Code::Internal, "a column named state pending"),
        ] {
            assert_eq!(failure(code, message).error.kind(), ErrorKind::Server, "{message}");
        }
        let wait = tonic_types::ErrorDetails::with_retry_info(Some(Duration::from_secs(30)));
        let asking = Status::with_error_details(Code::FailedPrecondition, "in state Pending", wait);
        let asking = Failure::from_status(&asking, "host:443");
        assert_eq!((asking.error.kind(), asking.remedy), (ErrorKind::ClusterNotReady, Remedy::None));
        let asked_for = asking.error.server().and_then(ServerError::cluster_retry_after);
        assert_eq!(asked_for, Some(Duration::from_secs(30)));
        for (code, words) in [
            (Code::Unavailable, "the upstream is overloaded"),
            // Sail has not let go of the stream of before.
            (Code::Internal, "internal error: task is being paused"),
            (Code::Internal, "internal error: task is already running"),
        ] {
            let gone = failure(code, words);
            assert_eq!((gone.error.kind(), gone.remedy), (ErrorKind::Unavailable, Remedy::Retry), "{words}");
            let (told, is_disconnected) = match code {
                Code::Internal => ("another stream is attached to the operation on host:443: ", true),
                _ => ("the connection to host:443 was lost: ", false),
            };
            assert!(gone.error.to_string().starts_with(told), "{}", gone.error);
            assert_eq!(gone.is_disconnected(), is_disconnected, "{words}");
        }
    }

    #[test]
    fn what_a_server_says_of_connections_is_its_own_failure_and_breaks_none() {
        for code in [Code::Unknown, Code::Internal] {
            for words in ["transport error", "h2 protocol error: x", "error reading a body from connection"] {
                let message = format!("[CAST_INVALID_INPUT] The value '{words}' cannot be cast to \"INT\".");
                let Failure { error, remedy, .. } = failure(code, &message);
                assert_eq!((error.kind(), remedy), (ErrorKind::Server, Remedy::None), "{message}");
                assert_eq!(error.server().map(ServerError::message), Some(message.as_str()));
            }
        }
        let mut cut = Status::new(Code::Unknown, "a connection that was cut");
        cut.set_source(std::sync::Arc::new(std::io::Error::from(std::io::ErrorKind::ConnectionReset)));
        let Failure { error, remedy, .. } = Failure::from_status(&cut, "host:443");
        assert_eq!((error.kind(), remedy), (ErrorKind::Unavailable, Remedy::Retry));
    }

    #[test]
    fn a_user_who_may_not_do_something_is_not_told_that_the_token_is_wrong() {
        let page = |status| NotGrpc::page(status, None).into_status();
        let (denied, refused) = (
            "host:443 refuses access: the token may be wrong, or its user may not do this: ",
            "host:443 refuses the token, or requires one: ",
        );
        for (status, told) in [
            (Status::permission_denied("no grant"), denied),
            (page(http::StatusCode::FORBIDDEN), denied),
            (Status::unauthenticated("no token"), refused),
            (page(http::StatusCode::UNAUTHORIZED), refused),
        ] {
            let Failure { error, remedy, .. } = Failure::from_status(&status, "host:443");
            assert_eq!((error.kind(), remedy), (ErrorKind::Unauthenticated, Remedy::None));
            assert!(error.to_string().starts_with(told), "{error}");
        }
    }

    #[test]
    fn a_token_is_refused_unless_the_server_names_what_is_not_allowed() {
        let page = |status| NotGrpc::page(status, None).into_status();
        for status in [
            Status::unauthenticated("no token"),
            Status::permission_denied("PERMISSION_DENIED: Token is expiring within 30 seconds"),
            Status::permission_denied(""),
            page(http::StatusCode::UNAUTHORIZED),
            page(http::StatusCode::FORBIDDEN),
        ] {
            assert!(refuses_token(&status), "{status:?}");
        }
        let told = |metadata: &[(&str, &str)]| {
            let metadata: std::collections::HashMap<String, String> =
                metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let info =
                tonic_types::ErrorDetails::with_error_info("java.lang.X", "org.apache.spark", metadata);
            Status::with_error_details(Code::PermissionDenied, "no grant on t", info)
        };
        for status in [
            told(&[]),
            told(&[("errorClass", "INSUFFICIENT_PERMISSIONS")]),
            Status::permission_denied("[INSUFFICIENT_PERMISSIONS] no grant on t"),
            Status::internal("no token"),
            page(http::StatusCode::NOT_FOUND),
        ] {
            assert!(!refuses_token(&status), "{status:?}");
        }
    }

    #[test]
    fn a_failure_with_nothing_but_words_may_be_that_of_a_proxy() {
        let bare = |code, message: &str, sail: bool| {
            failure(code, message).error.server().is_some_and(|server| server.may_be_of_a_proxy(sail))
        };
        for code in [Code::Internal, Code::Unknown, Code::DataLoss, Code::Aborted, Code::Cancelled] {
            assert!(bare(code, "upstream error", false) && bare(code, "upstream error", true), "{code:?}");
            assert!(!bare(code, "[DIVIDE_BY_ZERO] Division by zero", false), "{code:?}");
        }
        assert!(!bare(Code::InvalidArgument, "no such enum", false));
        assert!(!bare(Code::Internal, "BAD_REQUEST: unexpected state Terminated (requestId=7)", false));
        // Sail gives such a failure no class, and other servers give no such failure.
        assert!(bare(Code::Internal, "internal error: no plan", false));
        assert!(!bare(Code::Internal, "internal error: no plan", true));
        let info = tonic_types::ErrorDetails::with_error_info(
            "java.lang.X",
            "org.apache.spark",
            std::collections::HashMap::<String, String>::new(),
        );
        let told = Status::with_error_details(Code::Internal, "upstream error", info);
        let told = Failure::from_status(&told, "host:443").error;
        assert!(told.server().is_some_and(|server| !server.may_be_of_a_proxy(false)), "{told}");
    }

    #[test]
    fn a_router_is_told_by_a_bare_unknown_or_a_page_that_is_not_found() {
        let page = |status| Failure::from_status(&NotGrpc::page(status, None).into_status(), "host:443");
        let not_found = page(http::StatusCode::NOT_FOUND);
        let bare = failure(Code::Unknown, "no route");
        for (told, kind) in [(not_found, ErrorKind::Protocol), (bare, ErrorKind::Server)] {
            assert_eq!((told.error.kind(), told.remedy), (kind, Remedy::ReattachBriefly));
        }
        let info = tonic_types::ErrorDetails::with_error_info(
            "java.lang.X",
            "org.apache.spark",
            std::collections::HashMap::<String, String>::new(),
        );
        let told = Status::with_error_details(Code::Unknown, "no route", info);
        for other in [
            page(http::StatusCode::BAD_REQUEST),
            failure(Code::Unknown, "[DIVIDE_BY_ZERO] Division by zero"),
            failure(Code::Internal, "no route"),
            failure(Code::Aborted, "no route"),
            Failure::from_status(&told, "host:443"),
        ] {
            assert_eq!(other.remedy, Remedy::None, "{}", other.error);
        }
    }

    #[test]
    fn a_cluster_that_stands_still_is_an_error_that_says_what_to_do() {
        let Failure { error, remedy, .. } =
            failure(Code::Internal, "BAD_REQUEST: unexpected state Terminated (requestId=7)");
        assert_eq!((error.kind(), remedy), (ErrorKind::Server, Remedy::None));
        assert!(
            error.to_string().starts_with("the cluster behind host:443 is not running: start it"),
            "{error}"
        );
        let server = error.server().unwrap();
        assert_eq!((server.cluster_state(), server.request_id()), (Some("TERMINATED"), Some("7")));
    }
}
