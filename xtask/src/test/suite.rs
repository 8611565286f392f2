//! Which suites there are and which cargo command runs each.

use std::fmt;
use std::process::Command;

use crate::cargo::cargo;
use crate::engine::Engine;
use crate::failure::{Failure, Outcome};

/// The packages under test. It is the same for every suite: cargo compiles a dependency anew when the packages
/// chosen beside it ask for other features.
pub(super) const SELECTION: [&str; 3] = ["--workspace", "--exclude", "lakeorm-benches"];

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
    /// The example programs.
    Examples,
}

impl Suite {
    /// All suites, in the order in which they run: what is quick to fail comes first.
    const ALL: [Self; 10] = [
        Self::Unit,
        Self::Doc,
        Self::Derive,
        Self::Ui,
        Self::Protocol,
        Self::Hostile,
        Self::EndToEnd(Engine::Sail),
        Self::EndToEnd(Engine::Spark),
        Self::EndToEnd(Engine::Spark43),
        Self::Examples,
    ];

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
            Self::Examples => "examples",
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
            Self::Examples => write!(f, "examples on {}", Engine::Sail),
        }
    }
}

/// The suites that `names` chooses, in the order in which they run; all if it is empty.
pub(super) fn chosen(names: &[String]) -> Outcome<Vec<Suite>> {
    for name in names {
        if !Suite::ALL.iter().any(|suite| suite.name() == name) {
            let known: Vec<_> = Suite::ALL.iter().map(|suite| suite.name()).collect();
            return Err(Failure::new(format!("there is no suite {name}: say {}", known.join(", "))));
        }
    }
    let is_chosen = |suite: &Suite| names.is_empty() || names.iter().any(|name| name == suite.name());
    Ok(Suite::ALL.into_iter().filter(is_chosen).collect())
}

/// The `cargo test` that runs a suite.
pub(super) fn command(suite: Suite) -> Command {
    let mut test = cargo();
    test.arg("test").args(SELECTION).arg("--no-fail-fast").args(suite.targets());
    test
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_run_in_their_own_order_whatever_order_they_are_named_in() {
        let names = ["spark", "unit"].map(str::to_owned);
        assert_eq!(chosen(&names).unwrap(), [Suite::Unit, Suite::EndToEnd(Engine::Spark)]);
        assert_eq!(chosen(&[]).unwrap(), Suite::ALL);
    }

    #[test]
    fn an_unknown_suite_is_told_with_those_there_are() {
        let told = chosen(&["e2e".to_owned()]).unwrap_err().to_string();
        let known = "unit, doc, derive, ui, protocol, hostile, sail, spark, spark43, examples";
        assert_eq!(told, format!("there is no suite e2e: say {known}"));
    }
}
