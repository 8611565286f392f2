//! What inserts, merges and migrations tell the recorder of metrics.

use std::sync::Arc;
use std::time::Instant;

use metrics::{counter, histogram};

use super::{WritePath, Written};
use crate::metrics::{WRITE_DURATION, WRITE_RETRIES, WRITES, WRITTEN_BYTES, WRITTEN_ROWS};

/// One of them while it runs.
pub(super) struct Measured {
    driver: Arc<str>,
    operation: &'static str,
    begun: Instant,
    written: Option<Written>,
    error_kind: Option<String>,
}

impl Measured {
    pub(super) fn new(driver: &str, operation: &'static str) -> Self {
        let driver = Arc::from(driver);
        Self { driver, operation, begun: Instant::now(), written: None, error_kind: None }
    }

    pub(super) fn written(&mut self, written: Written) {
        self.written = Some(written);
    }

    pub(super) fn failed(&mut self, kind: String) {
        self.error_kind = Some(kind);
    }

    /// Adds what it came to, when it ends.
    pub(super) fn count(&mut self, outcome: &'static str) {
        let driver = || Arc::clone(&self.driver);
        let path = self.written.map_or_else(|| "none".to_owned(), |written| written.path().to_string());
        let error_kind = self.error_kind.take().unwrap_or_else(|| "none".to_owned());
        counter!(
            WRITES,
            "driver" => driver(), "operation" => self.operation, "outcome" => outcome,
            "error_kind" => error_kind, "write_path" => path
        )
        .increment(1);
        histogram!(WRITE_DURATION, "driver" => driver(), "operation" => self.operation)
            .record(self.begun.elapsed().as_secs_f64());
        let Some(written) = self.written else { return };
        counter!(WRITE_RETRIES, "driver" => driver()).increment(u64::from(written.retries()));
        if matches!(written.path(), WritePath::Direct | WritePath::Staged) {
            counter!(WRITTEN_ROWS, "driver" => driver()).increment(written.rows());
            counter!(WRITTEN_BYTES, "driver" => driver()).increment(written.bytes());
        }
    }
}
