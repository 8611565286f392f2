//! The build tool of this workspace: `cargo xtask …`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its terminal")]

use std::env;
use std::process::ExitCode;

use crate::failure::{Failure, Outcome};

mod cache;
mod engine;
mod failure;
mod process;
mod progress;
mod python;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  engine up|down|status [sail|spark|spark43]
                  start, stop or look at a real engine (up: Sail unless named; down, status: all unless named)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Outcome<ExitCode> {
    let Some((command, rest)) = arguments.split_first() else {
        print!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    match command.as_str() {
        "engine" => engine::run(rest)?,
        other => return Err(Failure::new(format!("there is no command {other}\n\n{USAGE}"))),
    }
    Ok(ExitCode::SUCCESS)
}
