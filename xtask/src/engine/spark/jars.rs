//! The jars beside the wheel, resolved by Spark's own Ivy.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::release::EXCLUDED;
use super::{Release, submit};
use crate::cache::{Cache, create_tree, remove_tree};
use crate::failure::{During, Outcome};
use crate::process::output;

/// The jars of a release, fetched unless they are there.
pub(super) fn of(release: Release, cache: &Cache, home: &Path) -> Outcome<Vec<PathBuf>> {
    let mut jars = of_packages(&release.packages(), release, cache, home)?;
    jars.extend(of_packages(release.s3a(), release, cache, home)?);
    Ok(jars)
}

fn of_packages(packages: &[&str], release: Release, cache: &Cache, home: &Path) -> Outcome<Vec<PathBuf>> {
    if packages.is_empty() {
        return Ok(Vec::new());
    }
    let key = format!("spark-jars-{}", packages.join("-").replace(':', "_"));
    let what = format!("fetching {} for Spark {}", packages.join(" and "), release.line.version);
    let entry = cache.entry(&key, &what, |entry| {
        let ivy = entry.join("ivy");
        create_tree(&ivy)?;
        output(&mut resolve(home, &ivy, packages), "spark-submit --packages")?;
        let own = listing(&home.join("jars"))?;
        for jar in missing(listing(&ivy.join("jars"))?, &own) {
            let name = jar.file_name().unwrap_or_default();
            fs::rename(&jar, entry.join(name)).during(jar.display())?;
        }
        remove_tree(&ivy)
    })?;
    let mut jars = listing(&entry)?;
    jars.sort();
    Ok(jars)
}

/// The command that only resolves: it ends by running a class that prints Hadoop's version.
fn resolve(home: &Path, ivy: &Path, packages: &[&str]) -> Command {
    let mut submit = submit(home, ivy, ivy);
    submit
        .args(["--master", "local[1]", "--packages", &packages.join(",")])
        .args(["--exclude-packages", EXCLUDED, "--conf"])
        .arg(format!("spark.jars.ivy={}", ivy.display()))
        .args(["--class", "org.apache.hadoop.util.VersionInfo", "spark-internal"]);
    submit
}

/// The files in a directory.
fn listing(directory: &Path) -> Outcome<Vec<PathBuf>> {
    let what = || format!("reading {}", directory.display());
    let entries = fs::read_dir(directory).during(what())?;
    entries.map(|entry| Ok(entry.during(what())?.path())).collect()
}

/// The jars out of `resolved` that the wheel is without. It has the others in the version that Spark was built with.
fn missing(resolved: Vec<PathBuf>, own: &[PathBuf]) -> Vec<PathBuf> {
    let own: Vec<String> = own.iter().map(|jar| artifact(&name(jar)).to_owned()).collect();
    // Ivy puts the group and an underscore in front.
    let has = |jar: &PathBuf| {
        let name = name(jar);
        let (_, name) = name.split_once('_').unwrap_or_default();
        own.iter().any(|own| own == artifact(name))
    };
    resolved.into_iter().filter(|jar| !has(jar)).collect()
}

fn name(jar: &Path) -> String {
    jar.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The name of a jar up to its version, which begins behind the first hyphen that a digit follows.
fn artifact(name: &str) -> &str {
    let version = name.match_indices('-').find(|(at, _)| {
        name.get(at + 1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    version.and_then(|(at, _)| name.get(..at)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_wheel_has_is_not_taken_in_another_version() {
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let own = paths(&["jars/antlr4-runtime-4.13.1.jar", "jars/scala-library-2.13.17.jar"]);
        let resolved = paths(&[
            "ivy/org.antlr_antlr4-runtime-4.9.3.jar",
            "ivy/io.delta_delta-spark_4.1_2.13-4.4.0.jar",
            "ivy/io.delta_delta-storage-4.4.0.jar",
        ]);
        assert_eq!(missing(resolved.clone(), &own), &resolved[1..]);
    }
}
