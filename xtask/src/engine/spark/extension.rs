//! What the tests load into a server beside what is published: a parser, and a catalog. Both are compiled here.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{LAKEHOUSE, PLAIN, Release, java};
use crate::cache::Cache;
use crate::cargo::workspace;
use crate::failure::{During, Failure, Outcome};
use crate::process::output;

/// Under this conf a server finds classes beside its own.
pub(super) const CLASS_PATH: &str = "spark.driver.extraClassPath";

/// The confs of a server whose parser drops the values which a statement was sent with; it is of the plain release.
pub(crate) fn parser(cache: &Cache) -> Outcome<[(&'static str, String); 2]> {
    let classes = compiled("parser", PLAIN, cache)?;
    Ok([("spark.sql.extensions", "lakeorm.DroppingParser".to_owned()), (CLASS_PATH, classes)])
}

/// The confs of a server with the catalog `memory`, whose commits end as a test says; it is of the release with both formats.
pub(crate) fn catalog(cache: &Cache) -> Outcome<[(&'static str, String); 2]> {
    let classes = compiled("catalog", LAKEHOUSE, cache)?;
    Ok([("spark.sql.catalog.memory", "lakeorm.InMemoryCatalog".to_owned()), (CLASS_PATH, classes)])
}

/// Where the classes lie that are written in a directory of `fixtures`; they are compiled unless they are there.
fn compiled(directory: &str, release: Release, cache: &Cache) -> Outcome<String> {
    let sources = sources(&workspace().join("fixtures").join(directory))?;
    let installed = release.install(cache)?;
    let key = format!("{directory}-{}-{:016x}", release.line.version, digest(&sources)?);
    let classes = cache.entry(&key, &format!("compiling a {directory} of the tests"), |entry| {
        let mut javac = Command::new(java::program("javac"));
        javac.args(["-nowarn", "--release", "17", "-cp"]).arg(class_path(&installed.home, &installed.jars));
        javac.arg("-d").arg(entry).args(&sources);
        output(&mut javac, "javac").map(drop).map_err(|failure| {
            Failure::new(format!(
                "{failure}\n  a JDK is needed, not only a runtime (Debian: apt-get install openjdk-17-jdk-headless)"
            ))
        })
    })?;
    Ok(classes.display().to_string())
}

fn sources(directory: &Path) -> Outcome<Vec<PathBuf>> {
    let what = || format!("reading {}", directory.display());
    let entries = fs::read_dir(directory).during(what())?;
    let mut sources: Vec<_> =
        entries.map(|entry| Ok(entry.during(what())?.path())).collect::<Outcome<_>>()?;
    sources.retain(|source| source.extension() == Some(OsStr::new("java")));
    sources.sort();
    Ok(sources)
}

/// Another one for other sources, so that what was compiled before is not taken for them.
fn digest(sources: &[PathBuf]) -> Outcome<u64> {
    let mut hasher = DefaultHasher::new();
    for source in sources {
        fs::read(source).during(source.display())?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn class_path(home: &Path, jars: &[PathBuf]) -> OsString {
    let mut path = home.join("jars").join("*").into_os_string();
    for jar in jars {
        path.push(":");
        path.push(jar);
    }
    path
}
