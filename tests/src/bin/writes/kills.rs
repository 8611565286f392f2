//! Servers that die at a step of a staged write.

use std::time::Duration;

use lakeorm::{Client, LakeTable, Written};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::files;
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

/// Behind each step all rows are there or none; the same write once more brings all of them once, and a sweep leaves no
/// file.
pub(crate) async fn kills(engine: &Engine) {
    for format in tables::formats(engine) {
        for (verb, step) in ["insert", "merge"].iter().flat_map(|verb| STEPS.map(|step| (*verb, step))) {
            let (db, table) = tables::client(engine, format, "server_killed", COLUMNS).await;
            db.exec(format!("DELETE FROM {table}")).await.unwrap();
            let old = server::process();
            steps::at(step, || server::signal("KILL"));
            let key = format!("{} {verb}, {step}", format.name());
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
    }
}

async fn write(db: &Client, verb: &str, key: &str) -> lakeorm::Result<Written> {
    let readings: Vec<_> = (0..ROWS).map(|at| Reading { at, value: at * 2 }).collect();
    let batch = 500.try_into().unwrap();
    match verb {
        "merge" => db.merge(&readings).staged().part_size(1).batch_size(batch).idempotency_key(key).await,
        _ => db.insert(&readings).staged().part_size(1).batch_size(batch).idempotency_key(key).await,
    }
}
