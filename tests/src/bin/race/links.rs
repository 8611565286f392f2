//! The same result over links of several lengths, by windows of several sizes.

use std::time::Duration;

use lakeorm_tests::engine::Engine;

use crate::figure;
use crate::relay::Link;
use crate::rounds::{self, Case};

/// The best of those by hand is what a link gives.
const RUNNERS: [&str; 7] = [
    "raw Arrow",
    "raw Arrow, windows of 8 MiB",
    "raw Arrow, windows of 32 MiB",
    "lakeorm batches",
    "lakeorm batches, windows of 2 MiB",
    "lakeorm batches, windows of 8 MiB",
    "lakeorm batches, windows of 16 MiB",
];

/// Round trips in milliseconds.
const LENGTHS: [u64; 3] = [1, 20, 100];

/// 1 Gbit/s.
const RATE: u64 = 125_000_000;

/// Prints the wall times as a table, and all figures as one line of JSON behind it.
pub(crate) fn race(engine: &Engine, rounds: usize, rows: u64, runners: &[&str]) {
    let runners = if runners.is_empty() { RUNNERS.as_slice() } else { runners };
    let mut cases: Vec<Case> =
        links().into_iter().flat_map(|(name, link)| over(engine, &name, link, rows, runners)).collect();
    rounds::in_turns(&mut cases, rounds);
    table(&cases);
    rounds::tell(&cases, rounds);
}

/// None is the server itself, and behind it stands the relay alone, which tells what a relay costs.
fn links() -> Vec<(String, Option<Link>)> {
    let bare = Link { round_trip: Duration::ZERO, rate: None };
    let long = LENGTHS.map(|length| {
        let link = Link { round_trip: Duration::from_millis(length), rate: Some(RATE) };
        (format!("{length} ms"), Some(link))
    });
    [("direct".to_owned(), None), ("relay".to_owned(), Some(bare))].into_iter().chain(long).collect()
}

fn over(engine: &Engine, name: &str, link: Option<Link>, rows: u64, runners: &[&str]) -> Vec<Case> {
    let engine = link.map_or_else(|| engine.clone(), |link| engine.behind(link.to(engine.address())));
    let rows = rows.to_string();
    runners
        .iter()
        .map(|runner| Case::own(name, runner, None, ["result", runner, &rows]).at(&engine))
        .collect()
}

fn table(cases: &[Case]) {
    for case in cases {
        let by_hand = cases.iter().filter(|it| it.group == case.group && it.runner.starts_with("raw"));
        let best = by_hand.map(|it| it.median("wall_ms")).min_by(f64::total_cmp).unwrap_or(f64::NAN);
        let wall = case.median("wall_ms");
        let told = format!(
            "{wall:>6.0} ms ({:.2} x), first {:.0} ms, {:.0} MB",
            wall / best,
            case.median("first_ms"),
            case.median("peak_mb")
        );
        figure(format!("{}: {}", case.group, case.runner), told);
    }
}
