//! Arrow IPC bytes to record batches, with the schema remembered between messages.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_buffer::Buffer;
use arrow_ipc::reader::{read_dictionary, read_record_batch};
use arrow_ipc::{DictionaryBatch, MessageHeader, MetadataVersion};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use bytes::Bytes;

use super::assemble::Encoded;
use super::budget::BatchBudget;
use super::envelope::{Envelopes, broken};
use super::names::Names;
use super::{fields, layout};
use crate::error::{Error, ErrorKind, Result};
use crate::redaction::Redaction;

/// Decodes the batches of one result, which all have one schema.
#[derive(Debug)]
pub(crate) struct Decoder {
    max_batch_bytes: usize,
    schema: Option<SchemaRef>,
    /// The values of the query, which a column may be named after.
    redaction: Option<Redaction>,
    names: Names,
}

impl Decoder {
    /// A decoder that refuses a message whose batches would take more memory than this.
    pub(crate) fn new(max_batch_bytes: usize) -> Self {
        Self { max_batch_bytes, schema: None, redaction: None, names: Names::default() }
    }

    /// The same, whose errors show no value of the query.
    pub(crate) fn redacting(self, redaction: Option<Redaction>) -> Self {
        Self { redaction, ..self }
    }

    /// Takes note of the schema that a server tells ahead of the batches, if it is one.
    pub(crate) fn note_schema(&mut self, schema: Bytes) {
        self.names.note(schema);
    }

    /// Whether a batch has come, so that the columns are known.
    pub(crate) fn has_schema(&self) -> bool {
        self.schema.is_some()
    }

    /// The batches in one message, which hold as many rows as the message says.
    pub(crate) fn decode(&mut self, encoded: Encoded) -> Result<Vec<RecordBatch>> {
        let mut budget = BatchBudget::new(self.max_batch_bytes);
        let batches = self.read(encoded.data, &mut budget)?;
        with_row_count(batches, encoded.row_count, &mut budget)
    }

    /// The batches in an Arrow stream: at least one, so that the schema is known.
    pub(crate) fn decode_stream(&mut self, data: Bytes) -> Result<Vec<RecordBatch>> {
        self.read(data, &mut BatchBudget::new(self.max_batch_bytes))
    }

    fn read(&mut self, data: Bytes, budget: &mut BatchBudget) -> Result<Vec<RecordBatch>> {
        let batches = Stream::new(data, self.redaction.as_ref(), &self.names, budget).read()?;
        batches.into_iter().map(|batch| self.share_schema(batch)).collect()
    }

    /// Replaces the schema that the message carries by the one remembered, which must be the same.
    fn share_schema(&mut self, batch: RecordBatch) -> Result<RecordBatch> {
        let schema = self.schema.get_or_insert_with(|| batch.schema());
        if batch.schema_ref() != schema {
            return Err(Error::protocol("the schema of the result changed in the middle"));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let (_, columns, _) = batch.into_parts();
        RecordBatch::try_new_with_options(SchemaRef::clone(schema), columns, &options)
            .map_err(|_| undecodable())
    }
}

/// The batches in an Arrow stream.
#[cfg(feature = "fuzzing")]
pub(crate) fn read_stream(data: Bytes, max_batch_bytes: usize) -> Result<Vec<RecordBatch>> {
    Decoder::new(max_batch_bytes).decode_stream(data)
}

/// One Arrow stream.
struct Stream<'b> {
    data: Bytes,
    redaction: Option<&'b Redaction>,
    names: &'b Names,
    schema: Option<SchemaRef>,
    wants_alignment: bool,
    dictionaries: HashMap<i64, ArrayRef>,
    budget: &'b mut BatchBudget,
}

impl<'b> Stream<'b> {
    fn new(
        data: Bytes,
        redaction: Option<&'b Redaction>,
        names: &'b Names,
        budget: &'b mut BatchBudget,
    ) -> Self {
        let dictionaries = HashMap::new();
        Self { data, redaction, names, schema: None, wants_alignment: false, dictionaries, budget }
    }

    /// Every message is checked before Arrow's reader sees it: what that stumbles over would take the program down.
    fn read(mut self) -> Result<Vec<RecordBatch>> {
        let data = self.data.clone();
        let mut envelopes = Envelopes::of(&data);
        let mut batches = Vec::with_capacity(1);
        while let Some(envelope) = envelopes.next()? {
            let (message, body) = (envelope.message, data.slice(envelope.body));
            match message.header_type() {
                MessageHeader::Schema if self.schema.is_none() => {
                    self.begin(message.header_as_schema().ok_or_else(broken)?)?;
                }
                MessageHeader::DictionaryBatch => {
                    let dictionary = message.header_as_dictionary_batch().ok_or_else(broken)?;
                    self.dictionary(dictionary, body, message.version())?;
                }
                MessageHeader::RecordBatch => {
                    let batch = message.header_as_record_batch().ok_or_else(broken)?;
                    batches.push(self.batch(batch, body, message.version())?);
                }
                MessageHeader::NONE => {}
                _ => return Err(undecodable()),
            }
        }
        if batches.is_empty() {
            batches.push(RecordBatch::new_empty(self.schema()?));
        }
        Ok(batches)
    }

    fn begin(&mut self, schema: arrow_ipc::Schema<'_>) -> Result<()> {
        let schema = self.names.restored(fields::schema(schema, self.budget)?);
        self.wants_alignment = fields::wants_alignment(&schema);
        self.schema = Some(Arc::new(schema));
        Ok(())
    }

    fn schema(&self) -> Result<SchemaRef> {
        self.schema.clone().ok_or_else(|| Error::protocol("a batch came without a schema"))
    }

    fn batch(
        &mut self,
        batch: arrow_ipc::RecordBatch<'_>,
        body: Bytes,
        version: MetadataVersion,
    ) -> Result<RecordBatch> {
        let schema = self.schema()?;
        let (body, compressed) = (self.aligned(body), batch.compression().is_some());
        let columns = schema.fields().iter().map(|field| field.data_type());
        layout::check(&batch, columns, &body, version, self.budget)?;
        if batch.length() < 0 {
            return Err(broken());
        }
        let reads = |schema: SchemaRef, columns: Option<&[usize]>| {
            read_record_batch(&body, batch, schema, &self.dictionaries, columns, &version)
        };
        let read = reads(SchemaRef::clone(&schema), None).map_err(|_| {
            let (column, fault) = refused(&schema, |schema, columns| {
                reads(SchemaRef::clone(schema), Some(&Vec::from_iter(columns))).is_ok()
            });
            unreadable(column, fault, self.redaction, compressed)
        })?;
        self.budget.rows(read.num_rows())?;
        Ok(read)
    }

    fn dictionary(
        &mut self,
        dictionary: DictionaryBatch<'_>,
        body: Bytes,
        version: MetadataVersion,
    ) -> Result<()> {
        let (schema, body) = (self.schema()?, self.aligned(body));
        let batch = dictionary.data().ok_or_else(broken)?;
        // Arrow would look for the field in this way; each look goes over the whole schema.
        self.budget.take(schema.flattened_fields().len())?;
        #[expect(deprecated, reason = "nothing else tells which field a dictionary belongs to")]
        let fields = schema.fields_with_dict_id(dictionary.id());
        let field = fields.first().ok_or_else(broken)?;
        let DataType::Dictionary(_, values) = field.data_type() else { return Err(broken()) };
        // No server sends a dictionary in pieces, each of which would copy all that came before.
        if dictionary.isDelta() {
            return Err(undecodable());
        }
        layout::check(&batch, std::iter::once(&**values), &body, version, self.budget)?;
        let read = |schema: &Schema, dictionaries: &mut HashMap<i64, ArrayRef>| {
            read_dictionary(&body, dictionary, schema, dictionaries, &version)
        };
        read(&schema, &mut self.dictionaries).map_err(|_| {
            let bytes = schema.fields().iter().map(|field| without_text(field)).collect::<Vec<_>>();
            let is_text = read(&Schema::new(bytes), &mut self.dictionaries).is_ok();
            let fault = if is_text { Fault::NotUtf8 } else { Fault::Other };
            unreadable(Some(field.name()), fault, self.redaction, batch.compression().is_some())
        })
    }

    fn aligned(&self, body: Bytes) -> Buffer {
        if self.wants_alignment { Buffer::from_slice_ref(&*body) } else { Buffer::from(body) }
    }
}

/// The column for which Arrow refused a batch, if it is one, and what for. `reads` tells whether Arrow takes these columns
/// of the batch under that schema.
#[cold]
fn refused(schema: &SchemaRef, reads: impl Fn(&SchemaRef, Range<usize>) -> bool) -> (Option<&str>, Fault) {
    let first = first_failing(schema.fields().len(), |columns| reads(schema, 0..columns));
    let Some(at) = first.filter(|at| !reads(schema, *at..*at + 1)) else { return (None, Fault::Other) };
    let reads_with = |changed: fn(&Field) -> Field| {
        let fields = schema.fields().iter().map(|field| changed(field)).collect::<Vec<_>>();
        reads(&Arc::new(Schema::new(fields)), at..at + 1)
    };
    let fault = if reads_with(without_text) {
        Fault::NotUtf8
    } else if reads_with(fields::nullable) {
        Fault::Null
    } else {
        Fault::Other
    };
    (schema.fields().get(at).map(|field| field.name().as_str()), fault)
}

/// The first of the columns with which reading fails: of columns that are many, a few pieces are read again, and not
/// each by itself.
fn first_failing(columns: usize, reads: impl Fn(usize) -> bool) -> Option<usize> {
    let (mut good, mut bad) = (0, columns);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        match reads(middle) {
            true => good = middle,
            false => bad = middle,
        }
    }
    (bad > good).then_some(good)
}

fn without_text(field: &Field) -> Field {
    field.clone().with_data_type(fields::without_text(field.data_type()))
}

/// How many rows the only batch of a message has is said by the message where it has no columns.
fn with_row_count(
    batches: Vec<RecordBatch>,
    row_count: i64,
    budget: &mut BatchBudget,
) -> Result<Vec<RecordBatch>> {
    let wrong = || Error::protocol("a batch does not hold as many rows as the server says");
    let expected = usize::try_from(row_count).map_err(|_| wrong())?;
    if let [batch] = batches.as_slice()
        && batch.num_columns() == 0
    {
        budget.rows(expected.saturating_sub(batch.num_rows()))?;
        let options = RecordBatchOptions::new().with_row_count(Some(expected));
        let batch = RecordBatch::try_new_with_options(batch.schema(), Vec::new(), &options);
        return Ok(vec![batch.map_err(|_| undecodable())?]);
    }
    match batches.iter().map(RecordBatch::num_rows).fold(0, usize::saturating_add) == expected {
        true => Ok(batches),
        false => Err(wrong()),
    }
}

/// What Arrow refused a column for.
#[derive(Clone, Copy)]
enum Fault {
    /// A text.
    NotUtf8,
    /// A NULL where the type says that there is none.
    Null,
    Other,
}

/// Arrow refused a batch: because of this column, if it is known.
#[cold]
fn unreadable(column: Option<&str>, fault: Fault, redaction: Option<&Redaction>, compressed: bool) -> Error {
    let shown = |column: &str| {
        let column = redaction.map_or_else(|| column.to_owned(), |values| values.kept_in(column));
        column.chars().take(128).collect::<String>()
    };
    match (fault, column.map(shown)) {
        (Fault::NotUtf8, Some(column)) => not_utf8(&column),
        (Fault::Null, Some(column)) => Error::protocol(format!(
            "the server sent a NULL in column `{column}`, or in a field inside of it, that it declares NOT NULL: leave \
             the column out of the query, or CAST it to a type without NOT NULL"
        )),
        _ if compressed && cfg!(not(feature = "compression")) => Error::new(
            ErrorKind::Unsupported,
            "the server compressed the result and this build cannot read that: enable the feature `compression`, or \
             unset spark.sql.execution.arrow.compression.codec",
        ),
        (_, Some(column)) => Error::protocol(format!(
            "column `{column}` of the result is not readable as Arrow: leave it out of the query, or CAST it to another \
             type"
        )),
        (_, None) => undecodable(),
    }
}

fn not_utf8(column: &str) -> Error {
    let message = format!(
        "a STRING in column `{column}` is not valid UTF-8: select `CAST({column} AS BINARY)`, or in a nested column cast \
         the text inside of it, and read it as bytes"
    );
    Error::new(ErrorKind::Decode, message)
}

/// Arrow's own text stays out of it: it may quote a cell, and a whole type.
#[cold]
fn undecodable() -> Error {
    Error::protocol("the result is not readable as Arrow")
}
