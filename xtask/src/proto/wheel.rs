//! Where PySpark's descriptors come from: the package itself, fetched once with `pip`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::{Result, say};

/// The PySpark that our `.proto` files follow. Its small sibling `pyspark-client` is not published for every version.
pub(crate) const VERSION: &str = "4.3.0";

/// An interrupted download is removed by the first run after this time.
const ABANDONED_AFTER: Duration = Duration::from_secs(60 * 60);

/// Unpacks the descriptor modules of one source archive or wheel: `script archive-directory target-directory`.
const UNPACK: &str = r#"
import pathlib, sys, tarfile, zipfile
source, target = map(pathlib.Path, sys.argv[1:3])
archive, = source.iterdir()
def keep(name, content):
    if name.endswith("_pb2.py") and "pyspark/sql/connect/proto/" in name:
        (target / pathlib.PurePosixPath(name).name).write_bytes(content())
if archive.suffix == ".whl":
    with zipfile.ZipFile(archive) as members:
        for name in members.namelist():
            keep(name, lambda: members.read(name))
else:
    with tarfile.open(archive) as members:
        for member in members:
            keep(member.name, lambda: members.extractfile(member).read())
print(archive.name)
"#;

/// The directory that holds PySpark's `*_pb2.py` files. The first call downloads the package.
pub(crate) fn pyspark_protos() -> Result<PathBuf> {
    let cache = cache()?;
    let complete = cache.join(format!("pyspark-protos-{VERSION}"));
    if complete.is_dir() {
        return Ok(complete);
    }
    fs::create_dir_all(&cache)?;
    let prefix = format!("pyspark-protos-{VERSION}.partial-");
    remove_abandoned(&cache, &prefix);

    let partial = Partial(cache.join(format!("{prefix}{}", std::process::id())));
    let started = Instant::now();
    say(&format!("downloading pyspark {VERSION}, about 460 MB; only its descriptors are kept"));
    let archive = fetch(&partial.0)?;
    say(&format!("unpacked {archive} in {} s", started.elapsed().as_secs()));
    match fs::rename(partial.0.join("protos"), &complete) {
        // Another run may have finished first: its files are the same.
        Err(_) if complete.is_dir() => Ok(complete),
        Err(error) => Err(format!("{}: {error}", complete.display()).into()),
        Ok(()) => Ok(complete),
    }
}

/// Downloads and unpacks below `partial`. Gives the name of what was read.
fn fetch(partial: &Path) -> Result<String> {
    let (archives, protos) = (partial.join("archives"), partial.join("protos"));
    fs::create_dir_all(&archives)?;
    fs::create_dir_all(&protos)?;
    let requirement = format!("pyspark=={VERSION}");
    let pip = ["-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"];
    python(pip.iter().map(OsStr::new).chain(["--dest".as_ref(), archives.as_ref(), requirement.as_ref()]))?;
    python(["-c".as_ref(), UNPACK.as_ref(), archives.as_os_str(), protos.as_os_str()])
}

fn python<'a>(arguments: impl IntoIterator<Item = &'a OsStr>) -> Result<String> {
    let output = Command::new("python3")
        .args(arguments)
        .output()
        .map_err(|error| format!("cannot run python3 ({error}): install Python 3 with pip"))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "python3 could not fetch pyspark {VERSION}; it needs pip and a network:\n{reason}"
        )
        .into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// `$XDG_CACHE_HOME/lakeorm`, or `~/.cache/lakeorm`.
fn cache() -> Result<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")));
    Ok(base.ok_or("set HOME or XDG_CACHE_HOME: downloads are kept in a cache directory")?.join("lakeorm"))
}

/// Frees what runs left behind that were stopped in the middle. Failing to is no reason to stop.
fn remove_abandoned(cache: &Path, prefix: &str) {
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(prefix);
        let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|time| time.elapsed().ok());
        if ours && age.is_some_and(|age| age > ABANDONED_AFTER) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A directory that goes away with the value.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
