//! What the server keeps about a failure, beyond what fits into a status.

use super::proto::FetchErrorDetailsResponse;
use super::proto::fetch_error_details_response::{Error, QueryContext, SparkThrowable};

/// A kind of context that no server has yet.
const UNKNOWN: i32 = 77;

/// The details of one failure, as Spark gives them when asked.
#[derive(Debug, Clone)]
#[must_use = "details do nothing until a failure has them"]
pub struct Details {
    root: Option<i32>,
    errors: Vec<Error>,
}

impl Details {
    /// Those of an error of this class, with its whole message.
    pub fn new(class: &str, sql_state: &str, message: impl Into<String>) -> Self {
        let throwable = SparkThrowable {
            error_class: Some(class.to_owned()),
            sql_state: Some(sql_state.to_owned()),
            ..Default::default()
        };
        let error = Error { message: message.into(), spark_throwable: Some(throwable), ..Default::default() };
        Self { root: Some(0), errors: vec![error] }
    }

    /// Where in the statement it is: the fragment from `start` to `stop`.
    pub fn context(self, start: i32, stop: i32, fragment: &str) -> Self {
        let fragment = fragment.to_owned();
        self.with(QueryContext { start_index: start, stop_index: stop, fragment, ..Default::default() })
    }

    /// The same in a context of a kind that only a newer server knows.
    pub fn unknown_context(self, start: i32, stop: i32, fragment: &str) -> Self {
        let (fragment, context_type) = (fragment.to_owned(), UNKNOWN);
        let (start_index, stop_index) = (start, stop);
        self.with(QueryContext { context_type, start_index, stop_index, fragment, ..Default::default() })
    }

    /// What caused the last of the errors.
    pub fn cause(mut self, message: &str) -> Self {
        let number = i32::try_from(self.errors.len()).ok();
        if let Some(last) = self.errors.last_mut() {
            last.cause_idx = number;
        }
        self.errors.push(Error { message: message.to_owned(), ..Default::default() });
        self
    }

    /// Says that the root is the error of this number, which need not exist.
    pub fn with_root_index(mut self, root: Option<i32>) -> Self {
        self.root = root;
        self
    }

    /// Says that the first error is caused by the error of this number, which need not exist.
    pub fn with_cause_index(mut self, cause: Option<i32>) -> Self {
        if let Some(first) = self.errors.first_mut() {
            first.cause_idx = cause;
        }
        self
    }

    pub(super) fn into_message(self) -> FetchErrorDetailsResponse {
        FetchErrorDetailsResponse { root_error_idx: self.root, errors: self.errors, ..Default::default() }
    }

    fn with(mut self, context: QueryContext) -> Self {
        if let Some(throwable) = self.errors.first_mut().and_then(|first| first.spark_throwable.as_mut()) {
            throwable.query_contexts.push(context);
        }
        self
    }
}
