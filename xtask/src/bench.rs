//! `cargo xtask bench`: figures that only mean something against others of the same run.

use crate::build_time;
use crate::cargo::{cargo, run};
use crate::failure::{Failure, Outcome};

const DECODE: [&str; 5] = ["bench", "--package", "lakeorm-benches", "--bench", "decode"];

/// Runs the benchmark that is named; what follows the name is the benchmark's.
pub(crate) fn bench(arguments: &[String]) -> Outcome {
    match arguments.split_first() {
        Some((name, rest)) if name == "decode" => {
            run(cargo().args(DECODE).arg("--").args(rest), "the decode benchmark")
        }
        Some((name, rest)) if name == "build" => build_time::bench(rest),
        Some((name, _)) => {
            Err(Failure::new(format!("there is no benchmark {name}; there are: decode, build")))
        }
        None => Err(Failure::new("bench: name a benchmark: decode, build")),
    }
}
