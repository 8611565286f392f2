//! Everybody in turn, and the medians.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::process::{Command, Stdio};

use lakeorm_tests::engine::Engine;
use serde_json::{Value, json};

use crate::figures::Figures;
use crate::{calls, figure, peers, plot, results, wide, writing};

/// The group of a table's three columns.
const WIDE: &str = "3 of 200 columns";

/// The last word of a group that writes.
const WRITTEN: &str = "written";

/// A measurement: what it is, what it is held against, and the process that makes it.
pub(crate) struct Case {
    pub(crate) group: String,
    pub(crate) runner: String,
    pub(crate) floor: Option<&'static str>,
    process: Command,
    rounds: Vec<Figures>,
    /// Rounds in which it ended with an error: a client of somebody else's may, and the others go on.
    failed: usize,
}

impl Case {
    fn new(group: &str, runner: &str, floor: Option<&'static str>, process: Command) -> Self {
        Self {
            group: group.to_owned(),
            runner: runner.to_owned(),
            floor,
            process,
            rounds: Vec::new(),
            failed: 0,
        }
    }

    pub(crate) fn own(group: &str, runner: &str, floor: Option<&'static str>, words: [&str; 3]) -> Self {
        let mut process = Command::new(env::current_exe().unwrap());
        process.args(words);
        Self::new(group, runner, floor, process)
    }

    /// The same measurement where the server is reached at another address.
    pub(crate) fn at(mut self, engine: &Engine) -> Self {
        self.process.env("LAKEORM_REMOTE", &engine.remote);
        self
    }

    fn run(&mut self) {
        let ended = self.process.stderr(Stdio::inherit()).output().unwrap();
        if !ended.status.success() {
            assert!(!self.is_ours(), "{}, {}", self.group, self.runner);
            self.failed += 1;
            return;
        }
        let told = String::from_utf8(ended.stdout).unwrap();
        self.rounds.push(serde_json::from_str(told.lines().last().unwrap()).unwrap());
    }

    fn is_ours(&self) -> bool {
        env::current_exe().is_ok_and(|program| self.process.get_program() == program)
    }

    pub(crate) fn median(&self, figure: &str) -> f64 {
        let mut values: Vec<f64> =
            self.rounds.iter().filter_map(|round| round.get(figure).and_then(Value::as_f64)).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// Prints the figures of what has `only` in its name or its group's as a table, and as one line of JSON behind it.
pub(crate) async fn race(engine: &Engine, only: &str, rounds: usize, millions: &[&str]) {
    let mut cases: Vec<_> =
        millions.iter().flat_map(|millions| reading(engine, millions.parse().unwrap())).collect();
    cases.extend(projecting());
    cases.extend(millions.iter().flat_map(|millions| writing(engine, millions.parse().unwrap())));
    cases.extend(calls::TASKS.into_iter().flat_map(calling));
    cases.retain(|case| case.group.contains(only) || case.runner.contains(only));
    assert!(!cases.is_empty(), "nothing that is measured has {only:?} in its name");
    if cases.iter().any(|case| case.group == WIDE) {
        wide::write(engine).await;
    }
    in_turns(&mut cases, rounds);
    table(&cases);
    peers::left_out(engine).iter().for_each(|runner| figure(runner, "left out: not installed"));
    tell(&cases, rounds);
    if let Some(picture) = env::var_os("LAKEORM_PLOT") {
        fs::write(picture, plot::svg(&cases)).unwrap();
    }
}

/// A result of so many millions of rows, read by everybody.
fn reading(engine: &Engine, millions: u64) -> Vec<Case> {
    let (group, rows) = (format!("{millions}M rows"), millions * 1_000_000);
    let own = results::RUNNERS.map(|runner| {
        Case::own(&group, runner, results::floor(runner), ["result", runner, &rows.to_string()])
    });
    let others = peers::readers(engine, rows);
    own.into_iter()
        .chain(others.map(|(runner, floor, it)| Case::new(&group, runner, Some(floor), it)))
        .collect()
}

/// Three columns of a wide table, by this crate and by hand.
fn projecting() -> impl Iterator<Item = Case> {
    let floor = |runner| (runner != wide::FLOOR).then_some(wide::FLOOR);
    wide::RUNNERS.into_iter().map(move |runner| Case::own(WIDE, runner, floor(runner), ["wide", runner, ""]))
}

/// So many millions of rows, written by everybody who can.
fn writing(engine: &Engine, millions: u64) -> Vec<Case> {
    let (group, rows) = (format!("{millions}M rows {WRITTEN}"), millions * 1_000_000);
    let own = writing::runners(rows)
        .map(|(runner, floor)| Case::own(&group, runner, Some(floor), ["write", runner, &rows.to_string()]));
    let others = writing::peers(engine, rows).into_iter();
    own.chain(others.map(|(runner, floor, it)| Case::new(&group, runner, Some(floor), it))).collect()
}

/// Small calls, so many at once, by everybody.
fn calling(tasks: usize) -> Vec<Case> {
    let group = format!("SELECT 1, {tasks} at once");
    let own = calls::RUNNERS.map(|runner| {
        let floor = runner.starts_with("lakeorm").then_some("raw");
        Case::own(&group, runner, floor, ["calls", runner, &tasks.to_string()])
    });
    let others = peers::callers(tasks);
    own.into_iter()
        .chain(others.map(|(runner, floor, it)| Case::new(&group, runner, Some(floor), it)))
        .collect()
}

/// Each round begins with another, so that none always runs behind the same neighbour.
pub(crate) fn in_turns(cases: &mut [Case], rounds: usize) {
    let count = cases.len();
    for round in 0..rounds {
        (0..count).for_each(|turn| cases[(turn + round) % count].run());
    }
}

/// The medians of all figures, as one line of JSON.
pub(crate) fn tell(cases: &[Case], rounds: usize) {
    let median = |case: &Case| {
        let names: BTreeMap<&String, f64> =
            case.rounds.iter().flat_map(Figures::keys).map(|name| (name, case.median(name))).collect();
        json!({ "group": case.group, "runner": case.runner, "median": names, "failed": case.failed })
    };
    let found: Vec<Value> = cases.iter().map(median).collect();
    figure("json", json!({ "rounds": rounds, "figures": found }));
}

/// When the first row came, or when the last was staged.
fn between(case: &Case) -> String {
    match (case.group.ends_with(WRITTEN), case.median("staged_ms")) {
        (false, _) => format!("first {:.1} ms, ", case.median("first_ms")),
        (true, staged) if staged.is_finite() => format!("staged after {staged:.0} ms, "),
        (true, _) => String::new(),
    }
}

fn table(cases: &[Case]) {
    for case in cases {
        let floor = cases.iter().find(|it| it.group == case.group && Some(it.runner.as_str()) == case.floor);
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
                "{:>6.0} ms{}, CPU {:.0} ms{}, {}{:.0} MB",
                of("wall_ms"),
                over("wall_ms"),
                of("cpu_ms"),
                over("cpu_ms"),
                between(case),
                of("peak_mb")
            ),
        };
        let failed = match case.failed {
            0 => String::new(),
            failed => format!(", failed in {failed} rounds"),
        };
        figure(format!("{}: {}", case.group, case.runner), told + &failed);
    }
}
