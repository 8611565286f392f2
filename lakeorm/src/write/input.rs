//! The rows of a write as they come: checked and encoded, one batch after the other.

use arrow_array::RecordBatch;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::keys::Keys;
use super::progress::Progress;
use crate::dialect;
use crate::encode::{EncodeError, record_batch};
use crate::error::{Error, ErrorKind, Result};
use crate::table::{LakeTable, Violation};

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
                let batches = rows.try_chunks(size).map(move |chunk| {
                    let rows = chunk.map_err(|failed| failed.1)?;
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
    let tell = |(index, Violation { field, reason, .. }): &(usize, Violation)| {
        format!("row {}, field {field}: {reason}", before + index)
    };
    let told: Vec<String> = shown.iter().map(tell).collect();
    let more = match broken.count() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let message = format!("rows of {} break its rules: {}{more}", T::NAME, told.join("; "));
    Err(Error::new(ErrorKind::Encode, message))
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
