//! Removing the files that killed programs left.

use std::fs::DirEntry;
use std::mem::take;
use std::path::{Path as Directory, PathBuf};
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use object_store::path::Path;
use object_store::{ListResult, ObjectMeta, ObjectStoreExt, PutPayload};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::{AT_ONCE, Removing, Store, failed, file_name, is_file_name, remove_directory, remove_empty};
use crate::error::{Error, ErrorKind, Result};

/// The writes and files that [`Client::cleanup_staging`](crate::Client::cleanup_staging) removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StagingCleanup {
    /// Writes of which files were removed.
    pub writes: u64,
    /// Files that were removed.
    pub files: u64,
    /// The bytes that these files had.
    pub bytes: u64,
}

/// How many times in a row files of some writes may be refused before a sweep ends: a store that hangs takes half a minute
/// for each.
const REFUSED: usize = 3;

/// How often the time of the store is asked for: a sweep of files of any age removes what tells it.
const TRIES: usize = 3;

impl StagingCleanup {
    fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}

/// The files of one write.
struct Write {
    files: Vec<ObjectMeta>,
    halves: Vec<Half>,
    /// As [`Store::directories`] has them.
    local: Vec<PathBuf>,
    /// As [`Store::kept_directory`] has it.
    kept: Option<Path>,
    is_swept: bool,
}

impl Store {
    /// Removes the files of writes that began longer ago. Files that no write made are left alone, and one that cannot
    /// be removed, or a directory that cannot be listed, does not keep the others.
    pub(crate) async fn sweep(&self, older_than: Duration) -> Result<StagingCleanup> {
        let (mut swept, mut left) = (StagingCleanup::default(), Left::default());
        let mut names = self.names().await?;
        let mut now = SystemTime::now();
        names.retain(|name| is_old(name, now, older_than));
        // Of no age every write is, whatever the time.
        if !names.is_empty() && !older_than.is_zero() {
            now = now.min(self.now().await?);
            names.retain(|name| is_old(name, now, older_than));
        }
        let (mut refused, mut chunks) = (0_usize, names.chunks(AT_ONCE));
        while let Some(names) = chunks.next() {
            let (mut writes, mut unlisted) = (Vec::new(), 0);
            let found = self.on_disk(names).await;
            let found = names.iter().zip(found).map(|(name, halves)| self.old(name, halves, now, older_than));
            for write in join_all(found).await {
                match write {
                    Ok(write) => writes.extend(write),
                    // It may be one that another user keeps to himself.
                    Err(error) => {
                        unlisted += 1;
                        left.add(error);
                    }
                }
            }
            let is_given_up = self.remove(&mut writes, &mut swept, &mut left).await;
            swept.writes += writes.iter().map(|write| u64::from(write.is_swept)).sum::<u64>();
            left.is_given_up |= is_given_up;
            refused = if is_given_up || unlisted == names.len() { refused + 1 } else { 0 };
            if refused == REFUSED {
                left.is_given_up |= chunks.len() > 0;
                break;
            }
        }
        left.told(swept)
    }

    /// Removes the files of some writes. Whether the store refused so many that the rest was not tried.
    async fn remove(&self, writes: &mut [Write], swept: &mut StagingCleanup, left: &mut Left) -> bool {
        // Those of others may be removed where those of one user are not.
        let mut removing = Removing::new(&self.objects);
        let files = writes.iter().enumerate().flat_map(|(write, Write { files, .. })| {
            files.iter().map(move |file| (file.location.clone(), (write, file.size)))
        });
        let files: Vec<_> = files.collect();
        let told = |(write, bytes): (usize, u64), removed: object_store::Result<()>| match removed {
            Ok(()) => {
                swept.add(bytes);
                writes.get_mut(write).into_iter().for_each(|write| write.is_swept = true);
            }
            Err(error) => left.add(error),
        };
        removing.remove(files, told).await;
        if removing.is_refused() {
            return true;
        }
        let local = writes.iter_mut().map(|write| (take(&mut write.halves), take(&mut write.local)));
        let local: Vec<_> = local.collect();
        let removing = move || {
            let removed = local.into_iter().map(|(halves, directories)| {
                let removed = remove_halves(&halves);
                remove_empty(&directories);
                removed
            });
            removed.collect::<Vec<_>>()
        };
        let removed = self.blocking(removing).await;
        for (write, removed) in writes.iter_mut().zip(removed) {
            for removed in removed {
                match removed {
                    Ok(bytes) => {
                        swept.add(bytes);
                        write.is_swept = true;
                    }
                    Err(error) => left.add(error),
                }
            }
            if let Some(directory) = &write.kept {
                remove_directory(&self.objects, directory).await;
            }
        }
        false
    }

    /// The files of these writes whose storing was cut off on a disk; none of a directory that is no write's.
    async fn on_disk(&self, names: &[String]) -> Vec<Option<Vec<Half>>> {
        let directories: Vec<_> =
            names.iter().map(|name| self.directories(name).into_iter().next()).collect();
        let looking = move || {
            let found = directories.into_iter().map(|directory| match directory {
                // No write makes a link: what it leads to is somebody else's.
                Some(directory) if directory.is_symlink() => None,
                Some(directory) => Some(halves(&directory)),
                None => Some(Vec::new()),
            });
            found.collect()
        };
        self.blocking(looking).await
    }

    /// What is done on a disk, where it keeps no task waiting. Nothing comes of it once the runtime has ended.
    async fn blocking<T: Default + Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        match Handle::try_current() {
            Ok(runtime) if self.local.is_some() => runtime.spawn_blocking(work).await.unwrap_or_default(),
            _ => work(),
        }
    }

    /// The names of the directories of writes, and others.
    async fn names(&self) -> Result<Vec<String>> {
        let directories = self.list(&self.directory()).await?.common_prefixes;
        Ok(directories.iter().filter_map(|directory| Some(directory.filename()?.to_owned())).collect())
    }

    /// The files of a write with these halves, if it stored none lately.
    async fn old(
        &self,
        name: &str,
        halves: Option<Vec<Half>>,
        now: SystemTime,
        older_than: Duration,
    ) -> object_store::Result<Option<Write>> {
        let Some(halves) = halves else { return Ok(None) };
        // What lies further below is of no write.
        let directory = self.directory().join(name);
        let mut files = self.objects.list_with_delimiter(Some(&directory)).await?.objects;
        // The clock of the writer may be slow.
        let mut stored = files.iter().map(|file| SystemTime::from(file.last_modified));
        let mut stored_halves = halves.iter().map(|half| half.stored);
        let is_young = |stored| age(stored, now) < older_than;
        if stored.any(is_young) || stored_halves.any(is_young) {
            return Ok(None);
        }
        files.retain(|file| file.location.filename().is_some_and(is_file_name));
        let (local, kept) = (self.directories(name), self.kept_directory(name));
        Ok(Some(Write { files, halves, local, kept, is_swept: false }))
    }

    /// The time of the store, by which it tells when a file was stored.
    async fn now(&self) -> Result<SystemTime> {
        for _ in 0..TRIES {
            if let Some(now) = self.stored_now().await? {
                return Ok(now);
            }
        }
        let message = "nothing was removed: a file to tell the time of the backend by was stored and is not listed: try again";
        Err(Error::new(ErrorKind::Staging, message))
    }

    /// The time of an empty file, stored as a write of now stores one, unless another sweep removes it first. If it cannot
    /// be removed, a later sweep takes it for one of a write.
    async fn stored_now(&self) -> Result<Option<SystemTime>> {
        let name = Uuid::now_v7().to_string();
        let (path, _) = self.file(&name, &file_name(0));
        let stored = self.objects.put(&path, PutPayload::new()).await;
        stored.map_err(|error| {
            failed(
                "nothing was removed: a file to tell the time of the backend by could not be stored, which cleanup_staging \
                 wants to be allowed",
                &error,
            )
        })?;
        // Whoever removes files may list them, and need not read any.
        let listed = self.list(&self.directory().join(name.as_str())).await;
        if let Err(error) = self.objects.delete(&path).await {
            let error = failed("a file could not be removed", &error);
            tracing::warn!(target: "lakeorm", %error, "a staged file is left to cleanup_staging");
        }
        remove_empty(&self.directories(&name));
        if let Some(directory) = self.kept_directory(&name) {
            remove_directory(&self.objects, &directory).await;
        }
        let files = listed?.objects;
        Ok(files.iter().find(|file| file.location == path).map(|file| file.last_modified.into()))
    }

    async fn list(&self, directory: &Path) -> Result<ListResult> {
        let listed = self.objects.list_with_delimiter(Some(directory)).await;
        listed.map_err(|error| failed("the backend could not be listed", &error))
    }
}

/// What became of each, and the bytes of those that are removed.
fn remove_halves(halves: &[Half]) -> Vec<object_store::Result<u64>> {
    let removed = |half: &Half| match std::fs::remove_file(&half.path) {
        Ok(()) => Some(Ok(half.bytes)),
        // Another sweep was first.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => Some(Err(object_store::Error::Generic {
            store: "file",
            source: format!("{}: {error}", half.path.display()).into(),
        })),
    };
    halves.iter().filter_map(removed).collect()
}

/// Files that could not be removed, and directories that could not be listed, and why the first of them.
#[derive(Default)]
struct Left {
    files: u64,
    first: Option<object_store::Error>,
    /// Whether the store refused so many that the rest was not tried.
    is_given_up: bool,
}

impl Left {
    fn add(&mut self, error: object_store::Error) {
        self.files += 1;
        self.first.get_or_insert(error);
    }

    fn told(self, swept: StagingCleanup) -> Result<StagingCleanup> {
        let Some(error) = self.first else { return Ok(swept) };
        let (left, removed) = (self.files, swept.files);
        let rest = if self.is_given_up { ", and did not try all" } else { "" };
        Err(failed(&format!("removed {removed} files and failed on {left}{rest}; the first failure"), &error))
    }
}

/// When the write of a directory began, if the directory is a write's.
fn began(name: &str) -> Option<SystemTime> {
    let id = Uuid::try_parse(name).ok().filter(|id| id.get_version_num() == 7 && id.to_string() == name)?;
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    Some(SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds))
}

/// Whether a directory of this name is that of a write which, by the name, began so long ago.
fn is_old(name: &str, now: SystemTime, older_than: Duration) -> bool {
    began(name).is_some_and(|began| age(began, now) >= older_than)
}

/// A time of the future, by a clock that is ahead, is now.
fn age(time: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(time).unwrap_or_default()
}

/// A file whose storing was cut off on a disk, which no listing shows.
struct Half {
    path: PathBuf,
    stored: SystemTime,
    bytes: u64,
}

fn halves(directory: &Directory) -> Vec<Half> {
    let is_half = |entry: &DirEntry| {
        let name = entry.file_name();
        name.to_str().and_then(|name| name.split_once('#')).is_some_and(|(file, _)| is_file_name(file))
    };
    let half = |entry: DirEntry| {
        let metadata = entry.metadata();
        let bytes = metadata.as_ref().map_or(0, std::fs::Metadata::len);
        let stored = metadata.and_then(|metadata| metadata.modified());
        Half { path: entry.path(), stored: stored.unwrap_or_else(|_| SystemTime::now()), bytes }
    };
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter(is_half).map(half).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use futures_util::TryStreamExt;
    use uuid::{NoContext, Timestamp};

    use super::*;
    use crate::error::ErrorKind;
    use crate::write::Backend;

    const HOUR: Duration = Duration::from_secs(3600);

    /// The directory of a write that, by its own clock, began long ago.
    fn old() -> String {
        let began = Timestamp::from_unix(NoContext, 1_700_000_000, 0);
        Uuid::new_v7(began).to_string()
    }

    async fn put(store: &Store, path: String) -> Path {
        let path = Path::from(path);
        store.objects.put(&path, "four".into()).await.unwrap();
        path
    }

    #[tokio::test]
    async fn a_write_that_stored_a_file_lately_is_not_swept() {
        let backend = Backend::parse("memory://lake").unwrap();
        let store = backend.store().unwrap();
        let file = put(store, format!("lake/staging/{}/part-00000.parquet", old())).await;
        assert_eq!(store.sweep(HOUR).await.unwrap(), StagingCleanup::default());
        let listed: Vec<_> =
            store.objects.list(None).map_ok(|file| file.location).try_collect().await.unwrap();
        assert_eq!(listed, [file]);
        let swept = store.sweep(Duration::ZERO).await.unwrap();
        assert_eq!((swept.writes, swept.files, swept.bytes), (1, 1, 4));
    }

    /// By a clock ahead of ours, on the machine of the writer or of the store.
    #[tokio::test]
    async fn a_write_or_a_file_of_the_future_is_as_young_as_one_of_now() {
        let root = std::env::temp_dir().join(format!("lakeorm_sweep_future_{}", std::process::id()));
        let backend = Backend::parse(&format!("file://{}", root.display())).unwrap();
        let store = backend.store().unwrap();
        let ahead = SystemTime::now() + 48 * HOUR;
        let since = ahead.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let began_ahead = Uuid::new_v7(Timestamp::from_unix(NoContext, since, 0)).to_string();
        let long_ago = SystemTime::now() - 2 * HOUR;
        for (write, name, stored) in [
            (old(), "part-00000.parquet", ahead),
            (old(), "part-00000.parquet#1", ahead),
            (began_ahead, "part-00000.parquet", long_ago),
        ] {
            let directory = root.join("staging").join(write);
            fs::create_dir_all(&directory).unwrap();
            let file = directory.join(name);
            fs::write(&file, "four").unwrap();
            fs::File::options().write(true).open(&file).unwrap().set_modified(stored).unwrap();
            assert_eq!(store.sweep(HOUR).await.unwrap(), StagingCleanup::default(), "{}", file.display());
            assert!(file.exists());
            let swept = store.sweep(Duration::ZERO).await.unwrap();
            assert_eq!((swept.writes, swept.files, swept.bytes), (1, 1, 4), "{}", file.display());
            assert!(!directory.exists());
        }
        fs::remove_dir_all(&root).unwrap();
    }

    /// Writes name theirs by a UUID of version 7, in one spelling.
    #[tokio::test]
    async fn a_directory_with_another_name_than_a_write_has_is_left_alone() {
        let backend = Backend::parse("memory://lake").unwrap();
        let (store, write) = (backend.store().unwrap(), old());
        for name in [
            write.to_uppercase(),
            write.replace('-', ""),
            format!("{{{write}}}"),
            // Of versions 1 and 6, which tell a time too, and of version 4.
            "c232ab00-9414-11ec-b3c8-9f6bdeced846".to_owned(),
            "1ec9414c-232a-6b00-b3c8-9f6bdeced846".to_owned(),
            "919108f7-52d1-4320-9bac-f847db4148a8".to_owned(),
            "others".to_owned(),
        ] {
            let file = put(store, format!("lake/staging/{name}/part-00000.parquet")).await;
            assert_eq!(store.sweep(Duration::ZERO).await.unwrap(), StagingCleanup::default(), "{name}");
            store.objects.head(&file).await.unwrap();
        }
    }

    #[tokio::test]
    async fn files_below_the_directory_of_a_write_are_left_alone() {
        let backend = Backend::parse("memory://lake").unwrap();
        let (store, write) = (backend.store().unwrap(), old());
        put(store, format!("lake/staging/{write}/part-00000.parquet")).await;
        let below = put(store, format!("lake/staging/{write}/others/part-00000.parquet")).await;
        assert_eq!(store.sweep(Duration::ZERO).await.unwrap().files, 1);
        store.objects.head(&below).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_being_stored_keeps_its_write_from_a_sweep() {
        let root = std::env::temp_dir().join(format!("lakeorm_sweep_{}", std::process::id()));
        let directory = root.join("staging").join(old());
        fs::create_dir_all(&directory).unwrap();
        let half = directory.join("part-00000.parquet#1");
        fs::write(&half, "fo").unwrap();
        let backend = Backend::parse(&format!("file://{}", root.display())).unwrap();
        let store = backend.store().unwrap();
        assert_eq!(store.sweep(HOUR).await.unwrap().files, 0);
        assert!(half.exists());
        let long_ago = SystemTime::now() - 2 * HOUR;
        fs::File::options().write(true).open(&half).unwrap().set_modified(long_ago).unwrap();
        let swept = store.sweep(HOUR).await.unwrap();
        assert_eq!((swept.writes, swept.files, swept.bytes), (1, 1, 2));
        assert!(!directory.exists());
        fs::remove_dir_all(&root).unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_to_a_directory_elsewhere_is_no_write() {
        let root = std::env::temp_dir().join(format!("lakeorm_sweep_link_{}", std::process::id()));
        let (staging, elsewhere) = (root.join("staging"), root.join("elsewhere"));
        fs::create_dir_all(&staging).unwrap();
        fs::create_dir_all(&elsewhere).unwrap();
        let files = [elsewhere.join("part-00000.parquet"), elsewhere.join("part-00001.parquet#1")];
        files.iter().for_each(|file| fs::write(file, "four").unwrap());
        let link = staging.join(old());
        std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
        let backend = Backend::parse(&format!("file://{}", root.display())).unwrap();
        let swept = backend.store().unwrap().sweep(Duration::ZERO).await.unwrap();
        assert_eq!(swept, StagingCleanup::default());
        assert!(link.is_symlink() && files.iter().all(|file| file.exists()));
        fs::remove_dir_all(&root).unwrap();
    }

    #[tokio::test]
    async fn a_cut_off_file_that_cannot_be_removed_is_told_and_keeps_no_other() {
        let root = std::env::temp_dir().join(format!("lakeorm_sweep_left_{}", std::process::id()));
        let directory = root.join("staging").join(old());
        // A directory is no file, whoever removes it.
        fs::create_dir_all(directory.join("part-00000.parquet#1")).unwrap();
        fs::write(directory.join("part-00001.parquet#1"), "fo").unwrap();
        let backend = Backend::parse(&format!("file://{}", root.display())).unwrap();
        let error = backend.store().unwrap().sweep(Duration::ZERO).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Staging);
        let told = error.to_string();
        assert!(told.starts_with("removed 1 files and failed on 1; the first failure: "), "{told}");
        assert!(told.contains("part-00000.parquet#1"), "{told}");
        fs::remove_dir_all(&root).unwrap();
    }

    /// As one of another user is.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_directory_that_cannot_be_listed_is_told_and_keeps_no_other() {
        use std::os::unix::ffi::OsStrExt;

        let root = std::env::temp_dir().join(format!("lakeorm_sweep_unlisted_{}", std::process::id()));
        let [unlisted, other] = [(); 2].map(|()| root.join("staging").join(old()));
        for directory in [&unlisted, &other] {
            fs::create_dir_all(directory).unwrap();
            fs::write(directory.join("part-00000.parquet"), "four").unwrap();
        }
        // The store reads no such name, whoever asks.
        fs::write(unlisted.join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
        let backend = Backend::parse(&format!("file://{}", root.display())).unwrap();
        let error = backend.store().unwrap().sweep(Duration::ZERO).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Staging);
        let told = error.to_string();
        assert!(told.starts_with("removed 1 files and failed on 1; the first failure: "), "{told}");
        assert!(unlisted.exists() && !other.exists());
        fs::remove_dir_all(&root).unwrap();
    }

    #[tokio::test]
    async fn a_directory_that_the_service_keeps_is_removed_with_its_files() {
        let backend = Backend::parse("memory://lake").unwrap();
        let mut store = backend.store().unwrap().clone();
        store.keeps_directories = true;
        let write = old();
        let directory = put(&store, format!("lake/staging/{write}")).await;
        put(&store, format!("lake/staging/{write}/part-00000.parquet")).await;
        assert_eq!(store.sweep(Duration::ZERO).await.unwrap().files, 1);
        assert!(store.objects.head(&directory).await.is_err());
    }
}
