//! The build tool of this workspace: `cargo xtask …`.

use std::env;
use std::process::ExitCode;

use crate::failure::{Failure, Outcome};
use crate::progress::{note, say};

mod azurite;
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
mod forward;
mod fuzz;
mod instructions;
mod objects;
mod peers;
mod process;
mod progress;
mod proto;
mod pyspark;
mod python;
mod race;
mod service;
mod test;
mod tidy;
mod usage;

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
        say(usage::all());
        return Ok(());
    };
    if usage::is_asked_for(command) {
        say(usage::all());
        return Ok(());
    }
    let own = rest.split(|word| word == "--").next().unwrap_or_default();
    if own.iter().any(|word| usage::is_asked_for(word))
        && let Some(usage) = usage::of(command)
    {
        say(usage);
        return Ok(());
    }
    match command.as_str() {
        "bench" => bench::bench(rest),
        "demo" => demo::demo(rest),
        "test" => test::test(rest),
        "engine" => engine::run(rest),
        "install" => test::install(),
        "faults" => faults::faults(rest),
        "sessions" => faults::sessions(rest),
        "writes" => faults::writes(rest),
        "proto" => proto::run(rest).map_err(|error| Failure::new(error.to_string())),
        "fuzz" => fuzz::fuzz(rest),
        "instructions" => instructions::instructions(rest),
        "features" => features::features(),
        "tidy" => tidy::tidy(),
        "ci" => ci::ci(),
        "forward" => forward::forward(rest),
        other => Err(Failure::new(format!("there is no command {other}\n\n{}", usage::all()))),
    }
}
