//! Tables: made, compared, appended to and merged, in every format that the engine writes.

use lakeorm::dialect::{Delta, Iceberg};
use lakeorm::{Backend, Client, LakeRowOwned, open, query};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;

mod audited;
mod awkward;
mod commits;
mod compared;
mod ends;
mod evolved;
mod executed;
mod hand_built;
mod held;
mod inserted;
mod isolated;
mod laid_out;
mod left_out;
mod lost_answers;
mod merged;
mod merged_staged;
mod migrated;
mod nested;
mod partitioned;
mod readers;
mod refused;
mod remembered;
mod reordered;
mod staged;
mod streamed;

/// The database of these tables.
const DATABASE: &str = "written";

/// The formats of the engine.
fn formats() -> Vec<Format> {
    let formats = Format::of(&Engine::from_env());
    assert!(!formats.is_empty(), "this engine has no table format: these tests are not for it");
    formats
}

/// One of the formats, on servers where each takes seconds; all of them on the others.
fn one_or_all(which: usize) -> Vec<Format> {
    let mut formats = formats();
    if !Engine::from_env().has(Ability::SharedTables) {
        return formats;
    }
    let which = which.min(formats.len() - 1);
    vec![formats.swap_remove(which)]
}

/// A client of the format with a place for files and with the database made.
async fn client_of(format: Format, backend: Backend) -> Client {
    let db = format.staging_client(&Engine::from_env(), backend);
    db.exec(format!("CREATE DATABASE IF NOT EXISTS {}", format.table(DATABASE))).await.unwrap();
    db
}

/// Such a client for each of these formats.
async fn clients_of(formats: Vec<Format>, backend: Backend) -> Vec<(Format, Client)> {
    let mut clients = Vec::new();
    for format in formats {
        clients.push((format, client_of(format, backend.clone()).await));
    }
    clients
}

/// A client for each format of the engine.
async fn clients() -> Vec<(Format, Client)> {
    clients_of(formats(), Backend::none()).await
}

/// The same with a place for files.
async fn clients_with(backend: Backend) -> Vec<(Format, Client)> {
    clients_of(formats(), backend).await
}

/// The same for [`one_or_all`] of the formats.
async fn one_of(which: usize, backend: Backend) -> Vec<(Format, Client)> {
    clients_of(one_or_all(which), backend).await
}

/// The same without a place for files, of two lines of Spark each format on one.
async fn one_for_each_line() -> Vec<(Format, Client)> {
    one_of(usize::from(Engine::from_env().has(Ability::KeepsSessions)), Backend::none()).await
}

/// A client whose tables get a property when they are made.
async fn client_with(format: Format, backend: Backend, key: &str, value: &str) -> Client {
    let engine = Engine::from_env();
    let opened = match format {
        Format::Delta => open(engine.driver(), Delta::new().property(key, value), backend),
        Format::Iceberg { catalog: None } => {
            open(engine.driver(), Iceberg::new().property(key, value), backend)
        }
        Format::Iceberg { catalog: Some(catalog) } => {
            let conf = format!("spark.sql.catalog.{catalog}.cache-enabled");
            let drv = engine.builder().session_conf(conf, "false").build().unwrap();
            open(drv, Iceberg::new().catalog(catalog).property(key, value), backend)
        }
    };
    let db = opened.unwrap();
    db.exec(format!("CREATE DATABASE IF NOT EXISTS {}", format.table(DATABASE))).await.unwrap();
    db
}

/// All rows of a table, in the order of a column.
async fn rows<T: LakeRowOwned>(db: &Client, table: &str, order: &str) -> Vec<T> {
    query::<T>(db, format!("SELECT * FROM {table} ORDER BY {order}")).await.unwrap()
}
