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

use super::answers;
use super::playing::{Responses, play};
use super::proto;
use super::proto::spark_connect_service_server::{SparkConnectService, SparkConnectServiceServer};
use super::recorded::Recorded;
use super::request::Request;
use super::state::State;
use super::upload::Upload;
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

/// What a call with a wrong token gets.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum TokenRefusal {
    /// The gRPC status of Spark.
    #[default]
    Unauthenticated,
    /// The gRPC status of Databricks.
    PermissionDenied,
    /// The HTTP status of a gateway.
    Unauthorized,
    /// The HTTP status of the gateways of AWS.
    Forbidden,
}

impl TokenRefusal {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Unauthenticated, Self::PermissionDenied, Self::Unauthorized, Self::Forbidden];

    fn answer(self) -> http::Response<tonic::body::Body> {
        const WORDS: &str = "Invalid authentication token";
        let page = |status| {
            let mut page = http::Response::new(tonic::body::Body::empty());
            *page.status_mut() = status;
            page
        };
        match self {
            Self::Unauthenticated => Status::unauthenticated(WORDS).into_http(),
            Self::PermissionDenied => Status::permission_denied(WORDS).into_http(),
            Self::Unauthorized => page(http::StatusCode::UNAUTHORIZED),
            Self::Forbidden => page(http::StatusCode::FORBIDDEN),
        }
    }
}

/// What every call meets first: the token, then the RPC.
#[derive(Clone)]
pub(super) struct Front {
    state: Arc<State>,
    unary: SparkConnectServiceServer<Unary>,
    refusal: TokenRefusal,
}

impl Front {
    pub(super) fn new(state: Arc<State>, refusal: TokenRefusal) -> Self {
        let unary = SparkConnectServiceServer::new(Unary { state: Arc::clone(&state) })
            .max_decoding_message_size(MAX_MESSAGE);
        Self { state, unary, refusal }
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
        if !self.state.accepts(http.headers()) {
            self.state.record(Request::refused(rpc, http.headers().clone()));
            let refusal = self.refusal.answer();
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
            play(state, message.record(metadata.into_headers()), switch).await.map(Response::new)
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
    /// Records a call and waits until a rule lets it go on.
    async fn asking(&self, rpc: &str, request: Request) -> Result<(), Status> {
        self.state.record(request.clone());
        self.state.check_session(&request)?;
        self.state.ruled(rpc).await
    }

    /// The message of a call, once it is recorded and a rule lets it go on.
    async fn asked<M: Recorded>(&self, rpc: &str, request: tonic::Request<M>) -> Result<M, Status> {
        let (metadata, _, message) = request.into_parts();
        self.asking(rpc, message.record(metadata.into_headers())).await?;
        Ok(message)
    }
}

/// Fills in the ids of the session that an answer leaves open.
macro_rules! named {
    ($self:ident, $rpc:literal, $session:expr, $answer:expr) => {{
        let mut response = $answer;
        response.session_id = $self.state.answers.session($rpc, &$session).to_owned();
        response.server_side_session_id = $self.state.server_side(&$session);
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
        let request = self.asked("AnalyzePlan", request).await?;
        let answer = self.state.answers.analyze(&request)?;
        named!(self, "AnalyzePlan", request.session_id, answer)
    }

    async fn config(
        &self,
        request: tonic::Request<proto::ConfigRequest>,
    ) -> Result<Response<proto::ConfigResponse>, Status> {
        let request = self.asked("Config", request).await?;
        let answer = self.state.answers.config(&request, &mut self.state.confs());
        named!(self, "Config", request.session_id, answer)
    }

    async fn interrupt(
        &self,
        request: tonic::Request<proto::InterruptRequest>,
    ) -> Result<Response<proto::InterruptResponse>, Status> {
        let request = self.asked("Interrupt", request).await?;
        let answer = self.state.answers.interrupt(&request);
        named!(self, "Interrupt", request.session_id, answer)
    }

    async fn release_execute(
        &self,
        request: tonic::Request<proto::ReleaseExecuteRequest>,
    ) -> Result<Response<proto::ReleaseExecuteResponse>, Status> {
        let request = self.asked("ReleaseExecute", request).await?;
        let answer = answers::release_execute(&request);
        named!(self, "ReleaseExecute", request.session_id, answer)
    }

    async fn release_session(
        &self,
        request: tonic::Request<proto::ReleaseSessionRequest>,
    ) -> Result<Response<proto::ReleaseSessionResponse>, Status> {
        let request = self.asked("ReleaseSession", request).await?;
        self.state.end(&request.session_id);
        let answer = proto::ReleaseSessionResponse::default();
        named!(self, "ReleaseSession", request.session_id, answer)
    }

    async fn fetch_error_details(
        &self,
        request: tonic::Request<proto::FetchErrorDetailsRequest>,
    ) -> Result<Response<proto::FetchErrorDetailsResponse>, Status> {
        let request = self.asked("FetchErrorDetails", request).await?;
        let answer = answers::error_details(self.state.take_details(&request.error_id));
        named!(self, "FetchErrorDetails", request.session_id, answer)
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
        request: tonic::Request<tonic::Streaming<proto::AddArtifactsRequest>>,
    ) -> Result<Response<proto::AddArtifactsResponse>, Status> {
        let (metadata, _, mut messages) = request.into_parts();
        let mut upload = Upload::default();
        while let Some(message) = messages.message().await? {
            if upload.session_id.is_empty() {
                self.asking("AddArtifacts", message.record(metadata.clone().into_headers())).await?;
            }
            upload.take(message)?;
        }
        let (session_id, artifact, answer) = upload.end()?;
        self.state.artifacts().extend(artifact.map(|(name, bytes)| ((session_id.clone(), name), bytes)));
        named!(self, "AddArtifacts", session_id, answer)
    }

    async fn artifact_status(
        &self,
        request: tonic::Request<proto::ArtifactStatusesRequest>,
    ) -> Result<Response<proto::ArtifactStatusesResponse>, Status> {
        let request = self.asked("ArtifactStatus", request).await?;
        let statuses = request.names.iter().map(|name| {
            let exists = self.state.artifacts().contains_key(&(request.session_id.clone(), name.clone()));
            (name.clone(), proto::artifact_statuses_response::ArtifactStatus { exists })
        });
        let answer = proto::ArtifactStatusesResponse { statuses: statuses.collect(), ..Default::default() };
        named!(self, "ArtifactStatus", request.session_id, answer)
    }

    async fn clone_session(
        &self,
        request: tonic::Request<proto::CloneSessionRequest>,
    ) -> Result<Response<proto::CloneSessionResponse>, Status> {
        let request = self.asked("CloneSession", request).await?;
        let new_session_id = request.new_session_id.unwrap_or_default();
        let new_server_side_session_id = self.state.server_side(&new_session_id);
        let answer =
            proto::CloneSessionResponse { new_session_id, new_server_side_session_id, ..Default::default() };
        named!(self, "CloneSession", request.session_id, answer)
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
