//! Responses of an operation, made from Arrow batches and by hand.

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use bytes::Bytes;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::arrow::{ipc, structure};
use super::proto::execute_plan_response::execution_progress::StageInfo;
use super::proto::execute_plan_response::{
    ArrowBatch, ExecutionProgress, ResponseType, ResultComplete, SqlCommandResult,
};
use super::proto::{self, ExecutePlanResponse};

/// One response of an operation.
#[derive(Debug, Clone, Default)]
#[must_use = "a response does nothing until an exchange sends it"]
pub struct Response {
    pub(super) message: ExecutePlanResponse,
    /// Fields that the project's own messages do not know, encoded.
    unknown: Vec<u8>,
    /// Sent instead of all that.
    raw: Option<Bytes>,
}

impl Response {
    /// Changes the message; what is left empty is filled in when it is sent.
    pub(super) fn edit(mut self, change: impl FnOnce(&mut ExecutePlanResponse)) -> Self {
        change(&mut self.message);
        self
    }

    /// Changes the Arrow batch, if the response carries one.
    fn edit_batch(self, change: impl FnOnce(&mut ArrowBatch)) -> Self {
        self.edit(|message| {
            if let Some(ResponseType::ArrowBatch(batch)) = &mut message.response_type {
                change(batch);
            }
        })
    }

    /// These bytes instead of a message, sent as they are.
    pub fn raw(bytes: impl Into<Bytes>) -> Self {
        Self { raw: Some(bytes.into()), ..Self::default() }
    }

    /// Names this session instead of that of the request.
    pub fn with_session_id(self, id: impl Into<String>) -> Self {
        self.edit(|message| message.session_id = id.into())
    }

    /// Names this session of the server's own instead of the right one.
    pub fn with_server_side_session_id(self, id: impl Into<String>) -> Self {
        self.edit(|message| message.server_side_session_id = id.into())
    }

    /// Names this operation instead of that of the request.
    pub fn with_operation_id(self, id: impl Into<String>) -> Self {
        self.edit(|message| message.operation_id = id.into())
    }

    /// Bears this id instead of the next in turn.
    pub fn with_response_id(self, id: impl Into<String>) -> Self {
        self.edit(|message| message.response_id = id.into())
    }

    /// Claims so many rows for its batch.
    pub fn with_row_count(self, rows: i64) -> Self {
        self.edit_batch(|batch| batch.row_count = rows)
    }

    /// Carries these bytes as its batch.
    pub fn with_arrow_data(self, data: impl Into<Bytes>) -> Self {
        self.edit_batch(|batch| batch.data = data.into())
    }

    /// Claims that so many rows of the result come before its batch, or says nothing of it.
    pub fn with_start_offset(self, offset: Option<i64>) -> Self {
        self.edit_batch(|batch| batch.start_offset = offset)
    }

    /// Claims to be the chunk of this number of its batch, counted from 0, or says nothing of it.
    pub fn with_chunk_index(self, index: Option<i64>) -> Self {
        self.edit_batch(|batch| batch.chunk_index = index)
    }

    /// Claims that its batch has so many chunks, or says nothing of it.
    pub fn with_chunk_count(self, chunks: Option<i64>) -> Self {
        self.edit_batch(|batch| batch.num_chunks_in_batch = chunks)
    }

    /// The Arrow stream, if the response carries one.
    #[must_use]
    pub fn arrow_data(&self) -> Option<&[u8]> {
        self.arrow_batch().map(|batch| &*batch.data)
    }

    /// How many rows it says that its batch has.
    #[must_use]
    pub fn row_count(&self) -> Option<i64> {
        self.arrow_batch().map(|batch| batch.row_count)
    }

    /// How many rows of the result it says come before its batch.
    #[must_use]
    pub fn start_offset(&self) -> Option<i64> {
        self.arrow_batch()?.start_offset
    }

    /// Whether its batch is cut into chunks.
    #[must_use]
    pub fn is_chunk(&self) -> bool {
        self.arrow_batch().is_some_and(|batch| batch.num_chunks_in_batch.is_some())
    }

    fn arrow_batch(&self) -> Option<&ArrowBatch> {
        match &self.message.response_type {
            Some(ResponseType::ArrowBatch(batch)) => Some(batch),
            _ => None,
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        matches!(self.message.response_type, Some(ResponseType::ResultComplete(_)))
    }

    /// The bytes of the message as it stands.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let mut bytes = self.message.encode_to_vec();
        bytes.extend_from_slice(&self.unknown);
        bytes.into()
    }
}

/// A response of this type.
fn response(response_type: ResponseType) -> Response {
    Response {
        message: ExecutePlanResponse { response_type: Some(response_type), ..Default::default() },
        ..Response::default()
    }
}

/// A whole batch without an offset, as Sail sends it.
pub fn batch(rows: &RecordBatch) -> Response {
    let row_count = i64::try_from(rows.num_rows()).unwrap_or(i64::MAX);
    response(ResponseType::ArrowBatch(ArrowBatch {
        row_count,
        data: ipc(std::slice::from_ref(rows)),
        ..Default::default()
    }))
}

/// A whole batch whose first row has this number in the result, as Spark sends it.
pub fn batch_at(offset: i64, rows: &RecordBatch) -> Response {
    batch(rows).edit_batch(|batch| batch.start_offset = Some(offset))
}

/// A batch in `parts` chunks, as Spark cuts one that is larger than a message.
#[must_use]
pub fn chunks(offset: i64, rows: &RecordBatch, parts: usize) -> Vec<Response> {
    let data = ipc(std::slice::from_ref(rows));
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

/// How far one stage of an operation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stage {
    /// Its number.
    pub id: i64,
    /// How many tasks it has.
    pub tasks: i64,
    /// How many of them are done.
    pub completed_tasks: i64,
    /// How many bytes they have read.
    pub bytes_read: i64,
    /// Whether it has ended.
    pub done: bool,
}

/// How far the operation is; Spark sends these at any time.
pub fn progress() -> Response {
    stages([Stage { id: 1, tasks: 2, completed_tasks: 1, ..Stage::default() }], 1)
}

/// The same before there is a stage.
pub fn planning() -> Response {
    stages([], 0)
}

/// The same with these stages, of which so many tasks are running.
pub fn stages(stages: impl IntoIterator<Item = Stage>, running: i64) -> Response {
    let told = |stage: Stage| StageInfo {
        stage_id: stage.id,
        num_tasks: stage.tasks,
        num_completed_tasks: stage.completed_tasks,
        input_bytes_read: stage.bytes_read,
        done: stage.done,
    };
    let stages = stages.into_iter().map(told).collect();
    response(ResponseType::ExecutionProgress(ExecutionProgress { stages, num_inflight_tasks: running }))
}

/// The answer to a statement: rows if there are any, as Delta's counts, or a relation without a byte.
pub fn sql_result(rows: Option<&RecordBatch>) -> Response {
    sql_results(rows.map(std::slice::from_ref).unwrap_or_default())
}

/// The answer to a statement that is the statement itself: Spark answers so to a query, which is run as a plan then.
pub fn sql_relation(text: impl Into<String>) -> Response {
    let sql = proto::Sql { query: text.into(), ..Default::default() };
    let relation =
        proto::Relation { rel_type: Some(proto::relation::RelType::Sql(sql)), ..Default::default() };
    response(ResponseType::SqlCommandResult(SqlCommandResult { relation: Some(relation) }))
}

pub(super) fn sql_results(batches: &[RecordBatch]) -> Response {
    let local = proto::LocalRelation { data: Some(ipc(batches)), schema: None };
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
    Response { unknown, ..Response::default() }
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
