//! Python environments in the cache, filled from the package index that pip is set up for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{During, Failure, Outcome};
use crate::process::output;

/// The oldest Python whose packages are asked for here.
const OLDEST: (u32, u32) = (3, 9);

/// A virtual environment.
///
/// Its scripts hold the path under which they were installed, and a cache entry is renamed when it is complete: so what
/// is started here is the interpreter, and [`Venv::settle`] mends the scripts for people.
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

    /// Lets the scripts name the interpreter where it is now.
    pub(crate) fn settle(&self) -> Outcome {
        let bin = self.0.join("bin");
        let interpreter = bin.join("python");
        for script in fs::read_dir(&bin).during(bin.display())? {
            let path = script.during(bin.display())?.path();
            // Programs and links to the interpreter are no text.
            let Ok(text) = fs::read_to_string(&path) else { continue };
            if let Some(settled) = settled(&text, &interpreter) {
                fs::write(&path, settled).during(path.display())?;
            }
        }
        Ok(())
    }

    /// Its interpreter, without the caller's Python settings.
    pub(crate) fn python(&self) -> Command {
        let mut python = Command::new(self.0.join("bin").join("python"));
        python.env_remove("PYTHONPATH").env_remove("PYTHONHOME");
        python
    }

    /// Its pip with a subcommand. What it fetches it keeps in no cache of its own, which would be in the home directory.
    pub(crate) fn pip(&self, subcommand: &str) -> Command {
        let mut pip = self.python();
        pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-input"])
            .arg(subcommand);
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

/// The script with `interpreter` in its first line, if a Python of another directory stands there.
fn settled(script: &str, interpreter: &Path) -> Option<String> {
    let (first, rest) = script.strip_prefix("#!")?.split_once('\n')?;
    let named = Path::new(first.trim());
    let is_python = named.file_name()?.to_str()?.starts_with("python") && named.is_absolute();
    (is_python && named.parent() != interpreter.parent())
        .then(|| format!("#!{}\n{rest}", interpreter.display()))
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

    #[test]
    fn a_script_names_the_interpreter_where_the_environment_is_now() {
        let here = Path::new("/cache/sail-1/bin/python");
        let moved = "#!/cache/.sail-1.partial/bin/python3\nimport sys\n";
        assert_eq!(settled(moved, here).as_deref(), Some("#!/cache/sail-1/bin/python\nimport sys\n"));
        for kept in [
            "#!/cache/sail-1/bin/python\nimport sys\n",
            "#!/bin/sh\ntrue\n",
            "#!/usr/bin/env python\n\n",
            "text",
        ] {
            assert_eq!(settled(kept, here), None, "{kept}");
        }
    }

    #[test]
    fn an_environment_that_was_moved_has_scripts_that_run() {
        let root = std::env::temp_dir().join(format!("lakeorm-xtask-{}-venv", std::process::id()));
        let (made, moved) = (root.join("made"), root.join("moved"));
        fs::create_dir_all(&root).unwrap();
        let mut make = Command::new("python3");
        output(make.args(["-m", "venv", "--without-pip"]).arg(&made), "python3 -m venv").unwrap();
        let script = made.join("bin").join("told");
        fs::write(&script, format!("#!{}\nprint('it runs')\n", made.join("bin/python").display())).unwrap();
        output(Command::new("chmod").arg("+x").arg(&script), "chmod").unwrap();
        fs::rename(&made, &moved).unwrap();
        Venv::at(&moved).settle().unwrap();
        let told = output(&mut Command::new(moved.join("bin").join("told")), "the script").unwrap();
        assert_eq!(told, "it runs\n");
        fs::remove_dir_all(&root).unwrap();
    }
}
