//! Which suites there are and which cargo command runs each.

use std::fmt;
use std::process::Command;
use std::thread;

use crate::cargo::cargo;
use crate::engine::Engine;
use crate::failure::{Failure, Outcome};

/// The packages under test. It is the same for every suite: cargo compiles a dependency anew when the packages
/// chosen beside it ask for other features.
pub(super) const SELECTION: [&str; 5] =
    ["--workspace", "--exclude", "lakeorm-benches", "--exclude", "lakeorm-instructions"];

/// A part of the tests that can be run alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suite {
    /// Unit tests, those of this tool included.
    Unit,
    /// Examples in documentation.
    Doc,
    /// The derive macro.
    Derive,
    /// What the compiler says to wrong uses of the derive macro.
    Ui,
    /// The client against a fake server.
    Protocol,
    /// The hostile results of that suite in a program that a panic ends.
    Hostile,
    /// Everything against a real engine.
    EndToEnd(Engine),
    /// The queries of TPC-H against a real engine.
    Tpch(Engine),
    /// The example programs.
    Examples,
}

impl Suite {
    /// What runs where none is named, in this order: what is quick to fail comes first.
    pub(super) const GATE: [Self; 12] = [
        Self::Unit,
        Self::Doc,
        Self::Derive,
        Self::Ui,
        Self::Protocol,
        Self::Hostile,
        Self::EndToEnd(Engine::Sail),
        Self::EndToEnd(Engine::SPARK41),
        Self::EndToEnd(Engine::SPARK43),
        Self::EndToEnd(Engine::SPARK35),
        Self::Tpch(Engine::Sail),
        Self::Examples,
    ];

    /// On Spark they take minutes.
    const TPCH_ON_SPARK: Self = Self::Tpch(Engine::SPARK41);

    /// The suites that `word` chooses: one, or with `all-engines` the end-to-end tests on every line.
    fn named(word: &str) -> Vec<Self> {
        if word == ALL_ENGINES {
            return Engine::lines().map(Self::EndToEnd).collect();
        }
        let engine = Engine::named(word).map(Self::EndToEnd);
        let mut others = Self::GATE.into_iter().chain([Self::TPCH_ON_SPARK]);
        engine.or_else(|| others.find(|suite| suite.name() == word)).into_iter().collect()
    }

    /// The word for it on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Doc => "doc",
            Self::Derive => "derive",
            Self::Ui => "ui",
            Self::Protocol => "protocol",
            Self::Hostile => "hostile",
            Self::EndToEnd(engine) => engine.name(),
            Self::Tpch(Engine::Sail) => "tpch",
            Self::Tpch(Engine::Spark(_)) => "tpch-spark",
            Self::Examples => "examples",
        }
    }

    /// The engine that it runs on.
    pub(super) fn engine(self) -> Option<Engine> {
        match self {
            Self::EndToEnd(engine) | Self::Tpch(engine) => Some(engine),
            Self::Examples => Some(Engine::Sail),
            _ => None,
        }
    }

    /// The choice of cargo targets that it is made of.
    pub(super) fn targets(self) -> &'static [&'static str] {
        match self {
            Self::Unit => &["--lib", "--bins"],
            Self::Doc => &["--doc"],
            Self::Derive => &["--test", "derive"],
            Self::Ui => &["--test", "ui"],
            Self::Protocol => &["--test", "protocol"],
            Self::Hostile => &["--test", "hostile"],
            Self::EndToEnd(_) => &["--test", "e2e"],
            Self::Tpch(_) => &["--test", "tpch"],
            Self::Examples => &["--examples"],
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit => f.write_str("unit tests"),
            Self::Doc => f.write_str("documentation tests"),
            Self::Derive => f.write_str("the derive macro"),
            Self::Ui => f.write_str("compiler messages of the derive macro"),
            Self::Protocol => f.write_str("the client against a fake server"),
            Self::Hostile => f.write_str("hostile results in a program that a panic ends"),
            Self::EndToEnd(engine) => write!(f, "end to end on {engine} {}", engine.version()),
            Self::Tpch(engine) => write!(f, "TPC-H on {engine} {}", engine.version()),
            Self::Examples => write!(f, "examples on {}", Engine::Sail),
        }
    }
}

/// The word for the end-to-end tests on every engine.
const ALL_ENGINES: &str = "all-engines";

/// The suites that `names` chooses, each once: those of the gate in its order, then the others as they are named. The
/// gate if it is empty.
pub(super) fn chosen(names: &[String]) -> Outcome<Vec<Suite>> {
    if names.is_empty() {
        return Ok(Suite::GATE.to_vec());
    }
    let mut suites = Vec::new();
    for name in names {
        let named = Suite::named(name);
        if named.is_empty() {
            let gate: Vec<_> = Suite::GATE.iter().map(|suite| suite.name()).collect();
            let others = Engine::lines().map(Engine::name).filter(|name| !gate.contains(name));
            let known: Vec<_> = gate.iter().copied().chain(others).collect();
            return Err(Failure::new(format!(
                "unknown suite {name}; expected one of {}, {}, {ALL_ENGINES}",
                known.join(", "),
                Suite::TPCH_ON_SPARK.name()
            )));
        }
        suites.extend(named);
    }
    let place = |suite: &Suite| Suite::GATE.iter().position(|other| other == suite);
    suites.sort_by_key(|suite| place(suite).unwrap_or(Suite::GATE.len()));
    suites.dedup();
    Ok(suites)
}

/// The options of `cargo test` and of a test program whose value is a word of its own.
const WITH_VALUE: [&str; 20] = [
    "--color",
    "--config",
    "--exclude",
    "--features",
    "--format",
    "--jobs",
    "--logfile",
    "--manifest-path",
    "--message-format",
    "--package",
    "--profile",
    "--shuffle-seed",
    "--skip",
    "--target",
    "--target-dir",
    "--test-threads",
    "-F",
    "-Z",
    "-j",
    "-p",
];

/// The names, or parts of names, that choose tests among the arguments of `cargo test`.
pub(super) fn names(extra: &[String]) -> Vec<&str> {
    let mut words = extra.iter().map(String::as_str);
    let mut names = Vec::new();
    while let Some(word) = words.next() {
        if WITH_VALUE.contains(&word) {
            words.next();
        } else if !word.starts_with('-') {
            names.push(word);
        }
    }
    names
}

/// The arguments of `cargo test` with more for the test program.
pub(super) fn with(extra: &[String], more: &[&str]) -> Vec<String> {
    let divider = (!more.is_empty() && !extra.iter().any(|word| word == "--")).then_some("--");
    extra.iter().map(String::as_str).chain(divider).chain(more.iter().copied()).map(str::to_owned).collect()
}

/// The `cargo test` that runs a suite.
pub(super) fn command(suite: Suite) -> Command {
    let mut test = cargo();
    test.arg("test").args(SELECTION).arg("--no-fail-fast").args(suite.targets());
    if suite == Suite::Protocol {
        // Half of what they do is to wait for a deadline.
        let cores = thread::available_parallelism().map_or(1, usize::from);
        test.env("RUST_TEST_THREADS", (2 * cores).to_string());
    }
    test
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_run_in_their_own_order_whatever_order_they_are_named_in() {
        let names = ["spark42", "spark35", "spark", "unit"].map(str::to_owned);
        let suites = [
            Suite::Unit,
            Suite::EndToEnd(Engine::SPARK41),
            Suite::EndToEnd(Engine::SPARK35),
            Suite::EndToEnd(Engine::named("spark42").unwrap()),
        ];
        assert_eq!(chosen(&names).unwrap(), suites);
        assert_eq!(chosen(&[]).unwrap(), Suite::GATE);
    }

    #[test]
    fn every_line_is_chosen_by_one_word() {
        let chosen = chosen(&["all-engines".to_owned()]).unwrap();
        assert_eq!(chosen.len(), Engine::lines().count());
        assert!(Engine::lines().all(|engine| chosen.contains(&Suite::EndToEnd(engine))));
    }

    fn words(words: &str) -> Vec<String> {
        words.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_name_is_told_from_an_option_and_its_value() {
        assert_eq!(names(&words("joins -- --nocapture")), ["joins"]);
        assert_eq!(names(&words("-- --test-threads 1 rows --skip slow")), ["rows"]);
        assert_eq!(names(&words("--release -p lakeorm -- --nocapture")), [""; 0]);
    }

    #[test]
    fn more_for_the_test_program_stands_behind_one_divider() {
        assert_eq!(with(&[], &["--skip", "a"]), words("-- --skip a"));
        assert_eq!(with(&words("-- --nocapture"), &["--skip", "a"]), words("-- --nocapture --skip a"));
        assert_eq!(with(&words("--release"), &[]), words("--release"));
    }

    #[test]
    fn an_unknown_suite_is_told_with_those_there_are() {
        let told = chosen(&["e2e".to_owned()]).unwrap_err().to_string();
        let known = "unit, doc, derive, ui, protocol, hostile, sail, spark41, spark43, spark35, tpch, examples, \
                     spark40, spark42, tpch-spark, all-engines";
        assert_eq!(told, format!("unknown suite e2e; expected one of {known}"));
    }
}
