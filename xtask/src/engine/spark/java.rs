//! The Java that a server runs on.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Line;
use crate::failure::{Failure, Outcome};

/// The version that every line runs on.
const CURE: &str =
    "install Java 17 (Debian: apt-get install openjdk-17-jre-headless) and let JAVA_HOME name it";

/// Looks whether there is a Java that `line` runs on.
pub(super) fn check(line: &Line) -> Outcome {
    let java = std::env::var_os("JAVA_HOME")
        .filter(|home| !home.is_empty())
        .map_or_else(|| PathBuf::from("java"), |home| Path::new(&home).join("bin").join("java"));
    let told = Command::new(&java)
        .arg("-version")
        .output()
        .map_err(|error| Failure::new(format!("{} cannot be run ({error}): {CURE}", java.display())))?;
    match version(&String::from_utf8_lossy(&told.stderr)) {
        Some(found) => fits(found, &line.java).map_err(|wanted| {
            let (java, spark) = (java.display(), line.version);
            Failure::new(format!("{java} is version {found}, and Spark {spark} runs on {wanted}: {CURE}"))
        }),
        None => Err(Failure::new(format!("{} does not tell its version: {CURE}", java.display()))),
    }
}

/// Whether `found` is one of the versions; if not, they are told.
fn fits(found: u32, versions: &RangeInclusive<u32>) -> Result<(), String> {
    let (oldest, newest) = (versions.start(), versions.end());
    match versions.contains(&found) {
        true => Ok(()),
        false if oldest == newest => Err(format!("Java {oldest} only")),
        false if *newest == u32::MAX => Err(format!("Java {oldest} and later")),
        false => Err(format!("Java {oldest} to {newest}")),
    }
}

/// The feature number out of `openjdk version "17.0.15" 2025-04-15`; `1.8.0` is Java 8.
fn version(told: &str) -> Option<u32> {
    let (_, quoted) = told.split_once("version \"")?;
    let number = quoted.strip_prefix("1.").unwrap_or(quoted);
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn javas_version_is_read_in_the_old_and_the_new_form() {
        assert_eq!(version("openjdk version \"17.0.15\" 2025-04-15\n"), Some(17));
        assert_eq!(version("openjdk version \"25\" 2025-09-16\n"), Some(25));
        assert_eq!(version("java version \"1.8.0_402\"\n"), Some(8));
        assert_eq!(version("Error: could not find libjvm.so\n"), None);
    }

    #[test]
    fn a_java_that_a_line_does_not_run_on_is_refused_with_those_that_it_does() {
        assert_eq!(fits(17, &(17..=17)), Ok(()));
        assert_eq!(fits(21, &(17..=17)), Err("Java 17 only".to_owned()));
        assert_eq!(fits(24, &(17..=23)), Err("Java 17 to 23".to_owned()));
        assert_eq!(fits(11, &(17..=u32::MAX)), Err("Java 17 and later".to_owned()));
        assert_eq!(fits(25, &(17..=u32::MAX)), Ok(()));
    }
}
