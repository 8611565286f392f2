//! Tables: made, compared, appended to and merged, in every format that the engine writes.

use lakeorm::dialect::{Delta, Iceberg};
use lakeorm::{Backend, Client, LakeRowOwned, open, query};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;

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
mod readers;
mod refused;
mod remembered;
mod reordered;
mod staged;
mod streamed;

/// The database of these tables.
const DATABASE: &str = "written";

/// A client for each format of the engine, with the database made.
async fn clients() -> Vec<(Format, Client)> {
    clients_with(Backend::none()).await
}

/// The same with a place for files.
async fn clients_with(backend: Backend) -> Vec<(Format, Client)> {
    let engine = Engine::from_env();
    let mut clients = Vec::new();
    for format in Format::of(&engine) {
        let db = format.staging_client(&engine, backend.clone());
        db.exec(format!("CREATE DATABASE IF NOT EXISTS {}", format.table(DATABASE))).await.unwrap();
        clients.push((format, db));
    }
    assert!(!clients.is_empty(), "this engine has no table format: these tests are not for it");
    clients
}

/// One of the formats, on servers where each takes seconds; all of them on the others.
fn one_of(mut clients: Vec<(Format, Client)>, which: usize) -> Vec<(Format, Client)> {
    if !Engine::from_env().has(Ability::SharedTables) {
        return clients;
    }
    let which = which.min(clients.len() - 1);
    vec![clients.swap_remove(which)]
}

/// The same, of two lines of Spark each format on one.
fn one_for_each_line(clients: Vec<(Format, Client)>) -> Vec<(Format, Client)> {
    one_of(clients, usize::from(Engine::from_env().has(Ability::KeepsSessions)))
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
