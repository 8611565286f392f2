//! The floor: the same requests by `tonic` alone. Nothing is retried, checked or released, and a result that breaks off
//! is lost.

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use bytes::Bytes;
use lakeorm_tests::engine::Engine;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic::{IntoRequest, Streaming};
use tonic_prost::ProstCodec;
use uuid::Uuid;

use crate::windows::Windows;

#[path = "../../fake/proto.rs"]
mod proto;

use proto::execute_plan_request::RequestOption;
use proto::execute_plan_request::request_option::RequestOption as Choice;
use proto::execute_plan_response::ResponseType;
use proto::{
    ExecutePlanRequest, ExecutePlanResponse, Plan, ReattachOptions, Relation, Sql, UserContext, plan,
    relation,
};

/// One session of a server.
#[derive(Clone)]
pub(crate) struct Raw {
    channel: Channel,
    session: String,
    reattachable: bool,
}

impl Raw {
    pub(crate) async fn connect(engine: &Engine, reattachable: bool, windows: Windows) -> Self {
        let address = format!("http://{}", engine.address());
        let endpoint = Endpoint::from_shared(address).unwrap().tcp_nodelay(true);
        let channel = windows.by_hand(endpoint).connect().await.unwrap();
        Self { channel, session: Uuid::new_v4().to_string(), reattachable }
    }

    /// The responses of a query.
    pub(crate) async fn query(&self, sql: &str) -> Streaming<ExecutePlanResponse> {
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(usize::MAX);
        grpc.ready().await.unwrap();
        let path = http::uri::PathAndQuery::from_static("/spark.connect.SparkConnectService/ExecutePlan");
        let codec = ProstCodec::<ExecutePlanRequest, ExecutePlanResponse>::default();
        grpc.server_streaming(self.request(sql).into_request(), path, codec).await.unwrap().into_inner()
    }

    fn request(&self, sql: &str) -> ExecutePlanRequest {
        let sql = Sql { query: sql.to_owned(), ..Sql::default() };
        let relation = Relation { rel_type: Some(relation::RelType::Sql(sql)), ..Relation::default() };
        let reattach = RequestOption {
            request_option: Some(Choice::ReattachOptions(ReattachOptions { reattachable: true })),
        };
        ExecutePlanRequest {
            session_id: self.session.clone(),
            user_context: Some(UserContext { user_id: "race".to_owned(), ..UserContext::default() }),
            operation_id: Some(Uuid::new_v4().to_string()),
            plan: Some(Plan { op_type: Some(plan::OpType::Root(relation)) }),
            request_options: self.reattachable.then_some(reattach).into_iter().collect(),
            ..ExecutePlanRequest::default()
        }
    }
}

/// The bytes of each Arrow batch of a result.
pub(crate) async fn next(responses: &mut Streaming<ExecutePlanResponse>) -> Option<Bytes> {
    while let Some(response) = responses.message().await.unwrap() {
        if let Some(ResponseType::ArrowBatch(batch)) = response.response_type {
            return Some(batch.data);
        }
    }
    None
}

/// The batches in an Arrow IPC stream.
pub(crate) fn decoded(data: &Bytes) -> impl Iterator<Item = RecordBatch> {
    StreamReader::try_new(data.as_ref(), None).unwrap().map(Result::unwrap)
}
