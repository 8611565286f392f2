//! Flights written to a Delta table, each insert in a process of its own, beside PySpark's client and `deltalake`.

use std::fs;
use std::process::{self, Command};

use chrono::{DateTime, Utc};
use futures::stream;
use lakeorm::{Backend, Client, LakeTable, WriteProgress, query_scalar};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::formats::Format;
use serde_json::json;

use crate::figures::{Clock, Figures};
use crate::peers::Peer;

/// Who writes, and what it is held against: a key against the same without one.
pub(crate) const RUNNERS: [(&str, &str); 5] = [
    ("lakeorm direct", TUPLES),
    ("lakeorm direct, with a key", "lakeorm direct"),
    ("lakeorm staged", TUPLES),
    ("lakeorm staged, with a key", "lakeorm staged"),
    ("lakeorm staged, merged", "lakeorm staged"),
];

/// The most that travels with its statement here: more would have to lie in memory as structs.
const MOST_DIRECT: u64 = 1_000_000;

const TUPLES: &str = "PySpark createDataFrame of tuples";
const PEERS: [&str; 3] = [TUPLES, "PySpark createDataFrame of pyarrow", "deltalake of columns"];

/// The peers' part: it makes the same rows of Python's own values.
const PYTHON: &str = include_str!("../../../../fixtures/write_flights.py");

/// The columns of a flight that a delay is asked by.
#[derive(Debug, LakeTable)]
#[lake(table = "flights_written")]
struct Flight {
    flight: i64,
    carrier: String,
    tailnum: Option<String>,
    origin: String,
    dest: String,
    dep_delay: Option<f64>,
    arr_delay: Option<f64>,
    air_time: Option<f64>,
    distance: f64,
    #[lake(merge_key)]
    time_hour: DateTime<Utc>,
}

const COLUMNS: &str = "flight BIGINT, carrier STRING, tailnum STRING, origin STRING, dest STRING, dep_delay DOUBLE, \
                       arr_delay DOUBLE, air_time DOUBLE, distance DOUBLE, time_hour TIMESTAMP";

fn flight(at: i64) -> Flight {
    let flown = at % 37 != 0;
    let minutes = |most: i64| flown.then(|| (at % most) as f64);
    Flight {
        flight: at % 8500,
        carrier: "UA".to_owned(),
        tailnum: flown.then(|| format!("N{}UA", 10_000 + at % 4000)),
        origin: "EWR".to_owned(),
        dest: "IAH".to_owned(),
        dep_delay: minutes(90),
        arr_delay: minutes(120),
        air_time: minutes(400),
        distance: (at % 2500) as f64,
        time_hour: DateTime::from_timestamp(1_357_000_000 + at, 0).unwrap(),
    }
}

/// Those of this crate who write so many rows.
pub(crate) fn runners(rows: u64) -> impl Iterator<Item = (&'static str, &'static str)> {
    RUNNERS.into_iter().filter(move |(runner, _)| rows <= MOST_DIRECT || runner.contains("staged"))
}

/// The others, who keep all of the rows in memory.
pub(crate) fn peers(engine: &Engine, rows: u64) -> Vec<Peer> {
    if rows > MOST_DIRECT {
        return Vec::new();
    }
    let directory = engine.dir.join("tables").join("peers");
    let peer = |runner| {
        let mut writer: Command = engine.pyspark();
        writer.args(["-c", PYTHON, runner, &engine.remote, &rows.to_string()]).arg(&directory);
        (runner, TUPLES, writer)
    };
    PEERS.map(peer).into()
}

/// One write of so many rows to a new table.
pub(crate) async fn measured(engine: &Engine, runner: &str, rows: u64) -> Figures {
    let db = client_of_new_table(engine).await;
    let count = i64::try_from(rows).unwrap();
    let mut all_staged = None;
    let (begun, written) = if runner.contains("direct") {
        let flights: Vec<_> = (0..count).map(flight).collect();
        let begun = Clock::start();
        let insert = db.insert(&flights).direct();
        let written = if keyed(runner) { insert.idempotency_key("the only one").await } else { insert.await };
        (begun, written)
    } else {
        let flights = stream::iter((0..count).map(|at| Ok(flight(at))));
        let begun = Clock::start();
        let tell = |progress: WriteProgress| {
            if progress.rows_staged == rows {
                all_staged.get_or_insert_with(|| begun.elapsed());
            }
        };
        let written = if runner.contains("merged") {
            db.merge_stream(flights).staged().on_progress(tell).await
        } else if keyed(runner) {
            db.insert_stream(flights).staged().on_progress(tell).idempotency_key("the only one").await
        } else {
            db.insert_stream(flights).staged().on_progress(tell).await
        };
        (begun, written)
    };
    let mut figures = begun.stop();
    assert_eq!(written.unwrap().rows(), rows);
    assert_eq!(query_scalar::<i64>(&db, format!("SELECT count(*) FROM {}", table())).await.unwrap(), count);
    if let Some(time) = all_staged {
        figures.insert("staged_ms".to_owned(), json!(time.as_secs_f64() * 1000.0));
    }
    figures
}

fn keyed(runner: &str) -> bool {
    runner.contains("key")
}

fn table() -> String {
    Format::Delta.table("flights_written")
}

/// A client that stages, and an empty table in a directory of its own.
async fn client_of_new_table(engine: &Engine) -> Client {
    let staging = engine.dir.join("staged");
    fs::create_dir_all(&staging).unwrap();
    let backend = Backend::parse(&format!("file://{}", staging.display())).unwrap();
    let db = Format::Delta.staging_client(engine, backend);
    let directory = engine.dir.join("tables").join(format!("written-{}", process::id()));
    db.exec(format!("DROP TABLE IF EXISTS {}", table())).await.unwrap();
    let create = format!(
        "CREATE TABLE {} ({COLUMNS}, _ingest_id STRING) USING {} LOCATION '{}'",
        table(),
        Format::Delta.name(),
        directory.display()
    );
    db.exec(create).await.unwrap();
    db
}
