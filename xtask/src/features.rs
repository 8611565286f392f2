//! `cargo xtask features`: each published crate alone, with no features and with each of them.
//!
//! In the workspace the features of one package are on for all, so one that is missing goes unnoticed there. All of them
//! together are what clippy of the workspace is run with.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::Value;

use crate::cache::{create_tree, remove_tree};
use crate::cargo::{cargo, target};
use crate::failure::{During, Failure, Outcome};
use crate::process::output;
use crate::progress::step;

/// One choice of features, and the packages that have it.
type Choice = (Vec<String>, Vec<String>);

/// Checks every choice: first each package without features, which compiles what all are built on, and then two choices
/// at a time, since most of a choice is one crate on one core. The second of the two has a copy of the target directory,
/// so that in each only what a feature changes is compiled anew; they begin at the two ends of the choices, so that those
/// beside each other have one directory: at the one end are those that bring most, and the same.
pub(crate) fn features() -> Outcome {
    let told = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]), "cargo metadata")?;
    let metadata: Value = serde_json::from_str(&told)
        .map_err(|error| Failure::new(format!("cargo metadata is not readable: {error}")))?;
    let packages = published(&metadata);
    if packages.is_empty() {
        return Err(Failure::new("cargo knows no package that is published"));
    }
    let target = target();
    for package in &packages {
        check(&(vec![NONE.to_owned()], vec![package.name.clone()]), &target)?;
    }
    let left = Mutex::new(VecDeque::from(grouped(&packages)));
    let left = || left.lock().unwrap_or_else(PoisonError::into_inner);
    let work = |target: &Path, next: fn(&mut VecDeque<Choice>) -> Option<Choice>| {
        loop {
            let Some(choice) = next(&mut left()) else { return Ok(()) };
            check(&choice, target).inspect_err(|_| left().clear())?;
        }
    };
    let copy = target.join("features");
    step("copying the target directory", || copied(&target, &copy))?;
    let done = thread::scope(|scope| {
        let beside = scope.spawn(|| work(&copy, VecDeque::pop_back));
        let here = work(&target, VecDeque::pop_front);
        let beside = beside.join().unwrap_or_else(|_| Err(Failure::new("a thread that checks ended")));
        here.and(beside)
    });
    remove_tree(&copy)?;
    done
}

/// What the compiler warns of is an error. The lints of clippy take as long again, and are the same with all features.
fn check((choice, packages): &Choice, target: &Path) -> Outcome {
    let what = format!("{} {}", packages.join(", "), choice.join(" "));
    let mut check = cargo();
    check.env("CARGO_TARGET_DIR", target).args(["check", "--locked", "--quiet", "--lib"]);
    check.args(packages.iter().flat_map(|package| ["--package", package])).args(choice);
    step(&what, || silent(&mut check, &what))
}

/// Runs a command that has nothing to say.
fn silent(command: &mut Command, what: &str) -> Outcome {
    let ended = command.stdin(Stdio::null()).output().during(what)?;
    let told = String::from_utf8_lossy(&ended.stderr);
    match ended.status.success() && told.trim().is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!("{what}:\n{told}"))),
    }
}

/// Makes `copy` a target directory in which all is compiled that is in `target`.
fn copied(target: &Path, copy: &Path) -> Outcome {
    remove_tree(copy)?;
    for (kept, how) in [(".fingerprint", Copying::Whole), ("build", Copying::Whole), ("deps", Copying::Link)]
    {
        copy_tree(&target.join("debug").join(kept), &copy.join("debug").join(kept), how)?;
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copying {
    /// The bytes, with the time that cargo compares.
    Whole,
    /// A second name, for files that are replaced and never changed.
    Link,
}

fn copy_tree(from: &Path, to: &Path, how: Copying) -> Outcome {
    create_tree(to)?;
    for entry in fs::read_dir(from).during(from.display())? {
        let entry = entry.during(from.display())?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        let metadata = entry.metadata().during(path.display())?;
        if metadata.is_dir() {
            copy_tree(&path, &copy, how)?;
        } else if how == Copying::Link {
            fs::hard_link(&path, &copy).during(path.display())?;
        } else {
            fs::copy(&path, &copy).during(path.display())?;
            let copied = File::open(&copy).during(copy.display())?;
            copied.set_modified(metadata.modified().during(path.display())?).during(copy.display())?;
        }
    }
    Ok(())
}

/// A package that is published.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Package {
    name: String,
    /// What each of its features turns on.
    features: BTreeMap<String, Vec<String>>,
}

impl Package {
    /// What a feature turns on, and what that does, without the features on the way.
    fn brought(&self, feature: &str, brought: &mut BTreeSet<String>) {
        for on in self.features.get(feature).into_iter().flatten() {
            match self.features.contains_key(on) {
                true => self.brought(on, brought),
                false => drop(brought.insert(on.clone())),
            }
        }
    }
}

fn published(metadata: &Value) -> Vec<Package> {
    let packages = metadata.get("packages").and_then(Value::as_array).into_iter().flatten();
    // Of the others cargo says that they are published to no registry.
    let published = packages.filter(|package| package.get("publish").is_none_or(Value::is_null));
    let text = |value: &Value| value.as_str().map(str::to_owned);
    published
        .filter_map(|package| {
            let features = package.get("features")?.as_object()?.iter();
            let on = |on: &Value| on.as_array().into_iter().flatten().filter_map(text).collect();
            let features = features.map(|(name, value)| (name.clone(), on(value))).collect();
            Some(Package { name: package.get("name").and_then(text)?, features })
        })
        .collect()
}

/// No feature at all.
const NONE: &str = "--no-default-features";

/// Each feature alone, with all packages that have it: those first that bring the most, and beside each other what brings the
/// same.
fn grouped(packages: &[Package]) -> Vec<Choice> {
    let mut groups: BTreeMap<&str, (BTreeSet<String>, Vec<String>)> = BTreeMap::new();
    for package in packages {
        for feature in package.features.keys().filter(|name| *name != "default") {
            let (brought, with) = groups.entry(feature).or_default();
            package.brought(feature, brought);
            with.push(package.name.clone());
        }
    }
    let mut groups: Vec<_> = groups
        .into_iter()
        .map(|(feature, (brought, with))| (Reverse(brought.len()), brought, feature, with))
        .collect();
    groups.sort();
    let alone = |feature: &str| vec![NONE.to_owned(), "--features".to_owned(), feature.to_owned()];
    groups.into_iter().map(|(.., feature, with)| (alone(feature), with)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_tried_alone_those_first_that_bring_most() {
        let told = r#"{"packages": [
            {"name": "kept", "publish": [], "features": {"a": []}},
            {"name": "plain", "publish": null, "features": {}},
            {"name": "rich", "publish": null, "features":
                {"default": ["a"], "a": ["c", "x/y"], "b": ["dep:other"], "c": ["dep:large"]}},
            {"name": "richer", "publish": null, "features": {"b": []}}
        ]}"#;
        let found = published(&serde_json::from_str(told).unwrap());
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let names: Vec<_> = found.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["plain", "rich", "richer"]);
        let choice =
            |feature: &str, packages: &[&str]| (words(&[NONE, "--features", feature]), words(packages));
        assert_eq!(
            grouped(&found),
            [choice("a", &["rich"]), choice("c", &["rich"]), choice("b", &["rich", "richer"])]
        );
    }

    #[test]
    fn what_is_said_is_a_failure_as_an_error_is() {
        let said = |script: &str| silent(Command::new("sh").args(["-c", script]), "sh");
        assert!(said("true").is_ok());
        assert!(said("echo warning: unused >&2").unwrap_err().to_string().contains("unused"));
        assert!(said("exit 1").is_err());
    }

    #[test]
    fn a_copy_of_a_tree_has_its_bytes_and_times() {
        let place = std::env::temp_dir().join(format!("lakeorm-features-{}", std::process::id()));
        let (from, to) = (place.join("from"), place.join("to"));
        create_tree(&from.join("inner")).unwrap();
        let file = File::create(from.join("inner").join("file")).unwrap();
        fs::write(from.join("inner").join("file"), "bytes").unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        for (how, to) in [(Copying::Whole, to.join("whole")), (Copying::Link, to.join("link"))] {
            copy_tree(&from, &to, how).unwrap();
            let copy = to.join("inner").join("file");
            assert_eq!(fs::read_to_string(&copy).unwrap(), "bytes");
            assert_eq!(fs::metadata(&copy).unwrap().modified().unwrap(), std::time::UNIX_EPOCH);
        }
        remove_tree(&place).unwrap();
    }
}
