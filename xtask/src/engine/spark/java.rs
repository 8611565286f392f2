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
    let java = program("java");
    let told = Command::new(&java)
        .arg("-version")
        .output()
        .map_err(|error| Failure::new(format!("{} cannot be run ({error}): {CURE}", java.display())))?;
    judge(&String::from_utf8_lossy(&told.stderr), line)
        .map_err(|reason| Failure::new(format!("{} {reason}: {CURE}", java.display())))
}

/// A program of the Java that `JAVA_HOME` names, else the one on the path.
pub(super) fn program(name: &str) -> PathBuf {
    let home = std::env::var_os("JAVA_HOME").filter(|home| !home.is_empty());
    home.map_or_else(|| PathBuf::from(name), |home| Path::new(&home).join("bin").join(name))
}

/// Whether the line runs on the Java that tells this of itself; if not, why.
fn judge(told: &str, line: &Line) -> Result<(), String> {
    let found = version(told).ok_or("does not tell its version")?;
    fits(found, &line.java)
        .map_err(|wanted| format!("is version {found}, and Spark {} runs on {wanted}", line.version))
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
    use crate::engine::spark::{LAKEHOUSE, RELEASES};

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

    /// What three of them say, whole.
    const JAVA17: &str = "openjdk version \"17.0.15\" 2025-04-15\n\
        OpenJDK Runtime Environment (build 17.0.15+6-Debian-1deb12u1)\n\
        OpenJDK 64-Bit Server VM (build 17.0.15+6-Debian-1deb12u1, mixed mode, sharing)\n";
    const JAVA24: &str = "openjdk version \"24.0.2\" 2025-07-15\n\
        OpenJDK Runtime Environment Temurin-24.0.2+12 (build 24.0.2+12)\n\
        OpenJDK 64-Bit Server VM Temurin-24.0.2+12 (build 24.0.2+12, mixed mode, sharing)\n";
    const JAVA25: &str = "java version \"25\" 2025-09-16 LTS\n\
        Java(TM) SE Runtime Environment (build 25+37-LTS-3491)\n\
        Java HotSpot(TM) 64-Bit Server VM (build 25+37-LTS-3491, mixed mode, sharing)\n";

    #[test]
    fn java_24_and_later_is_refused_for_spark_4_1_and_older_and_17_is_taken_for_every_line() {
        let older = ["3.5", "4.0", "4.1"];
        for release in RELEASES {
            let line = release.line;
            assert_eq!(judge(JAVA17, line), Ok(()), "{}", release.name);
            for told in [JAVA24, JAVA25] {
                let refused = judge(told, line).is_err();
                assert_eq!(refused, older.contains(&line.number), "{}: {told}", release.name);
            }
        }
        let told = judge(JAVA24, LAKEHOUSE.line).unwrap_err();
        assert_eq!(told, "is version 24, and Spark 4.1.4 runs on Java 17 to 23");
        assert!(CURE.starts_with("install Java 17"));
    }
}
