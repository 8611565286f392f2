//! Servers that die at a step of a staged write, and clients that die while their statement runs.

use std::future::pending;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;
use std::{env, thread};

use lakeorm::{Client, LakeTable, WritePath, Written, query_first};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::files;
use lakeorm_tests::formats::Format;
use lakeorm_tests::steps::{self, LAST_BEFORE_STATEMENT, STEPS};

use crate::{figure, server, tables};

const ROWS: i64 = 3000;

#[derive(LakeTable)]
#[lake(table = "server_killed")]
struct Reading {
    #[lake(merge_key)]
    at: i64,
    value: i64,
}

const COLUMNS: &str = "at BIGINT, value BIGINT";

/// The server dies this long after that step, in milliseconds: while it plans, writes or commits.
const INTO_THE_STATEMENT: [u64; 5] = [20, 60, 150, 300, 600];

/// The client dies this long after it.
const CLIENT_INTO_THE_STATEMENT: [u64; 4] = [20, 60, 150, 300];

/// After each kill all rows are there or none; the same write once more brings all of them once, and a sweep leaves no
/// file.
pub(crate) async fn kills(engine: &Engine) {
    for (number, format) in tables::formats(engine).into_iter().enumerate() {
        for verb in ["insert", "merge"] {
            for millis in CLIENT_INTO_THE_STATEMENT {
                client_killed(engine, number, verb, millis).await;
            }
            for step in STEPS {
                killed(engine, format, verb, step, Duration::ZERO).await;
            }
            for millis in INTO_THE_STATEMENT {
                killed(engine, format, verb, LAST_BEFORE_STATEMENT, Duration::from_millis(millis)).await;
            }
        }
    }
}

/// Kills the server `after` the step.
async fn killed(engine: &Engine, format: Format, verb: &str, step: &str, after: Duration) {
    let (db, table) = tables::client(engine, format, "server_killed", COLUMNS).await;
    db.exec(format!("DELETE FROM {table}")).await.unwrap();
    let old = server::process();
    steps::at(step, move || kill(after));
    let key = format!("{} {verb}, {step}, {} ms later", format.name(), after.as_millis());
    let ended = write(&db, verb, &key).await;
    assert!(steps::was_reached(), "{key}: {ended:?}");
    server::wait_for_another(engine, old);
    let (db, table) = tables::client(engine, format, "server_killed", COLUMNS).await;
    let found = tables::count(&db, &table).await;
    assert!(found == 0 || found == ROWS, "{key}: {found} rows");
    assert!(ended.is_err() || found == ROWS, "{key}: a success that is lost");
    write(&db, verb, &key).await.unwrap();
    assert_eq!(tables::count(&db, &table).await, ROWS, "{key}");
    db.cleanup_staging(Duration::ZERO).await.unwrap();
    assert!(files(&tables::staging(engine)).is_empty(), "{key}");
    let told = ended.map_or_else(|error| format!("{:?}", error.kind()), |_| "ok".to_owned());
    figure(key, format!("{told}, {found} rows, {ROWS} after the same write again"));
}

/// At once, or beside the statement that goes on meanwhile.
fn kill(after: Duration) {
    if after.is_zero() {
        return server::signal("KILL");
    }
    thread::spawn(move || {
        thread::sleep(after);
        server::signal("KILL");
    });
}

/// Kills a client so long after that step. Its statement may go on, so nothing is swept before the rows are written
/// again.
async fn client_killed(engine: &Engine, number: usize, verb: &str, millis: u64) {
    let format = tables::formats(engine)[number];
    let (db, table) = tables::client(engine, format, "server_killed", COLUMNS).await;
    db.exec(format!("DELETE FROM {table}")).await.unwrap();
    let key = format!("{} {verb}, its client dies {millis} ms into the statement", format.name());
    let mut writer = Command::new(env::current_exe().unwrap());
    writer.args(["killed-writer", &number.to_string(), verb, &millis.to_string(), &key]);
    assert_eq!(writer.status().unwrap().signal(), Some(9), "{key}");
    let landed = landed(&db, &table, &key).await;
    let again = write(&db, verb, &key).await.unwrap();
    assert!(landed == 0 || again.path() == WritePath::AlreadyThere, "{key}: {again:?}");
    // The first statement may still run: it adds no row beside those of the second.
    for _ in 0..LOOKS {
        let sums = format!("SELECT count(*), sum(value) FROM {table}");
        assert_eq!(query_first::<(i64, i64)>(&db, sums).await.unwrap(), (ROWS, ROWS * (ROWS - 1)), "{key}");
    }
    db.cleanup_staging(Duration::ZERO).await.unwrap();
    assert!(files(&tables::staging(engine)).is_empty(), "{key}");
    assert_eq!(tables::count(&db, &table).await, ROWS, "{key}");
    figure(key, format!("{landed} rows, {ROWS} after the same write again ({:?})", again.path()));
}

/// How often the table is looked at while a statement may still run.
const LOOKS: usize = 10;

/// All rows or none, at every look.
async fn landed(db: &Client, table: &str, key: &str) -> i64 {
    for _ in 0..LOOKS {
        let found = tables::count(db, table).await;
        assert!(found == 0 || found == ROWS, "{key}: {found} rows");
        if found == ROWS {
            return ROWS;
        }
    }
    0
}

/// The client that dies.
pub(crate) async fn writer(engine: &Engine) {
    let words: Vec<String> = env::args().skip(2).collect();
    let [format, verb, millis, key] = words.as_slice() else { panic!("{words:?}") };
    let format = tables::formats(engine)[format.parse::<usize>().unwrap()];
    let (db, _) = tables::client(engine, format, "server_killed", COLUMNS).await;
    let after = Duration::from_millis(millis.parse().unwrap());
    steps::at(LAST_BEFORE_STATEMENT, move || steps::kill_this_process(after));
    let ended = write(&db, verb, key).await;
    assert!(steps::was_reached(), "{key}: {ended:?}");
    // The statement was quicker.
    pending::<()>().await;
}

async fn write(db: &Client, verb: &str, key: &str) -> lakeorm::Result<Written> {
    let readings: Vec<_> = (0..ROWS).map(|at| Reading { at, value: at * 2 }).collect();
    let batch = 500.try_into().unwrap();
    match verb {
        "merge" => db.merge(&readings).staged().part_size(1).batch_size(batch).idempotency_key(key).await,
        _ => db.insert(&readings).staged().part_size(1).batch_size(batch).idempotency_key(key).await,
    }
}
