//! One large result, by each way to read it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use futures::TryStreamExt;
use lakeorm::{Client, LakeRow, query, query_batches, query_stream};
use lakeorm_tests::engine::Engine;

use crate::figures::{Clock, Figures};
use crate::raw::{self, Raw};
use crate::windows::Windows;

/// Who reads it, and how: the floor first, then what stands on it.
pub(crate) const RUNNERS: [&str; 13] = [
    "raw drain",
    "raw drain, reattachable",
    "raw Arrow",
    "raw typed",
    "raw typed, collected",
    "raw typed, 100 ns a row",
    "raw typed, 1000 ns a row",
    "lakeorm batches",
    "lakeorm borrowed",
    "lakeorm stream",
    "lakeorm collect",
    "lakeorm stream, 100 ns a row",
    "lakeorm stream, 1000 ns a row",
];

/// What a runner does with each row beside looking at it: nothing, or as much as takes so long.
struct Work(Option<Duration>);

impl Work {
    fn of(runner: &str) -> Self {
        let words = runner.strip_suffix(" ns a row").and_then(|runner| runner.rsplit(' ').next());
        Self(words.map(|nanoseconds| Duration::from_nanos(nanoseconds.parse().unwrap())))
    }

    fn on<T>(&self, row: T) {
        black_box(row);
        if let Some(time) = self.0 {
            let begun = Instant::now();
            while begun.elapsed() < time {}
        }
    }
}

/// What a runner of this crate is held against.
pub(crate) fn floor(runner: &str) -> Option<&'static str> {
    match runner {
        "lakeorm batches" => Some("raw Arrow"),
        "lakeorm borrowed" => Some("raw Arrow"),
        "lakeorm stream" => Some("raw typed"),
        "lakeorm stream, 100 ns a row" => Some("raw typed, 100 ns a row"),
        "lakeorm stream, 1000 ns a row" => Some("raw typed, 1000 ns a row"),
        "lakeorm collect" => Some("raw typed, collected"),
        _ => None,
    }
}

/// So many rows of five columns.
pub(crate) fn sql(rows: u64) -> String {
    format!(
        "SELECT id, id * 2 AS twice, CAST(id AS DOUBLE) / 3 AS third, concat('user-', id) AS name, id % 2 = 0 AS even \
         FROM range(0, {rows}, 1, 2)"
    )
}

#[derive(LakeRow)]
#[expect(dead_code, reason = "a row is made, and nobody looks at it")]
struct Row {
    id: i64,
    twice: i64,
    third: Option<f64>,
    name: String,
    even: bool,
}

#[derive(LakeRow)]
#[expect(dead_code, reason = "a row is made, and nobody looks at it")]
struct RowRef<'a> {
    id: i64,
    twice: i64,
    third: Option<f64>,
    name: &'a str,
    even: bool,
}

/// One reading of the result by a server that has answered the same with fewer rows.
pub(crate) async fn measured(engine: &Engine, runner: &str, rows: u64) -> Figures {
    let (runner, windows) = Windows::of(runner);
    match runner.strip_prefix("raw ") {
        Some(raw) => by_hand(engine, raw, windows, rows).await,
        None => by_lakeorm(engine, runner, windows, rows).await,
    }
}

async fn by_hand(engine: &Engine, runner: &str, windows: Windows, rows: u64) -> Figures {
    let raw = Raw::connect(engine, runner.contains("reattachable"), windows).await;
    let mut warm = raw.query(&sql(1000)).await;
    while raw::next(&mut warm).await.is_some() {}
    let mut clock = Clock::start();
    let mut responses = raw.query(&sql(rows)).await;
    let (mut found, mut bytes) = (0, 0);
    let (mut kept, work) = (Vec::new(), Work::of(runner));
    while let Some(data) = raw::next(&mut responses).await {
        clock.saw_a_row();
        bytes += data.len();
        if runner.starts_with("drain") {
            continue;
        }
        for batch in raw::decoded(&data) {
            found += batch.num_rows() as u64;
            match runner {
                "Arrow" => _ = black_box(batch),
                "typed, collected" => typed(&batch, |row| kept.push(row)),
                _ => typed(&batch, |row| work.on(row)),
            }
        }
    }
    let figures = clock.stop();
    assert!(bytes > 0 && (found == rows || runner.starts_with("drain")), "{found} rows");
    assert!(kept.is_empty() || kept.len() as u64 == rows);
    figures
}

/// A loop by hand over the columns.
fn typed(batch: &RecordBatch, mut row: impl FnMut(Row)) {
    let id = batch.column(0).as_primitive::<Int64Type>();
    let twice = batch.column(1).as_primitive::<Int64Type>();
    let third = batch.column(2).as_primitive::<Float64Type>();
    let name = batch.column(3).as_string::<i32>();
    let even = batch.column(4).as_boolean();
    for at in 0..batch.num_rows() {
        row(Row {
            id: id.value(at),
            twice: twice.value(at),
            third: third.is_valid(at).then(|| third.value(at)),
            name: name.value(at).to_owned(),
            even: even.value(at),
        });
    }
}

async fn by_lakeorm(engine: &Engine, runner: &str, windows: Windows, rows: u64) -> Figures {
    let db = Client::new(windows.by_lakeorm(engine.compiling().pool_size(1)).build().unwrap());
    assert_eq!(query::<Row>(&db, sql(1000)).await.unwrap().len(), 1000);
    let mut clock = Clock::start();
    let mut found = 0;
    let collected = match runner {
        "lakeorm batches" => {
            let mut batches = query_batches(&db, sql(rows));
            while let Some(batch) = batches.try_next().await.unwrap() {
                clock.saw_a_row();
                found += batch.num_rows() as u64;
                black_box(&batch);
            }
            Vec::new()
        }
        "lakeorm borrowed" => {
            let mut batches = query_batches(&db, sql(rows));
            while let Some(batch) = batches.try_next().await.unwrap() {
                clock.saw_a_row();
                found += batch.num_rows() as u64;
                batch.rows::<RowRef<'_>>().unwrap().for_each(|row| _ = black_box(row.unwrap()));
            }
            Vec::new()
        }
        "lakeorm collect" => query::<Row>(&db, sql(rows)).await.unwrap(),
        _ => {
            let work = Work::of(runner);
            let mut stream = query_stream::<Row>(&db, sql(rows));
            while let Some(row) = stream.try_next().await.unwrap() {
                clock.saw_a_row();
                found += 1;
                work.on(row);
            }
            Vec::new()
        }
    };
    let figures = clock.stop();
    assert_eq!(found + collected.len() as u64, rows);
    figures
}
