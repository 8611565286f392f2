//! Rows that travel with the plan.

use std::fmt;

use arrow_array::RecordBatch;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType as ArrowType, Field, SchemaRef, TimeUnit};
use bytes::Bytes;

use super::{Operator, PlanError, Relation};
use crate::proto;
use crate::proto::relation::RelType;

/// A server takes no request that is larger.
const LARGEST: usize = 120 * 1024 * 1024;

/// Arrow data as a stream of batches. `Debug` shows how much.
#[derive(Clone)]
pub(super) struct Local {
    data: Bytes,
}

impl Relation {
    /// The rows of these batches, all of one schema.
    pub(crate) fn local(schema: &SchemaRef, batches: &[RecordBatch]) -> Self {
        let (data, mistake) = match encoded(schema, batches) {
            Ok(data) => (data, None),
            Err(mistake) => (Bytes::new(), Some(mistake)),
        };
        Self::checked(Operator::Local(Local { data }), Vec::new(), Vec::new(), mistake)
    }
}

fn encoded(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Bytes, PlanError> {
    schema.fields().iter().try_for_each(|field| sendable(field, field.name()))?;
    let bytes: usize = batches.iter().map(RecordBatch::get_array_memory_size).sum();
    if bytes > LARGEST {
        return Err(PlanError::new(format!(
            "the batches of a frame take {bytes} bytes, and a plan holds at most {LARGEST}: write them to a table instead"
        )));
    }
    let failed = |error: arrow_schema::ArrowError| {
        PlanError::new(format!("the batches of a frame cannot be sent: {error}"))
    };
    let mut writer = StreamWriter::try_new(Vec::new(), schema).map_err(failed)?;
    // A stream without a batch is an error to Sail, one with an empty batch is not.
    if batches.is_empty() {
        writer.write(&RecordBatch::new_empty(SchemaRef::clone(schema))).map_err(failed)?;
    }
    for batch in batches {
        if batch.schema_ref() != schema {
            return Err(PlanError::new("the batches of a frame have different schemas"));
        }
        writer.write(batch).map_err(failed)?;
    }
    writer.into_inner().map(Bytes::from).map_err(failed)
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
    pub(super) fn to_proto(&self) -> RelType {
        RelType::LocalRelation(proto::LocalRelation { data: Some(self.data.clone()), schema: None })
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Local({} bytes)", self.data.len())
    }
}
