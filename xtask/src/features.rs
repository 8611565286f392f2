//! `cargo xtask features`: each published crate alone, with no features, with each of them and with all.
//!
//! In the workspace the features of one package are on for all, so one that is missing goes unnoticed there.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::{env, thread};

use serde_json::Value;

use crate::cargo::{cargo, run, workspace};
use crate::failure::{Failure, Outcome};
use crate::process::output;
use crate::progress::step;

/// One choice of features, and the packages that have it. A package that another is built on comes out of it linted, so
/// they are one after the other.
type Choice = (Vec<String>, Vec<String>);

/// Lints every choice, two at a time: most of a choice is one crate on one core. Each of the two has a target directory,
/// in which only what a feature changes is compiled anew.
pub(crate) fn features() -> Outcome {
    let told = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]), "cargo metadata")?;
    let metadata: Value = serde_json::from_str(&told)
        .map_err(|error| Failure::new(format!("cargo metadata is not readable: {error}")))?;
    let packages = published(&metadata);
    if packages.is_empty() {
        return Err(Failure::new("cargo knows no package that is published"));
    }
    let left = Mutex::new(grouped(packages));
    let lint = |target: PathBuf| {
        while let Some(choice) = next(&left) {
            lint(&choice, &target)
                .inspect_err(|_| left.lock().unwrap_or_else(PoisonError::into_inner).clear())?;
        }
        Ok(())
    };
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    thread::scope(|scope| {
        let beside = scope.spawn(|| lint(target.join("features")));
        let here = lint(target.clone());
        let beside = beside.join().unwrap_or_else(|_| Err(Failure::new("a thread that lints ended")));
        here.and(beside)
    })
}

fn next(left: &Mutex<Vec<Choice>>) -> Option<Choice> {
    left.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

fn lint((choice, packages): &Choice, target: &PathBuf) -> Outcome {
    for package in packages {
        let what = format!("{package} {}", choice.join(" "));
        let mut clippy = cargo();
        clippy.env("CARGO_TARGET_DIR", target).args(["clippy", "--locked", "--quiet", "--lib"]);
        clippy.args(["--package", package]).args(choice).args(["--", "-D", "warnings"]);
        step(&what, || run(&mut clippy, &what))?;
    }
    Ok(())
}

/// The choices of all packages, each once.
fn grouped(packages: Vec<(String, Vec<String>)>) -> Vec<Choice> {
    let mut groups: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for (package, features) in packages {
        for choice in choices(&features) {
            groups.entry(choice).or_default().push(package.clone());
        }
    }
    groups.into_iter().collect()
}

/// The packages that are published, each with its features.
fn published(metadata: &Value) -> Vec<(String, Vec<String>)> {
    let packages = metadata.get("packages").and_then(Value::as_array).into_iter().flatten();
    // Of the others cargo says that they are published to no registry.
    let published = packages.filter(|package| package.get("publish").is_none_or(Value::is_null));
    published
        .filter_map(|package| {
            let name = package.get("name")?.as_str()?.to_owned();
            let features = package.get("features")?.as_object()?;
            Some((name, features.keys().filter(|name| *name != "default").cloned().collect()))
        })
        .collect()
}

/// The choices of features to try: none, each, all.
fn choices(features: &[String]) -> Vec<Vec<String>> {
    let none = || "--no-default-features".to_owned();
    let each = features.iter().map(|feature| vec![none(), "--features".to_owned(), feature.clone()]);
    let all = (!features.is_empty()).then(|| vec!["--all-features".to_owned()]);
    std::iter::once(vec![none()]).chain(each).chain(all).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_tried_alone_and_with_the_others() {
        let told = r#"{"packages": [
            {"name": "kept", "publish": [], "features": {"a": []}},
            {"name": "plain", "publish": null, "features": {}},
            {"name": "rich", "publish": null, "features": {"default": ["a"], "a": [], "b": []}}
        ]}"#;
        let found = published(&serde_json::from_str(told).unwrap());
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(found, [("plain".to_owned(), vec![]), ("rich".to_owned(), words(&["a", "b"]))]);
        let none = "--no-default-features";
        let groups = grouped(found);
        let of = |choice: &[&str]| {
            groups.iter().find(|(known, _)| *known == words(choice)).map(|(_, of)| of.clone())
        };
        assert_eq!(of(&[none]), Some(words(&["plain", "rich"])));
        assert_eq!(of(&["--all-features"]), Some(words(&["rich"])));
        assert_eq!(choices(&[]), [words(&[none])]);
        assert_eq!(
            choices(&words(&["a", "b"])),
            [
                words(&[none]),
                words(&[none, "--features", "a"]),
                words(&[none, "--features", "b"]),
                words(&["--all-features"])
            ]
        );
    }
}
