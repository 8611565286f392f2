//! The same calls by `tonic` alone: nothing is retried or checked.

use std::hint::black_box;

use arrow_ipc::reader::StreamReader;
use prost::Message;
use tonic::IntoRequest;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;
use uuid::Uuid;

use crate::proto::execute_plan_request::RequestOption;
use crate::proto::execute_plan_request::request_option::RequestOption as Choice;
use crate::proto::execute_plan_response::ResponseType;
use crate::proto::{
    ExecutePlanRequest, ExecutePlanResponse, Plan, ReattachOptions, Relation, ReleaseExecuteRequest,
    ReleaseExecuteResponse, Sql, plan, relation, release_execute_request,
};

/// Asks so many times, and lets the server forget each operation afterwards if it is to.
pub(crate) async fn calls(port: &str, times: u32, releases: bool) {
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{port}")).unwrap();
    let channel = endpoint.tcp_nodelay(true).connect().await.unwrap();
    let session = Uuid::new_v4().to_string();
    for _ in 0..times {
        let operation = query(&channel, &session).await;
        if releases {
            release(&channel, &session, operation).await;
        }
    }
}

async fn query(channel: &Channel, session: &str) -> String {
    let sql = Sql { query: "one".to_owned(), ..Sql::default() };
    let relation = Relation { rel_type: Some(relation::RelType::Sql(sql)), ..Relation::default() };
    let reattach = Choice::ReattachOptions(ReattachOptions { reattachable: true });
    let operation = Uuid::new_v4().to_string();
    let request = ExecutePlanRequest {
        session_id: session.to_owned(),
        operation_id: Some(operation.clone()),
        plan: Some(Plan { op_type: Some(plan::OpType::Root(relation)) }),
        request_options: vec![RequestOption { request_option: Some(reattach) }],
        ..ExecutePlanRequest::default()
    };
    let mut grpc = ready(channel).await;
    let codec = ProstCodec::<_, ExecutePlanResponse>::default();
    let answer = grpc.server_streaming(request.into_request(), path("ExecutePlan"), codec).await.unwrap();
    let (mut responses, mut rows) = (answer.into_inner(), 0);
    while let Some(response) = responses.message().await.unwrap() {
        if let Some(ResponseType::ArrowBatch(batch)) = response.response_type {
            let batches = StreamReader::try_new(batch.data.as_ref(), None).unwrap();
            rows += batches.map(|batch| black_box(batch.unwrap()).num_rows()).sum::<usize>();
        }
    }
    assert_eq!(rows, 1);
    operation
}

async fn release(channel: &Channel, session: &str, operation: String) {
    let request = ReleaseExecuteRequest {
        session_id: session.to_owned(),
        operation_id: operation,
        release: Some(release_execute_request::Release::ReleaseAll(Default::default())),
        ..ReleaseExecuteRequest::default()
    };
    let codec = ProstCodec::<_, ReleaseExecuteResponse>::default();
    let answer = ready(channel).await.unary(request.into_request(), path("ReleaseExecute"), codec).await;
    assert!(answer.unwrap().get_ref().encoded_len() > 0);
}

async fn ready(channel: &Channel) -> Grpc<Channel> {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    grpc
}

fn path(method: &'static str) -> http::uri::PathAndQuery {
    let path = format!("/spark.connect.SparkConnectService/{method}");
    path.parse().unwrap()
}
