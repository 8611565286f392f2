//! A server of two results, each named by the text of its query.

use arrow_array::RecordBatch;
use arrow_ipc::writer::StreamWriter;
use bytes::{BufMut, Bytes, BytesMut};
use h2::RecvStream;
use h2::server::SendResponse;
use http::{HeaderMap, Request, Response};
use prost::Message;
use tokio::net::{TcpListener, TcpStream};

use crate::rows;

use crate::proto::analyze_plan_response::{self, SparkVersion};
use crate::proto::execute_plan_response::{ArrowBatch, ResponseType, ResultComplete};
use crate::proto::{
    AnalyzePlanRequest, AnalyzePlanResponse, ConfigRequest, ConfigResponse, ExecutePlanRequest,
    ExecutePlanResponse, ReleaseExecuteRequest, ReleaseExecuteResponse, plan, relation,
};

/// What the server calls its side of the session.
const SERVER_SIDE: &str = "2f5a9d0e-7d1c-4f0a-9a53-1f9c1f2f7e11";

/// Prints its port and serves until it is killed.
#[expect(clippy::print_stdout, reason = "it is read by the process that started this one")]
pub(crate) async fn serve() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        socket.set_nodelay(true).unwrap();
        connection(socket).await;
    }
}

async fn connection(socket: TcpStream) {
    let (one, users) = (ipc(&rows::one()), ipc(&rows::users()));
    let mut connection =
        h2::server::Builder::new().initial_connection_window_size(64 << 20).handshake(socket).await.unwrap();
    while let Some(Ok((request, respond))) = connection.accept().await {
        let results = [one.clone(), users.clone()];
        // The connection is read meanwhile.
        tokio::spawn(answer(request, respond, results));
    }
}

async fn answer(request: Request<RecvStream>, mut respond: SendResponse<Bytes>, [one, users]: [Bytes; 2]) {
    let (head, body) = request.into_parts();
    let message = read(body).await;
    let (body, status) = match head.uri.path().rsplit('/').next() {
        Some("ExecutePlan") => {
            let request = ExecutePlanRequest::decode(message).unwrap();
            let (rows, data) = if asked(&request) == "one" { (1, one) } else { (rows::ROWS, users) };
            (executed(&request, rows, data), "0")
        }
        Some("AnalyzePlan") => (version(&AnalyzePlanRequest::decode(message).unwrap()), "0"),
        Some("Config") => (confs(&ConfigRequest::decode(message).unwrap()), "0"),
        Some("ReleaseExecute") => (released(&ReleaseExecuteRequest::decode(message).unwrap()), "0"),
        // UNIMPLEMENTED
        _ => (Bytes::new(), "12"),
    };
    let head = Response::builder().header("content-type", "application/grpc").body(()).unwrap();
    let mut stream = respond.send_response(head, false).unwrap();
    stream.send_data(body, false).unwrap();
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", status.parse().unwrap());
    stream.send_trailers(trailers).unwrap();
}

/// The message of a request, without its prefix of five bytes.
async fn read(mut body: RecvStream) -> Bytes {
    let mut message = BytesMut::new();
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        message.extend_from_slice(&data);
    }
    message.split_off(5).freeze()
}

fn asked(request: &ExecutePlanRequest) -> &str {
    match request.plan.as_ref().and_then(|plan| plan.op_type.as_ref()) {
        Some(plan::OpType::Root(relation)) => match &relation.rel_type {
            Some(relation::RelType::Sql(sql)) => &sql.query,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// A batch, and the end of the result.
fn executed(request: &ExecutePlanRequest, rows: i32, data: Bytes) -> Bytes {
    let batch = ArrowBatch { row_count: rows.into(), data, ..ArrowBatch::default() };
    let messages = [
        ("00000000-0000-4000-8000-000000000001", ResponseType::ArrowBatch(batch)),
        ("00000000-0000-4000-8000-000000000002", ResponseType::ResultComplete(ResultComplete {})),
    ];
    let mut body = BytesMut::new();
    for (response, message) in messages {
        let message = ExecutePlanResponse {
            session_id: request.session_id.clone(),
            server_side_session_id: SERVER_SIDE.to_owned(),
            operation_id: request.operation_id.clone().unwrap(),
            response_id: response.to_owned(),
            response_type: Some(message),
            ..ExecutePlanResponse::default()
        };
        body.extend_from_slice(&framed(&message));
    }
    body.freeze()
}

/// The one question that is asked for a plan's sake: what the server is.
fn version(request: &AnalyzePlanRequest) -> Bytes {
    let version = SparkVersion { version: "4.1.0".to_owned() };
    framed(&AnalyzePlanResponse {
        session_id: request.session_id.clone(),
        server_side_session_id: SERVER_SIDE.to_owned(),
        result: Some(analyze_plan_response::Result::SparkVersion(version)),
    })
}

/// None of them is set.
fn confs(request: &ConfigRequest) -> Bytes {
    framed(&ConfigResponse {
        session_id: request.session_id.clone(),
        server_side_session_id: SERVER_SIDE.to_owned(),
        ..ConfigResponse::default()
    })
}

fn released(request: &ReleaseExecuteRequest) -> Bytes {
    framed(&ReleaseExecuteResponse {
        session_id: request.session_id.clone(),
        server_side_session_id: SERVER_SIDE.to_owned(),
        operation_id: Some(request.operation_id.clone()),
    })
}

/// The message behind its prefix.
fn framed(message: &impl Message) -> Bytes {
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(message.encoded_len().try_into().unwrap());
    message.encode(&mut framed).unwrap();
    framed.freeze()
}

fn ipc(batch: &RecordBatch) -> Bytes {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap().into()
}
