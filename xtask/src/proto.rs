//! `cargo xtask proto [--check]`: the Rust made from our `.proto` files, and their agreement with PySpark's.

mod compare;
mod descriptor;
mod generate;

use std::path::Path;

use crate::cache::Cache;
use crate::cargo::workspace;
use crate::engine::spark;
use crate::failure::{Failure, Outcome};
use crate::progress::say;

/// Writes the generated code, or with `--check` writes nothing and fails when anything would change or disagrees
/// with the protocol.
///
/// # Errors
///
/// One line per difference, or the reason why a step could not run.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let ours = generate::descriptors(&workspace())?;
    let outputs = generate::outputs(&workspace(), &ours)?;
    match arguments {
        [] => write(&outputs),
        [flag] if flag == "--check" => check(&outputs, &ours),
        _ => Err(Failure::new("usage: cargo xtask proto [--check]")),
    }
}

fn write(outputs: &[generate::Output]) -> Outcome {
    for output in outputs {
        output.write()?;
        say(format_args!("wrote {}", relative(&output.path)));
    }
    Ok(())
}

fn check(outputs: &[generate::Output], ours: &prost_types::FileDescriptorSet) -> Outcome {
    let mut failures = Vec::new();
    for output in outputs {
        if output.is_current() {
            say(format_args!("{} is current", relative(&output.path)));
        } else {
            failures.push(format!("{} is stale: run `cargo xtask proto`", relative(&output.path)));
        }
    }

    let release = spark::PLAIN;
    let package = release.package(&Cache::open()?)?;
    let directory = package.join("sql/connect/proto");
    say(format_args!(
        "comparing with the descriptors of pyspark {} in {}",
        release.line.version,
        directory.display()
    ));
    let comparison = compare::compare(ours, &descriptor::read_directory(&directory)?);
    failures.extend(comparison.differences.iter().map(ToString::to_string));
    if failures.is_empty() {
        say(format_args!("{} agree", comparison.checked));
        return Ok(());
    }
    Err(Failure::new(failures.join("\n")))
}

/// A path as a reader at the workspace root would type it.
fn relative(path: &Path) -> String {
    path.strip_prefix(workspace()).unwrap_or(path).display().to_string()
}
