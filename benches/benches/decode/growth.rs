//! What a row costs must not depend on how many come with it: the same rows in small and large batches, in few and
//! many, and beside columns that nobody asked for.

use std::hint::black_box;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};

use crate::cases::drain;
use crate::narrow::{self, Narrow};
use crate::served::Served;
use lakeorm_benches::rounds::{Case, Figures, measure};

/// Prints a line per variant: nanoseconds per row of `query`, of a loop by hand into one vector, and of
/// `query_stream`.
pub(crate) fn lines(rounds: usize) {
    println!("\nnarrow, ns per row                          query   by hand    stream");
    for rows in [1_000, 10_000, 65_536] {
        line(&format!("1 batch of {rows}"), vec![narrow::data(rows, 0)], rounds);
    }
    for batches in [10, 100] {
        line(&format!("{batches} batches of 10000"), vec![narrow::data(10_000, 0); batches], rounds);
    }
    line("1 batch of 10000, 100 more columns", vec![beside(&narrow::data(10_000, 0), 100)], rounds);
}

fn line(name: &str, batches: Vec<RecordBatch>, rounds: usize) {
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let used: Vec<RecordBatch> = batches.iter().map(used).collect();
    let (asked, streamed) = (Served::new(batches.clone()), Served::new(batches));
    let cases = vec![
        Case::new("query", "derive", move || _ = black_box(asked.query::<Narrow>())),
        Case::new("query", "by hand", move || {
            let mut rows = Vec::new();
            used.iter().for_each(|batch| rows.extend(narrow::by_hand(batch)));
            black_box(rows);
        }),
        Case::new("stream", "derive", move || drain(streamed.stream::<Narrow>())),
    ];
    let figures = measure(cases, rows, rounds);
    let shown: Vec<String> = figures.iter().map(Figures::median).map(|ns| format!("{ns:>10.2}")).collect();
    println!("{name:<40}{}", shown.concat());
}

/// The batch without the columns in front that the loop by hand, which finds its own by position, does not know.
fn used(batch: &RecordBatch) -> RecordBatch {
    let columns: Vec<usize> = (batch.num_columns() - 4..batch.num_columns()).collect();
    batch.project(&columns).unwrap()
}

/// The batch with columns in front that the row type does not have.
fn beside(batch: &RecordBatch, more: i64) -> RecordBatch {
    let unused: ArrayRef = Arc::new(Int64Array::from_iter_values((0i64..).take(batch.num_rows())));
    let mut columns: Vec<(String, ArrayRef)> =
        (0..more).map(|index| (format!("unused_{index}"), ArrayRef::clone(&unused))).collect();
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().clone());
    columns.extend(names.zip(batch.columns().iter().cloned()));
    crate::data::batch(columns)
}
