//! Sail from the `pysail` wheel: one native process, no JVM.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache::{Cache, create_tree};
use crate::failure::{During, Outcome};
use crate::python::Venv;

pub(crate) const VERSION: &str = "0.7.2";

/// Sail reads its Spark version from a Python module named `pyspark` beside it and fails to tell one without it.
/// The number is the version that Sail 0.7 follows.
const PYSPARK_STAND_IN: &str = "__version__ = \"4.2.0\"\n";

/// The stack of Sail's threads in bytes. With its default of 8 MiB a deep plan ends the process.
const STACK: &str = "67108864";

/// Installs Sail unless it is there; gives its cache entry.
pub(crate) fn install(cache: &Cache) -> Outcome<PathBuf> {
    let entry = cache.entry(
        &format!("sail-{VERSION}"),
        &format!("installing Sail {VERSION} (about 200 MB)"),
        |entry| {
            Venv::create(entry, &[&format!("pysail=={VERSION}")])?;
            let module = stand_in(entry).join("pyspark");
            create_tree(&module)?;
            let text = module.join("__init__.py");
            fs::write(&text, PYSPARK_STAND_IN).during(text.display())
        },
    )?;
    Venv::at(&entry).settle()?;
    Ok(entry)
}

/// The command that serves on `port`.
pub(crate) fn command(entry: &Path, port: u16) -> Command {
    let mut sail = Venv::at(entry).python();
    sail.args(["-m", "pysail", "spark", "server", "--ip", "127.0.0.1", "--port", &port.to_string()])
        .env("PYTHONPATH", stand_in(entry))
        .env("SAIL_RUNTIME__STACK_SIZE", STACK);
    sail
}

/// What the command line of the process on `port` holds.
pub(crate) fn mark(port: u16) -> String {
    format!("--port {port}")
}

fn stand_in(entry: &Path) -> PathBuf {
    entry.join("stand-in")
}
