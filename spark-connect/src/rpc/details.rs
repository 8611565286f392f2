//! The full story of a failure, which Spark keeps for one reading (`FetchErrorDetails`).

use std::time::Duration;

use super::Rpc;
use crate::clock;
use crate::error::{Error, QueryContext, ServerError};
use crate::proto::FetchErrorDetailsResponse;
use crate::proto::fetch_error_details_response as details;

/// The error is at hand already, so its details may not keep the caller for long.
const DEADLINE: Duration = Duration::from_secs(10);

/// Spark's chains of causes are at most this long; a longer one is a loop.
const MAX_CAUSES: usize = 16;

/// Completes `error` with what the server kept about it. Any failure to fetch leaves the error as it is.
pub(super) async fn complete(rpc: &Rpc, error: &mut Error) {
    let Some(server) = error.server_mut() else { return };
    let Some(error_id) = server.error_id.take() else { return };
    match clock::timeout(DEADLINE, rpc.fetch_error_details(&error_id)).await {
        Some(Ok(response)) => {
            fill(server, &response);
            rpc.channel().conceal_token(server);
        }
        Some(Err(failure)) => tracing::debug!(kind = ?failure.error.kind(), "no error details"),
        None => tracing::debug!("no error details in time"),
    }
}

/// Adds what the server kept.
pub(crate) fn fill(server: &mut ServerError, response: &FetchErrorDetailsResponse) {
    let error_at = |index: i32| usize::try_from(index).ok().and_then(|index| response.errors.get(index));
    let Some(root) = response.root_error_idx.and_then(error_at) else { return };
    if !root.message.is_empty() {
        server.message.clone_from(&root.message);
    }
    if !root.error_type_hierarchy.is_empty() {
        server.exception_classes.clone_from(&root.error_type_hierarchy);
    }
    if let Some(throwable) = &root.spark_throwable {
        server.error_class = throwable.error_class.clone().or_else(|| server.error_class.take());
        server.sql_state = throwable.sql_state.clone().or_else(|| server.sql_state.take());
        server.message_parameters.extend(throwable.message_parameters.clone());
        server.query_contexts = throwable.query_contexts.iter().map(query_context).collect();
    }
    let chain = std::iter::successors(Some(root), |error| error.cause_idx.and_then(error_at));
    let causes = chain.skip(1).take(MAX_CAUSES);
    server.causes = causes.clone().map(|cause| cause.message.clone()).collect();
    server.cause_classes = causes.filter_map(|cause| cause.error_type_hierarchy.first().cloned()).collect();
    *server = std::mem::take(server).bounded();
}

fn query_context(context: &details::QueryContext) -> QueryContext {
    QueryContext {
        start: usize::try_from(context.start_index).unwrap_or_default(),
        stop: usize::try_from(context.stop_index).unwrap_or_default(),
        fragment: context.fragment.clone(),
        object_type: context.object_type.clone(),
        object_name: context.object_name.clone(),
        call_site: context.call_site.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_of_what_caused_a_failure_is_kept_with_its_words() {
        let error = |message: &str, classes: &[&str], cause_idx| details::Error {
            message: message.to_owned(),
            error_type_hierarchy: classes.iter().map(|class| (*class).to_owned()).collect(),
            cause_idx,
            ..details::Error::default()
        };
        let unknown = "org.apache.iceberg.exceptions.CommitStateUnknownException";
        let errors = vec![
            error("it failed", &["org.apache.spark.SparkException", "java.lang.Exception"], Some(1)),
            error("a timeout", &["java.lang.RuntimeException"], Some(2)),
            error("who knows", &[unknown, "java.lang.RuntimeException"], None),
        ];
        let response = FetchErrorDetailsResponse { root_error_idx: Some(0), errors, ..Default::default() };
        let mut server = ServerError::default();
        fill(&mut server, &response);
        assert_eq!(server.causes, ["a timeout", "who knows"]);
        assert_eq!(server.cause_classes, ["java.lang.RuntimeException", unknown]);
        assert!(server.leaves_commit_open());
    }
}
