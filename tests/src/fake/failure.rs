//! Failures as the servers put them into a gRPC status.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::proto::FetchErrorDetailsResponse;
use super::proto::fetch_error_details_response as details;

/// A failure as Spark reports it: `INTERNAL`, with the condition in a `google.rpc.ErrorInfo`.
#[must_use]
pub fn error_info(class: &str, sql_state: &str, parameters: &[(&str, &str)]) -> Status {
    spark_error(class, sql_state, parameters, None)
}

/// The same, of which the server keeps details under `error_id`.
#[must_use]
pub fn error_info_with_id(
    class: &str,
    sql_state: &str,
    parameters: &[(&str, &str)],
    error_id: &str,
) -> Status {
    spark_error(class, sql_state, parameters, Some(error_id))
}

fn spark_error(class: &str, sql_state: &str, parameters: &[(&str, &str)], error_id: Option<&str>) -> Status {
    let parameters: BTreeMap<_, _> = parameters.iter().copied().collect();
    let mut metadata: HashMap<String, String> = HashMap::from([
        ("classes".to_owned(), r#"["org.apache.spark.sql.AnalysisException","java.lang.Object"]"#.to_owned()),
        ("errorClass".to_owned(), class.to_owned()),
        ("sqlState".to_owned(), sql_state.to_owned()),
        ("messageParameters".to_owned(), serde_json::json!(parameters).to_string()),
    ]);
    if let Some(error_id) = error_id {
        metadata.insert("errorId".to_owned(), error_id.to_owned());
    }
    let reason = "org.apache.spark.sql.AnalysisException";
    let details = ErrorDetails::with_error_info(reason, "org.apache.spark", metadata);
    let message = format!("[{class}] the server's words. SQLSTATE: {sql_state}");
    Status::with_error_details(Code::Internal, message, details)
}

/// A refusal that asks the client to come back after `delay`, as gateways give it.
#[must_use]
pub fn retry_later(code: Code, delay: Duration) -> Status {
    Status::with_error_details(code, "come back later", ErrorDetails::with_retry_info(Some(delay)))
}

/// A failure as Sail reports it: the Java class that it imitates, and no condition.
#[must_use]
pub fn sail_error(reason: &str, message: &str) -> Status {
    let metadata = HashMap::from([("classes".to_owned(), serde_json::json!([reason]).to_string())]);
    let details = ErrorDetails::with_error_info(reason, "org.apache.spark", metadata);
    Status::with_error_details(Code::Internal, message, details)
}

/// The details of one failure at the fragment from `start` to `stop` of a statement, with one cause behind it.
#[must_use]
pub fn error_details(
    class: &str,
    sql_state: &str,
    fragment: (i32, i32, &str),
    cause: &str,
) -> FetchErrorDetailsResponse {
    let (start_index, stop_index, fragment) = fragment;
    let context = details::QueryContext {
        start_index,
        stop_index,
        fragment: fragment.to_owned(),
        ..Default::default()
    };
    let throwable = details::SparkThrowable {
        error_class: Some(class.to_owned()),
        sql_state: Some(sql_state.to_owned()),
        query_contexts: vec![context],
        ..Default::default()
    };
    let root = details::Error {
        message: format!("[{class}] the whole story"),
        cause_idx: Some(1),
        spark_throwable: Some(throwable),
        ..Default::default()
    };
    let cause = details::Error { message: cause.to_owned(), ..Default::default() };
    FetchErrorDetailsResponse { root_error_idx: Some(0), errors: vec![root, cause], ..Default::default() }
}
