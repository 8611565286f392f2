//! What users are told of the crates whose traits their structs implement.

use std::fs;

#[test]
fn the_version_of_garde_that_users_are_told_is_the_one_that_lakeorm_takes() {
    let read = |path: &str| fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let manifest = read("Cargo.toml");
    let (_, version) = manifest.split_once("\ngarde = { version = \"").unwrap();
    let (version, _) = version.split_once('"').unwrap();
    for (path, told) in [
        ("README.md", format!("`garde` {version}")),
        ("lakeorm/src/lib.rs", format!("rules of `garde` {version}")),
        ("lakeorm/src/lib.rs", format!("`bigdecimal` 0.4 and `garde` {version}")),
        ("lakeorm/src/derive.rs", format!("`garde` {version}")),
        ("lakeorm/src/__private/validate.rs", format!("of garde {version}")),
        ("lakeorm/src/__private/validate.rs", format!("version = \\\"{version}\\\"")),
    ] {
        assert!(read(path).contains(&told), "{path} does not say {told}");
    }
}
