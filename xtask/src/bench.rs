//! `cargo xtask bench`: figures that only mean something against others of the same run.

use crate::build_time;
use crate::cargo::{cargo, run};
use crate::failure::{Failure, Outcome};
use crate::race;

/// The benchmarks that are cargo's.
const OWN: [&str; 2] = ["decode", "encode"];

const ALL: [&str; 5] = ["decode", "encode", "e2e", "links", "build"];

/// Runs the benchmark that is named; what follows the name is the benchmark's.
pub(crate) fn bench(arguments: &[String]) -> Outcome {
    match arguments.split_first() {
        Some((name, rest)) if OWN.contains(&name.as_str()) => {
            let mut bench = cargo();
            bench.args(["bench", "--package", "lakeorm-benches", "--bench", name, "--"]).args(rest);
            run(&mut bench, &format!("the benchmark {name}"))
        }
        Some((name, rest)) if name == "build" => build_time::bench(rest),
        Some((name, rest)) if name == "e2e" => race::bench(rest),
        Some((name, rest)) if name == "links" => race::links(rest),
        Some((name, _)) => {
            Err(Failure::new(format!("there is no benchmark {name}; there are: {}", ALL.join(", "))))
        }
        None => Err(Failure::new(format!("bench: name a benchmark: {}", ALL.join(", ")))),
    }
}
