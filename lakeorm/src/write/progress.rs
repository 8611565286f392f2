//! How far a write is.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::RecordBatch;

use super::IngestId;
#[cfg(feature = "staging")]
use super::staging::Finished;

/// How far a write is, counted from its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteProgress {
    /// Rows that have been encoded.
    pub rows_encoded: u64,
    /// The bytes that these have in Arrow's memory format.
    pub bytes_encoded: u64,
    /// Rows that lie in files where the engine reads them.
    pub rows_staged: u64,
    /// The bytes of these files.
    pub bytes_staged: u64,
    /// Rows that this write has put into the table; none if they were there already.
    pub rows_committed: u64,
    /// The bytes that these have in Arrow's memory format.
    pub bytes_committed: u64,
}

pub(super) type Callback<'a> = Box<dyn FnMut(WriteProgress) + Send + 'a>;

/// The state of a write, and who is told of it.
pub(super) struct Progress<'a> {
    ingest_id: IngestId,
    now: WriteProgress,
    callback: Option<Callback<'a>>,
}

impl<'a> Progress<'a> {
    pub(super) fn new(ingest_id: IngestId, callback: Option<Callback<'a>>) -> Self {
        Self { ingest_id, now: WriteProgress::default(), callback }
    }

    pub(super) fn rows(&self) -> u64 {
        self.now.rows_encoded
    }

    pub(super) fn bytes(&self) -> u64 {
        self.now.bytes_encoded
    }

    pub(super) fn encoded(&mut self, batch: &RecordBatch) {
        let known = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
        self.now.rows_encoded += known(batch.num_rows());
        self.now.bytes_encoded += known(batch.get_array_memory_size());
        self.tell();
    }

    #[cfg(feature = "staging")]
    pub(super) fn staged(&mut self, Finished { rows, bytes }: Finished) {
        if (self.now.rows_staged, self.now.bytes_staged) != (rows, bytes) {
            (self.now.rows_staged, self.now.bytes_staged) = (rows, bytes);
            self.tell();
        }
    }

    pub(super) fn committed(&mut self) {
        self.now.rows_committed = self.now.rows_encoded;
        self.now.bytes_committed = self.now.bytes_encoded;
        self.tell();
    }

    /// A callback that panics is not called again, and the write goes on: its rows may be in the table.
    fn tell(&mut self) {
        let Some(callback) = &mut self.callback else { return };
        // The panic leaves nothing of this crate half-changed.
        if catch_unwind(AssertUnwindSafe(|| callback(self.now))).is_err() {
            self.callback = None;
            tracing::warn!(
                target: "lakeorm",
                ingest_id = %self.ingest_id,
                "the callback of on_progress panicked and is not called again"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_that_panics_is_not_called_again_and_does_not_lose_the_answer() {
        let mut calls = 0;
        let panics = |_: WriteProgress| {
            calls += 1;
            assert!(calls > 1, "the caller's own panic");
        };
        let mut progress = Progress::new(IngestId::new(), Some(Box::new(panics)));
        progress.committed();
        progress.committed();
        drop(progress);
        assert_eq!(calls, 1);
    }
}
