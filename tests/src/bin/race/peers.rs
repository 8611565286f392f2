//! Other clients of the same server: published crates in programs of their own, and Python's.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use lakeorm_tests::engine::Engine;

use crate::{calls, results};

/// How others read a result, each beside what it is held against. The first word names the program of a crate.
const READERS: [(&str, &str); 12] = [
    ("spark-connect-rs batches", "raw Arrow"),
    ("spark-connect batches", "raw Arrow"),
    ("apache-spark-connect batches", "raw Arrow"),
    ("ADBC fetch_arrow_table", "raw Arrow"),
    ("ADBC fetch_record_batch", "raw Arrow"),
    ("PySpark toArrow", "raw Arrow"),
    ("apache-spark-connect iterator", "raw typed"),
    ("PySpark toLocalIterator", "raw typed"),
    ("spark-connect-rs structs", "raw typed, collected"),
    ("spark-connect structs", "raw typed, collected"),
    ("apache-spark-connect structs", "raw typed, collected"),
    ("PySpark collect", "raw typed, collected"),
];

/// The crates that make small calls too.
const CALLERS: [&str; 3] = ["spark-connect-rs", "spark-connect", "apache-spark-connect"];

/// Reads a result by a client of Python's and prints the figures that this program's measurements have.
const PYTHON: &str = include_str!("../../../../fixtures/read_result.py");

/// A runner, its floor and its process.
pub(crate) type Peer = (&'static str, &'static str, Command);

/// Those who read so many rows, as far as they are installed.
pub(crate) fn readers(engine: &Engine, rows: u64) -> impl Iterator<Item = Peer> {
    READERS
        .into_iter()
        .filter_map(move |(runner, floor)| Some((runner, floor, reader(engine, runner, rows)?)))
}

fn reader(engine: &Engine, runner: &str, rows: u64) -> Option<Command> {
    let (who, way) = runner.split_once(' ')?;
    let (warm, sql) = (results::sql(1000), results::sql(rows));
    let mut process = match who {
        "PySpark" => engine.pyspark(),
        "ADBC" => Command::new(env::var_os("LAKEORM_ADBC")?),
        who => program(who)?,
    };
    match who {
        "PySpark" | "ADBC" => process.args(["-c", PYTHON, runner, &warm, &sql]),
        _ => process.args(["result", way, &warm, &sql, &rows.to_string()]),
    };
    Some(process)
}

/// Those who make small calls, so many at once.
pub(crate) fn callers(tasks: usize) -> impl Iterator<Item = Peer> {
    CALLERS.into_iter().filter_map(move |runner| {
        let mut process = program(runner)?;
        process.args(["calls", &tasks.to_string(), calls::SQL]);
        Some((runner, "raw", process))
    })
}

/// Those of whom nobody has told where they are installed.
pub(crate) fn left_out(engine: &Engine) -> Vec<&'static str> {
    let runners = READERS.into_iter().map(|(runner, _)| runner);
    runners.filter(|runner| reader(engine, runner, 0).is_none()).collect()
}

fn program(name: &str) -> Option<Command> {
    let directory = PathBuf::from(env::var_os("LAKEORM_PEERS")?);
    Some(Command::new(directory.join(name)))
}
