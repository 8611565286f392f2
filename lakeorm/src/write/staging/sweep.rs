//! Removing what killed programs left behind.

use std::path::Path as Directory;
use std::time::{Duration, SystemTime};

use futures_util::TryStreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use uuid::Uuid;

use super::{Store, failed, is_file_name, remove_empty};
use crate::error::{Error, Result};

/// What [`Client::cleanup_staging`](crate::Client::cleanup_staging) removed.
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

impl Store {
    /// Removes the files of writes that began longer ago. What no write of ours made is left alone, and what cannot be
    /// removed does not keep the others.
    pub(crate) async fn sweep(&self, older_than: Duration) -> Result<StagingCleanup> {
        let listed = self
            .objects
            .list_with_delimiter(Some(&self.directory()))
            .await
            .map_err(|error| unlisted(&error))?;
        let (mut swept, mut left) = (StagingCleanup::default(), Left::default());
        for directory in listed.common_prefixes {
            let name = directory.filename().unwrap_or_default();
            if began(name).is_none_or(|began| age(began) < older_than) {
                continue;
            }
            let before = swept.files;
            self.remove(&directory, &mut swept, &mut left).await?;
            let directories = self.directories(name);
            swept.files += directories.first().map_or(0, |directory| remove_halves(directory));
            remove_empty(&directories);
            swept.writes += u64::from(swept.files > before);
        }
        left.told(swept)
    }

    async fn remove(&self, directory: &Path, swept: &mut StagingCleanup, left: &mut Left) -> Result<()> {
        let mut files = self.objects.list(Some(directory));
        while let Some(file) = files.try_next().await.map_err(|error| unlisted(&error))? {
            if !file.location.filename().is_some_and(is_file_name) {
                continue;
            }
            match self.objects.delete(&file.location).await {
                Ok(()) => {}
                // Another sweep was first.
                Err(object_store::Error::NotFound { .. }) => continue,
                Err(error) => {
                    left.add(error);
                    continue;
                }
            }
            swept.files += 1;
            swept.bytes += file.size;
        }
        Ok(())
    }
}

/// Files that could not be removed, and why the first of them.
#[derive(Default)]
struct Left {
    files: u64,
    first: Option<object_store::Error>,
}

impl Left {
    fn add(&mut self, error: object_store::Error) {
        self.files += 1;
        self.first.get_or_insert(error);
    }

    fn told(self, swept: StagingCleanup) -> Result<StagingCleanup> {
        let Some(error) = self.first else { return Ok(swept) };
        let (left, removed) = (self.files, swept.files);
        Err(failed(&format!("removed {removed} files and failed on {left}; the first failure"), &error))
    }
}

fn unlisted(error: &object_store::Error) -> Error {
    failed("the backend could not be listed", error)
}

/// When the write of a directory began, if the directory is a write's.
fn began(name: &str) -> Option<SystemTime> {
    let id = Uuid::try_parse(name).ok().filter(|id| id.get_version_num() == 7 && id.to_string() == name)?;
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    Some(SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds))
}

/// A write of the future, by a clock ahead of ours, is new.
fn age(began: SystemTime) -> Duration {
    began.elapsed().unwrap_or_default()
}

/// Removes files whose storing was cut off on a disk, which no listing shows.
fn remove_halves(directory: &Directory) -> u64 {
    let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
    let is_half = |name: &str| name.split_once('#').is_some_and(|(file, _)| is_file_name(file));
    let halves = entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(is_half));
    let removed = halves.filter(|half| std::fs::remove_file(half.path()).is_ok()).count();
    u64::try_from(removed).unwrap_or_default()
}
