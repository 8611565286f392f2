//! One method per RPC.

use uuid::Uuid;

use super::call::GrpcClient;
use super::header::Copied;
use super::{MAX_ANSWER, MAX_DETAILS, PlanSent, Responses, Rpc};
use crate::channel::Effects;
use crate::error::status::Failure;
use crate::proto;
use crate::proto::config_request::operation::OpType;
use crate::proto::config_request::{GetOption, Set, Unset};
use crate::proto::execute_plan_request::RequestOption;
use crate::proto::{KeyValue, config_request, interrupt_request, release_execute_request};

impl Rpc {
    /// With `breaks` the plan is sent only on a connection that has broken this often. `sent` is told once it may have
    /// left.
    pub(crate) async fn execute_plan(
        &self,
        operation: Uuid,
        plan: &proto::Plan,
        options: Vec<RequestOption>,
        effects: Effects,
        breaks: Option<u64>,
        sent: &PlanSent,
    ) -> Result<Responses, Failure> {
        let message = || {
            sent.note();
            proto::ExecutePlanRequest {
                operation_id: Some(operation.to_string()),
                plan: Some(plan.clone()),
                request_options: options.clone(),
                tags: self.tags().to_vec(),
                ..Default::default()
            }
        };
        let rpc = |mut client: GrpcClient, request| async move { client.execute_plan(request).await };
        self.stream(effects, breaks, message, rpc).await
    }

    /// The responses of `operation` after `last`, or all of them.
    pub(crate) async fn reattach_execute(
        &self,
        operation: Uuid,
        last: Option<&str>,
    ) -> Result<Responses, Failure> {
        let message = || proto::ReattachExecuteRequest {
            operation_id: operation.to_string(),
            last_response_id: last.map(str::to_owned),
            ..Default::default()
        };
        let rpc = |mut client: GrpcClient, request| async move { client.reattach_execute(request).await };
        self.stream(Effects::ReadOnly, None, message, rpc).await
    }

    /// Lets the server forget the responses of `operation` up to and including `until`, or all of it.
    pub(crate) async fn release_execute(&self, operation: Uuid, until: Option<&str>) -> Result<(), Failure> {
        use release_execute_request::{Release, ReleaseAll, ReleaseUntil};
        let message = || proto::ReleaseExecuteRequest {
            operation_id: operation.to_string(),
            release: Some(match until {
                Some(id) => Release::ReleaseUntil(ReleaseUntil { response_id: id.to_owned() }),
                None => Release::ReleaseAll(ReleaseAll {}),
            }),
            ..Default::default()
        };
        let rpc = |mut client: GrpcClient, request| async move { client.release_execute(request).await };
        self.unary(message, rpc).await?;
        Ok(())
    }

    pub(crate) async fn analyze_plan(
        &self,
        analyze: &proto::analyze_plan_request::Analyze,
    ) -> Result<proto::AnalyzePlanResponse, Failure> {
        self.check_pool_open(None)?;
        let checked = self.check_sentinel().await;
        self.check_pool_open(None)?;
        checked?;
        // Since the session was looked at another server may have come.
        let breaks = self.breaks_at_sentinel();
        let message = || proto::AnalyzePlanRequest { analyze: Some(analyze.clone()), ..Default::default() };
        let rpc = |mut client: GrpcClient, request| async move { client.analyze_plan(request).await };
        let answer = self.unary_within(MAX_ANSWER, breaks, message, rpc).await;
        let answer = self.explained(answer).await?;
        self.checked(answer)
    }

    /// The values of confs.
    pub(super) async fn get(&self, keys: Vec<String>) -> Result<Vec<KeyValue>, Failure> {
        Ok(self.config(&OpType::GetOption(GetOption { keys })).await?.pairs)
    }

    /// Sets confs.
    pub(super) async fn set(&self, pairs: Vec<KeyValue>) -> Result<(), Failure> {
        self.config(&OpType::Set(Set { pairs, silent: None })).await?;
        Ok(())
    }

    /// Resets confs to what they are in a new session.
    pub(crate) async fn unset(&self, keys: Vec<String>) -> Result<(), Failure> {
        self.config(&OpType::Unset(Unset { keys })).await?;
        Ok(())
    }

    async fn config(&self, op_type: &OpType) -> Result<proto::ConfigResponse, Failure> {
        let operation = || config_request::Operation { op_type: Some(op_type.clone()) };
        let message = || proto::ConfigRequest { operation: Some(operation()), ..Default::default() };
        let rpc = |mut client: GrpcClient, request| async move { client.config(request).await };
        let answer = self.explained(self.unary(message, rpc).await).await?;
        self.checked(answer)
    }

    /// Stops `operation`; gives the ids of what the server says that it stopped.
    pub(crate) async fn interrupt(&self, operation: Uuid) -> Result<Vec<String>, Failure> {
        let message = || proto::InterruptRequest {
            interrupt_type: interrupt_request::InterruptType::OperationId.into(),
            interrupt: Some(interrupt_request::Interrupt::OperationId(operation.to_string())),
            ..Default::default()
        };
        let rpc = |mut client: GrpcClient, request| async move { client.interrupt(request).await };
        Ok(self.unary(message, rpc).await?.interrupted_ids)
    }

    pub(crate) async fn interrupt_tag(&self, tag: &str) -> Result<Vec<String>, Failure> {
        let message = || proto::InterruptRequest {
            interrupt_type: interrupt_request::InterruptType::Tag.into(),
            interrupt: Some(interrupt_request::Interrupt::OperationTag(tag.to_owned())),
            ..Default::default()
        };
        let rpc = |mut client: GrpcClient, request| async move { client.interrupt(request).await };
        Ok(self.explained(self.unary(message, rpc).await).await?.interrupted_ids)
    }

    /// Makes a session under that id with what is set in this one, and gives its calls. The server's own id of it is known
    /// from here on: made anew after a restart it would have nothing of what was copied.
    pub(crate) async fn clone_session(&self, id: Uuid) -> Result<Self, Failure> {
        let message =
            || proto::CloneSessionRequest { new_session_id: Some(id.to_string()), ..Default::default() };
        let rpc = |mut client: GrpcClient, request| async move { client.clone_session(request).await };
        let answer: proto::CloneSessionResponse = self.explained(self.unary(message, rpc).await).await?;
        let answer = self.checked(answer)?;
        let copy = Self::new(self.channel(), id);
        copy.observe(&Copied(answer)).map_err(Failure::fatal)?;
        Ok(copy)
    }

    pub(crate) async fn release_session(&self) -> Result<(), Failure> {
        let message = proto::ReleaseSessionRequest::default;
        let rpc = |mut client: GrpcClient, request| async move { client.release_session(request).await };
        self.unary(message, rpc).await?;
        Ok(())
    }

    pub(super) async fn fetch_error_details(
        &self,
        error_id: &str,
    ) -> Result<proto::FetchErrorDetailsResponse, Failure> {
        let message =
            || proto::FetchErrorDetailsRequest { error_id: error_id.to_owned(), ..Default::default() };
        let rpc = |mut client: GrpcClient, request| async move { client.fetch_error_details(request).await };
        self.unary_within(MAX_DETAILS, None, message, rpc).await
    }
}
