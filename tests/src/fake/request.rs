//! What the server was sent, for a test to look at.

use std::collections::BTreeMap;

use http::HeaderMap;
use prost::Message;

use super::proto::analyze_plan_request::Analyze;
use super::proto::config_request::operation::OpType;
use super::proto::execute_plan_request::request_option::RequestOption;
use super::statement::Statement;
use super::{proto, tree};

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
    pub(super) body: Body,
}

/// The message of a request.
#[derive(Debug, Clone)]
pub(super) enum Body {
    /// The token was wrong, so the message was not read.
    Refused,
    Execute(Box<proto::ExecutePlanRequest>),
    Reattach(proto::ReattachExecuteRequest),
    Analyze(Box<proto::AnalyzePlanRequest>),
    Config(proto::ConfigRequest),
    Interrupt,
    AddArtifacts,
    ArtifactStatus,
    CloneSession,
    ReleaseExecute(proto::ReleaseExecuteRequest),
    ReleaseSession,
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
    pub(super) fn execute(&self) -> Option<&proto::ExecutePlanRequest> {
        match &self.body {
            Body::Execute(request) => Some(request),
            _ => None,
        }
    }

    /// The plan of an `ExecutePlan`.
    fn plan(&self) -> Option<&proto::Plan> {
        self.execute()?.plan.as_ref()
    }

    /// Whether it was refused for its token, and so not read.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self.body, Body::Refused)
    }

    /// The statement of an `ExecutePlan`: one that runs by itself, or the query in SQL that the plan reads from.
    #[must_use]
    pub fn statement(&self) -> Option<Statement> {
        tree::sql(self.plan()?).map(Statement::of)
    }

    /// Whether an `ExecutePlan` is a command and not a query.
    #[must_use]
    pub fn is_command(&self) -> bool {
        self.plan().is_some_and(tree::is_command)
    }

    /// The text of a statement where Spark before 4.0 looks for it; empty where there is none.
    #[must_use]
    pub fn bare_statement(&self) -> Option<&str> {
        Some(&tree::bare(self.plan()?)?.sql)
    }

    /// How many values stand beside that text.
    #[must_use]
    pub fn bare_values(&self) -> usize {
        let values = |sql: &proto::SqlCommand| sql.pos_arguments.len() + sql.named_arguments.len();
        self.plan().and_then(tree::bare).map_or(0, values)
    }

    /// The plan of an `ExecutePlan` or of a question about one: a line for each relation, inputs below and further in.
    #[must_use]
    pub fn plan_tree(&self) -> Option<String> {
        match &self.body {
            Body::Analyze(request) => match request.analyze.as_ref()? {
                Analyze::Schema(schema) => schema.plan.as_ref(),
                Analyze::Explain(explain) => explain.plan.as_ref(),
                _ => None,
            },
            _ => self.plan(),
        }
        .map(tree::tree)
    }

    /// Whether an `ExecutePlan` says that the client may reattach, if it says anything of that.
    #[must_use]
    pub fn reattachable(&self) -> Option<bool> {
        self.options().find_map(|option| match option {
            RequestOption::ReattachOptions(options) => Some(options.reattachable),
            RequestOption::ResultChunkingOptions(_) => None,
        })
    }

    /// Whether an `ExecutePlan` takes batches in chunks, and of which size, if it says anything of that.
    #[must_use]
    pub fn chunking(&self) -> Option<(bool, Option<i64>)> {
        self.options().find_map(|option| match option {
            RequestOption::ResultChunkingOptions(options) => {
                Some((options.allow_arrow_batch_chunking, options.preferred_arrow_chunk_size))
            }
            RequestOption::ReattachOptions(_) => None,
        })
    }

    /// How many options an `ExecutePlan` has.
    #[must_use]
    pub fn option_count(&self) -> usize {
        self.options().count()
    }

    fn options(&self) -> impl Iterator<Item = &RequestOption> {
        let options = self.execute().map(|request| request.request_options.as_slice()).unwrap_or_default();
        options.iter().filter_map(|option| option.request_option.as_ref())
    }

    /// The tags of an `ExecutePlan`.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        self.execute().map(|request| request.tags.as_slice()).unwrap_or_default()
    }

    /// The response behind which a `ReattachExecute` goes on; none if it goes on from the start.
    #[must_use]
    pub fn last_response_id(&self) -> Option<&str> {
        match &self.body {
            Body::Reattach(request) => request.last_response_id.as_deref(),
            _ => None,
        }
    }

    /// What an `AnalyzePlan` asks, such as `Schema` or `SparkVersion`.
    #[must_use]
    pub fn analysis(&self) -> Option<String> {
        let Body::Analyze(request) = &self.body else { return None };
        let shown = format!("{:?}", request.analyze.as_ref()?);
        shown.split(|letter: char| !letter.is_alphanumeric()).next().map(str::to_owned)
    }

    /// The confs that a `Config` sets.
    #[must_use]
    pub fn confs_set(&self) -> BTreeMap<String, String> {
        let Some(OpType::Set(set)) = self.config() else { return BTreeMap::new() };
        let pairs = set.pairs.iter();
        pairs.map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())).collect()
    }

    /// The confs that a `Config` takes back.
    #[must_use]
    pub fn confs_unset(&self) -> &[String] {
        match self.config() {
            Some(OpType::Unset(unset)) => &unset.keys,
            _ => &[],
        }
    }

    /// The confs that a `Config` asks for.
    #[must_use]
    pub fn confs_asked(&self) -> Vec<String> {
        match self.config() {
            Some(OpType::Get(get)) => get.keys.clone(),
            Some(OpType::GetOption(get)) => get.keys.clone(),
            Some(OpType::GetWithDefault(get)) => get.pairs.iter().map(|pair| pair.key.clone()).collect(),
            _ => Vec::new(),
        }
    }

    fn config(&self) -> Option<&OpType> {
        let Body::Config(request) = &self.body else { return None };
        request.operation.as_ref()?.op_type.as_ref()
    }

    /// The failure that a `FetchErrorDetails` asks about.
    #[must_use]
    pub fn error_id(&self) -> Option<&str> {
        match &self.body {
            Body::FetchErrorDetails(request) => Some(&request.error_id),
            _ => None,
        }
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
