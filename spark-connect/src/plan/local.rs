//! Rows that travel with the plan, or ahead of it.

use std::fmt;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType as ArrowType, Field, SchemaRef, TimeUnit};
use bytes::Bytes;
use prost::Message;
use sha2::{Digest, Sha256};

use super::{Operator, PlanError, Relation};
use crate::proto;
use crate::proto::relation::RelType;

/// What a message holds beside the rest of a plan; servers refuse larger ones than 128 MiB.
const LARGEST: usize = 120 * 1024 * 1024;

/// About how many bytes of rows are put into one batch, which is what a server takes in at once.
const BATCH: usize = 16 * 1024 * 1024;

/// How the rows of a program reach the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Carriage {
    /// In the plan.
    #[default]
    Inline,
    /// From so many bytes on ahead of the plan, in one piece.
    Whole(usize),
    /// From so many bytes on ahead of the plan, in one piece for each batch.
    Pieces(usize),
}

/// Rows in the form of an Arrow stream.
#[derive(Clone)]
pub(crate) struct Local {
    data: Bytes,
    /// Where the schema and each batch end.
    ends: Arc<[usize]>,
}

/// What is sent ahead of a plan, which names it by its hash.
#[derive(Debug)]
pub(crate) struct Artifact {
    pub(crate) hash: String,
    /// Its bytes, one part behind the other.
    pub(crate) parts: Vec<Bytes>,
}

impl Artifact {
    fn new(parts: Vec<Bytes>) -> Self {
        let mut hash = Sha256::new();
        parts.iter().for_each(|part| hash.update(part));
        Self { hash: hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(), parts }
    }
}

impl Relation {
    /// Rows that the program has. The batches must have that schema.
    pub(crate) fn local(schema: &SchemaRef, batches: &[RecordBatch]) -> Self {
        let (local, mistake) = match encoded(schema, batches) {
            Ok(local) => (local, None),
            Err(mistake) => (Local { data: Bytes::new(), ends: Arc::from([]) }, Some(mistake)),
        };
        Self::checked(Operator::Local(local), Vec::new(), Vec::new(), mistake)
    }
}

/// An Arrow stream, uncompressed: each batch as a message of its own, and large ones in several.
fn encoded(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Local, PlanError> {
    schema.fields().iter().try_for_each(|field| sendable(field, field.name()))?;
    let failed = |error: arrow_schema::ArrowError| {
        PlanError::new(format!("the batches of a frame cannot be sent: {error}"))
    };
    let mut writer = StreamWriter::try_new(Vec::new(), schema).map_err(failed)?;
    let mut ends = vec![writer.get_ref().len()];
    // A stream without a batch is an error to Sail, one with an empty batch is not.
    let empty = batches.is_empty().then(|| RecordBatch::new_empty(SchemaRef::clone(schema)));
    for batch in batches.iter().chain(&empty) {
        if batch.schema_ref() != schema {
            return Err(PlanError::new("the batches of a frame have different schemas"));
        }
        let rows = batch.num_rows();
        let at_once = match batch.get_array_memory_size() / BATCH {
            0 => rows,
            times => rows / (times + 1),
        };
        for start in (0..rows.max(1)).step_by(at_once.max(1)) {
            let part = batch.slice(start, at_once.max(1).min(rows - start));
            writer.write(&part).map_err(failed)?;
            ends.push(writer.get_ref().len());
        }
    }
    let data = writer.into_inner().map(Bytes::from).map_err(failed)?;
    Ok(Local { data, ends: ends.into() })
}

/// Refuses what servers misread: Spark takes the keys of a dictionary for its values, Sail unsigned numbers for signed.
fn sendable(field: &Field, column: &str) -> Result<(), PlanError> {
    use ArrowType::{
        Date64, Decimal32, Decimal64, Decimal256, Dictionary, Duration, FixedSizeBinary, FixedSizeList,
        Float16, LargeList, LargeListView, List, ListView, Map, RunEndEncoded, Struct, Time32, Time64,
        Timestamp, UInt8, UInt16, UInt32, UInt64, Union,
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
        Timestamp(unit, _) | Duration(unit) if *unit != TimeUnit::Microsecond => cast("microseconds"),
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
    /// How many bytes the rows are.
    pub(crate) fn len(&self) -> usize {
        self.data.len()
    }

    /// What has to be with the server before the plan; nothing where the rows travel in it.
    pub(crate) fn artifacts(&self, carriage: Carriage) -> Vec<Artifact> {
        match carriage {
            Carriage::Whole(least) if self.len() >= least => {
                let relation = proto::LocalRelation { data: Some(self.data.clone()), schema: None };
                vec![Artifact::new(vec![relation.encode_to_vec().into()])]
            }
            Carriage::Pieces(least) if self.len() >= least => self.pieces().map(Artifact::new).collect(),
            _ => Vec::new(),
        }
    }

    /// An Arrow stream for each batch: the schema, the batch, and the end of the stream.
    fn pieces(&self) -> impl Iterator<Item = Vec<Bytes>> {
        let schema = self.ends.first().copied().unwrap_or_default();
        let end = self.ends.last().copied().unwrap_or_default();
        let starts = self.ends.iter().copied();
        let batches = starts.zip(self.ends.iter().copied().skip(1));
        batches.map(move |(start, stop)| {
            vec![self.data.slice(..schema), self.data.slice(start..stop), self.data.slice(end..)]
        })
    }

    /// The rows, or their names where they went ahead.
    pub(super) fn to_proto(&self, carriage: Carriage) -> Result<RelType, PlanError> {
        let mut hashes = self.artifacts(carriage).into_iter().map(|artifact| artifact.hash);
        match carriage {
            Carriage::Whole(least) if self.len() >= least => {
                let hash = hashes.next().unwrap_or_default();
                Ok(RelType::CachedLocalRelation(proto::CachedLocalRelation { hash }))
            }
            Carriage::Pieces(least) if self.len() >= least => {
                let data_hashes = hashes.collect();
                Ok(RelType::ChunkedCachedLocalRelation(proto::ChunkedCachedLocalRelation {
                    data_hashes,
                    ..Default::default()
                }))
            }
            _ if self.len() > LARGEST => Err(PlanError::new(format!(
                "the rows of a frame are {} bytes, and a plan holds at most {LARGEST}: write them to a table instead",
                self.len()
            ))),
            _ => Ok(RelType::LocalRelation(proto::LocalRelation {
                data: Some(self.data.clone()),
                schema: None,
            })),
        }
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Local({} bytes)", self.data.len())
    }
}
