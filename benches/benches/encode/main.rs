//! Encoding structs into Arrow by the derive, by builders and a loop written by hand, by serde_arrow and by
//! arrow_convert: one table of ratios. The README beside it says how to read it.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a benchmark builds its own data and prints its table, and a failure is a broken benchmark"
)]

use std::hint::black_box;

use lakeorm_benches::rounds::{Case, measure};
use lakeorm_benches::settle_allocator;

mod flight;

use flight::{Flight, flights};

/// Rows of one encoding, and its interleaved rounds: those of a batch that is staged, and all of one insert.
const SIZES: [(usize, usize); 2] = [(10_000, 101), (1_000_000, 15)];

fn main() {
    settle_allocator();
    println!(
        "{:>9} {:>10} {:>10} {:>13} {:>20} {:>22}",
        "rows", "derive", "by hand", "derive/hand", "serde_arrow/derive", "arrow_convert/derive"
    );
    for (rows, rounds) in SIZES {
        line(&flights(rows), rounds);
    }
}

/// The figures of one size: nanoseconds per row, and ratios.
fn line(flights: &[Flight], rounds: usize) {
    let serde_fields = flight::serde_fields();
    let by_derive = lakeorm::encode::record_batch(flights).unwrap();
    assert_eq!(
        by_derive.columns(),
        flight::by_hand(flights).columns(),
        "the loop by hand makes other columns"
    );
    drop(by_derive);
    let cases = vec![
        Case::new("encode", "derive", || _ = black_box(lakeorm::encode::record_batch(flights).unwrap())),
        Case::new("encode", "by hand", || _ = black_box(flight::by_hand(flights))),
        Case::new("encode", "serde_arrow", || {
            black_box(serde_arrow::to_record_batch(&serde_fields, &flights).unwrap());
        }),
        Case::new("encode", "arrow_convert", || _ = black_box(flight::converted(flights))),
    ];
    let figures = measure(cases, flights.len(), rounds);
    let [derive, hand, serde, convert] = figures.as_slice() else { return };
    println!(
        "{:>9} {:>10.1} {:>10.1} {:>13.2} {:>20.2} {:>22.2}",
        flights.len(),
        derive.median(),
        hand.median(),
        derive.over(hand),
        serde.over(derive),
        convert.over(derive)
    );
}
