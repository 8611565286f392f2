//! Counts, ids and progress of operations.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::RecordBatch;
use prost::Message;
use uuid::Uuid;

use crate::listener::Listener;
use crate::proto::execute_plan_response::{ExecutionProgress, execution_progress::StageInfo};

/// The statistics of operations so far. A snapshot: plain data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecutionStats {
    /// Rows that have been decoded.
    pub rows: u64,
    /// Record batches that have been decoded, empty ones too.
    pub batches: u64,
    /// Bytes of Arrow data that have been received; the frames around them do not count.
    pub bytes: u64,
    /// How often a request for responses was made again after a failure and a wait.
    pub retries: u64,
    /// How often the server was asked to go on with an operation whose stream had ended.
    pub reattaches: u64,
}

/// How far a server says that an operation is. A snapshot of the whole operation, not what is new.
///
/// Spark counts a little later than it works, so the last snapshot of a short operation may be from before its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The stages that the server has planned so far.
    pub stages: Vec<StageProgress>,
    /// Tasks that run at this moment.
    pub in_flight_tasks: u64,
}

/// How far one stage of an operation is.
///
/// Spark plans some stages again and skips them, because their data is there already: those stay without a completed
/// task to the end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageProgress {
    /// The server's number of the stage, as its UI shows it.
    pub id: i64,
    /// Tasks of the stage.
    pub tasks: u64,
    /// Those that have ended.
    pub completed_tasks: u64,
    /// Bytes that the stage has read from its sources.
    pub bytes_read: u64,
    /// Whether the stage has ended.
    pub done: bool,
}

/// Watches operations as they run: counts what they do and hears of their progress. Clones share the counts.
///
/// ```no_run
/// use futures_util::TryStreamExt;
/// use spark_connect::{Observer, Relation, Session};
///
/// # async fn run(session: Session) -> spark_connect::Result<()> {
/// let observer = Observer::with_progress(|progress| {
///     let tasks: u64 = progress.stages.iter().map(|stage| stage.tasks).sum();
///     println!("{tasks} tasks, {} of them running", progress.in_flight_tasks);
/// });
/// let mut batches = session.query_observed(&Relation::sql("SELECT 1"), &observer);
/// while batches.try_next().await?.is_some() {}
/// println!("{} rows in {} bytes", observer.stats().rows, observer.stats().bytes);
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct Observer {
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    rows: AtomicU64,
    batches: AtomicU64,
    bytes: AtomicU64,
    retries: AtomicU64,
    reattaches: AtomicU64,
    operations: Mutex<VecDeque<Uuid>>,
    progress: Option<Callback>,
}

/// How many operations are remembered.
const REMEMBERED: usize = 1024;

/// The listener to progress, and the last that it was told.
struct Callback {
    listener: Listener<Progress>,
    last: Mutex<Progress>,
}

impl Observer {
    /// An observer that only counts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An observer that calls `callback` whenever the server says something new about how far an operation is.
    ///
    /// Spark sends its progress every two seconds (`spark.connect.progress.reportInterval`) and before each other
    /// response; what says nothing new is passed over. Sail sends none. The callback runs between two responses in
    /// the task that reads the result, which waits for it. One that panics is not called again, and the operation
    /// goes on.
    #[must_use]
    pub fn with_progress(callback: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        let callback = Callback { listener: Listener::new("progress", callback), last: Mutex::default() };
        Self { counts: Arc::new(Counts { progress: Some(callback), ..Counts::default() }) }
    }

    /// The counts so far.
    #[must_use]
    pub fn stats(&self) -> ExecutionStats {
        let Counts { rows, batches, bytes, retries, reattaches, .. } = &*self.counts;
        let [rows, batches, bytes, retries, reattaches] =
            [rows, batches, bytes, retries, reattaches].map(|count| count.load(Ordering::Relaxed));
        ExecutionStats { rows, batches, bytes, retries, reattaches }
    }

    /// The operations, as the server names them, in the order in which they began: the last 1024 of them, where one
    /// observer is used for more.
    #[must_use]
    pub fn operations(&self) -> Vec<Uuid> {
        lock(&self.counts.operations).iter().copied().collect()
    }

    pub(super) fn began(&self, operation: Uuid) {
        let mut operations = lock(&self.counts.operations);
        if operations.len() == REMEMBERED {
            operations.pop_front();
        }
        operations.push_back(operation);
    }

    pub(super) fn retried(&self) {
        self.counts.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn reattached(&self) {
        self.counts.reattaches.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn received(&self, bytes: usize) {
        self.counts.bytes.fetch_add(count(bytes), Ordering::Relaxed);
    }

    pub(super) fn decoded(&self, batches: &[RecordBatch]) {
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        self.counts.batches.fetch_add(count(batches.len()), Ordering::Relaxed);
        self.counts.rows.fetch_add(count(rows), Ordering::Relaxed);
    }

    /// Takes what a server sends of an operation's progress.
    pub(super) fn progressed(&self, encoded: &[u8]) {
        if let Some(callback) = &self.counts.progress
            && let Some(progress) = progress(encoded)
        {
            callback.tell(&progress);
        }
    }
}

/// Maximum bytes of a report of progress: more say nothing that anybody waits for, and would be multiplied in memory.
const LONGEST_PROGRESS: usize = 256 * 1024;

/// The progress that a server sent, unless it is not readable, which is no reason to fail the operation.
pub(super) fn progress(encoded: &[u8]) -> Option<ExecutionProgress> {
    if encoded.len() > LONGEST_PROGRESS {
        return None;
    }
    ExecutionProgress::decode(encoded).ok()
}

impl Callback {
    fn tell(&self, progress: &ExecutionProgress) {
        let progress = Progress::from(progress);
        // Nothing is known at first, so the empty progress that Spark begins with is nothing new either.
        if std::mem::replace(&mut *lock(&self.last), progress.clone()) == progress {
            return;
        }
        self.listener.tell(&progress);
    }
}

impl From<&ExecutionProgress> for Progress {
    fn from(progress: &ExecutionProgress) -> Self {
        Self {
            stages: progress.stages.iter().map(StageProgress::from).collect(),
            in_flight_tasks: positive(progress.num_inflight_tasks),
        }
    }
}

impl From<&StageInfo> for StageProgress {
    fn from(stage: &StageInfo) -> Self {
        Self {
            id: stage.stage_id,
            tasks: positive(stage.num_tasks),
            completed_tasks: positive(stage.num_completed_tasks),
            bytes_read: positive(stage.input_bytes_read),
            done: stage.done,
        }
    }
}

/// A count that a server sends with a sign, though it cannot have one.
fn positive(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A listener that panicked left a list or a snapshot that is as good as before.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer")
            .field("stats", &self.stats())
            .field("operations", &self.operations())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
