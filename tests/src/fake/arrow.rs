//! Arrow, as the protocol carries it.

use arrow_array::RecordBatch;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Schema};
use bytes::Bytes;

use super::proto::{self, data_type};

/// An Arrow IPC stream with these batches, which have one schema; nothing without a batch.
#[expect(clippy::expect_used, reason = "a test's batch that Arrow cannot write must fail the test")]
pub(super) fn ipc(batches: &[RecordBatch]) -> Bytes {
    let Some(first) = batches.first() else { return Bytes::new() };
    let mut writer =
        StreamWriter::try_new(Vec::new(), &first.schema()).expect("a schema that Arrow can write");
    for rows in batches {
        writer.write(rows).expect("a batch that Arrow can write");
    }
    writer.into_inner().expect("an Arrow stream that can be ended").into()
}

/// A schema in the protocol's words.
pub(super) fn structure(schema: &Schema) -> proto::DataType {
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
