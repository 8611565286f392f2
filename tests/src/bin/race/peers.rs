//! PySpark's client, which is an interpreter of its own.

use std::process::Command;

use lakeorm_tests::engine::Engine;

use crate::results;

/// Reads a result one way and prints the figures that this program's measurements have.
const PEER: &str = include_str!("../../../../fixtures/read_result.py");

/// How PySpark reads a result.
pub(crate) const RUNNERS: [&str; 3] = ["PySpark toArrow", "PySpark collect", "PySpark toLocalIterator"];

/// A process that reads so many rows, where the engine's tests have a PySpark beside them.
pub(crate) fn command(engine: &Engine, runner: &str, rows: u64) -> Option<Command> {
    let mut python = engine.pyspark()?;
    python.args(["-c", PEER, runner, &engine.remote, &results::sql(1000), &results::sql(rows)]);
    Some(python)
}
