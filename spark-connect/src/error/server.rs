//! A failure in the words of a server, parsed.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use tonic::Code;

pub(super) mod bounded;
mod cells;
mod databricks;
mod limits;
mod sail;
mod spark;
mod told;

pub(crate) use databricks::Cluster;
use told::Meaning;

/// A failure as the server describes it.
///
/// Spark gives a class, an SQLSTATE, parameters and query contexts; other servers may give the message alone.
/// The most complete source wins: the `FetchErrorDetails` answer, else the `google.rpc.ErrorInfo` in the
/// status, else the status's message.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerError {
    pub(crate) message: String,
    pub(crate) error_class: Option<String>,
    pub(crate) sql_state: Option<String>,
    pub(crate) message_parameters: BTreeMap<String, String>,
    pub(crate) query_contexts: Vec<QueryContext>,
    pub(crate) exception_classes: Vec<String>,
    pub(crate) causes: Vec<String>,
    /// The Java class of each of the failures that caused this one, where the server tells it.
    pub(crate) cause_classes: Vec<String>,
    pub(crate) error_id: Option<String>,
    pub(crate) cluster: Option<Cluster>,
    /// Whether the status itself says that the user may not do this.
    pub(crate) denied: bool,
    /// Whether the status says only that something failed inside, without a class, as one of a proxy would.
    pub(crate) is_bare: bool,
    /// Whether the status says that a limit is reached, which is not the size of a message, without saying who has it.
    pub(crate) throttled: bool,
    /// What it says of a commit, where words that tell that were taken out since.
    pub(crate) commit: Option<Commit>,
    /// What a driver says that it means: the words of its engine are not read then.
    pub(crate) meaning: Option<Meaning>,
}

/// What a failure says of the commit of its statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commit {
    /// Others committed to the table first.
    Conflict,
    /// It failed as it committed or after that, so that what it wrote may stand.
    Open,
    /// Nothing of the kind.
    Neither,
}

/// The piece of the statement that an error is about.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryContext {
    /// First character of the fragment in the SQL text, counted from 0; 0 for a DataFrame.
    pub start: usize,
    /// Last character of the fragment in the SQL text, counted from 0 and included; 0 for a DataFrame.
    pub stop: usize,
    /// The SQL text of the fragment, or the DataFrame call.
    pub fragment: String,
    /// The kind of object that holds the statement, such as `VIEW`; empty for a plain statement.
    pub object_type: String,
    /// The name of the view or function that holds the statement; empty for a plain statement.
    pub object_name: String,
    /// Where in the user's program a DataFrame call was made; empty for SQL.
    pub call_site: String,
}

impl ServerError {
    /// The server's message, in the server's words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Spark's error condition, such as `TABLE_OR_VIEW_NOT_FOUND`.
    pub fn error_class(&self) -> Option<&str> {
        self.error_class.as_deref()
    }

    /// The five characters of the SQLSTATE, such as `42P01`.
    pub fn sql_state(&self) -> Option<&str> {
        self.sql_state.as_deref()
    }

    /// The values that Spark put into the message, by the name that the error condition gives them.
    pub fn message_parameters(&self) -> &BTreeMap<String, String> {
        &self.message_parameters
    }

    /// The pieces of the statement that the error is about, the innermost first.
    pub fn query_contexts(&self) -> &[QueryContext] {
        &self.query_contexts
    }

    /// The Java class names of the failure, the most derived first.
    pub fn exception_classes(&self) -> &[String] {
        &self.exception_classes
    }

    /// The messages of the failures that caused this one, the nearest first.
    pub fn causes(&self) -> &[String] {
        &self.causes
    }

    /// The state of the cluster that refused the request, as the Clusters API of Databricks names it: `PENDING`,
    /// `RESTARTING` and `RESIZING` pass by themselves, `TERMINATED` and the others do not.
    ///
    /// `None` unless the gateway in front of a Databricks cluster refused the request for its state.
    pub fn cluster_state(&self) -> Option<&str> {
        self.cluster.as_ref().map(|cluster| cluster.state)
    }

    /// How long the gateway in front of a Databricks cluster asks to wait.
    pub(crate) fn cluster_retry_after(&self) -> Option<Duration> {
        self.cluster.as_ref().and_then(|cluster| cluster.retry_after)
    }

    /// Whether the call was turned away for a limit of how many calls or sessions the server, or a gateway in front of it,
    /// takes: gRPC's `RESOURCE_EXHAUSTED`, if no condition explains it and it is not about the size of a message. Such an
    /// error is [`Unavailable`](crate::ErrorKind::Unavailable).
    pub fn is_throttled(&self) -> bool {
        self.throttled
    }

    /// The id that the gateway in front of a Databricks cluster gave the refused request, for a support case.
    pub fn request_id(&self) -> Option<&str> {
        self.cluster.as_ref().and_then(|cluster| cluster.request_id.as_deref())
    }
}

/// The meaning of a failure, whatever words the server has for it. Nothing else looks at words.
impl ServerError {
    /// Whether the statement names a column that does not exist.
    pub fn is_column_not_found(&self) -> bool {
        self.means(Meaning::ColumnNotFound)
            || self.has_only_state("42703")
            || spark::is_column_not_found(self)
            || sail::is_column_not_found(self)
    }

    /// Whether a table or view of the statement, or the path that it reads, does not exist.
    pub fn is_table_not_found(&self) -> bool {
        self.means(Meaning::TableNotFound)
            || spark::is_table_not_found(self)
            || sail::is_table_not_found(self)
    }

    /// Whether a name of the statement has more parts than its catalog has levels.
    #[doc(hidden)]
    pub fn is_namespace_too_deep(&self) -> bool {
        spark::is_namespace_too_deep(self)
    }

    /// Whether the server could not parse the statement.
    pub fn is_syntax_error(&self) -> bool {
        self.means(Meaning::SyntaxError)
            || self.has_only_state("42601")
            || spark::is_syntax_error(self)
            || sail::is_syntax_error(self)
    }

    /// Whether the user may not do what the statement does.
    pub fn is_permission_denied(&self) -> bool {
        self.denied
            || self.means(Meaning::PermissionDenied)
            || spark::is_permission_denied(self)
            || sail::is_permission_denied(self)
    }

    /// Whether the server found something in a file that is not what it should be, and so could read the file.
    #[doc(hidden)]
    pub fn is_broken_file(&self) -> bool {
        spark::is_broken_file(self) || sail::is_broken_file(self)
    }

    /// Whether others committed to the table first.
    pub fn is_commit_conflict(&self) -> bool {
        self.commit() == Commit::Conflict
    }

    /// Whether an INSERT leaves out a column that the server does not fill, so that nothing was written.
    #[doc(hidden)]
    pub fn is_column_left_out(&self) -> bool {
        spark::is_column_left_out(self)
    }

    /// Whether the statement failed as it committed or after that, so that what it wrote may stand.
    #[doc(hidden)]
    pub fn leaves_commit_open(&self) -> bool {
        self.commit() == Commit::Open
    }

    /// Keeps what its words say of a commit, for when some of them are taken out.
    pub(crate) fn judge_commit(&mut self) {
        self.commit = Some(self.commit());
    }

    fn commit(&self) -> Commit {
        match self.commit {
            Some(known) => known,
            None if self.means(Meaning::CommitConflict) => Commit::Conflict,
            None if spark::leaves_commit_open(self) || sail::leaves_commit_open(self) => Commit::Open,
            None if spark::is_commit_conflict(self) || sail::is_commit_conflict(self) => Commit::Conflict,
            None => Commit::Neither,
        }
    }

    /// Whether the server repeats this text, in its message or in a parameter of it.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        self.message.contains(text) || self.message_parameters.values().any(|value| value.contains(text))
    }

    pub(crate) fn is_session_lost(&self) -> bool {
        spark::is_session_lost(self) || sail::is_session_lost(self) || databricks::is_session_ended(self)
    }

    /// Whether the server says that it has turned the plan away before it ran, so that it may be sent again.
    pub(crate) fn is_turned_away(&self) -> bool {
        databricks::is_turned_away(self)
    }

    /// Whether the server has ended the session for good: there will never be one under its id again.
    pub(crate) fn is_session_ended(&self) -> bool {
        spark::is_session_ended(self) || databricks::is_session_ended(self)
    }

    /// Whether the server does not know the operation or the session that was asked for.
    pub(super) fn is_operation_unknown(&self) -> bool {
        spark::is_operation_unknown(self) || sail::is_operation_unknown(self)
    }

    /// Whether another stream has the operation.
    pub(super) fn is_disconnected(&self) -> bool {
        spark::is_disconnected(self) || sail::is_disconnected(self)
    }

    pub(super) fn is_cancelled(&self) -> bool {
        spark::is_cancelled(self)
    }

    pub(super) fn is_stopping(&self) -> bool {
        spark::is_stopping(self)
    }

    /// Whether gRPC, on one of the two sides, says that a message is too large.
    pub(super) fn is_message_size(&self) -> bool {
        limits::is_message_size(self)
    }

    pub(super) fn is_unsupported(&self) -> bool {
        spark::is_unsupported(self) || sail::is_unsupported(self)
    }

    /// Whether the failure is about the session, the operation or its stream, and not about the statement.
    pub(crate) fn is_of_the_protocol(&self) -> bool {
        spark::is_of_the_protocol(self) || self.is_session_lost() || self.is_operation_unknown()
    }

    /// Whether something between client and server may have failed in place of the server, and does not know what the
    /// server did: nothing but words came. A server with `bare_refusals` has failures of its own that are no more, of
    /// which the words tell.
    pub(crate) fn may_be_of_a_proxy(&self, bare_refusals: bool) -> bool {
        self.is_bare && !(bare_refusals && sail::is_internal(self))
    }

    /// Whether it may be the word of something between client and server, which failed or takes no more calls, and says
    /// nothing of the operation.
    pub(crate) fn may_be_of_a_gateway(&self, bare_refusals: bool) -> bool {
        self.throttled || self.may_be_of_a_proxy(bare_refusals)
    }

    /// Whether a condition, a class or a cluster says who failed, and not words alone.
    pub(crate) fn is_explained(&self) -> bool {
        self.cluster.is_some() || !self.exception_classes.is_empty() || spark::condition(self).is_some()
    }

    /// Whether Spark names a condition of the statement's own, or a driver says what it is.
    #[doc(hidden)]
    pub fn has_condition_of_a_statement(&self) -> bool {
        let is_told = self.meaning.is_some_and(|meaning| meaning != Meaning::ByCodes);
        (self.error_class.is_some() || is_told) && !self.is_of_the_protocol()
    }

    /// What stands for a message that is empty, as that of many a Java exception is.
    fn named(&self) -> &str {
        let class = self.exception_classes.iter().find(|class| !class.is_empty());
        class.map_or("the server gave no message", String::as_str)
    }

    /// The message, where what it says has to be known by its words.
    fn words(&self) -> Option<&str> {
        (self.error_class.is_none() && self.meaning.is_none()).then_some(&self.message)
    }

    /// Whether the server runs only a query as a part of a plan, and the plan has another statement there.
    pub(crate) fn wants_query(&self) -> bool {
        sail::wants_query(self)
    }

    /// Takes the condition out of the message, where a server writes it there and nowhere else.
    pub(super) fn read_class(&mut self) {
        if self.error_class.is_none() {
            self.error_class = spark::class_in_message(self).map(str::to_owned);
        }
    }

    /// Keeps what a gateway in front of the server says about its cluster, and how long it asks to wait.
    pub(super) fn read_cluster(&mut self, code: Code, retry_after: Option<Duration>) {
        self.cluster = databricks::refusal(code, self).map(|cluster| Cluster { retry_after, ..cluster });
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = match self.message.trim() {
            "" => self.named(),
            message => message,
        };
        if let Some(class) = &self.error_class
            && !message.starts_with('[')
        {
            write!(f, "[{class}] ")?;
        }
        f.write_str(message)?;
        if let Some(state) = &self.sql_state
            && !message.contains("SQLSTATE")
        {
            write!(f, " SQLSTATE: {state}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerError")
            .field("error_class", &self.error_class)
            .field("sql_state", &self.sql_state)
            .field("message", &self.message)
            .field("exception_class", &self.exception_classes.first())
            .finish_non_exhaustive()
    }
}

/// Prints positions only: the fragment is statement text, which may hold what the writer of a log should not.
impl fmt::Debug for QueryContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryContext")
            .field("start", &self.start)
            .field("stop", &self.stop)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_class_and_state_once_each() {
        let spark = ServerError {
            message: "[DIVIDE_BY_ZERO] Division by zero. SQLSTATE: 22012".into(),
            error_class: Some("DIVIDE_BY_ZERO".into()),
            sql_state: Some("22012".into()),
            ..Default::default()
        };
        assert_eq!(spark.to_string(), "[DIVIDE_BY_ZERO] Division by zero. SQLSTATE: 22012");
        let bare = ServerError { message: "Division by zero".into(), ..spark };
        assert_eq!(bare.to_string(), "[DIVIDE_BY_ZERO] Division by zero SQLSTATE: 22012");
    }

    #[test]
    fn a_conflict_of_two_commits_is_known_in_the_words_of_every_engine() {
        let words = |message: &str| ServerError { message: message.into(), ..Default::default() };
        let class = |class: &str| ServerError { error_class: Some(class.into()), ..Default::default() };
        let thrown =
            |class: &str| ServerError { exception_classes: vec![class.into()], ..Default::default() };
        for conflict in [
            words("Failed to commit transaction: 0"),
            words("Missing commit file: expected version 12, found 13"),
            words("Iceberg commit failed: reference 'main' expected snapshot Some(1) but found Some(2)"),
            words("conflict: Cannot commit catalog-managed table 't' because its metadata is another"),
            words("External error: Delta catalog commit conflict: version 3 is there"),
            words("stale lakehouse metadata: the table was replaced"),
            class("DELTA_CONCURRENT_APPEND.WITHOUT_HINT"),
            class("DELTA_CONCURRENT_DELETE_DELETE"),
            class("DELTA_CONCURRENT_DELETE_READ"),
            class("DELTA_CONCURRENT_TRANSACTION"),
            class("DELTA_CONCURRENT_WRITE"),
            class("DELTA_MAX_COMMIT_RETRIES_EXCEEDED"),
            class("DELTA_METADATA_CHANGED"),
            class("DELTA_PROTOCOL_CHANGED"),
            class("DELTA_SCHEMA_CHANGE_SINCE_ANALYSIS"),
            thrown("org.apache.iceberg.exceptions.CommitFailedException"),
            ServerError {
                message: "Cannot commit, missing data files: [a.parquet]".into(),
                ..thrown("org.apache.iceberg.exceptions.ValidationException")
            },
        ] {
            assert!(conflict.is_commit_conflict(), "{conflict:?}");
        }
        assert!(!class("DIVIDE_BY_ZERO").is_commit_conflict());
    }

    #[test]
    fn a_commit_whose_state_nobody_knows_is_no_conflict_and_leaves_open_what_stands() {
        const UNKNOWN: &str = "org.apache.iceberg.exceptions.CommitStateUnknownException";
        const REST: &str = "org.apache.iceberg.exceptions.RESTException";
        let thrown =
            |classes: &[&str]| classes.iter().map(|class| (*class).to_owned()).collect::<Vec<String>>();
        for open in [
            ServerError {
                exception_classes: thrown(&[UNKNOWN, "java.lang.RuntimeException"]),
                ..Default::default()
            },
            ServerError { exception_classes: thrown(&["a.Subclass", UNKNOWN]), ..Default::default() },
            ServerError {
                exception_classes: thrown(&["org.apache.spark.SparkException"]),
                cause_classes: thrown(&["java.lang.RuntimeException", UNKNOWN]),
                ..Default::default()
            },
            ServerError {
                // What it was caused by stands in front.
                message: "Iceberg commit failed: timeout\nCannot determine whether the commit was successful"
                    .into(),
                exception_classes: thrown(&[UNKNOWN]),
                ..Default::default()
            },
            ServerError { error_class: Some("DELTA_POST_COMMIT_HOOK_FAILED".into()), ..Default::default() },
            ServerError { error_class: Some("DELTA_INVALID_COMMITTED_VERSION".into()), ..Default::default() },
            // On Sail, over a catalog of its own or another's.
            ServerError {
                message: "External error: commit state unknown: no answer".into(),
                exception_classes: thrown(&["org.apache.spark.sql.AnalysisException"]),
                ..Default::default()
            },
            ServerError {
                message: "external error: Failed to commit table: Iceberg commit failed".into(),
                exception_classes: thrown(&["org.apache.spark.sql.AnalysisException"]),
                ..Default::default()
            },
            // Of the file that is the commit.
            ServerError {
                exception_classes: thrown(&["java.net.SocketException", "java.io.IOException"]),
                ..Default::default()
            },
            // A catalog that was asked over HTTP, and whose answer got lost.
            ServerError {
                exception_classes: thrown(&[REST, "java.lang.RuntimeException"]),
                ..Default::default()
            },
            ServerError {
                exception_classes: thrown(&["org.apache.spark.SparkException"]),
                cause_classes: thrown(&[REST]),
                ..Default::default()
            },
        ] {
            assert!(open.leaves_commit_open() && !open.is_commit_conflict(), "{open:?}");
        }
        for certain in [
            ServerError { message: format!("a user says {UNKNOWN}"), ..Default::default() },
            ServerError {
                exception_classes: thrown(&["org.apache.iceberg.exceptions.CommitFailedException"]),
                ..Default::default()
            },
            // What the catalog refused.
            ServerError {
                exception_classes: thrown(&["org.apache.iceberg.exceptions.BadRequestException", REST]),
                ..Default::default()
            },
        ] {
            assert!(!certain.leaves_commit_open(), "{certain:?}");
        }
    }

    #[test]
    fn a_failure_without_a_message_is_told_by_its_java_class() {
        const CLASS: &str = "java.lang.UnsupportedOperationException";
        let classes = vec![CLASS.to_owned(), "java.lang.Object".to_owned()];
        let thrown = ServerError { exception_classes: classes, ..Default::default() };
        assert_eq!(thrown.to_string(), CLASS);
        assert_eq!(ServerError { message: " said".into(), ..thrown }.to_string(), "said");
        assert_eq!(ServerError::default().to_string(), "the server gave no message");
    }

    #[test]
    fn a_catalog_of_one_level_has_no_table_that_is_missing() {
        let class = Some("REQUIRES_SINGLE_PART_NAMESPACE".into());
        let error = ServerError { error_class: class, ..Default::default() };
        assert!(error.is_namespace_too_deep() && !error.is_table_not_found());
    }
}
