//! Rows on their way to a table as Parquet files: encoded and stored while they come, read by one statement, removed.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arrow_schema::{FieldRef, SchemaRef};
use futures_util::{StreamExt, stream};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use spark_connect::clock;
use spark_connect::types::Schema;
use tokio::runtime::Handle;
use tokio::task::{JoinSet, spawn_blocking};

use crate::driver::Unremoved;
use crate::error::{Error, ErrorKind, Result};
use failure::{failed, without_queries};

mod address;
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
mod connector;
mod failure;
mod parts;
mod service;
mod sweep;

pub(crate) use address::Store;
pub use sweep::StagingCleanup;

pub(super) use parts::{Finished, Parts};

/// The directory under the backend's root.
const DIRECTORY: &str = "staging";

/// A dropped statement has been stopped after this long. One that was not finds a file gone, and fails.
const STOPPED: Duration = Duration::from_secs(10);

/// What is still being stored in a service when nobody wants it any more has this long to end: each part is held in
/// memory, and a service that hangs would hold it for minutes. One that lands later is left to a sweep.
const LANDED: Duration = Duration::from_secs(10);

/// The longest wait of a write for the removal of its files: what was committed is to be told while the caller listens.
const REMOVED: Duration = Duration::from_secs(30);

/// The longest wait of a client for the files of its writes: for a statement that may read them, and for the store.
pub(super) const REMOVAL_BOUND: Duration = STOPPED.saturating_add(Duration::from_secs(5));

/// Maximum files that are removed at once, and how many in a row may not be: a store that refuses these will not take
/// the next.
const AT_ONCE: usize = 8;

/// The name of a file of a write, counted from 0.
fn file_name(number: usize) -> String {
    format!("part-{number:05}.parquet")
}

/// Whether the name is that of a file of a write.
fn is_file_name(name: &str) -> bool {
    let number = name.strip_prefix("part-").and_then(|rest| rest.strip_suffix(".parquet"));
    number.is_some_and(|number| number.len() >= 5 && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The files of one write, those included that are still being stored. They are removed when it is dropped, by a task
/// that outlives the drop, unless a statement may still read them.
#[derive(Debug)]
pub(super) struct Staged {
    files: Option<Files>,
    /// Whether a statement was sent that reads them, and has not ended.
    is_read: AtomicBool,
    /// Whether one whose answer was lost may still run.
    is_outcome_unknown: AtomicBool,
    /// Whether the engine reads a file that is gone as one without rows.
    is_passed_over: bool,
}

#[derive(Debug)]
struct Files {
    objects: Arc<dyn ObjectStore>,
    schema: SchemaRef,
    /// Each with the address by which the engine reads it.
    paths: Vec<(Path, String)>,
    stored: JoinSet<Result<Finished>>,
    /// Directories of this machine's disk that are removed with the files, the inner one first.
    directories: Vec<PathBuf>,
    /// The directory of the write, where the service keeps directories.
    directory: Option<Path>,
    /// Files are stored and removed here, wherever the write is polled.
    runtime: Handle,
    _unremoved: Unremoved,
}

/// The runtime for the tasks that encode, store and remove files.
///
/// # Errors
/// The call was made outside of Tokio.
pub(super) fn runtime() -> Result<Handle> {
    let message = "the call was made outside of a Tokio runtime, which stores the files: make it from async code under \
                   Tokio";
    Handle::try_current().map_err(|_| Error::new(ErrorKind::NoRuntime, message))
}

impl Staged {
    fn new(store: &Store, write: &str, schema: SchemaRef, runtime: Handle, unremoved: Unremoved) -> Self {
        let files = Files {
            objects: Arc::clone(&store.objects),
            schema,
            paths: Vec::new(),
            stored: JoinSet::new(),
            directories: store.directories(write),
            directory: store.kept_directory(write),
            runtime,
            _unremoved: unremoved,
        };
        let (is_read, is_outcome_unknown) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { files: Some(files), is_read, is_outcome_unknown, is_passed_over: false }
    }

    /// Of a statement that was told to stop, nobody says whether it has: on an engine that passes over files which are
    /// gone they stay.
    pub(super) fn set_passed_over(&mut self, is_passed_over: bool) {
        self.is_passed_over = is_passed_over;
    }

    /// The columns of the files.
    pub(super) fn schema(&self) -> Schema {
        self.files.as_ref().map(|files| Schema::from_arrow(&files.schema)).unwrap_or_default()
    }

    /// The same as Arrow has them.
    pub(super) fn fields(&self) -> &[FieldRef] {
        self.files.as_ref().map_or(&[], |files| files.schema.fields())
    }

    /// The addresses by which the engine reads the files.
    pub(super) fn addresses(&self) -> Vec<String> {
        self.files.iter().flat_map(|files| &files.paths).map(|(_, address)| address.clone()).collect()
    }

    /// Marks them as read by a statement that is sent.
    pub(super) fn mark_read(&self) {
        self.is_read.store(true, Ordering::Relaxed);
    }

    /// Marks them as read by no statement any more: the last one has ended.
    pub(super) fn mark_ended(&self) {
        self.is_read.store(false, Ordering::Relaxed);
    }

    /// Marks them as read by a statement whose answer was lost.
    pub(super) fn mark_outcome_unknown(&self) {
        self.is_outcome_unknown.store(true, Ordering::Relaxed);
    }

    /// Whether such a statement may still run.
    pub(super) fn is_outcome_unknown(&self) -> bool {
        self.is_outcome_unknown.load(Ordering::Relaxed)
    }

    /// Removes the files. What cannot be removed is left to a sweep. A call that is dropped, or has to wait longer than
    /// [`REMOVED`], leaves the rest to a task of its own.
    pub(super) async fn remove(mut self) {
        let Some(files) = self.files.take() else { return };
        let runtime = files.runtime.clone();
        // A task that ends early ends with its runtime.
        let _ = clock::timeout(REMOVED, runtime.spawn(files.remove())).await;
    }
}

impl Files {
    /// Leaves the files to a sweep.
    fn leave(self) {
        if let Some((path, _)) = self.paths.first() {
            tracing::warn!(target: "lakeorm", %path, "the files of a write that may still land are left to cleanup_staging");
        }
    }

    /// Waits for the files that are being stored, which would come after the removal.
    async fn land(&mut self) {
        let landed = async { while self.stored.join_next().await.is_some() {} };
        if self.directories.is_empty() {
            let _ = clock::timeout(LANDED, landed).await;
            self.stored.shutdown().await;
        } else {
            // On a disk they cannot be stopped, and come to their end.
            landed.await;
        }
    }

    async fn remove(mut self) {
        self.land().await;
        let files = self.paths.into_iter().map(|(path, _)| (path, ()));
        let told = |(), removed: object_store::Result<()>| {
            if let Err(error) = removed {
                let error = failed("a file could not be removed", &error);
                tracing::warn!(target: "lakeorm", %error, "a staged file is left to cleanup_staging");
            }
        };
        Removing::new(&self.objects).remove(files, told).await;
        if let Some(directory) = &self.directory {
            remove_directory(&self.objects, directory).await;
        }
        // Ends early with its runtime only.
        let _ = spawn_blocking(move || remove_empty(&self.directories)).await;
    }
}

/// Removes files of a store, some at once.
struct Removing {
    objects: Arc<dyn ObjectStore>,
    /// How many in a row could not be removed.
    refused: usize,
}

impl Removing {
    fn new(objects: &Arc<dyn ObjectStore>) -> Self {
        Self { objects: Arc::clone(objects), refused: 0 }
    }

    /// Removes the files as long as the store does, and tells what became of each. Of one that is gone nothing is told.
    async fn remove<F>(
        &mut self,
        files: impl IntoIterator<Item = (Path, F)>,
        mut told: impl FnMut(F, object_store::Result<()>),
    ) {
        let objects = Arc::clone(&self.objects);
        let removed = stream::iter(files).map(move |(path, file)| {
            let objects = Arc::clone(&objects);
            async move { (file, objects.delete(&path).await) }
        });
        let mut removed = removed.buffered(AT_ONCE);
        while !self.is_refused()
            && let Some((file, removed)) = removed.next().await
        {
            self.refused = match removed {
                Err(object_store::Error::NotFound { .. }) => 0,
                Err(error) => {
                    told(file, Err(error));
                    self.refused + 1
                }
                Ok(()) => {
                    told(file, Ok(()));
                    0
                }
            };
        }
    }

    /// Whether the store removes nothing any more.
    fn is_refused(&self) -> bool {
        self.refused >= AT_ONCE
    }
}

/// Removes an empty directory of a service that may keep directories. Without a hierarchy of names it has none, and one
/// with files of others stays.
async fn remove_directory(objects: &Arc<dyn ObjectStore>, directory: &Path) {
    if let Err(error) = objects.delete(directory).await {
        let error = failed("no directory was removed", &error);
        tracing::debug!(target: "lakeorm", %error, "the service keeps the directory of a write, or none");
    }
}

/// Removes directories on a disk, from the inner one on, as long as they are empty.
fn remove_empty(directories: &[PathBuf]) {
    // Files of others keep them.
    let _ = directories.iter().try_for_each(std::fs::remove_dir);
}

impl Drop for Staged {
    fn drop(&mut self) {
        let Some(files) = self.files.take() else { return };
        let is_read = self.is_read.load(Ordering::Relaxed);
        if self.is_outcome_unknown() || is_read && self.is_passed_over {
            return files.leave();
        }
        let wait = if is_read { STOPPED } else { Duration::ZERO };
        // Where the runtime has ended the files stay for a sweep.
        let runtime = files.runtime.clone();
        drop(runtime.spawn(async move {
            clock::sleep(wait).await;
            files.remove().await;
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::Removals;
    use crate::write::Backend;

    /// Waits as the client does.
    async fn gone(removals: &Removals) {
        removals.wait_until(clock::deadline(REMOVAL_BOUND)).await;
    }

    /// One file of a write, in memory.
    async fn staged(removals: &Removals) -> (Arc<dyn ObjectStore>, Path, Staged) {
        let backend = Backend::parse("memory://").unwrap();
        let (store, schema) = (backend.store().unwrap(), Arc::new(arrow_schema::Schema::empty()));
        let objects = Arc::clone(&store.objects);
        let mut staged = Staged::new(store, "w", schema, runtime().unwrap(), removals.unremoved());
        let path = Path::from("part-00000.parquet");
        objects.put(&path, "rows".into()).await.unwrap();
        staged.files.as_mut().unwrap().paths.push((path.clone(), String::new()));
        (objects, path, staged)
    }

    #[tokio::test(start_paused = true)]
    async fn the_removal_of_a_dropped_writes_files_can_be_waited_for() {
        for (is_read, wait) in [(false, Duration::ZERO), (true, STOPPED)] {
            let removals = Removals::default();
            let (objects, path, staged) = staged(&removals).await;
            if is_read {
                staged.mark_read();
            }
            let begun = tokio::time::Instant::now();
            drop(staged);
            gone(&removals).await;
            assert_eq!(begun.elapsed(), wait);
            assert!(objects.head(&path).await.is_err());
        }
    }

    /// Sail would write the rows of those that are left.
    #[tokio::test(start_paused = true)]
    async fn the_files_of_a_dropped_statement_stay_for_a_sweep_where_the_engine_passes_over_those_that_are_gone()
     {
        for (has_ended, is_left) in [(false, true), (true, false)] {
            let removals = Removals::default();
            let (objects, path, mut staged) = staged(&removals).await;
            staged.set_passed_over(true);
            staged.mark_read();
            if has_ended {
                staged.mark_ended();
            }
            drop(staged);
            gone(&removals).await;
            tokio::time::sleep(STOPPED * 2).await;
            assert_eq!(objects.head(&path).await.is_ok(), is_left, "{has_ended}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_files_of_a_dropped_write_whose_answer_was_lost_stay_for_a_sweep() {
        let removals = Removals::default();
        let (objects, path, staged) = staged(&removals).await;
        staged.mark_read();
        staged.mark_outcome_unknown();
        let begun = tokio::time::Instant::now();
        drop(staged);
        gone(&removals).await;
        tokio::time::sleep(STOPPED * 2).await;
        assert_eq!(begun.elapsed(), STOPPED * 2);
        assert!(objects.head(&path).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_waits_for_what_is_still_being_stored_within_a_bound() {
        for (directories, bound) in [(vec![PathBuf::from("/nowhere/w")], REMOVED), (Vec::new(), LANDED)] {
            let (_, _, mut staged) = staged(&Removals::default()).await;
            let files = staged.files.as_mut().unwrap();
            files.stored.spawn(std::future::pending());
            files.directories = directories;
            let begun = tokio::time::Instant::now();
            staged.remove().await;
            assert_eq!(begun.elapsed(), bound);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_is_being_stored_for_a_dropped_write_is_given_up_and_its_memory_freed() {
        let removals = Removals::default();
        let (objects, path, mut staged) = staged(&removals).await;
        let part = Arc::new(());
        let held = Arc::clone(&part);
        staged.files.as_mut().unwrap().stored.spawn(async move {
            std::future::pending::<()>().await;
            drop(held);
            Ok(Finished::default())
        });
        let begun = tokio::time::Instant::now();
        drop(staged);
        gone(&removals).await;
        assert_eq!(begun.elapsed(), LANDED);
        assert_eq!(Arc::strong_count(&part), 1);
        assert!(objects.head(&path).await.is_err());
    }

    #[tokio::test]
    async fn the_directory_that_a_service_keeps_is_removed_with_the_files() {
        for keeps_directories in [true, false] {
            let (objects, _, mut staged) = staged(&Removals::default()).await;
            let directory = Path::from("staging/w");
            objects.put(&directory, "".into()).await.unwrap();
            let files = staged.files.as_mut().unwrap();
            files.directory = keeps_directories.then(|| directory.clone());
            staged.remove().await;
            assert_eq!(objects.head(&directory).await.is_err(), keeps_directories);
        }
    }

    #[test]
    fn files_are_removed_wherever_the_write_is_polled_last() {
        let own = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let other = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for is_dropped in [false, true] {
            let removals = Removals::default();
            let (objects, path, files) = own.block_on(staged(&removals));
            other.block_on(async move { if is_dropped { drop(files) } else { files.remove().await } });
            own.block_on(gone(&removals));
            assert!(own.block_on(objects.head(&path)).is_err(), "{is_dropped}");
        }
        assert_eq!(runtime().unwrap_err().kind(), ErrorKind::NoRuntime);
    }

    #[tokio::test(start_paused = true)]
    async fn files_of_a_write_that_nobody_ends_are_waited_for_within_a_bound() {
        let removals = Removals::default();
        let unremoved = removals.unremoved();
        let begun = tokio::time::Instant::now();
        gone(&removals).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(15));
        drop(unremoved);
        gone(&removals).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(15));
    }

    #[test]
    fn only_files_of_writes_are_called_as_they_are() {
        assert_eq!(file_name(7), "part-00007.parquet");
        assert!(is_file_name(&file_name(7)) && is_file_name(&file_name(123_456)));
        for other in
            ["part-7.parquet", "part-0000a.parquet", "part-00000.parquet.crc", "part-00000", "_SUCCESS"]
        {
            assert!(!is_file_name(other), "{other}");
        }
    }
}
