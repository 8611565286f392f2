//! Rows that travel with the plan, or ahead of it.

use std::fmt;
use std::sync::OnceLock;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType as ArrowType, Field, IntervalUnit, SchemaRef, TimeUnit};
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use prost::Message;
use sha2::{Digest, Sha256};

use super::{Operator, PlanError, Relation, Sending, note};
use crate::proto;
use crate::proto::relation::RelType;
use crate::types::Schema;

mod readable;

/// The maximum bytes of rows in a plan: servers refuse messages of more than 128 MiB, and the plan needs room.
const MAX_INLINE_BYTES: usize = 120 * 1024 * 1024;

/// About the bytes of rows in one chunk, which a server takes in at once.
const CHUNK_BYTES: usize = 16 * 1024 * 1024;

/// How the rows of a program reach the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Upload {
    /// In the plan.
    #[default]
    Inline,
    /// From this many bytes on ahead of the plan, in one piece.
    Whole(usize),
    /// From this many bytes on ahead of the plan, in several pieces.
    Pieces(usize),
}

/// The rows, as an Arrow stream of one batch.
#[derive(Clone)]
pub(crate) struct Local {
    schema: SchemaRef,
    data: Bytes,
    /// The server's names for the rows in one piece, and in several, once they were hashed.
    whole: OnceLock<Vec<String>>,
    pieces: OnceLock<Vec<String>>,
}

/// Rows that are sent ahead of a plan, which names them by their hash.
#[derive(Debug)]
pub(crate) struct Artifact {
    pub(crate) hash: String,
    pub(crate) data: Bytes,
}

fn hash(data: &Bytes) -> String {
    Sha256::digest(data).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Relation {
    /// Rows that the program has. The batches must have that schema.
    pub(crate) fn local(schema: &SchemaRef, batches: &[RecordBatch]) -> Self {
        let (local, mistake) = match joined(schema, batches) {
            Ok(local) => (local, None),
            Err(mistake) => (Local::new(SchemaRef::clone(schema), Bytes::new()), Some(mistake)),
        };
        Self::checked(Operator::Local(local), Vec::new(), Vec::new(), mistake)
    }
}

/// All rows as one batch: Spark 3.5 reads the first batch of a stream and skips the others, and Sail takes no stream
/// without a batch.
fn joined(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Local, PlanError> {
    schema.fields().iter().try_for_each(|field| sendable(field, field.name()))?;
    if batches.iter().any(|batch| batch.schema_ref() != schema) {
        return Err(PlanError::new("the batches of a frame have different schemas"));
    }
    let rows = concat_batches(schema, batches).map_err(|error| unsendable(&error))?;
    let rows = readable::readable(rows)?;
    Ok(Local::new(rows.schema(), encoded(&rows)?))
}

/// An Arrow stream of one batch, uncompressed.
fn encoded(rows: &RecordBatch) -> Result<Bytes, PlanError> {
    let write = || {
        let mut writer = StreamWriter::try_new(Vec::new(), rows.schema_ref())?;
        writer.write(rows)?;
        writer.into_inner()
    };
    write().map(Bytes::from).map_err(|error| unsendable(&error))
}

fn unsendable(error: &ArrowError) -> PlanError {
    PlanError::new(format!("the batches of a frame cannot be sent: {error}"))
}

/// Refuses what servers misread, and what they refuse without the name of its column: Spark takes the keys of a dictionary
/// for its values, Sail unsigned numbers for signed.
fn sendable(field: &Field, column: &str) -> Result<(), PlanError> {
    use ArrowType::{
        Date64, Decimal32, Decimal64, Decimal256, Dictionary, Duration, FixedSizeBinary, FixedSizeList,
        Float16, Interval, LargeList, LargeListView, List, ListView, Map, RunEndEncoded, Struct, Time32,
        Time64, Timestamp, UInt8, UInt16, UInt32, UInt64, Union,
    };
    let cast = |to: &str| {
        Err(PlanError::new(format!(
            "column `{column}` of the batches is {}, which servers do not read: cast it to {to}",
            field.data_type()
        )))
    };
    match field.data_type() {
        Dictionary(_, values) => cast(&values.to_string()),
        RunEndEncoded(_, values) => cast(&values.data_type().to_string()),
        UInt8 => cast("Int16"),
        UInt16 => cast("Int32"),
        UInt32 => cast("Int64"),
        UInt64 => cast("Decimal128(20, 0)"),
        Float16 => cast("Float32"),
        Decimal32(..) | Decimal64(..) | Decimal256(..) => cast("Decimal128"),
        Date64 => cast("Date32"),
        Duration(unit) if *unit != TimeUnit::Microsecond => cast("microseconds"),
        Interval(IntervalUnit::DayTime) => cast("a Duration of microseconds"),
        // Arrow takes an empty time zone for none; servers take every time zone for one.
        Timestamp(_, Some(zone)) if zone.is_empty() => cast("a Timestamp without a time zone"),
        Time32(_) | Time64(_) => cast("an Int64, or Utf8"),
        LargeList(_) | FixedSizeList(..) | ListView(_) | LargeListView(_) => cast("List"),
        FixedSizeBinary(_) => cast("Binary"),
        Union(..) => cast("Struct"),
        List(element) => sendable(element, column),
        Map(entries, _) => sendable(entries, column),
        Struct(fields) => fields.iter().try_for_each(|field| sendable(field, column)),
        _ => Ok(()),
    }
}

impl Local {
    fn new(schema: SchemaRef, data: Bytes) -> Self {
        Self { schema, data, whole: OnceLock::new(), pieces: OnceLock::new() }
    }

    /// The rows, whose columns share the memory of the stream.
    fn rows(&self) -> Result<RecordBatch, PlanError> {
        let rows = StreamDecoder::new().decode(&mut Buffer::from(self.data.clone()));
        let rows = rows.map_err(|error| unsendable(&error))?;
        Ok(rows.unwrap_or_else(|| RecordBatch::new_empty(SchemaRef::clone(&self.schema))))
    }

    /// The size of the rows, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.data.len()
    }

    /// The artifacts that the server needs before the plan; none where the rows travel in it.
    pub(crate) fn artifacts(&self, upload: Upload) -> Result<Vec<Artifact>, PlanError> {
        let Some(hashes) = self.hashes(upload) else { return Ok(Vec::new()) };
        let parts = match upload {
            Upload::Pieces(_) => self.pieces()?,
            _ => vec![self.relation().encode_to_vec().into()],
        };
        let hashes = hashes.get_or_init(|| parts.iter().map(hash).collect());
        Ok(hashes.iter().cloned().zip(parts).map(|(hash, data)| Artifact { hash, data }).collect())
    }

    /// The names of the artifacts, if they were hashed.
    fn hashes(&self, upload: Upload) -> Option<&OnceLock<Vec<String>>> {
        match upload {
            Upload::Whole(least) if self.len() >= least => Some(&self.whole),
            Upload::Pieces(least) if self.len() >= least => Some(&self.pieces),
            _ => None,
        }
    }

    /// The names of the artifacts that the server needs before the plan. The rows are hashed once.
    pub(crate) fn names(&self, upload: Upload) -> Result<Vec<String>, PlanError> {
        match self.hashes(upload).and_then(OnceLock::get) {
            Some(hashes) => Ok(hashes.clone()),
            None => Ok(self.artifacts(upload)?.into_iter().map(|artifact| artifact.hash).collect()),
        }
    }

    /// The columns, with the fields in them.
    pub(super) fn column_names(&self, names: &mut String) {
        note(names, [Schema::from_arrow(&self.schema).to_string()]);
    }

    /// Whether a column of the rows is, or holds, an instant.
    pub(super) fn holds_instants(&self) -> bool {
        let schema = Schema::from_arrow(&self.schema);
        schema.fields().iter().any(|column| column.data_type.holds_instants())
    }

    fn relation(&self) -> proto::LocalRelation {
        proto::LocalRelation { data: Some(self.data.clone()), schema: None }
    }

    /// The rows in the plan. Beside the types of their columns the server casts them to these, and so instants to ones in
    /// the time zone of the session.
    fn inline(&self, casts_instants: bool) -> proto::LocalRelation {
        let schema = (casts_instants && self.holds_instants())
            .then(|| Schema::from_arrow(&self.schema).ddl_with_fixed_timestamps());
        proto::LocalRelation { schema, ..self.relation() }
    }

    /// A stream for each run of rows that is about as large as a server takes in at once.
    fn pieces(&self) -> Result<Vec<Bytes>, PlanError> {
        let count = self.len() / CHUNK_BYTES + 1;
        if count == 1 {
            return Ok(vec![self.data.clone()]);
        }
        let rows = self.rows()?;
        let at_once = rows.num_rows().div_ceil(count).max(1);
        let starts = (0..rows.num_rows()).step_by(at_once);
        starts.map(|start| encoded(&rows.slice(start, at_once.min(rows.num_rows() - start)))).collect()
    }

    /// The rows, or their names where they went ahead.
    pub(super) fn to_proto(&self, sending: Sending) -> Result<RelType, PlanError> {
        let upload = sending.upload;
        let mut names = self.names(upload)?;
        match upload {
            Upload::Whole(_) if !names.is_empty() => {
                let hash = names.swap_remove(0);
                Ok(RelType::CachedLocalRelation(proto::CachedLocalRelation { hash }))
            }
            Upload::Pieces(_) if !names.is_empty() => {
                Ok(RelType::ChunkedCachedLocalRelation(proto::ChunkedCachedLocalRelation {
                    data_hashes: names,
                    ..Default::default()
                }))
            }
            _ if self.len() > MAX_INLINE_BYTES => Err(PlanError::new(format!(
                "the rows of a frame are {} bytes, and a plan holds at most {MAX_INLINE_BYTES}: write them to a table \
                 or to files, and have the server read those",
                self.len()
            ))),
            _ => Ok(RelType::LocalRelation(self.inline(sending.casts_instants))),
        }
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Local({} bytes)", self.data.len())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::Int64Array;
    use arrow_ipc::reader::StreamReader;
    use arrow_schema::Schema as ArrowSchema;

    use super::*;

    #[test]
    fn a_timestamp_whose_time_zone_is_empty_is_not_sent() {
        let timestamp = |zone: Option<&str>| {
            let data_type = ArrowType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into));
            let list = ArrowType::List(Arc::new(Field::new("element", data_type, true)));
            joined(&Arc::new(ArrowSchema::new(vec![Field::new("at", list, true)])), &[])
        };
        let error = timestamp(Some("")).map(drop).unwrap_err().to_string();
        assert!(error.contains("column `at`"), "{error}");
        assert!(
            error.ends_with("servers do not read: cast it to a Timestamp without a time zone"),
            "{error}"
        );
        assert!(timestamp(Some("UTC")).is_ok() && timestamp(None).is_ok());
    }

    #[test]
    fn a_type_that_no_server_reads_is_refused_by_its_column() {
        for (data_type, to) in [
            (ArrowType::Interval(IntervalUnit::DayTime), "a Duration of microseconds"),
            (ArrowType::Duration(TimeUnit::Second), "microseconds"),
            (ArrowType::UInt8, "Int16"),
        ] {
            let schema = Arc::new(ArrowSchema::new(vec![Field::new("a", data_type.clone(), true)]));
            let error = joined(&schema, &[]).map(drop).unwrap_err().to_string();
            let expected = format!(
                "column `a` of the batches is {data_type}, which servers do not read: cast it to {to}"
            );
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn rows_with_an_instant_at_any_depth_say_their_types_where_instants_are_cast() {
        let instant = ArrowType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let list = ArrowType::List(Arc::new(Field::new("element", instant, true)));
        let reading = ArrowType::Timestamp(TimeUnit::Microsecond, None);
        let said = |data_type: &ArrowType, casts_instants| {
            let schema = Arc::new(ArrowSchema::new(vec![Field::new("a b", data_type.clone(), false)]));
            let sending = Sending { casts_instants, ..Sending::default() };
            match joined(&schema, &[]).unwrap().to_proto(sending).unwrap() {
                RelType::LocalRelation(local) => local.schema,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(said(&list, true).as_deref(), Some("`a b` ARRAY<TIMESTAMP_LTZ> NOT NULL"));
        assert_eq!(
            [said(&list, false), said(&reading, true), said(&ArrowType::Int64, true)],
            [None, None, None]
        );
    }

    #[test]
    fn views_travel_as_texts() {
        let schema = Arc::new(ArrowSchema::new(vec![Field::new("a", ArrowType::Utf8View, false)]));
        let views = arrow_array::StringViewArray::from_iter_values(["x", "y"]);
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(views)]).unwrap();
        let sent = joined(&schema, &[batch.clone(), batch]).unwrap().data;
        let read = StreamReader::try_new(&sent[..], None).unwrap().next().unwrap().unwrap();
        assert_eq!(read.schema().field(0).data_type(), &ArrowType::Utf8);
        assert_eq!(read.num_rows(), 4);
    }

    #[test]
    fn rows_in_pieces_are_the_rows() {
        let schema = Arc::new(ArrowSchema::new(vec![Field::new("id", ArrowType::Int64, false)]));
        let ids = Int64Array::from_iter_values(0..5_000_000);
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(ids)]).unwrap();
        let pieces = joined(&schema, std::slice::from_ref(&batch)).unwrap().pieces().unwrap();
        let read = |piece: &Bytes| StreamReader::try_new(&piece[..], None).unwrap().next().unwrap().unwrap();
        assert_eq!(pieces.len(), 3);
        assert_eq!(concat_batches(&schema, &pieces.iter().map(read).collect::<Vec<_>>()).unwrap(), batch);
    }

    #[test]
    fn however_many_batches_there_are_they_travel_as_one() {
        let schema = Arc::new(ArrowSchema::new(vec![Field::new("id", ArrowType::Int64, false)]));
        let batch = |ids: Vec<i64>| {
            RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(Int64Array::from(ids))]).unwrap()
        };
        for batches in [vec![], vec![batch(vec![1])], vec![batch(vec![1, 2]), batch(vec![]), batch(vec![3])]]
        {
            let sent = joined(&schema, &batches).unwrap().data;
            let read: Vec<_> = StreamReader::try_new(&sent[..], None).unwrap().map(Result::unwrap).collect();
            assert_eq!(read, [concat_batches(&schema, &batches).unwrap()]);
        }
    }
}
