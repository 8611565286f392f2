//! The answers to the unary RPCs: what a healthy server says, unless a test says otherwise.

use std::collections::BTreeMap;
use std::fmt;

use tonic::Status;

use super::details::Details;
use super::proto::analyze_plan_request::Analyze;
use super::proto::analyze_plan_response as analysis;
use super::proto::config_request::operation::OpType;
use super::proto::{self, KeyValue};
use super::state::Confs;

type Answer<Q, A> = Option<Box<dyn Fn(&Q) -> Result<A, Status> + Send + Sync>>;

/// The answers that a test gave.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) config: Answer<proto::ConfigRequest, proto::ConfigResponse>,
    pub(super) analyze: Answer<proto::AnalyzePlanRequest, proto::AnalyzePlanResponse>,
    pub(super) interrupt: Answer<proto::InterruptRequest, proto::InterruptResponse>,
    pub(super) release_execute: Answer<proto::ReleaseExecuteRequest, proto::ReleaseExecuteResponse>,
    pub(super) release_session: Answer<proto::ReleaseSessionRequest, proto::ReleaseSessionResponse>,
    pub(super) fetch_error_details: Answer<proto::FetchErrorDetailsRequest, proto::FetchErrorDetailsResponse>,
    /// The confs that each session begins with.
    pub(super) confs: BTreeMap<String, String>,
    /// The schema of every plan.
    pub(super) schema: Option<proto::DataType>,
    pub(super) spark_version: Option<String>,
}

impl Answers {
    pub(super) fn config(
        &self,
        request: &proto::ConfigRequest,
        confs: &mut Confs,
    ) -> Result<proto::ConfigResponse, Status> {
        match &self.config {
            Some(answer) => answer(request),
            None => Ok(keep_confs(request, confs, &self.confs)),
        }
    }

    pub(super) fn analyze(
        &self,
        request: &proto::AnalyzePlanRequest,
    ) -> Result<proto::AnalyzePlanResponse, Status> {
        if let Some(answer) = &self.analyze {
            return answer(request);
        }
        match &request.analyze {
            Some(Analyze::SparkVersion(_)) => {
                let version = self.spark_version.as_deref().unwrap_or("4.3.0").to_owned();
                let result = Some(analysis::Result::SparkVersion(analysis::SparkVersion { version }));
                Ok(proto::AnalyzePlanResponse { result, ..Default::default() })
            }
            Some(Analyze::Schema(_)) if self.schema.is_some() => {
                let result = Some(analysis::Result::Schema(analysis::Schema { schema: self.schema.clone() }));
                Ok(proto::AnalyzePlanResponse { result, ..Default::default() })
            }
            _ => Err(Status::invalid_argument("the test gives no answer to this analysis")),
        }
    }

    pub(super) fn interrupt(
        &self,
        request: &proto::InterruptRequest,
    ) -> Result<proto::InterruptResponse, Status> {
        if let Some(answer) = &self.interrupt {
            return answer(request);
        }
        let interrupted_ids = match &request.interrupt {
            Some(proto::interrupt_request::Interrupt::OperationId(id)) => vec![id.clone()],
            _ => Vec::new(),
        };
        Ok(proto::InterruptResponse { interrupted_ids, ..Default::default() })
    }

    pub(super) fn release_execute(
        &self,
        request: &proto::ReleaseExecuteRequest,
    ) -> Result<proto::ReleaseExecuteResponse, Status> {
        if let Some(answer) = &self.release_execute {
            return answer(request);
        }
        let operation_id = Some(request.operation_id.clone());
        Ok(proto::ReleaseExecuteResponse { operation_id, ..Default::default() })
    }

    pub(super) fn release_session(
        &self,
        request: &proto::ReleaseSessionRequest,
    ) -> Result<proto::ReleaseSessionResponse, Status> {
        match &self.release_session {
            Some(answer) => answer(request),
            None => Ok(proto::ReleaseSessionResponse::default()),
        }
    }

    pub(super) fn fetch_error_details(
        &self,
        request: &proto::FetchErrorDetailsRequest,
        kept: Option<Details>,
    ) -> Result<proto::FetchErrorDetailsResponse, Status> {
        match &self.fetch_error_details {
            Some(answer) => answer(request),
            None => Ok(kept.map(Details::into_message).unwrap_or_default()),
        }
    }
}

fn keep_confs(
    request: &proto::ConfigRequest,
    confs: &mut Confs,
    first: &BTreeMap<String, String>,
) -> proto::ConfigResponse {
    let session = confs.entry(request.session_id.clone()).or_insert_with(|| first.clone());
    let op_type = request.operation.as_ref().and_then(|operation| operation.op_type.as_ref());
    let pairs = match op_type {
        Some(OpType::Set(set)) => {
            session.extend(
                set.pairs.iter().map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())),
            );
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

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers").finish_non_exhaustive()
    }
}
