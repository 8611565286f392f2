//! `cargo xtask features`: each published crate alone without features, and all of them with each feature beside others and
//! without them.
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

/// The packages that are checked at once, and the features of theirs that are on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Choice {
    packages: Vec<String>,
    features: Vec<String>,
}

/// Checks every choice: first each package without features, which compiles what all are built on, and then two choices
/// at a time, since most of a choice is one crate on one core. The second of the two has a copy of the target directory,
/// so that in each only what a feature changes is compiled anew; they begin at the two ends of the choices, as those
/// beside each other have most in common.
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
        check(&Choice { packages: vec![package.name.clone()], features: Vec::new() }, &target)?;
    }
    let left = Mutex::new(VecDeque::from(choices(&packages)));
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
fn check(Choice { packages, features }: &Choice, target: &Path) -> Outcome {
    let names: BTreeSet<&str> = features.iter().filter_map(|feature| feature.split('/').nth(1)).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let mut check = cargo();
    check.env("CARGO_TARGET_DIR", target).args([
        "check",
        "--locked",
        "--quiet",
        "--lib",
        "--no-default-features",
    ]);
    check.args(packages.iter().flat_map(|package| ["--package", package]));
    let names = if names.is_empty() { "no features".to_owned() } else { names.join(", ") };
    let what = format!("{} with {names}", packages.join(", "));
    if !features.is_empty() {
        check.args(["--features", &features.join(",")]);
    }
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

/// Choices of features with which all packages are checked that have any. Of two features each is on in one without the other,
/// unless it turns that on, so what one takes from another unsaid is missing there. Each is on in half of the choices, in
/// others than any other feature is; and where one is turned on by too many, a choice more has all that do not. Those that
/// bring most are together in the first, and compile it for the others.
fn choices(packages: &[Package]) -> Vec<Choice> {
    let mut brought: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for package in packages {
        for feature in package.features.keys().filter(|name| *name != "default") {
            package.brought(feature, brought.entry(feature).or_default());
        }
    }
    let mut features: Vec<_> = brought.into_iter().collect();
    features.sort_by_key(|(_, brought)| Reverse(brought.len()));
    let features: Vec<&str> = features.into_iter().map(|(feature, _)| feature).collect();
    let with = packages.iter().filter(|package| package.features.keys().any(|name| name != "default"));
    let with: Vec<_> = with.map(|package| package.name.clone()).collect();
    let of_packages = |on: Vec<&str>| {
        let of_packages = on.into_iter().flat_map(|feature| {
            let with = packages.iter().filter(move |package| package.features.contains_key(feature));
            with.map(move |package| format!("{}/{feature}", package.name))
        });
        Choice { packages: with.clone(), features: of_packages.collect() }
    };
    let turned_on: Vec<_> = features.iter().map(|feature| turned_on(packages, feature)).collect();
    apart(&features, &turned_on).into_iter().map(of_packages).collect()
}

/// The features that one turns on in any of the packages, itself included.
fn turned_on<'p>(packages: &'p [Package], feature: &'p str) -> BTreeSet<&'p str> {
    let (mut on, mut left) = (BTreeSet::new(), vec![feature]);
    while let Some(feature) = left.pop() {
        if on.insert(feature) {
            let turns_on =
                packages.iter().filter_map(|package| Some((package, package.features.get(feature)?)));
            let of_features = turns_on.flat_map(|(package, on)| {
                on.iter().filter(|name| package.features.contains_key(*name)).map(String::as_str)
            });
            left.extend(of_features);
        }
    }
    on
}

/// Choices of these features, of which each turns on those beside it, so that any two are apart in one.
fn apart<'f>(features: &[&'f str], turned_on: &[BTreeSet<&'f str>]) -> Vec<Vec<&'f str>> {
    let (choices, halves) = halves(features.len());
    let chosen = |is_on: &dyn Fn(usize) -> bool| -> Vec<&'f str> {
        features
            .iter()
            .enumerate()
            .filter(|(number, _)| is_on(*number))
            .map(|(_, feature)| *feature)
            .collect()
    };
    let mut found: Vec<_> = (0..choices)
        .map(|choice| chosen(&|number| halves.get(number).is_some_and(|half| half >> choice & 1 == 1)))
        .collect();
    for without in features {
        let lacks = |number: usize| turned_on.get(number).is_some_and(|on| !on.contains(without));
        let is_without = |choice: &Vec<&str>| {
            let mut on = features.iter().enumerate().filter(|(_, feature)| choice.contains(feature));
            on.all(|(number, _)| lacks(number))
        };
        let is_apart =
            |feature: &str| found.iter().any(|choice| choice.contains(&feature) && is_without(choice));
        if !chosen(&lacks).into_iter().all(is_apart) {
            found.push(chosen(&lacks));
        }
    }
    found
}

/// How many choices there are for so many features, and for each the half of the choices in which it is, as bits. No half
/// is part of another.
fn halves(features: usize) -> (u32, Vec<u32>) {
    let of =
        |choices: u32| (0..1_u32 << choices).filter(move |half| half.count_ones() == choices.div_ceil(2));
    let choices = (1..u32::BITS).find(|choices| of(*choices).count() >= features).unwrap_or_default();
    (choices, of(choices).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_features_each_is_on_without_the_other_in_one_choice() {
        for features in 1..=40 {
            let (choices, halves) = halves(features);
            for (number, one) in halves.iter().enumerate() {
                let is_apart = |other: &u32| one & !other != 0;
                assert!(halves.iter().enumerate().all(|(at, other)| at == number || is_apart(other)));
            }
            assert!(
                halves.len() >= features && choices <= 8 && halves.iter().all(|half| half >> choices == 0)
            );
        }
        assert_eq!([1, 2, 3, 10, 20, 21].map(|features| halves(features).0), [1, 2, 3, 5, 6, 7]);
    }

    #[test]
    fn features_are_apart_also_from_one_that_many_turn_on() {
        let names: Vec<String> = (0..18).map(|number| format!("f{number:02}")).collect();
        let features: Vec<&str> = names.iter().map(String::as_str).collect();
        // Every third turns on the last.
        let turned_on: Vec<BTreeSet<&str>> = (0..18)
            .map(
                |number| {
                    if number % 3 == 0 { [features[number], features[17]] } else { [features[number]; 2] }
                },
            )
            .map(BTreeSet::from)
            .collect();
        let choices = apart(&features, &turned_on);
        assert!(choices.len() <= 8, "{choices:?}");
        let on = |choice: &Vec<&str>| -> BTreeSet<&str> {
            let chosen = (0..18).filter(|number| choice.contains(&features[*number]));
            chosen.flat_map(|number| turned_on[number].clone()).collect()
        };
        for one in 0..18 {
            for other in (0..18).filter(|other| !turned_on[one].contains(features[*other])) {
                let is_apart =
                    |on: BTreeSet<&str>| on.contains(features[one]) && !on.contains(features[other]);
                assert!(choices.iter().any(|choice| is_apart(on(choice))), "{one} {other}");
            }
        }
    }

    #[test]
    fn the_published_packages_are_checked_with_the_features_of_each_choice() {
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
            |features: &[&str]| Choice { packages: words(&["rich", "richer"]), features: words(features) };
        // Each of the three is in two of three, and `a` turns on `c`.
        assert_eq!(
            choices(&found),
            [
                choice(&["rich/a", "rich/b", "richer/b"]),
                choice(&["rich/a", "rich/c"]),
                choice(&["rich/b", "richer/b", "rich/c"]),
                choice(&["rich/b", "richer/b"])
            ]
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
