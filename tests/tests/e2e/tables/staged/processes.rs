//! Writers in other processes: two with one key, and some that are killed, at each step of a staged write or while the
//! engine runs their statement.

use std::fmt;
use std::future::pending;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lakeorm::{Client, WritePath, Written, query_first};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;
use lakeorm_tests::steps::{self, LAST_BEFORE_STATEMENT, STEPS};

use super::{Reading, Staging, count};
use crate::tables::{client_of, formats};

const ROWS: i64 = 3000;

const VERBS: [&str; 2] = ["insert", "merge"];

/// The variable that makes a test's program a writer.
const WRITER: &str = "LAKEORM_TEST_WRITER";

/// A writer, and when it is killed if it is to be: so many milliseconds after a step.
#[derive(Debug, Clone, Copy)]
struct Writer<'a> {
    verb: &'a str,
    /// The number of its format.
    format: usize,
    millis: u64,
    step: &'a str,
}

impl fmt::Display for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.verb, self.format, self.millis, self.step)
    }
}

impl<'a> Writer<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut words = text.split('/');
        Some(Self {
            verb: words.next()?,
            format: words.next()?.parse().ok()?,
            millis: words.next()?.parse().ok()?,
            step: words.next()?,
        })
    }

    /// Begins to write in another process, which runs the test of this name.
    fn start(self, test: &str) -> Child {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", &format!("tables::staged::processes::{test}")]);
        child.env(WRITER, self.to_string()).stdout(Stdio::piped()).spawn().unwrap()
    }

    /// The same, until it is killed.
    fn run_until_killed(self, test: &str) {
        let ended = self.start(test).wait_with_output().unwrap();
        assert_eq!(ended.status.signal(), Some(9), "{self}: {}", String::from_utf8_lossy(&ended.stdout));
    }

    /// The rows have its key, so that they may be written again whatever has become of them.
    async fn write<const TEST: u32>(self, db: &Client) -> lakeorm::Result<Written> {
        let rows: Vec<_> = (0..ROWS).map(|at| Reading::<TEST>::new(at, at)).collect();
        let (batch, key) = (500.try_into().unwrap(), self.to_string());
        match self.verb {
            "merge" => db.merge(&rows).staged().part_size(1).batch_size(batch).idempotency_key(key).await,
            _ => db.insert(&rows).staged().part_size(1).batch_size(batch).idempotency_key(key).await,
        }
    }
}

/// Where the files and the tables of a test are, in both processes.
struct Places {
    staging: Staging,
    tables: Staging,
}

impl Places {
    fn new(name: &str) -> Self {
        Self { staging: Staging::new(name), tables: Staging::new(&format!("{name}_tables")) }
    }

    /// A client and the writer's new table, which both processes see: where a session has its own tables, each of them
    /// names the same directory.
    async fn table<const TEST: u32>(&self, writer: Writer<'_>) -> (Client, String) {
        let format = formats()[writer.format];
        let db = client_of(format, self.staging.backend()).await;
        let table = format.table(&Reading::<TEST>::name());
        if Engine::from_env().has(Ability::SharedTables) {
            if std::env::var(WRITER).is_err() {
                Reading::<TEST>::table(format, &db).await;
            }
            return (db, table);
        }
        let directory = writer.to_string().replace(['/', ' '], "_");
        let columns = "sensor STRING, at BIGINT, value BIGINT, _ingest_id STRING";
        let (using, address) = (format.name(), self.tables.address());
        let create =
            format!("CREATE TABLE {table} ({columns}) USING {using} LOCATION '{address}/{directory}'");
        db.exec(create).await.unwrap();
        (db, table)
    }

    /// What a process does that is killed.
    async fn write_until_killed<const TEST: u32>(&self, writer: &str) {
        let writer = Writer::parse(writer).unwrap();
        let (db, _) = self.table::<TEST>(writer).await;
        let after = Duration::from_millis(writer.millis);
        steps::at(writer.step, move || steps::kill_this_process(after));
        let ended = writer.write::<TEST>(&db).await;
        assert!(steps::was_reached(), "it got to its end: {ended:?}");
        // The statement was quicker.
        pending::<()>().await;
    }
}

/// The verbs of each format whose tables two processes see.
fn writers() -> Vec<(Format, Writer<'static>)> {
    let mut writers = Vec::new();
    for (number, format) in formats().into_iter().enumerate() {
        // Where a session has its tables, none can take over an Iceberg table that is there.
        if format == (Format::Iceberg { catalog: None }) {
            continue;
        }
        for verb in VERBS {
            let writer = Writer { verb, format: number, millis: 0, step: LAST_BEFORE_STATEMENT };
            writers.push((format, writer));
        }
    }
    writers
}

/// The same with one verb of each format where each statement takes seconds.
fn few_writers() -> Vec<(Format, Writer<'static>)> {
    let mut writers = writers();
    if each_takes_seconds() {
        writers.retain(|(_, writer)| VERBS.get(writer.format % VERBS.len()) == Some(&writer.verb));
    }
    writers
}

fn each_takes_seconds() -> bool {
    Engine::from_env().has(Ability::SharedTables)
}

/// One row comes first: of the first commits to an empty Iceberg table an engine may keep only one.
#[tokio::test(flavor = "multi_thread")]
async fn two_processes_with_one_key_write_their_rows_once() {
    let places = Places::new("one_key");
    if let Ok(writer) = std::env::var(WRITER) {
        let writer = Writer::parse(&writer).unwrap();
        let (db, _) = places.table::<20>(writer).await;
        writer.write::<20>(&db).await.unwrap();
        return;
    }
    for (_, writer) in few_writers() {
        let (db, table) = places.table::<20>(writer).await;
        db.insert(&[Reading::<20>::new(-1, 0)]).await.unwrap();
        let both = [(); 2].map(|()| writer.start("two_processes_with_one_key_write_their_rows_once"));
        for process in both {
            let ended = process.wait_with_output().unwrap();
            assert!(ended.status.success(), "{writer}: {}", String::from_utf8_lossy(&ended.stdout));
        }
        let once = (ROWS + 1, ROWS * (ROWS - 1) / 2, ROWS + 1);
        assert_eq!(sums(&db, &table).await, once, "{writer}");
        let again = writer.write::<20>(&db).await.unwrap();
        assert_eq!(again.path(), WritePath::AlreadyThere, "{writer}");
        assert_eq!(places.staging.files(), Vec::<PathBuf>::new(), "{writer}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_is_killed_at_any_step_leaves_all_rows_or_none() {
    let places = Places::new("killed");
    if let Ok(writer) = std::env::var(WRITER) {
        return places.write_until_killed::<21>(&writer).await;
    }
    for (number, (_, writer)) in writers().into_iter().enumerate() {
        // Of each verb and format another step where each takes seconds.
        let (first, every) = if each_takes_seconds() { (number, STEPS.len()) } else { (0, 1) };
        for step in STEPS.into_iter().skip(first).step_by(every) {
            let writer = Writer { step, ..writer };
            let (db, table) = places.table::<21>(writer).await;
            writer.run_until_killed("a_writer_that_is_killed_at_any_step_leaves_all_rows_or_none");
            assert_ne!(places.staging.files(), Vec::<PathBuf>::new(), "{writer}");
            db.cleanup_staging(Duration::ZERO).await.unwrap();
            assert_eq!(places.staging.files(), Vec::<PathBuf>::new(), "{writer}");
            let expected = if step == "the rows are committed" { ROWS } else { 0 };
            assert_eq!(count(&db, &table).await, expected, "{writer}");
            db.exec(format!("DROP TABLE {table}")).await.unwrap();
        }
    }
}

/// How many rows there are, the sum of their values, and how many have a time of their own.
async fn sums(db: &Client, table: &str) -> (i64, i64, i64) {
    let sums = format!("SELECT count(*), sum(value), count(DISTINCT at) FROM {table}");
    query_first(db, sums).await.unwrap()
}

/// How many rows a statement that may still run has written so far: all or none, at every look.
async fn rows_so_far(db: &Client, table: &str, writer: Writer<'_>) -> i64 {
    for _ in 0..10 {
        match count(db, table).await {
            0 => {}
            ROWS => return ROWS,
            some => panic!("{writer}: {some} rows"),
        }
    }
    0
}

/// The statement outlives its writer or does not. Its files stay until the rows are written: of one that is gone Sail reads
/// no rows.
#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_writer_killed_under_its_statement_land_once_under_their_key() {
    let places = Places::new("killed_midway");
    if let Ok(writer) = std::env::var(WRITER) {
        return places.write_until_killed::<22>(&writer).await;
    }
    for (format, writer) in few_writers() {
        let writer = Writer { millis: 60, ..writer };
        let (db, table) = places.table::<22>(writer).await;
        writer.run_until_killed("rows_of_a_writer_killed_under_its_statement_land_once_under_their_key");
        let landed = rows_so_far(&db, &table, writer).await;
        let again = writer.write::<22>(&db).await.unwrap();
        if landed == ROWS {
            assert_eq!(again.path(), WritePath::AlreadyThere, "{writer}");
        }
        let looks = if landed == ROWS { 1 } else { 10 };
        for _ in 0..looks {
            assert_eq!(sums(&db, &table).await, (ROWS, ROWS * (ROWS - 1) / 2, ROWS), "{writer}");
        }
        db.cleanup_staging(Duration::ZERO).await.unwrap();
        assert_eq!(places.staging.files(), Vec::<PathBuf>::new(), "{writer}");
        assert_eq!(count(&db, &table).await, ROWS, "{writer}");
        println!("{}, {writer}: {landed} rows, then {:?}", format.name(), again.path());
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}
