//! The rows of a write as they come: checked and encoded, one batch after the other.

use arrow_array::RecordBatch;
use futures_core::Stream;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use spark_connect::DataType;

use super::keys::Keys;
use super::progress::Progress;
use crate::dialect;
use crate::encode::{EncodeError, record_batch};
use crate::error::{Error, ErrorKind, Result};
use crate::table::{LakeTable, TableColumn, Violation};

/// So many rows of a slice are one batch: enough for a column to be read in one go, few enough for a server to hold.
const ROWS_OF_A_SLICE: usize = 1 << 16;

/// So many rows of a stream are gathered before they are encoded.
const ROWS_OF_A_STREAM: usize = 1 << 13;

/// More violations than these are counted.
const SHOWN: usize = 20;

/// What is written.
pub(crate) enum Input<'a, T> {
    Rows(&'a [T]),
    Stream(BoxStream<'a, Result<T>>),
}

impl<'a, T: LakeTable + Send + Sync + 'a> Input<'a, T> {
    /// The rows as batches of so many.
    ///
    /// # Errors
    /// A definition that contradicts itself, and rows of a slice that break a rule of their type, all of them.
    pub(super) fn batches(self, batch_size: Option<usize>) -> Result<BoxStream<'a, Result<RecordBatch>>> {
        dialect::check(&T::definition())?;
        match self {
            Self::Rows(rows) => {
                check(rows, 0)?;
                let size = batch_size.unwrap_or(ROWS_OF_A_SLICE).max(1);
                let chunks = rows.chunks(size).enumerate();
                let batches = chunks.map(move |(number, chunk)| encoded(chunk, number.saturating_mul(size)));
                Ok(stream::iter(batches).boxed())
            }
            Self::Stream(rows) => {
                let size = batch_size.unwrap_or(ROWS_OF_A_STREAM).max(1);
                let mut before = 0;
                let batches = chunks(rows, size).map(move |rows| {
                    let rows = rows?;
                    check(&rows, before)?;
                    let batch = encoded(&rows, before);
                    before += rows.len();
                    batch
                });
                Ok(batches.boxed())
            }
        }
    }

    /// Whether the rows are all there before the first of them is written.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self, Self::Rows(_))
    }
}

/// So many rows at a time. Room is made as they come: a size may be larger than any memory.
fn chunks<'a, T: Send + 'a>(
    rows: BoxStream<'a, Result<T>>,
    size: usize,
) -> impl Stream<Item = Result<Vec<T>>> + Send + 'a {
    stream::try_unfold(rows.fuse(), move |mut rows| async move {
        let mut chunk = Vec::with_capacity(size.min(ROWS_OF_A_STREAM));
        while chunk.len() < size {
            let Some(row) = rows.try_next().await? else { break };
            chunk.push(row);
        }
        Ok((!chunk.is_empty()).then_some((chunk, rows)))
    })
}

fn encoded<T: LakeTable>(rows: &[T], before: usize) -> Result<RecordBatch> {
    record_batch(rows).map_err(|error: EncodeError| error.behind(before).into())
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
    let tell = |(index, Violation { field, reason, .. }): &(usize, Violation)| {
        format!("row {}, field {}: {reason}", before + index, without_keys(field, table.columns()))
    };
    let told: Vec<String> = shown.iter().map(tell).collect();
    let more = match broken.count() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let message = format!("rows of {} break its rules: {}{more}", T::NAME, told.join("; "));
    Err(Error::new(ErrorKind::Encode, message))
}

/// The path of a field, cut behind the field of the row where a map may be in it: of a path's parts nobody can say which are
/// keys, and those are of the user's data.
fn without_keys<'f>(path: &'f str, columns: &[TableColumn]) -> &'f str {
    let first = path.split(['.', '[']).next().unwrap_or_default();
    let column = columns.iter().find(|column| column.field.name == first);
    let may_have_keys = match column.map(|column| &column.field.data_type) {
        Some(data_type) => may_hold_map(data_type),
        // The column has another name than the field, or there are several.
        None => columns.iter().map(|column| &column.field.data_type).any(may_hold_map),
    };
    if may_have_keys { first } else { path }
}

/// Whether values of a column may be made of a map: those of a STRING are where the field is written as JSON.
fn may_hold_map(data_type: &DataType) -> bool {
    *data_type == DataType::String || holds_map(data_type)
}

fn holds_map(data_type: &DataType) -> bool {
    match data_type {
        DataType::Map { .. } | DataType::Variant => true,
        DataType::Array { element, .. } => holds_map(element),
        DataType::Struct(fields) => fields.iter().any(|field| holds_map(&field.data_type)),
        _ => false,
    }
}

/// The batches of a write, with what they have been so far.
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
mod tests {
    use spark_connect::types::StructField;

    use super::*;

    #[tokio::test]
    async fn rows_of_a_stream_are_gathered_to_the_size_and_a_size_beyond_memory_takes_none() {
        let rows = |count: u8| stream::iter((0..count).map(Ok)).boxed();
        let sizes = |size, count| async move {
            let chunks: Vec<Vec<u8>> = chunks(rows(count), size).try_collect().await.unwrap();
            chunks.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(2, 5).await, [2, 2, 1]);
        assert_eq!(sizes(2, 4).await, [2, 2]);
        assert_eq!(sizes(usize::MAX, 3).await, [3]);
        assert_eq!(sizes(1, 0).await, [0; 0]);
    }

    #[tokio::test]
    async fn an_error_in_a_stream_comes_in_the_place_of_its_rows() {
        let broken = Error::new(ErrorKind::Input, "broken");
        let rows = stream::iter([Ok(1), Ok(2), Ok(3), Err(broken), Ok(4)]).boxed();
        let mut chunks = std::pin::pin!(chunks(rows, 2));
        assert_eq!(chunks.try_next().await.unwrap().unwrap(), [1, 2]);
        assert_eq!(chunks.try_next().await.unwrap_err().kind(), ErrorKind::Input);
    }

    #[test]
    fn the_path_of_a_broken_rule_ends_where_keys_of_a_map_may_begin() {
        let array = |element| DataType::Array { element: Box::new(element), contains_null: true };
        let map = array(DataType::Map {
            key: Box::new(DataType::String),
            value: Box::new(DataType::Long),
            value_contains_null: true,
        });
        let column = |name: &str, data_type| TableColumn::new(StructField::new(name, data_type));
        let with_map = [
            column("limits", map),
            column("tags", array(DataType::String)),
            column("json", DataType::String),
        ];
        for (path, told) in [
            ("limits[3].eve@example.com.most", "limits"),
            ("tags[3]", "tags[3]"),
            ("json.eve@example.com", "json"),
            ("json", "json"),
            ("flattened.eve@example.com", "flattened"),
        ] {
            assert_eq!(without_keys(path, &with_map), told);
        }
        let [_, tags, json] = with_map;
        assert_eq!(without_keys("renamed.inner[1]", &[tags.clone(), json]), "renamed");
        assert_eq!(without_keys("renamed.inner[1]", &[tags]), "renamed.inner[1]");
    }
}
