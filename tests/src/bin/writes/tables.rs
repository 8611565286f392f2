//! Tables that several processes see, and servers that are started again.

use std::path::PathBuf;

use lakeorm::{Backend, Client, query_scalar};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;

/// The formats whose tables another process can name: all where tables are shared, and where each session has its own
/// those that are found by their directory.
pub(crate) fn formats(engine: &Engine) -> Vec<Format> {
    let mut formats = Format::of(engine);
    formats.retain(|format| engine.has(Ability::SharedTables) || *format == Format::Delta);
    formats
}

/// The place for files of staged writes.
pub(crate) fn staging(engine: &Engine) -> PathBuf {
    let directory = engine.dir.join("staged");
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// A client that stages, and the table of this name with these columns, made unless it is there.
pub(crate) async fn client(engine: &Engine, format: Format, name: &str, columns: &str) -> (Client, String) {
    let backend = Backend::parse(&format!("file://{}", staging(engine).display())).unwrap();
    let db = format.staging_client(engine, backend);
    let table = format.table(name);
    // A server that was started again knows its catalogs' tables, and of its own none but by its directory.
    let location = match format {
        Format::Delta => format!("LOCATION '{}'", engine.dir.join("tables").join(name).display()),
        Format::Iceberg { .. } => String::new(),
    };
    let columns = format!("{columns}, _ingest_id STRING");
    let create = format!("CREATE TABLE IF NOT EXISTS {table} ({columns}) USING {} {location}", format.name());
    db.exec(create).await.unwrap();
    (db, table)
}

pub(crate) async fn count(db: &Client, table: &str) -> i64 {
    query_scalar(db, format!("SELECT count(*) FROM {table}")).await.unwrap()
}
