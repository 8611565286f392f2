//! The RPCs.
//!
//! The two that stream responses are served below the generated trait, because a script may send bytes that the
//! generated messages cannot hold.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{BufMut, Bytes};
use futures::future::BoxFuture;
use futures::stream::Empty;
use prost::Message;
use tonic::codec::{BufferSettings, Codec, EncodeBuf, Encoder};
use tonic::codegen::Service;
use tonic::server::{Grpc, ServerStreamingService};
use tonic::{Response, Status};
use tonic_prost::ProstDecoder;

use super::playing::{Responses, play};
use super::proto;
use super::proto::spark_connect_service_server::{SparkConnectService, SparkConnectServiceServer};
use super::recorded::Recorded;
use super::request::Request;
use super::state::State;
use super::wire::Switch;

/// The largest message that is taken, as Spark has it.
const MAX_MESSAGE: usize = 128 * 1024 * 1024;

pub(super) const RPCS: [&str; 12] = [
    "ExecutePlan",
    "AnalyzePlan",
    "Config",
    "AddArtifacts",
    "ArtifactStatus",
    "Interrupt",
    "ReattachExecute",
    "ReleaseExecute",
    "ReleaseSession",
    "FetchErrorDetails",
    "CloneSession",
    "GetStatus",
];

/// What every call meets first: the token, then the RPC.
#[derive(Clone)]
pub(super) struct Front {
    state: Arc<State>,
    unary: SparkConnectServiceServer<Unary>,
    gateway: bool,
}

impl Front {
    pub(super) fn new(state: Arc<State>, gateway: bool) -> Self {
        let unary = SparkConnectServiceServer::new(Unary { state: Arc::clone(&state) })
            .max_decoding_message_size(MAX_MESSAGE);
        Self { state, unary, gateway }
    }

    /// What a call with a wrong token gets: from Spark a gRPC status, from a gateway before it an HTTP one.
    fn refusal(&self) -> http::Response<tonic::body::Body> {
        if !self.gateway {
            return Status::unauthenticated("Invalid authentication token").into_http();
        }
        let mut refusal = http::Response::new(tonic::body::Body::empty());
        *refusal.status_mut() = http::StatusCode::UNAUTHORIZED;
        refusal
    }

    fn stream<M>(&self, http: http::Request<tonic::body::Body>) -> BoxFuture<'static, HttpResponse>
    where
        M: Message + Default + Recorded + 'static,
    {
        let streaming = Streaming { state: Arc::clone(&self.state) };
        Box::pin(async move {
            let codec = Raw::<M>(std::marker::PhantomData);
            let mut grpc = Grpc::new(codec).max_decoding_message_size(MAX_MESSAGE);
            Ok(grpc.server_streaming(streaming, http).await)
        })
    }
}

type HttpResponse = Result<http::Response<tonic::body::Body>, Infallible>;

impl Service<http::Request<tonic::body::Body>> for Front {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, HttpResponse>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, http: http::Request<tonic::body::Body>) -> Self::Future {
        let name = http.uri().path().rsplit('/').next().unwrap_or_default();
        let rpc = RPCS.into_iter().find(|rpc| *rpc == name).unwrap_or("unknown");
        let authorization = http.headers().get(http::header::AUTHORIZATION).map(http::HeaderValue::as_bytes);
        if !self.state.accepts(authorization) {
            self.state.record(Request::refused(rpc, http.headers().clone()));
            let refusal = self.refusal();
            return Box::pin(async { Ok(refusal) });
        }
        match rpc {
            "ExecutePlan" => self.stream::<proto::ExecutePlanRequest>(http),
            "ReattachExecute" => self.stream::<proto::ReattachExecuteRequest>(http),
            _ => self.unary.call(http),
        }
    }
}

struct Streaming {
    state: Arc<State>,
}

impl<M: Message + Default + Recorded + 'static> ServerStreamingService<M> for Streaming {
    type Response = Bytes;
    type ResponseStream = Responses;
    type Future = BoxFuture<'static, Result<Response<Responses>, Status>>;

    fn call(&mut self, request: tonic::Request<M>) -> Self::Future {
        let state = Arc::clone(&self.state);
        Box::pin(async move {
            let switch = request.extensions().get::<Switch>().cloned();
            let (metadata, _, message) = request.into_parts();
            play(state, message.record(metadata.into_headers()), switch).map(Response::new)
        })
    }
}

/// Reads messages and writes bytes.
struct Raw<M>(std::marker::PhantomData<fn() -> M>);

impl<M: Message + Default + 'static> Codec for Raw<M> {
    type Encode = Bytes;
    type Decode = M;
    type Encoder = AsTheyAre;
    type Decoder = ProstDecoder<M>;

    fn encoder(&mut self) -> AsTheyAre {
        AsTheyAre
    }

    fn decoder(&mut self) -> ProstDecoder<M> {
        ProstDecoder::new(BufferSettings::default())
    }
}

struct AsTheyAre;

impl Encoder for AsTheyAre {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, bytes: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(bytes);
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct Unary {
    state: Arc<State>,
}

impl Unary {
    fn record<M: Recorded>(&self, request: tonic::Request<M>) -> M {
        let (metadata, _, message) = request.into_parts();
        self.state.record(message.record(metadata.into_headers()));
        message
    }
}

/// Records the request, does what a rule says, asks for the answer, and fills in the ids of the session that it leaves open.
macro_rules! answered {
    ($self:ident, $rpc:literal, $request:ident, $answer:ident $(, $extra:expr)?) => {{
        let request = $self.record($request);
        $self.state.ruled($rpc).await?;
        let mut response = $self.state.answers.$answer(&request $(, $extra)?)?;
        if response.session_id.is_empty() {
            response.session_id.clone_from(&request.session_id);
        }
        if response.server_side_session_id.is_empty() {
            response.server_side_session_id = $self.state.server_side(&request.session_id);
        }
        Ok(Response::new(response))
    }};
}

#[tonic::async_trait]
impl SparkConnectService for Unary {
    type ExecutePlanStream = Empty<Result<proto::ExecutePlanResponse, Status>>;
    type ReattachExecuteStream = Empty<Result<proto::ExecutePlanResponse, Status>>;

    async fn analyze_plan(
        &self,
        request: tonic::Request<proto::AnalyzePlanRequest>,
    ) -> Result<Response<proto::AnalyzePlanResponse>, Status> {
        answered!(self, "AnalyzePlan", request, analyze)
    }

    async fn config(
        &self,
        request: tonic::Request<proto::ConfigRequest>,
    ) -> Result<Response<proto::ConfigResponse>, Status> {
        answered!(self, "Config", request, config, &mut self.state.confs())
    }

    async fn interrupt(
        &self,
        request: tonic::Request<proto::InterruptRequest>,
    ) -> Result<Response<proto::InterruptResponse>, Status> {
        answered!(self, "Interrupt", request, interrupt)
    }

    async fn release_execute(
        &self,
        request: tonic::Request<proto::ReleaseExecuteRequest>,
    ) -> Result<Response<proto::ReleaseExecuteResponse>, Status> {
        answered!(self, "ReleaseExecute", request, release_execute)
    }

    async fn release_session(
        &self,
        request: tonic::Request<proto::ReleaseSessionRequest>,
    ) -> Result<Response<proto::ReleaseSessionResponse>, Status> {
        answered!(self, "ReleaseSession", request, release_session)
    }

    async fn fetch_error_details(
        &self,
        request: tonic::Request<proto::FetchErrorDetailsRequest>,
    ) -> Result<Response<proto::FetchErrorDetailsResponse>, Status> {
        let details = self.state.take_details(&request.get_ref().error_id);
        answered!(self, "FetchErrorDetails", request, fetch_error_details, details)
    }

    async fn execute_plan(
        &self,
        _: tonic::Request<proto::ExecutePlanRequest>,
    ) -> Result<Response<Self::ExecutePlanStream>, Status> {
        Err(unscripted())
    }

    async fn reattach_execute(
        &self,
        _: tonic::Request<proto::ReattachExecuteRequest>,
    ) -> Result<Response<Self::ReattachExecuteStream>, Status> {
        Err(unscripted())
    }

    async fn add_artifacts(
        &self,
        _: tonic::Request<tonic::Streaming<proto::AddArtifactsRequest>>,
    ) -> Result<Response<proto::AddArtifactsResponse>, Status> {
        Err(unscripted())
    }

    async fn artifact_status(
        &self,
        _: tonic::Request<proto::ArtifactStatusesRequest>,
    ) -> Result<Response<proto::ArtifactStatusesResponse>, Status> {
        Err(unscripted())
    }

    async fn clone_session(
        &self,
        _: tonic::Request<proto::CloneSessionRequest>,
    ) -> Result<Response<proto::CloneSessionResponse>, Status> {
        Err(unscripted())
    }

    async fn get_status(
        &self,
        _: tonic::Request<proto::GetStatusRequest>,
    ) -> Result<Response<proto::GetStatusResponse>, Status> {
        Err(unscripted())
    }
}

/// Servers differ in what they have; this is how one says that it lacks an RPC.
fn unscripted() -> Status {
    Status::unimplemented("the fake server does not have this call")
}
