//! Rows that travel with the plan.

use std::fmt;

use arrow_array::RecordBatch;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType as ArrowType, Field, SchemaRef, TimeUnit};
use arrow_select::concat::concat_batches;
use bytes::Bytes;

use super::{Operator, PlanError, Relation};
use crate::proto;
use crate::proto::relation::RelType;

/// A server takes no request that is larger.
const LARGEST: usize = 120 * 1024 * 1024;

/// Arrow data as a stream of one batch. `Debug` shows how much.
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
    if batches.iter().any(|batch| batch.schema_ref() != schema) {
        return Err(PlanError::new("the batches of a frame have different schemas"));
    }
    // Spark 3.5 reads the first batch of a stream and passes over the others. Sail takes no stream without a batch.
    let whole = concat_batches(schema, batches).map_err(failed)?;
    let mut writer = StreamWriter::try_new(Vec::new(), schema).map_err(failed)?;
    writer.write(&whole).map_err(failed)?;
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::Int64Array;
    use arrow_ipc::reader::StreamReader;
    use arrow_schema::Schema;

    use super::*;

    #[test]
    fn however_many_batches_there_are_they_travel_as_one() {
        let schema = Arc::new(Schema::new(vec![Field::new("id", ArrowType::Int64, false)]));
        let batch = |ids: Vec<i64>| {
            RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(Int64Array::from(ids))]).unwrap()
        };
        for batches in [vec![], vec![batch(vec![1])], vec![batch(vec![1, 2]), batch(vec![]), batch(vec![3])]]
        {
            let sent = encoded(&schema, &batches).unwrap();
            let read: Vec<_> = StreamReader::try_new(&sent[..], None).unwrap().map(Result::unwrap).collect();
            assert_eq!(read, [concat_batches(&schema, &batches).unwrap()]);
        }
    }
}
