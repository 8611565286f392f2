//! Everybody in turn, and the medians.

use std::collections::BTreeMap;
use std::env;
use std::process::{Command, Stdio};

use lakeorm_tests::engine::Engine;
use serde_json::{Value, json};

use crate::figures::Figures;
use crate::{calls, figure, peers, results};

/// A measurement: what it is, and the process that makes it.
pub(crate) struct Case {
    pub(crate) group: String,
    pub(crate) runner: String,
    process: Command,
    rounds: Vec<Figures>,
}

impl Case {
    pub(crate) fn own(group: &str, runner: &str, words: &[&str]) -> Self {
        let mut process = Command::new(env::current_exe().unwrap());
        process.args(words);
        Self::of(group, runner, process)
    }

    fn of(group: &str, runner: &str, process: Command) -> Self {
        Self { group: group.to_owned(), runner: runner.to_owned(), process, rounds: Vec::new() }
    }

    /// The same measurement where the server is reached at another address.
    pub(crate) fn at(mut self, engine: &Engine) -> Self {
        self.process.env("LAKEORM_REMOTE", &engine.remote);
        self
    }

    fn run(&mut self) {
        let ended = self.process.stderr(Stdio::inherit()).output().unwrap();
        assert!(ended.status.success(), "{}, {}", self.group, self.runner);
        let told = String::from_utf8(ended.stdout).unwrap();
        self.rounds.push(serde_json::from_str(told.lines().last().unwrap()).unwrap());
    }

    pub(crate) fn median(&self, figure: &str) -> f64 {
        let mut values: Vec<f64> =
            self.rounds.iter().filter_map(|round| round.get(figure).and_then(Value::as_f64)).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// Prints the figures as a table, and as one line of JSON behind it.
pub(crate) fn race(engine: &Engine, rounds: usize, millions: &[&str]) {
    let mut cases = Vec::new();
    for millions in millions.iter().map(|word| word.parse::<u64>().unwrap()) {
        let rows = millions * 1_000_000;
        let group = format!("{millions}M rows");
        cases.extend(
            results::RUNNERS.map(|runner| Case::own(&group, runner, &["result", runner, &rows.to_string()])),
        );
        cases.extend(peers::RUNNERS.into_iter().filter_map(|runner| {
            let process = peers::command(engine, runner, rows)?;
            Some(Case::of(&group, runner, process))
        }));
    }
    for tasks in calls::TASKS {
        let group = format!("SELECT 1, {tasks} at once");
        cases.extend(
            calls::RUNNERS.map(|runner| Case::own(&group, runner, &["calls", runner, &tasks.to_string()])),
        );
    }
    in_turns(&mut cases, rounds);
    table(&cases);
    tell(&cases, rounds);
}

/// Each round begins with another, so that none always runs behind the same neighbour.
pub(crate) fn in_turns(cases: &mut [Case], rounds: usize) {
    let count = cases.len();
    for round in 0..rounds {
        (0..count).for_each(|turn| cases[(turn + round) % count].run());
    }
}

/// All figures, as one line of JSON.
pub(crate) fn tell(cases: &[Case], rounds: usize) {
    let found: Vec<Value> = cases
        .iter()
        .map(|case| {
            let names: BTreeMap<&String, f64> =
                case.rounds[0].keys().map(|name| (name, case.median(name))).collect();
            json!({ "group": case.group, "runner": case.runner, "median": names })
        })
        .collect();
    figure("json", json!({ "rounds": rounds, "figures": found }));
}

fn table(cases: &[Case]) {
    for case in cases {
        let floor = match case.group.starts_with("SELECT") {
            true => (case.runner == "lakeorm").then_some("raw"),
            false => results::floor(&case.runner),
        };
        let floor =
            floor.and_then(|floor| cases.iter().find(|it| it.group == case.group && it.runner == floor));
        let of = |name: &str| case.median(name);
        let over = |name: &str| {
            floor.map_or_else(String::new, |floor| format!(" ({:.2} x)", of(name) / floor.median(name)))
        };
        let told = match case.group.starts_with("SELECT") {
            true => format!(
                "{:>6.0} calls/s{}, {:.0} µs CPU{}, p50 {:.0} µs",
                of("calls_per_second"),
                over("calls_per_second"),
                of("cpu_us_per_call"),
                over("cpu_us_per_call"),
                of("p50_us")
            ),
            false => format!(
                "{:>6.0} ms{}, CPU {:.0} ms{}, first {:.1} ms, {:.0} MB",
                of("wall_ms"),
                over("wall_ms"),
                of("cpu_ms"),
                over("cpu_ms"),
                of("first_ms"),
                of("peak_mb")
            ),
        };
        figure(format!("{}: {}", case.group, case.runner), told);
    }
}
