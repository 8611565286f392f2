//! `cargo xtask features`: each published crate alone, with no features, with each of them and with all.
//!
//! In the workspace the features of one package are on for all, so one that is missing goes unnoticed there.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{env, thread};

use serde_json::Value;

use crate::cache::{create_tree, remove_tree};
use crate::cargo::{cargo, run, workspace};
use crate::failure::{During, Failure, Outcome};
use crate::process::output;
use crate::progress::step;

/// One choice of features, and the packages that have it.
type Choice = (Vec<String>, Vec<String>);

/// Lints every choice: first each package without features, which compiles what all are built on, and then two choices
/// at a time, since most of a choice is one crate on one core. The second of the two has a copy of the target directory,
/// so that in each only what a feature changes is compiled anew.
pub(crate) fn features() -> Outcome {
    let told = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]), "cargo metadata")?;
    let metadata: Value = serde_json::from_str(&told)
        .map_err(|error| Failure::new(format!("cargo metadata is not readable: {error}")))?;
    let packages = published(&metadata);
    if packages.is_empty() {
        return Err(Failure::new("cargo knows no package that is published"));
    }
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    for (package, _) in &packages {
        lint(&(vec![NONE.to_owned()], vec![package.clone()]), &target)?;
    }
    let left = Mutex::new(grouped(&packages));
    let work = |target: &Path| {
        while let Some(choice) = next(&left) {
            lint(&choice, target)
                .inspect_err(|_| left.lock().unwrap_or_else(PoisonError::into_inner).clear())?;
        }
        Ok(())
    };
    let copy = target.join("features");
    step("copying the target directory", || copied(&target, &copy))?;
    let done = thread::scope(|scope| {
        let beside = scope.spawn(|| work(&copy));
        let here = work(&target);
        let beside = beside.join().unwrap_or_else(|_| Err(Failure::new("a thread that lints ended")));
        here.and(beside)
    });
    remove_tree(&copy)?;
    done
}

fn next(left: &Mutex<Vec<Choice>>) -> Option<Choice> {
    left.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

fn lint((choice, packages): &Choice, target: &Path) -> Outcome {
    let what = format!("{} {}", packages.join(", "), choice.join(" "));
    let mut clippy = cargo();
    clippy.env("CARGO_TARGET_DIR", target).args(["clippy", "--locked", "--quiet", "--lib"]);
    clippy.args(packages.iter().flat_map(|package| ["--package", package])).args(choice);
    clippy.args(["--", "-D", "warnings"]);
    step(&what, || run(&mut clippy, &what))
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

/// No feature at all.
const NONE: &str = "--no-default-features";

/// The choices of features to try beside none, each with all packages that have it: all of them, and each alone. What
/// takes longest, which is all of them, stands last and is taken first.
fn grouped(packages: &[(String, Vec<String>)]) -> Vec<Choice> {
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut all = Vec::new();
    for (package, features) in packages {
        for feature in features {
            groups.entry(feature).or_default().push(package.clone());
        }
        if !features.is_empty() {
            all.push(package.clone());
        }
    }
    let alone = |feature: &str| vec![NONE.to_owned(), "--features".to_owned(), feature.to_owned()];
    let each = groups.into_iter().rev().map(|(feature, packages)| (alone(feature), packages));
    each.chain([(vec!["--all-features".to_owned()], all)]).collect()
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
        let choice = |choice: &[&str], packages: &[&str]| (words(choice), words(packages));
        assert_eq!(
            grouped(&[found, vec![("richer".to_owned(), words(&["b"]))]].concat()),
            [
                choice(&[NONE, "--features", "b"], &["rich", "richer"]),
                choice(&[NONE, "--features", "a"], &["rich"]),
                choice(&["--all-features"], &["rich", "richer"]),
            ]
        );
    }

    #[test]
    fn a_copy_of_a_tree_has_its_bytes_and_times() {
        let place = env::temp_dir().join(format!("lakeorm-features-{}", std::process::id()));
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
