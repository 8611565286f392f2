//! `cargo xtask instructions`: how many instructions a call, decoded and encoded rows take, compared with what is on record.
//!
//! A clock on a shared machine tells 30 % more or less from one run to the next; a count does not. Each case runs twice
//! under valgrind, once with double the work, and the difference is what the work takes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo::{self, cargo};
use crate::failure::{During, Failure, Outcome};
use crate::progress::{say, step};

/// What is counted: its name, how often it is done, and how many units one time has.
const CASES: [(&str, u64, u64); 9] = [
    ("call", 200, 1),
    ("raw call", 200, 1),
    ("raw call, released", 200, 1),
    ("stream", 10, 10_000),
    ("narrow to_vec", 20, 10_000),
    ("user to_vec", 10, 10_000),
    ("user borrowed", 20, 10_000),
    ("user encode", 10, 10_000),
    ("user encode, by hand", 10, 10_000),
];

/// More or fewer of them than this share are a difference: another order of the same tasks moves a call by one percent.
const MARGIN: f64 = 0.05;

/// So many more or fewer are none: where a unit takes a dozen, how the compiler cuts the crates moves it by one.
const LEAST: f64 = 1.5;

/// Counts, and compares with the record unless that is written anew.
///
/// # Errors
///
/// A count that is not as it is on record, and a machine without valgrind.
pub(crate) fn instructions(arguments: &[String]) -> Outcome {
    let is_update = match arguments {
        [] => false,
        [word] if word == "--update" => true,
        _ => return Err(Failure::new("instructions: the only option is --update")),
    };
    let program = step("building what is counted", built)?;
    let found = step("counting instructions", || {
        CASES
            .iter()
            .map(|(case, times, units)| counted(&program, case, *times, *units))
            .collect::<Outcome<Vec<f64>>>()
    })?;
    let path = cargo::workspace().join("benches/instructions/record.tsv");
    if is_update {
        let lines: String =
            CASES.iter().zip(&found).map(|((case, ..), found)| format!("{case}\t{found:.1}\n")).collect();
        return fs::write(&path, lines).during(path.display());
    }
    compared(&fs::read_to_string(&path).during(path.display())?, &found)
}

fn built() -> Outcome<PathBuf> {
    let build = ["build", "--profile", "counted", "--locked", "--quiet", "--package", "lakeorm-instructions"];
    cargo::run(cargo().args(build), "cargo build")?;
    Ok(cargo::target().join("counted").join("instructions"))
}

/// The instructions of one unit.
fn counted(program: &Path, case: &str, times: u64, units: u64) -> Outcome<f64> {
    let (once, twice) = (run(program, case, times)?, run(program, case, 2 * times)?);
    Ok(twice.saturating_sub(once) as f64 / (times * units) as f64)
}

fn run(program: &Path, case: &str, times: u64) -> Outcome<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]);
    valgrind.arg(program).args([case, &times.to_string()]);
    let ended = valgrind
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::new(format!("valgrind (Debian: apt-get install valgrind): {error}")))?;
    let told = String::from_utf8_lossy(&ended.stderr);
    match read(&told) {
        Some(count) if ended.status.success() => Ok(count),
        _ => Err(Failure::new(format!("{case} under valgrind ended with {}:\n{told}", ended.status))),
    }
}

/// The number behind `I refs:` (of older versions: `I   refs:`).
fn read(told: &str) -> Option<u64> {
    let line = told.lines().find(|line| line.contains("refs:") && line.contains(" I "))?;
    let digits: String = line.rsplit(':').next()?.chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn compared(record: &str, found: &[f64]) -> Outcome {
    let mut different = Vec::new();
    for ((case, ..), found) in CASES.iter().zip(found) {
        let known = record.lines().find_map(|line| line.split_once('\t').filter(|(name, _)| name == case));
        let known: f64 = known.and_then(|(_, count)| count.parse().ok()).unwrap_or(f64::NAN);
        let told =
            format!("{case}: {found:.1}, on record {known:.1} ({:+.1} %)", (found / known - 1.0) * 100.0);
        say(&told);
        if !is_same(*found, known) {
            different.push(told);
        }
    }
    if different.is_empty() {
        return Ok(());
    }
    let told = different.join("\n  ");
    let cure = "find out why, or take it down with `cargo xtask instructions --update`";
    Err(Failure::new(format!("the instructions are not those on record:\n  {told}\n{cure}")))
}

/// What is not on record is no number, and the same as none.
fn is_same(found: f64, known: f64) -> bool {
    (found - known).abs() <= LEAST.max(known * MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_that_on_record_within_a_share_or_an_instruction_or_two() {
        assert!(is_same(14.7, 15.7) && is_same(206_000.0, 205_000.0));
        assert!(!is_same(14.7, 16.7) && !is_same(850.0, 804.0) && !is_same(14.7, f64::NAN));
    }

    #[test]
    fn the_count_is_read_from_what_any_version_of_valgrind_says() {
        assert_eq!(read("==1== Command: x\n==1== \n==1== I   refs:      42,636,247\n"), Some(42_636_247));
        assert_eq!(read("==1== I refs:        1,005\n"), Some(1_005));
        assert_eq!(read("==1== nothing\n"), None);
    }

    #[test]
    fn a_count_that_is_further_off_than_the_margin_is_an_error_in_both_directions() {
        let record: String = CASES.iter().map(|(case, ..)| format!("{case}\t100.0\n")).collect();
        assert!(compared(&record, &[104.0; CASES.len()]).is_ok());
        for wrong in [106.0, 94.0, f64::NAN] {
            assert!(compared(&record, &[wrong; CASES.len()]).is_err(), "{wrong}");
        }
        assert!(compared("", &[100.0; CASES.len()]).is_err());
    }
}
