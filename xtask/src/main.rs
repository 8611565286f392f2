//! The build tool of this workspace: `cargo xtask …`.

use std::env;
use std::process::ExitCode;

use crate::failure::{Failure, Outcome};
use crate::progress::{note, say};

mod bench;
mod build_time;
mod cache;
mod cargo;
mod ci;
mod demo;
mod engine;
mod failure;
mod faults;
mod features;
mod flights;
mod fuzz;
mod process;
mod progress;
mod proto;
mod python;
mod test;
mod tidy;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo            real flights in real tables on Sail, read into structs
  test [SUITE…] [-- ARGUMENTS OF CARGO TEST]
                  every suite, or those named: unit, doc, derive, ui, protocol, hostile, sail, spark,
                  spark43, examples
  bench decode [OPTIONS]
                  decoding against loops by hand, serde_arrow and memcpy: one table of ratios
  bench build [--rounds N]
                  compiling 50 structs of 10 fields and their decoding, against serde and serde_arrow
  engine up|down|status [sail|spark|spark43]
                  start, stop or look at an engine (up: Sail unless named; down and status: all unless named)
  faults [sail|spark43] [CASE…]
                  what breaks on the way, at length: resets, kills, restarts, slow readers; with figures
  sessions [sail|spark43] [CASE…]
                  the pool under load and what it costs, with figures
  fuzz [TARGET…] [SECONDS]
                  malformed bytes in programs whose panics abort: operations, responses, rows; ten minutes each
                  (needs a nightly toolchain)
  proto [--check] make the protocol's Rust from its own proto files; or check them, against Spark's descriptors
  features        each published crate alone, with no features, with each and with all
  tidy            rules about the repository's text that no lint checks
  ci              the whole gate: format, lints, documentation, tidy, tests

Engines, data and logs are kept in LAKEORM_CACHE, by default lakeorm in the user's cache directory.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            note(format_args!("error: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Outcome {
    let Some((command, rest)) = arguments.split_first() else {
        say(USAGE.trim_end());
        return Ok(());
    };
    match command.as_str() {
        "bench" => bench::bench(rest),
        "demo" => demo::demo(rest),
        "test" => test::test(rest),
        "engine" => engine::run(rest),
        "faults" => faults::faults(rest),
        "sessions" => faults::sessions(rest),
        "proto" => proto::run(rest).map_err(|error| Failure::new(error.to_string())),
        "fuzz" => fuzz::fuzz(rest),
        "features" => features::features(),
        "tidy" => tidy::tidy(),
        "ci" => ci::ci(),
        other => Err(Failure::new(format!("there is no command {other}\n\n{USAGE}"))),
    }
}
