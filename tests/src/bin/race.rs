//! The client's part of `cargo xtask bench e2e` and `bench links`: this crate beside the same calls made with `tonic` by hand, each
//! measurement in a process of its own and all in turn, so that what else the machine does falls on all of them alike.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a case fails where its expectation does, and prints its figures"
)]

use std::env;

use lakeorm_tests::engine::Engine;
use lakeorm_tests::{figure, peak_megabytes};

#[path = "race/calls.rs"]
mod calls;
#[path = "race/figures.rs"]
mod figures;
#[path = "race/links.rs"]
mod links;
#[path = "race/load.rs"]
mod load;
#[path = "race/peers.rs"]
mod peers;
#[path = "race/plot.rs"]
mod plot;
#[path = "race/raw.rs"]
mod raw;
#[path = "race/relay.rs"]
mod relay;
#[path = "race/results.rs"]
mod results;
#[path = "race/rounds.rs"]
mod rounds;
#[path = "race/wide.rs"]
mod wide;
#[path = "race/windows.rs"]
mod windows;
#[path = "race/writing.rs"]
mod writing;

/// The whole race, of so many rounds and millions of rows, or what has some words in its name or its group's; the same over
/// links, by some runners if they are named; or one measurement, by the name of its runner.
#[tokio::main]
async fn main() {
    let engine = Engine::from_env();
    let words: Vec<String> = env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["race", only, rounds, millions @ ..] => {
            rounds::race(&engine, only, rounds.parse().unwrap(), millions).await
        }
        ["links", rounds, millions, runners @ ..] => {
            let rows = millions.parse::<u64>().unwrap() * 1_000_000;
            links::race(&engine, rounds.parse().unwrap(), rows, runners);
        }
        ["result", runner, rows] => {
            figures::print(&results::measured(&engine, runner, rows.parse().unwrap()).await)
        }
        ["calls", runner, tasks] => {
            figures::print(&calls::measured(&engine, runner, tasks.parse().unwrap()).await)
        }
        ["write", runner, rows] => {
            figures::print(&writing::measured(&engine, runner, rows.parse().unwrap()).await)
        }
        ["wide", runner, _] => figures::print(&wide::measured(&engine, runner).await),
        other => panic!("{other:?} is no case"),
    }
}
