//! The rows of a write as they come: checked and encoded, one batch after the other.

use std::mem;

use arrow_array::RecordBatch;
use arrow_select::concat::concat_batches;
use futures_core::Stream;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use spark_connect::DataType;
use spark_connect::types::StructField;

use super::keys::Keys;
use super::progress::Progress;
use crate::encode::EncodeError;
use crate::error::{Error, ErrorKind, Result};
use crate::table::{LakeTable, TableColumn, TableDefinition, Violation};
use unstamped::WrittenColumns;

mod unstamped;

/// Maximum rows of a batch from a slice: enough for a column to be read in one go, few enough for a server to hold.
const ROWS_OF_A_SLICE: usize = 1 << 16;

/// Maximum rows of a batch from a stream.
const ROWS_OF_A_STREAM: usize = 1 << 13;

/// A batch ends once it has about this many bytes.
const BYTES_OF_A_BATCH: usize = 8 << 20;

/// Rows that are encoded first, when nobody knows how large they are.
const FIRST_ROWS: usize = 64;

/// Maximum rows that are encoded before their bytes are counted.
const STEP: usize = 256;

/// More violations than these are counted.
const SHOWN: usize = 20;

/// The rows that are written.
pub(crate) enum Input<'a, T: 'a> {
    Rows(Box<dyn Whole<'a> + 'a>),
    Stream(BoxStream<'a, Result<T>>),
}

/// The rows of a slice, which alone are shared with what makes batches of them.
pub(crate) trait Whole<'a>: Send {
    fn is_empty(&self) -> bool;

    fn batches(
        &self,
        columns: WrittenColumns,
        batch_size: Option<usize>,
    ) -> Result<BoxStream<'a, Result<RecordBatch>>>;
}

impl<'a, T: LakeTable + Sync> Whole<'a> for &'a [T] {
    fn is_empty(&self) -> bool {
        <[T]>::is_empty(self)
    }

    fn batches(
        &self,
        columns: WrittenColumns,
        batch_size: Option<usize>,
    ) -> Result<BoxStream<'a, Result<RecordBatch>>> {
        check(self, 0)?;
        let steps = Steps::new(batch_size.unwrap_or(ROWS_OF_A_SLICE), columns);
        Ok(of_slice(self, steps).map_ok(stream_of).try_flatten().boxed())
    }
}

impl<'a, T: LakeTable + Sync> Input<'a, T> {
    pub(crate) fn of(rows: &'a [T]) -> Self {
        Self::Rows(Box::new(rows))
    }
}

impl<'a, T: LakeTable + Send + 'a> Input<'a, T> {
    /// The rows of this table as batches of at most `batch_size`.
    ///
    /// # Errors
    /// Rows of a slice that break a rule of their type, all of them.
    pub(super) fn batches(
        self,
        table: &TableDefinition,
        batch_size: Option<usize>,
    ) -> Result<BoxStream<'a, Result<RecordBatch>>> {
        let columns = WrittenColumns::of(table);
        match self {
            Self::Rows(rows) => rows.batches(columns, batch_size),
            Self::Stream(rows) => {
                let steps = Steps::new(batch_size.unwrap_or(ROWS_OF_A_STREAM), columns);
                Ok(of_stream(rows, steps).map_ok(stream_of).try_flatten().boxed())
            }
        }
    }

    /// The same rows, and whether there are none. Of a stream this waits for the first.
    pub(super) async fn or_empty(self) -> (Self, bool) {
        match self {
            Self::Rows(rows) => {
                let is_empty = rows.is_empty();
                (Self::Rows(rows), is_empty)
            }
            Self::Stream(mut rows) => match rows.next().await {
                Some(first) => (Self::Stream(stream::iter([first]).chain(rows).boxed()), false),
                None => (Self::Stream(stream::empty().boxed()), true),
            },
        }
    }

    /// Whether the rows are all there before the first of them is written.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self, Self::Rows(_))
    }
}

/// Rows that are encoded step by step, so that a batch ends by its bytes too. Rows may be a thousand times larger than
/// those before them.
struct Steps {
    /// Maximum rows of a batch.
    most: usize,
    columns: WrittenColumns,
    /// The number of rows so far.
    before: usize,
    /// About the bytes of a row, by those of the last step.
    bytes_of_a_row: Option<usize>,
    /// The batch that is not full yet: its steps, rows and bytes.
    batches: Vec<RecordBatch>,
    count: usize,
    bytes: usize,
}

impl Steps {
    fn new(most: usize, columns: WrittenColumns) -> Self {
        Self {
            most: most.max(1),
            columns,
            before: 0,
            bytes_of_a_row: None,
            batches: Vec::new(),
            count: 0,
            bytes: 0,
        }
    }

    /// How many rows to encode next; none once the batch is full.
    fn next(&self) -> usize {
        let left = BYTES_OF_A_BATCH.saturating_sub(self.bytes);
        let step = match self.bytes_of_a_row {
            _ if left == 0 => 0,
            None => FIRST_ROWS,
            Some(bytes) => (left / bytes.max(1)).clamp(1, STEP),
        };
        step.min(self.most.saturating_sub(self.count))
    }

    /// Encodes rows up to the first that a column has no room for, and says how many those are.
    fn encode<T: LakeTable>(&mut self, rows: &[T]) -> Result<usize> {
        let encoded = as_far_as_it_goes(rows, |rows| self.columns.encoded(rows));
        let (count, step) = encoded.map_err(|error| Error::from(error.offset_by(self.before)))?;
        let bytes = step.get_array_memory_size();
        self.bytes = self.bytes.saturating_add(bytes);
        self.bytes_of_a_row = bytes.checked_div(count);
        self.before = self.before.saturating_add(count);
        self.count = self.count.saturating_add(count);
        self.batches.push(step);
        Ok(count)
    }

    /// The rows of the batch, if there are any: mostly as one.
    fn finish(&mut self) -> Option<Vec<RecordBatch>> {
        let (count, bytes) = (mem::take(&mut self.count), mem::take(&mut self.bytes));
        (count > 0).then(|| joined(mem::take(&mut self.batches), bytes))
    }
}

/// The rows of a slice, which were checked, encoded in turn.
fn of_slice<'a, T: LakeTable + Sync>(
    rows: &'a [T],
    steps: Steps,
) -> impl Stream<Item = Result<Vec<RecordBatch>>> + Send + 'a {
    stream::try_unfold((rows, steps), |(mut left, mut steps)| async move {
        while let Some(chunk @ [_, ..]) = left.get(..steps.next().min(left.len())) {
            let count = steps.encode(chunk)?;
            left = left.get(count..).unwrap_or_default();
        }
        Ok(steps.finish().map(|batches| (batches, (left, steps))))
    })
}

/// The rows of a stream, gathered, checked and encoded in turn.
fn of_stream<'a, T: LakeTable + Send + 'a>(
    rows: BoxStream<'a, Result<T>>,
    steps: Steps,
) -> impl Stream<Item = Result<Vec<RecordBatch>>> + Send + 'a {
    stream::try_unfold((rows.fuse(), steps), |(mut rows, mut steps)| async move {
        loop {
            let chunk = gathered(&mut rows, steps.next()).await?;
            if chunk.is_empty() {
                break;
            }
            check(&chunk, steps.before)?;
            let mut left = chunk.as_slice();
            while !left.is_empty() {
                let count = steps.encode(left)?;
                left = left.get(count..).unwrap_or_default();
            }
        }
        Ok(steps.finish().map(|batches| (batches, (rows, steps))))
    })
}

/// One batch of several, unless they are large.
fn joined(batches: Vec<RecordBatch>, bytes: usize) -> Vec<RecordBatch> {
    match batches.as_slice() {
        [first, _, ..] if bytes < 2 * BYTES_OF_A_BATCH => {
            concat_batches(first.schema_ref(), &batches).map_or(batches, |one| vec![one])
        }
        _ => batches,
    }
}

fn stream_of(batches: Vec<RecordBatch>) -> impl Stream<Item = Result<RecordBatch>> {
    stream::iter(batches.into_iter().map(Ok))
}

/// The next rows, at most `size`. Room is made as they come: a size may be larger than any memory.
async fn gathered<T>(rows: &mut (impl Stream<Item = Result<T>> + Unpin), size: usize) -> Result<Vec<T>> {
    let mut chunk = Vec::with_capacity(size.min(ROWS_OF_A_STREAM));
    while chunk.len() < size {
        let Some(row) = rows.try_next().await? else { break };
        chunk.push(row);
    }
    Ok(chunk)
}

/// The first of the rows as a batch, and how many they are: the batch ends before a row that is refused. That one
/// begins the next batch, where it is refused again if it is wrong itself, and is not if a column had no room for it.
fn as_far_as_it_goes<T>(
    rows: &[T],
    encode: impl Fn(&[T]) -> Result<RecordBatch, EncodeError>,
) -> Result<(usize, RecordBatch), EncodeError> {
    let fitting = match encode(rows) {
        Ok(batch) => return Ok((rows.len(), batch)),
        Err(error) => match error.row().and_then(|row| rows.get(..row)) {
            Some(fitting) if !fitting.is_empty() => fitting,
            _ => return Err(error),
        },
    };
    Ok((fitting.len(), encode(fitting)?))
}

/// Refuses rows that break a rule of their type, and says of each which.
fn check<T: LakeTable>(rows: &[T], before: usize) -> Result<()> {
    let broken = |(index, row): (usize, &T)| row.violations().into_iter().map(move |rule| (index, rule));
    let mut broken = rows.iter().enumerate().flat_map(broken);
    let shown: Vec<_> = broken.by_ref().take(SHOWN).collect();
    if shown.is_empty() {
        return Ok(());
    }
    let table = T::definition();
    let tell = |(number, (index, Violation { field, reason, .. })): (usize, &(usize, Violation))| {
        let (row, field) = (before + index, without_keys(field, table.columns()));
        let counted = if number == 0 { " (the first is 0)" } else { "" };
        format!("row {row}{counted}, field {field}: {reason}")
    };
    let told: Vec<String> = shown.iter().enumerate().map(tell).collect();
    let more = match broken.count() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let message = format!("rows of {} break its rules: {}{more}", T::NAME, told.join("; "));
    Err(Error::new(ErrorKind::Encode, message))
}

/// The path of a field as far as the columns' types tell that its steps are fields and indices: behind a MAP, a VARIANT
/// and a STRING, which may be JSON, a step may be a key, and that is of the user's data.
fn without_keys<'f>(path: &'f str, columns: &'f [TableColumn]) -> &'f str {
    let (first, mut rest) = first_step(path);
    let named = |name| field_named(columns.iter().map(|column| &column.field), name);
    let mut known = named(first).map(|column| &column.data_type);
    if known.is_none() {
        // The rules of a struct with one field may be those of what is in it, and then the path begins there, if need be
        // with a key.
        if let [only] = columns
            && may_hold_keys(&only.field.data_type)
        {
            return &only.field.name;
        }
        // The field may be flattened, so that the columns are those of the field's fields.
        let (step, behind) = first_step(rest);
        known = step.strip_prefix('.').and_then(named).map(|column| &column.data_type);
        rest = if known.is_some() { behind } else { rest };
    }
    while let Some(data_type) = known
        && !rest.is_empty()
    {
        let (step, behind) = first_step(rest);
        known = inside(data_type, step);
        rest = if known.is_some() { behind } else { rest };
    }
    path.strip_suffix(rest).unwrap_or(first)
}

/// Whether a path into a value of this type may have keys in it.
fn may_hold_keys(data_type: &DataType) -> bool {
    use DataType::{Array, Map, String, Struct, Variant};
    matches!(data_type, String | Variant | Map { .. } | Array { .. } | Struct(_))
}

/// The type of what a step of a path leads to, if the step is a field or an index of this type.
fn inside<'t>(data_type: &'t DataType, step: &str) -> Option<&'t DataType> {
    match data_type {
        DataType::Array { element, .. } => {
            let index = step.strip_prefix('[')?.strip_suffix(']')?;
            index.bytes().all(|digit| digit.is_ascii_digit()).then_some(element)
        }
        DataType::Struct(fields) => {
            field_named(fields.iter(), step.strip_prefix('.')?).map(|field| &field.data_type)
        }
        _ => None,
    }
}

/// A path's first step, `lines`, `.sku` or `[0]`, and the rest.
fn first_step(path: &str) -> (&str, &str) {
    let ends = |(at, sign): &(usize, char)| *at > 0 && matches!(sign, '.' | '[');
    let end = path.char_indices().find(ends).map_or(path.len(), |(at, _)| at);
    path.split_at_checked(end).unwrap_or((path, ""))
}

/// The field of a name in Rust, which a column may have in another case, with other signs between its words.
fn field_named<'t>(
    mut fields: impl Iterator<Item = &'t StructField> + Clone,
    name: &str,
) -> Option<&'t StructField> {
    let letters = |name: &str| {
        let letters = name.trim_start_matches("r#").chars().filter(|letter| letter.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect::<String>()
    };
    let exact = fields.clone().find(|field| field.name == name);
    exact.or_else(|| fields.find(|field| letters(&field.name) == letters(name)))
}

/// The batches of a write, with the progress so far.
pub(super) struct Incoming<'a> {
    batches: BoxStream<'a, Result<RecordBatch>>,
    /// Of a merge.
    pub(super) keys: Option<Keys>,
    pub(super) progress: Progress<'a>,
}

impl<'a> Incoming<'a> {
    pub(super) fn new(
        batches: BoxStream<'a, Result<RecordBatch>>,
        keys: Option<Keys>,
        progress: Progress<'a>,
    ) -> Self {
        Self { batches, keys, progress }
    }

    pub(super) async fn next(&mut self) -> Result<Option<RecordBatch>> {
        let Some(batch) = self.batches.try_next().await? else { return Ok(None) };
        if let Some(keys) = &mut self.keys {
            keys.check(&batch)?;
        }
        self.progress.encoded(&batch);
        Ok(Some(batch))
    }

    /// Takes batches until they have more bytes than these, and says whether there are no more.
    pub(super) async fn gather(&mut self, limit: Option<u64>) -> Result<(Vec<RecordBatch>, bool)> {
        let mut gathered = Vec::new();
        while let Some(batch) = self.next().await? {
            gathered.push(batch);
            if limit.is_some_and(|limit| self.progress.bytes() > limit) {
                return Ok((gathered, false));
            }
        }
        Ok((gathered, true))
    }
}

#[cfg(test)]
mod tests;
