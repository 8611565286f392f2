//! `cargo xtask features`: each published crate alone, with no features, with each of them and with all.
//!
//! In the workspace the features of one package are on for all, so one that is missing goes unnoticed there.

use serde_json::Value;

use crate::cargo::{cargo, run};
use crate::failure::{Failure, Outcome};
use crate::process::output;
use crate::progress::step;

/// Lints every choice; the packages share one target directory, so only what a feature changes is compiled anew.
pub(crate) fn features() -> Outcome {
    let told = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]), "cargo metadata")?;
    let metadata: Value = serde_json::from_str(&told)
        .map_err(|error| Failure::new(format!("cargo metadata is not readable: {error}")))?;
    let packages = published(&metadata);
    if packages.is_empty() {
        return Err(Failure::new("cargo knows no package that is published"));
    }
    for (package, features) in packages {
        for choice in choices(&features) {
            let what = format!("{package} {}", choice.join(" "));
            let mut clippy = cargo();
            clippy.args(["clippy", "--locked", "--quiet", "--lib", "--package", &package]).args(&choice);
            clippy.args(["--", "-D", "warnings"]);
            step(&what, || run(&mut clippy, &what))?;
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
