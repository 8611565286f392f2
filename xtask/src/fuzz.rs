//! `cargo xtask fuzz`: malformed bytes for the client and the decoder, in programs whose panics abort.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::cache::{Cache, create_tree};
use crate::cargo;
use crate::failure::{Failure, Outcome};
use crate::process::output;
use crate::progress::step;

const CARGO_FUZZ: &str = "0.13.2";

/// A target, with what libFuzzer is told beside the time.
struct Target {
    name: &'static str,
    options: &'static [&'static str],
}

/// A few bytes must not ask for so much memory at once.
const MEMORY: &str = "-malloc_limit_mb=1500";

const TARGETS: [Target; 3] = [
    Target { name: "operations", options: &["-max_len=65536"] },
    Target { name: "responses", options: &["-max_len=65536"] },
    Target { name: "rows", options: &["-len_control=0", "-max_len=512"] },
];

/// How long each target runs unless it is said.
const USUAL: Duration = Duration::from_secs(600);

/// Runs each target that `arguments` name, or all, for so many seconds each.
///
/// # Errors
///
/// A target that cannot be built, or that found something: libFuzzer says what, and keeps the bytes in `fuzz/artifacts`.
pub(crate) fn fuzz(arguments: &[String]) -> Outcome {
    let (targets, time) = chosen(arguments)?;
    let cargo_fuzz = install(&Cache::open()?)?;
    for target in targets {
        step(&format!("building the fuzz target {}", target.name), || {
            cargo::run(&mut build(&cargo_fuzz, target), &format!("building {}", target.name))
        })?;
        create_tree(&corpus(target))?;
        step(&format!("fuzzing {} for {} s", target.name, time.as_secs()), || {
            cargo::run(&mut run(&cargo_fuzz, target, time), &format!("the fuzz target {}", target.name))
        })?;
    }
    Ok(())
}

fn chosen(arguments: &[String]) -> Outcome<(Vec<&'static Target>, Duration)> {
    let (mut targets, mut time) = (Vec::new(), USUAL);
    for argument in arguments {
        if let Some(target) = TARGETS.iter().find(|target| target.name == argument) {
            targets.push(target);
        } else if let Ok(seconds) = argument.parse() {
            time = Duration::from_secs(seconds);
        } else {
            let known = TARGETS.map(|target| target.name).join(", ");
            return Err(Failure::new(format!(
                "unknown fuzz target or duration `{argument}`; expected a number of seconds or one of {known}"
            )));
        }
    }
    if targets.is_empty() {
        targets.extend(&TARGETS);
    }
    Ok((targets, time))
}

/// Installs cargo-fuzz unless it is there; gives the program.
fn install(cache: &Cache) -> Outcome<PathBuf> {
    let what = format!("installing cargo-fuzz {CARGO_FUZZ}");
    let entry = cache.entry(&format!("cargo-fuzz-{CARGO_FUZZ}"), &what, |entry| {
        let mut install = cargo::cargo();
        install.args(["install", "cargo-fuzz", "--locked", "--version", CARGO_FUZZ, "--root"]).arg(entry);
        output(&mut install, &what).map(drop)
    })?;
    Ok(entry.join("bin").join("cargo-fuzz"))
}

/// Apart from the run, so that a run's time is the target's.
fn build(cargo_fuzz: &Path, target: &Target) -> Command {
    let mut command = on_nightly(cargo_fuzz);
    command.args(["fuzz", "build", target.name]);
    command
}

/// What it finds is added to `fuzz/corpus`; it begins with that and with the seeds.
fn run(cargo_fuzz: &Path, target: &Target, time: Duration) -> Command {
    let mut command = on_nightly(cargo_fuzz);
    command.args(["fuzz", "run", target.name]).arg(corpus(target));
    let seeds = format!("fuzz/seeds/{}", target.name);
    if cargo::workspace().join(&seeds).exists() {
        command.arg(seeds);
    }
    command.arg("--").arg(format!("-max_total_time={}", time.as_secs())).arg(MEMORY).args(target.options);
    command
}

fn corpus(target: &Target) -> PathBuf {
    cargo::workspace().join("fuzz").join("corpus").join(target.name)
}

/// The toolchain that this tool runs with is another.
fn on_nightly(cargo_fuzz: &Path) -> Command {
    let mut command = Command::new(cargo_fuzz);
    command.env_remove("CARGO").env("RUSTUP_TOOLCHAIN", "nightly").current_dir(cargo::workspace());
    // What cargo tells this tool of its own package. Build scripts of dependencies look at it, and half an hour's
    // compilation would be done anew for who calls cargo-fuzz by hand.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[&str]) -> Outcome<(Vec<&'static str>, u64)> {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let (targets, time) = chosen(&arguments)?;
        Ok((targets.into_iter().map(|target| target.name).collect(), time.as_secs()))
    }

    #[test]
    fn all_targets_run_for_ten_minutes_unless_some_or_a_time_are_named() {
        assert_eq!(names(&[]).unwrap(), (vec!["operations", "responses", "rows"], 600));
        assert_eq!(names(&["rows", "30"]).unwrap(), (vec!["rows"], 30));
        let unknown = names(&["row"]).unwrap_err().to_string();
        assert_eq!(
            unknown,
            "unknown fuzz target or duration `row`; expected a number of seconds or one of operations, \
             responses, rows"
        );
    }
}
