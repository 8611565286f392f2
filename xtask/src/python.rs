//! Python environments in the cache, filled from the package index that pip is set up for.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::process::output;

/// The oldest Python whose packages are asked for here.
const OLDEST: (u32, u32) = (3, 9);

/// A virtual environment.
///
/// Only its interpreter is used, never its scripts: those hold the path under which they were installed, and a
/// cache entry is renamed when it is complete.
#[derive(Debug, Clone)]
pub(crate) struct Venv(PathBuf);

impl Venv {
    /// Makes an environment in `directory` and installs `packages` (pip's requirements and options).
    pub(crate) fn create(directory: &Path, packages: &[&str]) -> Outcome<Self> {
        check()?;
        let mut make = Command::new("python3");
        make.args(["-m", "venv"]).arg(directory);
        output(&mut make, "python3 -m venv").map_err(|failure| {
            Failure::new(format!(
                "{failure}\n  Python's venv module is needed (Debian: apt-get install python3-venv)"
            ))
        })?;
        let venv = Self::at(directory);
        let what = format!("pip install {}", packages.join(" "));
        output(venv.pip("install").args(packages), &what)?;
        Ok(venv)
    }

    /// The environment that is in `directory`.
    pub(crate) fn at(directory: &Path) -> Self {
        Self(directory.to_path_buf())
    }

    /// Its interpreter, without the caller's Python settings.
    pub(crate) fn python(&self) -> Command {
        let mut python = Command::new(self.0.join("bin").join("python"));
        python.env_remove("PYTHONPATH").env_remove("PYTHONHOME");
        python
    }

    /// Its pip with a subcommand.
    pub(crate) fn pip(&self, subcommand: &str) -> Command {
        let mut pip = self.python();
        pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", subcommand]);
        pip
    }

    /// The directory of the installed package `name`.
    pub(crate) fn package(&self, name: &str) -> Outcome<PathBuf> {
        let script =
            "import sys, sysconfig, os; print(os.path.join(sysconfig.get_path('purelib'), sys.argv[1]))";
        let printed = output(self.python().args(["-c", script, name]), "asking Python where packages are")?;
        let package = PathBuf::from(printed.trim());
        if package.is_dir() {
            Ok(package)
        } else {
            Err(Failure::new(format!("the Python package {name} is not in {}", self.0.display())))
        }
    }
}

/// Looks whether there is a Python that is new enough.
fn check() -> Outcome {
    let cure = format!("install Python {}.{} or later with its venv module", OLDEST.0, OLDEST.1);
    let script = "import sys; print('%d %d' % sys.version_info[:2])";
    let printed = output(Command::new("python3").args(["-c", script]), "python3")
        .map_err(|failure| Failure::new(format!("python3 cannot be run: {cure}\n  {failure}")))?;
    match version(&printed) {
        Some(found) if found >= OLDEST => Ok(()),
        Some((major, minor)) => Err(Failure::new(format!("python3 is {major}.{minor}: {cure}"))),
        None => Err(Failure::new(format!("python3 does not tell its version: {cure}"))),
    }
}

fn version(printed: &str) -> Option<(u32, u32)> {
    let (major, minor) = printed.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert_eq!(version("3 11\n"), Some((3, 11)));
        assert!(version("3 11\n") >= Some(OLDEST));
        assert!(version("3 8\n") < Some(OLDEST));
        assert_eq!(version("PyPy"), None);
    }
}
