//! What the test suites share: the engines, the tables on them, the scripted server, the fault proxy, TLS and HTTP proxies,
//! an object store that a test scripts, the steps of a write, what is logged, results that can be checked, and futures
//! that are dropped in the middle.

use std::fs;
use std::path::{Path, PathBuf};

pub mod arrow_types;
pub mod bare;
pub mod engine;
pub mod fake;
pub mod formats;
pub mod numbered;
mod peak;
mod printed;
pub mod proxy;
pub mod scripted_store;
pub mod seconds;
pub mod steps;
pub mod tables;
pub mod tls;
pub mod token_endpoint;
pub mod trace;
pub mod tunnel;
pub mod wakes;

pub use peak::peak_megabytes;
pub use printed::printed;

/// One line of the table that a program with figures prints.
#[expect(clippy::print_stdout, reason = "the figures are what the program is run for")]
pub fn figure(case: impl std::fmt::Display, figure: impl std::fmt::Display) {
    println!("{case:<44} {figure}");
}

/// Every file below a directory, which need not be there.
#[must_use]
pub fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
