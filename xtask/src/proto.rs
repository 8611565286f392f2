//! `cargo xtask proto [--check]`: the Rust made from our `.proto` files, and their agreement with PySpark's.

mod compare;
mod descriptor;
mod generate;

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cache::Cache;
use crate::engine::spark;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Writes the generated code, or with `--check` writes nothing and fails when anything would change or disagrees
/// with the protocol.
///
/// # Errors
///
/// One line per difference, or the reason why a step could not run.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let ours = generate::descriptors(&workspace_root())?;
    let outputs = generate::outputs(&workspace_root(), &ours)?;
    match arguments {
        [] => write(&outputs),
        [flag] if flag == "--check" => check(&outputs, &ours),
        _ => Err("usage: cargo xtask proto [--check]".into()),
    }
}

fn write(outputs: &[generate::Output]) -> Result<()> {
    for output in outputs {
        output.write()?;
        say(&format!("wrote {}", relative(&output.path)));
    }
    Ok(())
}

fn check(outputs: &[generate::Output], ours: &prost_types::FileDescriptorSet) -> Result<()> {
    let mut failures = Vec::new();
    for output in outputs {
        if output.is_current() {
            say(&format!("{} is current", relative(&output.path)));
        } else {
            failures.push(format!("{} is stale: run `cargo xtask proto`", relative(&output.path)));
        }
    }

    let release = spark::PLAIN;
    let package =
        Cache::open().and_then(|cache| release.package(&cache)).map_err(|failure| failure.to_string())?;
    let directory = package.join("sql/connect/proto");
    say(&format!(
        "comparing with the descriptors of pyspark {} in {}",
        release.line.version,
        directory.display()
    ));
    let comparison = compare::compare(ours, &descriptor::read_directory(&directory)?);
    failures.extend(comparison.differences.iter().map(ToString::to_string));
    if failures.is_empty() {
        say(&format!("{} agree", comparison.checked));
        return Ok(());
    }
    Err(failures.join("\n").into())
}

fn workspace_root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// A path as a reader at the workspace root would type it.
fn relative(path: &Path) -> String {
    path.strip_prefix(workspace_root()).unwrap_or(path).display().to_string()
}

/// One line of progress. A closed standard output is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
