//! The directory outside the repository where engines, data and logs are kept between runs.
//!
//! An entry is a directory named after what it holds and its version. It is filled under another name and
//! renamed when it is complete, so an interrupted installation is never taken for a finished one.

use std::env;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{During, Failure, Outcome};
use crate::process::command_line;
use crate::progress::{note, step};

/// How long to wait for another process that holds a lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(20 * 60);

/// The cache directory.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// Opens the cache: `LAKEORM_CACHE`, else `lakeorm` in `XDG_CACHE_HOME`, else `.cache/lakeorm` in the home
    /// directory.
    pub(crate) fn open() -> Outcome<Self> {
        let root = directory(|name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from))
            .ok_or_else(|| Failure::new("no cache directory: set LAKEORM_CACHE or HOME"))?;
        let root = std::path::absolute(&root).during(root.display())?;
        fs::create_dir_all(&root).during(format_args!("creating the cache {}", root.display()))?;
        Ok(Self { root })
    }

    /// The entry `key`, which `fill` makes in the directory it is given if it is not there yet.
    pub(crate) fn entry(
        &self,
        key: &str,
        what: &str,
        fill: impl FnOnce(&Path) -> Outcome,
    ) -> Outcome<PathBuf> {
        let entry = self.root.join(key);
        if entry.is_dir() {
            return Ok(entry);
        }
        let _alone = self.lock(key, what)?;
        if entry.is_dir() {
            return Ok(entry);
        }
        let partial = self.root.join(format!(".{key}.partial"));
        remove_tree(&partial)?;
        create_tree(&partial)?;
        let filled = step(what, || fill(&partial));
        if let Err(failure) = filled {
            remove_tree(&partial)?;
            return Err(failure);
        }
        fs::rename(&partial, &entry).during(format_args!("completing {}", entry.display()))?;
        Ok(entry)
    }

    /// Waits until no other process holds the lock `key`, and holds it until it is dropped.
    pub(crate) fn lock(&self, key: &str, what: &str) -> Outcome<Lock> {
        Lock::take(self.root.join(format!(".{key}.lock")), what)
    }

    /// Where the log of the engine run `label` goes.
    pub(crate) fn log(&self, label: &str) -> Outcome<PathBuf> {
        let logs = self.root.join("logs");
        create_tree(&logs)?;
        Ok(logs.join(format!("{label}.log")))
    }

    /// The directory of the engine runs: state files and what the engines write.
    pub(crate) fn runs(&self) -> Outcome<PathBuf> {
        let runs = self.root.join("run");
        create_tree(&runs)?;
        Ok(runs)
    }
}

/// Chooses the directory by the variables that `lookup` knows.
fn directory(lookup: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    lookup("LAKEORM_CACHE")
        .or_else(|| lookup("XDG_CACHE_HOME").map(|cache| cache.join("lakeorm")))
        .or_else(|| lookup("HOME").map(|home| home.join(".cache").join("lakeorm")))
}

/// Creates a directory and its parents.
pub(crate) fn create_tree(directory: &Path) -> Outcome {
    fs::create_dir_all(directory).during(format_args!("creating {}", directory.display()))
}

/// Removes a directory with all that is in it; one that is not there is no error.
pub(crate) fn remove_tree(directory: &Path) -> Outcome {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).during(format_args!("removing {}", directory.display()))
        }
        _ => Ok(()),
    }
}

/// A file that exists while one process does what no other should do beside it. Its text is the process id of
/// the owner, so that a lock left behind by one that died is recognised.
#[derive(Debug)]
pub(crate) struct Lock(PathBuf);

impl Lock {
    fn take(path: PathBuf, what: &str) -> Outcome<Self> {
        let begun = Instant::now();
        let mut told = false;
        loop {
            match File::create_new(&path) {
                Ok(mut file) => {
                    write!(file, "{}", process::id()).during(path.display())?;
                    return Ok(Self(path));
                }
                Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                    return Err(error).during(path.display());
                }
                Err(_) if abandoned(&path) => {
                    fs::remove_file(&path).ok();
                }
                Err(_) if begun.elapsed() > LOCK_TIMEOUT => {
                    let path = path.display();
                    return Err(Failure::new(format!(
                        "{what}: another process has held {path} for too long"
                    )));
                }
                Err(_) => {
                    if !told {
                        note(format_args!("· {what}: another process is at it, waiting …"));
                        told = true;
                    }
                    thread::sleep(Duration::from_millis(200));
                }
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

/// Whether the owner of a lock is gone. A lock without a readable owner is one that is just being written.
fn abandoned(lock: &Path) -> bool {
    let Ok(text) = fs::read_to_string(lock) else { return false };
    let Ok(owner) = text.parse::<u32>() else { return false };
    owner != process::id() && command_line(owner).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> Cache {
        let root = env::temp_dir().join(format!("lakeorm-xtask-{}-{name}", process::id()));
        remove_tree(&root).unwrap();
        create_tree(&root).unwrap();
        Cache { root }
    }

    #[test]
    fn an_entry_is_made_once_and_found_afterwards() {
        let cache = scratch("once");
        let first =
            cache.entry("thing-1", "making", |dir| fs::write(dir.join("a"), "1").during("a")).unwrap();
        let second = cache.entry("thing-1", "making", |_| Err(Failure::new("made twice"))).unwrap();
        assert_eq!(first, second);
        assert_eq!(fs::read_to_string(second.join("a")).unwrap(), "1");
        remove_tree(&cache.root).unwrap();
    }

    #[test]
    fn an_entry_whose_making_failed_is_not_there() {
        let cache = scratch("failed");
        let failure = cache.entry("thing-1", "making", |_| Err(Failure::new("no disk"))).unwrap_err();
        assert_eq!(failure.to_string(), "no disk");
        assert!(fs::read_dir(&cache.root).unwrap().next().is_none());
    }

    #[test]
    fn what_an_interrupted_installation_left_is_started_over() {
        let cache = scratch("partial");
        create_tree(&cache.root.join(".thing-1.partial")).unwrap();
        fs::write(cache.root.join(".thing-1.partial").join("half"), "").unwrap();
        fs::write(cache.root.join(".thing-1.lock"), u32::MAX.to_string()).unwrap();
        let entry = cache.entry("thing-1", "making", |_| Ok(())).unwrap();
        assert!(!entry.join("half").exists());
        remove_tree(&cache.root).unwrap();
    }

    #[test]
    fn the_own_variable_goes_before_the_platforms() {
        let all = |name: &str| Some(PathBuf::from("/").join(name));
        assert_eq!(directory(all), Some(PathBuf::from("/LAKEORM_CACHE")));
        let home = |name: &str| (name == "HOME").then(|| PathBuf::from("/h"));
        assert_eq!(directory(home), Some(PathBuf::from("/h/.cache/lakeorm")));
        assert_eq!(directory(|_| None), None);
    }
}
