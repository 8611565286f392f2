//! `cargo xtask test`: every suite, with the real engines that it needs.

use std::time::{Duration, Instant};

use crate::cache::Cache;
use crate::cargo::{self, Counts, cargo};
use crate::failure::{Failure, Outcome};
use crate::progress::{say, seconds, step};

mod real;
mod suite;

use suite::{SELECTION, Suite};

/// What became of a suite.
#[derive(Debug)]
struct Report {
    suite: Suite,
    counts: Counts,
    /// Why it failed; none if it passed.
    fault: Option<String>,
    time: Duration,
}

/// Runs the suites that `arguments` name, all of them if it names none, and hands what follows `--` on to cargo; to the
/// examples it is parts of their names.
pub(crate) fn test(arguments: &[String]) -> Outcome {
    let (names, extra) = split(arguments);
    let suites = suite::chosen(names)?;
    if !names.is_empty()
        && suites.contains(&Suite::Examples)
        && let Some(option) = extra.iter().find(|word| word.starts_with('-') && *word != "--")
    {
        return Err(Failure::new(format!(
            "test: the examples are programs, which take no {option}: name the suites that it is for"
        )));
    }
    let cache = Cache::open()?;
    step("compiling the tests", || {
        cargo::run(
            cargo().args(["test", "--no-run", "--quiet", "--all-targets"]).args(SELECTION),
            "cargo test --no-run",
        )
    })?;
    let reports: Vec<Report> = suites.into_iter().map(|suite| run(suite, &cache, extra)).collect();
    summarise(&reports)
}

/// `cargo xtask install [SUITE…]`: fetches what the suites need, which a run of them would do where each begins.
pub(crate) fn install(arguments: &[String]) -> Outcome {
    real::install(&suite::chosen(arguments)?, &Cache::open()?)
}

/// The words before the first `--` and those after it.
fn split(arguments: &[String]) -> (&[String], &[String]) {
    let end = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
    let (names, rest) = arguments.split_at(end);
    (names, rest.get(1..).unwrap_or_default())
}

/// Runs one suite. Its failure is part of the report, so that the next one runs too.
fn run(suite: Suite, cache: &Cache, extra: &[String]) -> Report {
    say(format_args!("\n==== {}: {suite}", suite.name()));
    let begun = Instant::now();
    let outcome = match suite {
        Suite::EndToEnd(engine) => real::end_to_end(engine, cache, extra),
        Suite::Tpch(engine) => real::tpch(engine, cache, extra),
        Suite::Examples => real::examples(cache, extra),
        Suite::Ui => ui(extra),
        _ => cargo::test(suite::command(suite).args(extra)),
    };
    let (counts, fault) = match outcome {
        Ok((counts, succeeded)) => (counts, fault(counts, succeeded, !suite::names(extra).is_empty())),
        Err(failure) => (Counts::default(), Some(failure.to_string())),
    };
    if let Some(fault) = &fault {
        say(format_args!("{}: {fault}", suite.name()));
    }
    let time = begun.elapsed();
    say(format_args!("==== {}: {}", suite.name(), seconds(time)));
    Report { suite, counts, fault, time }
}

/// Hands the tests of the compiler's messages the library that they compile against.
fn ui(extra: &[String]) -> Outcome<(Counts, bool)> {
    let library = cargo::library(suite::command(Suite::Ui).arg("--no-run"), "lakeorm")?;
    cargo::test(suite::command(Suite::Ui).env("LAKEORM_LIBRARY", library).args(extra))
}

/// Why a suite that came to its end has failed. One that ran nothing proves nothing, unless a filter was given.
fn fault(counts: Counts, succeeded: bool, filtered: bool) -> Option<String> {
    if counts.failed > 0 {
        Some(format!("{} failed", counts.failed))
    } else if !succeeded {
        Some("it did not come to its end".to_owned())
    } else if counts.passed == 0 && !filtered {
        Some("it ran no test".to_owned())
    } else {
        None
    }
}

/// Prints the table and the closing line; any failed suite makes it a failure.
fn summarise(reports: &[Report]) -> Outcome {
    say(format_args!("\nsuite         result   passed  failed  ignored        time"));
    for Report { suite, counts, fault, time } in reports {
        let word = if fault.is_none() { "ok" } else { "FAILED" };
        let Counts { passed, failed, ignored } = counts;
        say(format_args!(
            "{:<13} {word:<7} {passed:>7} {failed:>7} {ignored:>8} {:>11}",
            suite.name(),
            seconds(*time)
        ));
    }
    let failed: Vec<&Report> = reports.iter().filter(|report| report.fault.is_some()).collect();
    for report in &failed {
        say(format_args!("{}: {}", report.suite.name(), report.fault.as_deref().unwrap_or_default()));
    }
    let total = reports.iter().fold(Counts::default(), |sum, report| sum.plus(report.counts));
    // A suite that broke down without a failed test counts as one: the line must not look like a success.
    let broken = failed.iter().filter(|report| report.counts.failed == 0).map(|_| 1).sum::<u64>();
    say(format_args!("\n{} passed, {} failed", total.passed, total.failed + broken));
    let names: Vec<_> = failed.iter().map(|report| report.suite.name()).collect();
    if names.is_empty() { Ok(()) } else { Err(Failure::new(format!("failed: {}", names.join(", ")))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn what_follows_the_first_dashes_goes_to_cargo() {
        let given = words(&["unit", "doc", "--", "name", "--", "--nocapture"]);
        let (names, extra) = split(&given);
        assert_eq!(names, words(&["unit", "doc"]));
        assert_eq!(extra, words(&["name", "--", "--nocapture"]));
        assert_eq!(split(&given[..2]), (&given[..2], [].as_slice()));
    }

    #[test]
    fn a_suite_without_a_test_fails_unless_a_filter_was_given() {
        let none = Counts::default();
        assert_eq!(fault(none, true, false).as_deref(), Some("it ran no test"));
        assert_eq!(fault(none, true, true), None);
    }

    #[test]
    fn a_suite_fails_by_its_tests_and_by_its_exit_code() {
        let one = Counts { passed: 1, failed: 0, ignored: 0 };
        assert_eq!(fault(one, true, false), None);
        assert_eq!(fault(one, false, false).as_deref(), Some("it did not come to its end"));
        assert_eq!(fault(Counts { failed: 2, ..one }, false, false).as_deref(), Some("2 failed"));
    }
}
