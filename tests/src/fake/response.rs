//! Responses of an operation, made from Arrow batches and by hand.

use arrow_array::RecordBatch;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Schema};
use bytes::Bytes;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::proto::execute_plan_response::execution_progress::StageInfo;
use super::proto::execute_plan_response::{
    ArrowBatch, ExecutionProgress, ResponseType, ResultComplete, SqlCommandResult,
};
use super::proto::{self, ExecutePlanResponse, data_type};

/// One response of an operation.
#[derive(Debug, Clone, Default)]
#[must_use = "a response does nothing until an exchange sends it"]
pub struct Response {
    pub(super) message: ExecutePlanResponse,
    /// Fields that the project's own messages do not know, encoded.
    unknown: Vec<u8>,
}

impl Response {
    /// Changes the message; what is left empty is filled in when it is sent.
    pub fn edit(mut self, change: impl FnOnce(&mut ExecutePlanResponse)) -> Self {
        change(&mut self.message);
        self
    }

    /// Changes the Arrow batch, if the response carries one.
    pub fn edit_batch(self, change: impl FnOnce(&mut ArrowBatch)) -> Self {
        self.edit(|message| {
            if let Some(ResponseType::ArrowBatch(batch)) = &mut message.response_type {
                change(batch);
            }
        })
    }

    /// The Arrow stream, if the response carries one.
    #[must_use]
    pub fn arrow_data(&self) -> Option<&[u8]> {
        match &self.message.response_type {
            Some(ResponseType::ArrowBatch(batch)) => Some(&batch.data),
            _ => None,
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        matches!(self.message.response_type, Some(ResponseType::ResultComplete(_)))
    }

    /// The bytes of the message as it stands.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut bytes = self.message.encode_to_vec();
        bytes.extend_from_slice(&self.unknown);
        bytes.into()
    }
}

/// A response of this type.
pub fn response(response_type: ResponseType) -> Response {
    Response {
        message: ExecutePlanResponse { response_type: Some(response_type), ..Default::default() },
        unknown: Vec::new(),
    }
}

/// A whole batch without an offset, as Sail sends it.
pub fn batch(rows: &RecordBatch) -> Response {
    let row_count = i64::try_from(rows.num_rows()).unwrap_or(i64::MAX);
    response(ResponseType::ArrowBatch(ArrowBatch { row_count, data: ipc(rows), ..Default::default() }))
}

/// A whole batch whose first row has this number in the result, as Spark sends it.
pub fn batch_at(offset: i64, rows: &RecordBatch) -> Response {
    batch(rows).edit_batch(|batch| batch.start_offset = Some(offset))
}

/// A batch in `parts` chunks, as Spark cuts one that is larger than a message.
#[must_use]
pub fn chunks(offset: i64, rows: &RecordBatch, parts: usize) -> Vec<Response> {
    let data = ipc(rows);
    let size = data.len().div_ceil(parts.max(1));
    let pieces: Vec<Bytes> = (0..parts)
        .map(|part| data.slice((part * size).min(data.len())..((part + 1) * size).min(data.len())))
        .collect();
    let number = |count: usize| i64::try_from(count).ok();
    (0..)
        .zip(pieces)
        .map(|(index, piece)| {
            batch_at(offset, rows).edit_batch(|batch| {
                batch.data = piece;
                batch.chunk_index = number(index);
                batch.num_chunks_in_batch = number(parts);
            })
        })
        .collect()
}

/// The end of a result.
pub fn complete() -> Response {
    response(ResponseType::ResultComplete(ResultComplete {}))
}

/// The schema, which Spark sends before the first batch in a response that carries nothing else.
pub fn schema(schema: &Schema) -> Response {
    Response::default().edit(|message| message.schema = Some(structure(schema)))
}

/// The answer to the question for a plan's schema.
#[must_use]
pub fn analyzed(schema: &Schema) -> proto::AnalyzePlanResponse {
    use proto::analyze_plan_response as answer;
    let schema = answer::Schema { schema: Some(structure(schema)) };
    proto::AnalyzePlanResponse { result: Some(answer::Result::Schema(schema)), ..Default::default() }
}

/// How far the operation is; Spark sends these at any time.
pub fn progress() -> Response {
    let stage = StageInfo { stage_id: 1, num_tasks: 2, num_completed_tasks: 1, ..Default::default() };
    response(ResponseType::ExecutionProgress(ExecutionProgress {
        stages: vec![stage],
        num_inflight_tasks: 1,
    }))
}

/// The same before there is a stage.
pub fn planning() -> Response {
    response(ResponseType::ExecutionProgress(ExecutionProgress::default()))
}

/// The answer to a statement: rows if there are any, as Delta's counts, or a relation without a byte.
pub fn sql_result(rows: Option<&RecordBatch>) -> Response {
    let local = proto::LocalRelation { data: Some(rows.map(ipc).unwrap_or_default()), schema: None };
    let relation = proto::Relation {
        rel_type: Some(proto::relation::RelType::LocalRelation(local)),
        ..Default::default()
    };
    response(ResponseType::SqlCommandResult(SqlCommandResult { relation: Some(relation) }))
}

/// A response of a type that only a newer server knows.
pub fn unknown_type() -> Response {
    const FIELD: u32 = 4242;
    let mut unknown = Vec::new();
    encode_key(FIELD, WireType::LengthDelimited, &mut unknown);
    encode_varint(3, &mut unknown);
    unknown.extend_from_slice(b"new");
    Response { message: ExecutePlanResponse::default(), unknown }
}

/// A response whose observed metrics hold an enum value that only a newer server knows.
pub fn unknown_enum() -> Response {
    use proto::fetch_error_details_response as details;
    let context = details::QueryContext { context_type: 77, ..Default::default() };
    let throwable = details::SparkThrowable { query_contexts: vec![context], ..Default::default() };
    let error = details::Error { spark_throwable: Some(throwable), ..Default::default() };
    let metrics = proto::execute_plan_response::ObservedMetrics { errors: vec![error], ..Default::default() };
    Response::default().edit(|message| message.observed_metrics = vec![metrics])
}

/// An Arrow IPC stream with this one batch.
#[expect(clippy::expect_used, reason = "a test's batch that Arrow cannot write must fail the test")]
fn ipc(rows: &RecordBatch) -> Bytes {
    let mut writer =
        StreamWriter::try_new(Vec::new(), &rows.schema()).expect("a schema that Arrow can write");
    writer.write(rows).expect("a batch that Arrow can write");
    writer.into_inner().expect("an Arrow stream that can be ended").into()
}

fn structure(schema: &Schema) -> proto::DataType {
    let fields = schema.fields().iter().map(|field| data_type::StructField {
        name: field.name().clone(),
        data_type: Some(proto::DataType { kind: Some(kind(field.data_type())) }),
        nullable: field.is_nullable(),
        metadata: None,
    });
    let fields = data_type::Struct { fields: fields.collect(), ..Default::default() };
    proto::DataType { kind: Some(data_type::Kind::Struct(fields)) }
}

fn kind(data_type: &DataType) -> data_type::Kind {
    match data_type {
        DataType::Int64 => data_type::Kind::Long(data_type::Long::default()),
        DataType::Int32 => data_type::Kind::Integer(data_type::Integer::default()),
        DataType::Utf8 => data_type::Kind::String(data_type::String::default()),
        other => data_type::Kind::Unparsed(data_type::Unparsed { data_type_string: other.to_string() }),
    }
}
