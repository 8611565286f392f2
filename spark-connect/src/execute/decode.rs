//! Arrow IPC bytes to record batches, with the schema remembered between messages.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_schema::{ArrowError, SchemaRef};
use bytes::Bytes;

use super::assemble::Encoded;
use super::envelope;
use crate::error::{Error, ErrorKind, Result};

/// Decodes the batches of one result, which all have one schema.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    schema: Option<SchemaRef>,
}

impl Decoder {
    /// Whether a batch has come, so that the columns are known.
    pub(crate) fn has_schema(&self) -> bool {
        self.schema.is_some()
    }

    /// The batches in one message, which hold as many rows as the message says.
    pub(crate) fn decode(&mut self, encoded: Encoded) -> Result<Vec<RecordBatch>> {
        with_row_count(self.decode_stream(encoded.data)?, encoded.row_count)
    }

    /// The batches in an Arrow stream: at least one, so that the schema is known.
    pub(crate) fn decode_stream(&mut self, data: Bytes) -> Result<Vec<RecordBatch>> {
        envelope::check(&data)?;
        // Decoding is a function of the bytes alone, so nothing half-changed is left behind by a panic.
        let decoded = catch_unwind(AssertUnwindSafe(|| decode(data)));
        let batches = decoded.map_err(|_| Error::protocol("the result is not readable as Arrow"))?;
        batches?.into_iter().map(|batch| self.share_schema(batch)).collect()
    }

    /// Replaces the schema that the message carries by the one remembered, which must be the same.
    fn share_schema(&mut self, batch: RecordBatch) -> Result<RecordBatch> {
        let schema = self.schema.get_or_insert_with(|| batch.schema());
        if batch.schema_ref() != schema {
            return Err(Error::protocol("the schema of the result changed in the middle"));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let (_, columns, _) = batch.into_parts();
        RecordBatch::try_new_with_options(SchemaRef::clone(schema), columns, &options).map_err(undecodable)
    }
}

/// The check of the envelope leaves little for Arrow's reader to stumble over; what is left must not take a
/// program down because a server sent it.
fn decode(data: Bytes) -> Result<Vec<RecordBatch>> {
    let mut decoder = StreamDecoder::new();
    let mut data = Buffer::from(data);
    let mut batches = Vec::with_capacity(1);
    while let Some(batch) = decoder.decode(&mut data).map_err(undecodable)? {
        batches.push(batch);
    }
    decoder.finish().map_err(undecodable)?;
    if batches.is_empty() {
        let schema = decoder.schema().ok_or_else(|| Error::protocol("a batch came without a schema"))?;
        batches.push(RecordBatch::new_empty(schema));
    }
    Ok(batches)
}

/// A batch without columns has only the message's own count to say how many rows it has.
fn with_row_count(batches: Vec<RecordBatch>, row_count: i64) -> Result<Vec<RecordBatch>> {
    let wrong = || Error::protocol("a batch does not hold as many rows as the server says");
    let expected = usize::try_from(row_count).map_err(|_| wrong())?;
    if let [batch] = batches.as_slice()
        && batch.num_columns() == 0
    {
        let options = RecordBatchOptions::new().with_row_count(Some(expected));
        let batch = RecordBatch::try_new_with_options(batch.schema(), Vec::new(), &options);
        return Ok(vec![batch.map_err(undecodable)?]);
    }
    match batches.iter().map(RecordBatch::num_rows).sum::<usize>() == expected {
        true => Ok(batches),
        false => Err(wrong()),
    }
}

/// Arrow's own text stays out of the message: it may quote a cell.
fn undecodable(error: ArrowError) -> Error {
    let (kind, message) = match &error {
        ArrowError::InvalidArgumentError(text) | ArrowError::NotYetImplemented(text)
            if text.contains("compression") =>
        {
            let message = "the server compressed the result and this build cannot read that: enable the \
                           feature `compression`, or unset spark.sql.execution.arrow.compression.codec";
            (ErrorKind::Unsupported, message)
        }
        _ => (ErrorKind::Protocol, "the result is not readable as Arrow"),
    };
    Error::new(kind, message).with_source(error)
}
