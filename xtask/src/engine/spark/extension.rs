//! An extension of the tests' own: a parser that drops the values which a statement was sent with.

use std::path::PathBuf;
use std::process::Command;

use super::PLAIN;
use crate::cache::Cache;
use crate::cargo::workspace;
use crate::failure::{Failure, Outcome};
use crate::process::output;

/// The class that Spark loads it by.
const CLASS: &str = "lakeorm.DroppingParser";

/// The confs of a server that has the extension; it is compiled unless it is there.
pub(crate) fn confs(cache: &Cache) -> Outcome<[(&'static str, String); 2]> {
    let source = workspace().join("fixtures").join("parser").join("DroppingParser.java");
    let home = PLAIN.package(cache)?;
    let key = format!("dropping-parser-{}", PLAIN.line.version);
    let classes = cache.entry(&key, "compiling a parser extension", |entry| {
        let mut javac = Command::new(javac());
        javac.args(["-nowarn", "--release", "17", "-cp"]).arg(home.join("jars").join("*"));
        javac.arg("-d").arg(entry).arg(&source);
        output(&mut javac, "javac").map(drop).map_err(|failure| {
            Failure::new(format!(
                "{failure}\n  a JDK is needed, not only a runtime (Debian: apt-get install openjdk-17-jdk-headless)"
            ))
        })
    })?;
    Ok([
        ("spark.sql.extensions", CLASS.to_owned()),
        ("spark.driver.extraClassPath", classes.display().to_string()),
    ])
}

fn javac() -> PathBuf {
    match std::env::var_os("JAVA_HOME").filter(|home| !home.is_empty()) {
        Some(home) => PathBuf::from(home).join("bin").join("javac"),
        None => PathBuf::from("javac"),
    }
}
