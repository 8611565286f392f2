//! How Databricks answers for a cluster that takes no requests, and for a session that serverless compute has ended.
//!
//! The gateway in front of the cluster answers, not Spark, and says everything in the text: a code in front (the
//! status's own code may be `INTERNAL`), the state of the cluster, and often the id of the request. No document
//! lists the forms; these have been seen:
//!
//! ```text
//! BAD_REQUEST: The cluster is in unexpected state Pending, … [state=PENDING] (requestId=…)
//! [FailedPrecondition] … state Pending
//! TEMPORARILY_UNAVAILABLE: Cluster … is temporarily unavailable. The current cluster state is Pending.
//! Cluster … is in unexpected state Pending.
//! RESOURCE_LIMIT_EXCEEDED: Only 1 cluster(s) …
//! BAD_REQUEST: session_id is no longer usable. Generate a new session_id by … [sessionId=…, reason=INACTIVITY_TIMEOUT]
//! ```

use std::time::Duration;

use tonic::Code;

use super::ServerError;
use super::spark::is_of_the_jvm;

/// The states of a cluster, as the Clusters API names them, but for `RUNNING`.
const STATES: [&str; 7] =
    ["PENDING", "RESTARTING", "RESIZING", "TERMINATING", "TERMINATED", "ERROR", "UNKNOWN"];

/// The states that pass into `RUNNING` by themselves. A cluster that is terminated, or about to be, stays so until
/// someone starts it, and waiting for one that had an error would wait for ever.
const STARTING: [&str; 3] = ["PENDING", "RESTARTING", "RESIZING"];

/// The codes that the gateway writes into its text.
const CODES: [&str; 5] =
    ["failedprecondition", "failed_precondition", "bad_request", "invalid_state", "temporarily_unavailable"];

/// The state of the cluster, in the gateway's words.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Cluster {
    pub(crate) state: &'static str,
    pub(crate) request_id: Option<String>,
    /// How long it asks to wait (`google.rpc.RetryInfo`).
    pub(crate) retry_after: Option<Duration>,
}

impl Cluster {
    /// Whether the cluster will take requests after a while, without anyone doing something.
    pub(crate) fn is_starting(&self) -> bool {
        STARTING.contains(&self.state)
    }
}

/// The state of the cluster, if it is the gateway that refused the request.
pub(super) fn refusal(code: Code, server: &ServerError) -> Option<Cluster> {
    if reported_by_spark(server) {
        return None;
    }
    let text = server.message.to_ascii_lowercase();
    let is_coded = code == Code::FailedPrecondition || CODES.iter().any(|code| text.contains(code));
    let state = if is_coded { state(&text) } else { None };
    let state = state.or_else(|| says_pending(code, &text).then_some("PENDING"))?;
    Some(Cluster { state, request_id: request_id(&server.message), retry_after: None })
}

/// Whether `text`, which is in lower case, says without a code of its own that a cluster is on its way.
fn says_pending(code: Code, text: &str) -> bool {
    const WORDS: [&str; 2] = ["is in unexpected state pending", "resource_limit_exceeded: only 1 cluster(s)"];
    matches!(code, Code::Internal | Code::Aborted | Code::FailedPrecondition)
        && WORDS.iter().any(|words| text.contains(words))
}

/// Whether serverless compute has ended the session for good: it was idle for too long, or its cluster has ended.
pub(super) fn is_session_ended(server: &ServerError) -> bool {
    const WORDS: &str = "BAD_REQUEST: session_id is no longer usable";
    !reported_by_spark(server) && server.message.starts_with(WORDS)
}

/// Whether the compute has turned the plan away before it ran: it is full, or of another kind than the plan needs.
pub(super) fn is_turned_away(server: &ServerError) -> bool {
    const CLASSES: [&str; 2] = ["QUERY_REJECTED", "INCOMPATIBLE_CPU_ARCHITECTURE"];
    let class = server.error_class.as_deref().and_then(|class| class.split('.').next());
    class.is_some_and(|class| CLASSES.contains(&class))
}

/// Whether Spark ran into the failure. Its text may then quote what a user wrote, and the statement has begun.
fn reported_by_spark(server: &ServerError) -> bool {
    server.error_class.is_some() || server.exception_classes.iter().any(|class| is_of_the_jvm(class))
}

/// The state in `text`, which is in lower case: the one in brackets, else the first that follows the word "state".
fn state(text: &str) -> Option<&'static str> {
    let known = |word: &str| STATES.into_iter().find(|state| state.eq_ignore_ascii_case(word));
    let bracketed = text.split_once("[state=").and_then(|(_, rest)| known(first_word(rest)));
    let spoken = || {
        text.split("state").skip(1).find_map(|rest| {
            let rest = rest.trim_start_matches([' ', ':', '=']);
            known(first_word(rest.strip_prefix("is ").unwrap_or(rest)))
        })
    };
    bracketed.or_else(spoken)
}

fn first_word(text: &str) -> &str {
    text.split(|character: char| !character.is_ascii_alphabetic()).next().unwrap_or_default()
}

/// The id after `requestId=`, in any case.
fn request_id(message: &str) -> Option<String> {
    const KEY: &str = "requestid=";
    // Lower-casing ASCII keeps every position.
    let start = message.to_ascii_lowercase().find(KEY)? + KEY.len();
    let ends = |character: char| character.is_whitespace() || matches!(character, ')' | ']' | ',' | ';');
    let id = message.get(start..)?.split(ends).next()?;
    (!id.is_empty()).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: Code, message: &str) -> Option<(&'static str, Option<String>)> {
        let server = ServerError { message: message.to_owned(), ..ServerError::default() };
        refusal(code, &server).map(|cluster| (cluster.state, cluster.request_id))
    }

    #[test]
    fn every_known_form_gives_state_and_request() {
        let id = |id: &str| Some(id.to_owned());
        for (code, message, expected) in [
            (
                Code::Internal,
                "BAD_REQUEST: The cluster is in unexpected state Pending, while waiting for the cluster to become \
                 available. This is expected for new sessions. Please try again. [state=PENDING] (requestId=7f-1)",
                ("PENDING", id("7f-1")),
            ),
            (Code::FailedPrecondition, "cluster state PENDING", ("PENDING", None)),
            (Code::Internal, "[FailedPrecondition] cluster is in state Pending", ("PENDING", None)),
            (
                Code::Unknown,
                "[FailedPrecondition] x [state=Restarting] requestid=a, b",
                ("RESTARTING", id("a")),
            ),
            (
                Code::Unavailable,
                "TEMPORARILY_UNAVAILABLE: Cluster c is temporarily unavailable. The current cluster state is \
                 Terminated. Please retry your request after 30 seconds.",
                ("TERMINATED", None),
            ),
            (Code::FailedPrecondition, "INVALID_STATE: unexpected state Resizing.", ("RESIZING", None)),
            (Code::FailedPrecondition, "statement: state: Terminating", ("TERMINATING", None)),
            (Code::Internal, "Cluster 7f is in unexpected state Pending.", ("PENDING", None)),
            (Code::Aborted, "Cluster 7f is in unexpected state Pending", ("PENDING", None)),
            (Code::Internal, "RESOURCE_LIMIT_EXCEEDED: Only 1 cluster(s) may be started", ("PENDING", None)),
            (
                Code::FailedPrecondition,
                "RESOURCE_LIMIT_EXCEEDED: Only 1 cluster(s) (requestId=b)",
                ("PENDING", id("b")),
            ),
        ] {
            assert_eq!(said(code, message), Some(expected), "{message}");
        }
    }

    #[test]
    fn a_text_without_a_refusal_or_without_a_state_says_nothing_about_a_cluster() {
        for (code, message) in [
            (Code::FailedPrecondition, "the table has pending deletions"),
            (Code::FailedPrecondition, "the statement pending"),
            (Code::FailedPrecondition, "in state Running"),
            (Code::InvalidArgument, "is in unexpected state Pending"),
            (Code::Internal, "Cluster 7f is in unexpected state Terminated"),
            (Code::Internal, "RESOURCE_LIMIT_EXCEEDED: too many tables"),
            (Code::FailedPrecondition, ""),
            (Code::Internal, "a column named state pending"),
            (Code::Internal, "BAD_REQUEST: no state, [state="),
            (Code::Internal, "BAD_REQUEST: stateless pending"),
        ] {
            assert_eq!(said(code, message), None, "{message}");
        }
    }

    #[test]
    fn what_spark_reports_is_the_statements_own_failure_whatever_it_quotes() {
        let quoting = "BAD_REQUEST: the cluster is in unexpected state Pending [state=PENDING]";
        let server = |error_class: Option<&str>, exception: Option<&str>| ServerError {
            message: quoting.to_owned(),
            error_class: error_class.map(str::to_owned),
            exception_classes: exception.map(str::to_owned).into_iter().collect(),
            ..ServerError::default()
        };
        assert!(refusal(Code::Internal, &server(None, None)).is_some());
        assert!(refusal(Code::Internal, &server(None, Some("com.example.Gateway"))).is_some());
        assert!(refusal(Code::Internal, &server(Some("USER_RAISED_EXCEPTION"), None)).is_none());
        assert!(refusal(Code::Internal, &server(None, Some("java.lang.RuntimeException"))).is_none());
    }

    #[test]
    fn a_session_that_serverless_compute_has_ended_is_known() {
        let words = |reason: &str| {
            format!(
                "BAD_REQUEST: session_id is no longer usable. Generate a new session_id by detaching and reattaching the \
                 compute. [sessionId=7f-1, reason={reason}] (requestId=8a-2)"
            )
        };
        for reason in ["INACTIVITY_TIMEOUT", "UNDERLYING_CLUSTER_TERMINATED"] {
            let ended = ServerError { message: words(reason), ..ServerError::default() };
            assert!(ended.is_session_lost() && ended.is_session_ended(), "{ended}");
            assert!(ended.is_of_the_protocol() && refusal(Code::Internal, &ended).is_none(), "{ended}");
        }
        let raised = ServerError {
            exception_classes: vec!["org.apache.spark.SparkRuntimeException".to_owned()],
            message: words("INACTIVITY_TIMEOUT"),
            ..ServerError::default()
        };
        let quoted = ServerError { message: format!("a user says {}", raised.message), ..Default::default() };
        for said in [raised, quoted] {
            assert!(!said.is_session_lost() && !said.is_session_ended(), "{said}");
            assert!(!said.is_of_the_protocol(), "{said}");
        }
    }

    #[test]
    fn a_cluster_that_stands_still_is_not_starting() {
        let starting = |state| Cluster { state, request_id: None, retry_after: None }.is_starting();
        assert!(["PENDING", "RESTARTING", "RESIZING"].into_iter().all(starting));
        assert!(!["TERMINATING", "TERMINATED", "ERROR", "UNKNOWN"].into_iter().any(starting));
    }
}
