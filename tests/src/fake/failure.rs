//! Failures as the servers put them into a gRPC status.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};
use uuid::Uuid;

pub use tonic::Code;

use super::details::Details;

/// What Spark calls most of its errors.
const ANALYSIS: &str = "org.apache.spark.sql.AnalysisException";

/// A failure that the server answers with.
#[derive(Debug, Clone)]
#[must_use = "a failure does nothing until a fake server answers with it"]
pub struct Failure {
    status: Status,
    /// What a `google.rpc.ErrorInfo` says; empty if there is none.
    info: BTreeMap<&'static str, String>,
    reason: String,
    parameters: BTreeMap<String, String>,
    retry_after: Option<Duration>,
    details: Option<Details>,
}

impl Failure {
    /// A status with nothing behind its message, as gateways and older servers give it.
    pub fn status(code: Code, message: impl Into<String>) -> Self {
        Self {
            status: Status::new(code, message),
            info: BTreeMap::new(),
            reason: String::new(),
            parameters: BTreeMap::new(),
            retry_after: None,
            details: None,
        }
    }

    /// The status of a server that goes down or is not there yet.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::status(Code::Unavailable, message)
    }

    /// The status of an error inside the server.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::status(Code::Internal, message)
    }

    /// A failure as Spark reports it: `INTERNAL`, with the condition in a `google.rpc.ErrorInfo`.
    pub fn spark(class: &str, sql_state: &str) -> Self {
        Self::internal(format!("[{class}] the server's words. SQLSTATE: {sql_state}"))
            .class(class)
            .sql_state(sql_state)
    }

    /// A failure as Sail reports it: the Java class that it imitates, and no condition.
    pub fn sail(java_class: &str, message: impl Into<String>) -> Self {
        Self::internal(message).java_classes(&[java_class])
    }

    /// The error condition, with the class of Java that goes with most of them unless there is one.
    pub fn class(mut self, class: &str) -> Self {
        self.info.insert("errorClass", class.to_owned());
        match self.info.contains_key("classes") {
            true => self,
            false => self.java_classes(&[ANALYSIS, "java.lang.Object"]),
        }
    }

    /// The SQLSTATE.
    pub fn sql_state(mut self, sql_state: &str) -> Self {
        self.info.insert("sqlState", sql_state.to_owned());
        self
    }

    /// One parameter of the message.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The Java classes of the exception, its own first.
    pub fn java_classes(mut self, classes: &[&str]) -> Self {
        self.reason = classes.first().copied().unwrap_or_default().to_owned();
        self.info.insert("classes", serde_json::json!(classes).to_string());
        self
    }

    /// Asks the client to come back after this long.
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// Names the failure, as if the server kept details of it. Without [`details`](Self::details) they are gone.
    pub fn error_id(mut self, error_id: &str) -> Self {
        self.info.insert("errorId", error_id.to_owned());
        self
    }

    /// Details that the server keeps, to be fetched once.
    pub fn details(mut self, details: Details) -> Self {
        self.details = Some(details);
        self.info.entry("errorId").or_insert_with(|| Uuid::new_v4().to_string());
        self
    }

    pub(super) fn kept(&self) -> Option<(&str, &Details)> {
        Some((self.info.get("errorId")?, self.details.as_ref()?))
    }

    /// The status with all of it.
    pub(super) fn to_status(&self) -> Status {
        if self.info.is_empty() && self.retry_after.is_none() {
            return self.status.clone();
        }
        let mut details = ErrorDetails::new();
        if !self.info.is_empty() {
            let mut metadata: HashMap<String, String> =
                self.info.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            // Spark sends the parameters of every condition, even if there are none.
            if self.info.contains_key("errorClass") {
                let parameters = serde_json::json!(self.parameters).to_string();
                metadata.insert("messageParameters".to_owned(), parameters);
            }
            details.set_error_info(&self.reason, "org.apache.spark", metadata);
        }
        if self.retry_after.is_some() {
            details.set_retry_info(self.retry_after);
        }
        Status::with_error_details(self.status.code(), self.status.message(), details)
    }
}
