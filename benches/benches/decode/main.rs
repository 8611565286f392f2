//! Decoding by the derive against a loop written by hand, serde_arrow, arrow_convert and memcpy: one table of
//! ratios. The README beside it says how to read it.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a benchmark builds its own data and prints its table, and a failure is a broken benchmark"
)]

use std::process::ExitCode;

mod cases;
mod converted;
mod data;
mod growth;
mod narrow;
mod nested;
mod options;
mod served;
mod table;
mod user;
mod wide;

use cases::Group;
use lakeorm_benches::settle_allocator;
use options::Options;

/// The batch sizes: Spark's default and Sail's.
const BATCHES: [usize; 2] = [10_000, 8_192];

/// The shares of NULLs, in percent.
const NULLS: [u64; 3] = [0, 10, 50];

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            println!("{message}");
            return ExitCode::FAILURE;
        }
    };
    settle_allocator();
    table::head();
    for rows in BATCHES {
        groups(rows).for_each(|group| options.run(group()));
    }
    options.run_growth();
    ExitCode::SUCCESS
}

type Make = Box<dyn FnOnce() -> Group>;

/// Every group at one batch size, made when its turn comes.
fn groups(rows: usize) -> impl Iterator<Item = Make> {
    let narrow: Make = Box::new(move || narrow::required(rows));
    let gaps = NULLS.map(|nulls| -> Make { Box::new(move || narrow::optional(rows, nulls)) });
    let users = NULLS.map(|nulls| -> Make { Box::new(move || user::group(rows, nulls)) });
    let nested = NULLS.map(|nulls| -> Make { Box::new(move || nested::group(rows, nulls)) });
    let unlabelled = NULLS.map(|nulls| -> Make { Box::new(move || nested::unlabelled(rows, nulls)) });
    let wide = NULLS.map(|nulls| -> Make { Box::new(move || wide::group(rows, nulls)) });
    std::iter::once(narrow).chain(gaps).chain(users).chain(nested).chain(unlabelled).chain(wide)
}
