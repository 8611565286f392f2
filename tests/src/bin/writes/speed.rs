//! Rows per second and peak memory of inserts, each in a process of its own, beside PySpark's client and `deltalake`.

use std::env;
use std::process::{Command, Stdio};
use std::time::Instant;

use chrono::{DateTime, Utc};
use futures::stream;
use lakeorm::{LakeTable, WriteProgress};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::formats::Format;
use lakeorm_tests::peak_megabytes;

use crate::{figure, tables};

const MILLION: i64 = 1_000_000;

/// The peers' part: it makes the same rows of Python's own values.
const PEER: &str = include_str!("../../../../fixtures/write_flights.py");

/// The columns of a flight that a delay is asked by.
#[derive(Debug, LakeTable)]
#[lake(table = "speed")]
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
    time_hour: DateTime<Utc>,
}

/// What one insert has told of itself.
#[derive(Debug, Clone, Copy)]
struct Told {
    seconds: f64,
    megabytes: u64,
    /// When the last of its rows lay in a file; the rest is the engine's.
    staged: Option<f64>,
}

impl Told {
    fn read(line: &str) -> Self {
        let mut words = line.split(' ');
        Self {
            seconds: words.next().unwrap().parse().unwrap(),
            megabytes: words.next().unwrap().parse().unwrap(),
            staged: words.next().map(|staged| staged.parse().unwrap()),
        }
    }
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

/// Three rounds of everybody, one after the other; the median of each counts.
pub(crate) async fn speed(engine: &Engine) {
    let own = |path: &'static str, rows: i64| {
        let mut writer = Command::new(env::current_exe().unwrap());
        writer.args(["speed-writer", path, &rows.to_string()]);
        (format!("lakeorm, {path}, {} million rows", rows / MILLION), writer, rows)
    };
    let peer = |name: &'static str| {
        let mut writer = engine.pyspark();
        let target = engine.dir.join("tables").join("peers");
        writer.args(["-c", PEER, name, &engine.remote, &MILLION.to_string()]).arg(target);
        (name.to_owned(), writer, MILLION)
    };
    let mut writers = vec![
        own("direct", MILLION),
        own("staged", MILLION),
        own("staged", 10 * MILLION),
        peer("PySpark, createDataFrame of tuples"),
        peer("PySpark, createDataFrame of pyarrow"),
        peer("deltalake, of columns"),
    ];
    let mut figures: Vec<Vec<Told>> = vec![Vec::new(); writers.len()];
    for _ in 0..3 {
        for ((name, writer, _), figures) in writers.iter_mut().zip(&mut figures) {
            let ended = writer.stderr(Stdio::inherit()).output().unwrap();
            assert!(ended.status.success(), "{name}");
            let told = String::from_utf8(ended.stdout).unwrap();
            figures.push(Told::read(told.lines().last().unwrap()));
        }
    }
    for ((name, _, rows), mut figures) in writers.into_iter().zip(figures) {
        figures.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
        let Told { seconds, megabytes, staged } = figures[1];
        let rate = rows as f64 / seconds / 1000.0;
        let staged = staged.map_or_else(String::new, |staged| format!(", staged after {staged:.1} s"));
        figure(name, format!("{seconds:.1} s, {rate:.0} thousand rows/s, {megabytes} MB at most{staged}"));
    }
    let table = Format::Delta.table("speed");
    let (db, _) = tables::client(engine, Format::Delta, "speed", COLUMNS).await;
    assert_eq!(tables::count(&db, &table).await, 3 * 12 * MILLION);
}

/// One insert: prints its seconds, the process's megabytes at most, and when the rows were staged if they were.
#[expect(clippy::print_stdout, reason = "it is read by the process that started this one")]
pub(crate) async fn writer(engine: &Engine) {
    let rows: i64 = env::args().nth(3).unwrap().parse().unwrap();
    let (db, _) = tables::client(engine, Format::Delta, "speed", COLUMNS).await;
    let mut staged = String::new();
    let seconds = match env::args().nth(2).as_deref() {
        Some("staged") => {
            let begun = Instant::now();
            let flights = stream::iter((0..rows).map(|at| Ok(flight(at))));
            let tell = |progress: WriteProgress| {
                if progress.rows_staged == rows.unsigned_abs() && staged.is_empty() {
                    staged = format!(" {}", begun.elapsed().as_secs_f64());
                }
            };
            db.insert_stream(flights).staged().on_progress(tell).await.unwrap();
            begun.elapsed()
        }
        _ => {
            let flights: Vec<_> = (0..rows).map(flight).collect();
            let begun = Instant::now();
            db.insert(&flights).direct().await.unwrap();
            begun.elapsed()
        }
    };
    println!("{} {:.0}{staged}", seconds.as_secs_f64(), peak_megabytes());
}
