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
    // It is not for people: `engine` starts it.
    if command == "forward" {
        return forward::forward(rest);
    }
    let Some(known) = usage::Command::named(command) else {
        return Err(Failure::new(format!("there is no command {command}\n\n{}", usage::all())));
    };
    let own = rest.split(|word| word == "--").next().unwrap_or_default();
    if own.iter().any(|word| usage::is_asked_for(word)) {
        say(known.usage());
        return Ok(());
    }
    known.run(rest)
}
