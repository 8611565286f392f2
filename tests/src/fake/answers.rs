//! The answers to the unary RPCs: what a healthy server says.

use std::collections::BTreeMap;

use arrow_schema::{DataType, Field, Schema};
use tonic::Status;

use super::arrow::structure;
use super::details::Details;
use super::proto::analyze_plan_request::Analyze;
use super::proto::analyze_plan_response as analysis;
use super::proto::config_request::operation::OpType;
use super::proto::{self, KeyValue};
use super::state::Confs;
use super::tree;

/// What a test says of the answers.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// The confs that each session begins with.
    pub(super) confs: BTreeMap<String, String>,
    /// The schema of every plan.
    pub(super) schema: Option<proto::DataType>,
    pub(super) spark_version: Option<String>,
    /// The session that the answers to an RPC name instead of that of the request.
    pub(super) sessions: BTreeMap<String, String>,
    /// Whether an interrupt finds nothing that it could stop.
    pub(super) interrupts_nothing: bool,
}

impl Answers {
    /// The session that the answer to `rpc` names.
    pub(super) fn session<'a>(&'a self, rpc: &str, asked: &'a str) -> &'a str {
        self.sessions.get(rpc).map_or(asked, String::as_str)
    }

    /// The operation that was asked about counts as interrupted.
    pub(super) fn interrupt(&self, request: &proto::InterruptRequest) -> proto::InterruptResponse {
        let interrupted_ids = match &request.interrupt {
            Some(proto::interrupt_request::Interrupt::OperationId(id)) if !self.interrupts_nothing => {
                vec![id.clone()]
            }
            _ => Vec::new(),
        };
        proto::InterruptResponse { interrupted_ids, ..Default::default() }
    }

    pub(super) fn config(&self, request: &proto::ConfigRequest, confs: &mut Confs) -> proto::ConfigResponse {
        let session = confs.entry(request.session_id.clone()).or_insert_with(|| self.confs.clone());
        let op_type = request.operation.as_ref().and_then(|operation| operation.op_type.as_ref());
        let pairs = match op_type {
            Some(OpType::Set(set)) => {
                session.extend(
                    set.pairs.iter().map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())),
                );
                Vec::new()
            }
            Some(OpType::Unset(unset)) => {
                for key in &unset.keys {
                    session.remove(key);
                }
                Vec::new()
            }
            Some(OpType::GetOption(get)) => get
                .keys
                .iter()
                .map(|key| KeyValue { key: key.clone(), value: session.get(key).cloned() })
                .collect(),
            _ => Vec::new(),
        };
        proto::ConfigResponse { pairs, ..Default::default() }
    }

    /// What a column is named whose value is a string of one escaped backslash.
    fn backslash(&self) -> &'static str {
        let conf = self.confs.get("spark.sql.parser.escapedStringLiterals");
        if conf.is_some_and(|conf| conf == "true") { r"\\" } else { r"\" }
    }

    pub(super) fn analyze(
        &self,
        request: &proto::AnalyzePlanRequest,
    ) -> Result<proto::AnalyzePlanResponse, Status> {
        let result = match &request.analyze {
            Some(Analyze::SparkVersion(_)) => {
                let version = self.spark_version.as_deref().unwrap_or("4.3.0").to_owned();
                analysis::Result::SparkVersion(analysis::SparkVersion { version })
            }
            Some(Analyze::Schema(_)) if self.schema.is_some() => {
                analysis::Result::Schema(analysis::Schema { schema: self.schema.clone() })
            }
            Some(Analyze::Schema(asked)) if asked.plan.as_ref().is_some_and(has_a_value) => {
                let bound = Field::new("bound", DataType::Date32, false);
                let backslash = Field::new(self.backslash(), DataType::Utf8, false);
                let days = Field::new("days", DataType::Int32, false);
                let schema = Some(structure(&Schema::new(vec![bound, backslash, days])));
                analysis::Result::Schema(analysis::Schema { schema })
            }
            _ => return Err(Status::invalid_argument("the test gives no answer to this analysis")),
        };
        Ok(proto::AnalyzePlanResponse { result: Some(result), ..Default::default() })
    }
}

/// A query in SQL with a value beside it: this is how a client asks whether the server binds.
fn has_a_value(plan: &proto::Plan) -> bool {
    tree::sql(plan).is_some_and(|sql| !sql.pos_arguments.is_empty() || !sql.named_arguments.is_empty())
}

/// The operation that was asked about counts as released.
pub(super) fn release_execute(request: &proto::ReleaseExecuteRequest) -> proto::ReleaseExecuteResponse {
    let operation_id = Some(request.operation_id.clone());
    proto::ReleaseExecuteResponse { operation_id, ..Default::default() }
}

/// The details that were kept; none once they have been fetched.
pub(super) fn error_details(kept: Option<Details>) -> proto::FetchErrorDetailsResponse {
    kept.map(Details::into_message).unwrap_or_default()
}
