//! PySpark's own client, whose answers the tests compare theirs with.

use std::path::PathBuf;
use std::process::Command;

use crate::cache::Cache;
use crate::engine::Engine;
use crate::engine::spark::LAKEHOUSE;
use crate::failure::{Failure, Outcome};
use crate::python::Venv;

/// What the client imports beside itself, and two libraries that read tables without an engine. A change of a version is a
/// change of the entry's name.
const PACKAGES: [&str; 9] = [
    "deltalake==1.6.6",
    "googleapis-common-protos==1.76.0",
    "grpcio==1.76.0",
    "grpcio-status==1.76.0",
    "pandas==2.3.3",
    "py4j==0.10.9.9",
    "pyarrow==22.0.0",
    "pyiceberg==0.12.0",
    "zstandard==0.25.0",
];

/// A Python, and where it finds the client: the one that comes with the Spark of the tests.
#[derive(Debug)]
pub(crate) struct PySpark {
    interpreter: PathBuf,
    modules: PathBuf,
}

impl PySpark {
    /// Installs both unless they are there, for the engines whose tests ask for them: one comparison on Spark is enough,
    /// and one on Sail takes seconds.
    pub(crate) fn beside(engine: Engine, cache: &Cache) -> Outcome<Option<Self>> {
        Self::is_beside(engine).then(|| Self::install(cache)).transpose()
    }

    /// Whether the tests of this engine have it.
    pub(crate) fn is_beside(engine: Engine) -> bool {
        matches!(engine, Engine::Sail | Engine::SPARK41)
    }

    /// Tells a program of the tests where it is.
    pub(crate) fn describe(&self, program: &mut Command) {
        program.env("LAKEORM_PYSPARK", &self.interpreter).env("LAKEORM_PYSPARK_PATH", &self.modules);
    }

    /// Both, installed unless they are there.
    pub(crate) fn install(cache: &Cache) -> Outcome<Self> {
        let package = LAKEHOUSE.package(cache)?;
        let modules = package.parent().ok_or_else(|| Failure::new("the package pyspark lies nowhere"))?;
        let what = "installing what PySpark's client imports (about 400 MB)";
        let entry = cache.entry(&key(), what, |entry| {
            Venv::create(entry, &[["--no-compile"].as_slice(), &PACKAGES].concat()).map(|_| ())
        })?;
        Ok(Self { interpreter: entry.join("bin").join("python"), modules: modules.to_path_buf() })
    }
}

/// The name of the cache entry, which tells the versions.
fn key() -> String {
    format!("pyspark-imports-{}", PACKAGES.map(|package| package.replace("==", "-")).join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_is_named_after_the_versions() {
        assert!(key().ends_with("-pyarrow-22.0.0-pyiceberg-0.12.0-zstandard-0.25.0"), "{}", key());
        assert!(!key().contains('='), "{}", key());
    }
}
