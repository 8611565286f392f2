//! Servers that die at a step of a staged write.

use std::thread;
use std::time::Duration;

use lakeorm::{Client, LakeTable, Written};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::files;
use lakeorm_tests::formats::Format;
use lakeorm_tests::steps::{self, STEPS};

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

/// The step after which the statement is sent.
const LAST_BEFORE_STATEMENT: &str = STEPS[2];

/// The server dies this long after that step, in milliseconds: while it plans, writes or commits.
const INTO_THE_STATEMENT: [u64; 5] = [20, 60, 150, 300, 600];

/// After each kill all rows are there or none; the same write once more brings all of them once, and a sweep leaves no
/// file.
pub(crate) async fn kills(engine: &Engine) {
    for format in tables::formats(engine) {
        for verb in ["insert", "merge"] {
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

async fn write(db: &Client, verb: &str, key: &str) -> lakeorm::Result<Written> {
    let readings: Vec<_> = (0..ROWS).map(|at| Reading { at, value: at * 2 }).collect();
    let batch = 500.try_into().unwrap();
    match verb {
        "merge" => db.merge(&readings).staged().part_size(1).batch_size(batch).idempotency_key(key).await,
        _ => db.insert(&readings).staged().part_size(1).batch_size(batch).idempotency_key(key).await,
    }
}
