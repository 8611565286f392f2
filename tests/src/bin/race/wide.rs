//! Three columns of a wide table: its name and a row type beside a projection written by hand.

use std::hint::black_box;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use lakeorm::spark::SaveMode;
use lakeorm::{Client, LakeRow, query};
use lakeorm_tests::engine::Engine;

use crate::figures::{Clock, Figures};
use crate::raw::{self, Raw};

pub(crate) const RUNNERS: [&str; 2] = ["raw projection", "lakeorm from_table"];

/// What the second is held against.
pub(crate) const FLOOR: &str = RUNNERS[0];

const COLUMNS: usize = 200;
const ROWS: usize = 500_000;
const TABLE: &str = "race_wide";

#[derive(LakeRow)]
#[expect(dead_code, reason = "a row is made, and nobody looks at it")]
struct Three {
    c7: i64,
    c101: i64,
    c199: i64,
}

/// Writes the table's files.
pub(crate) async fn write(engine: &Engine) {
    let columns: Vec<_> = (0..COLUMNS).map(|column| format!("id % 1000 + {column} AS c{column}")).collect();
    let session = engine.driver().session().await.unwrap();
    let rows = session.sql(format!("SELECT {} FROM range({ROWS})", columns.join(", ")));
    rows.write().format("parquet").mode(SaveMode::Overwrite).save(location(engine)).await.unwrap();
}

fn location(engine: &Engine) -> String {
    engine.dir.join(TABLE).display().to_string()
}

/// The statement that makes the table of the files. Where a catalog lives in a session each one has to.
fn table(engine: &Engine) -> String {
    let columns: Vec<_> = (0..COLUMNS).map(|column| format!("c{column} BIGINT")).collect();
    let (columns, location) = (columns.join(", "), location(engine));
    format!("CREATE TABLE IF NOT EXISTS {TABLE} ({columns}) USING parquet LOCATION '{location}'")
}

pub(crate) async fn measured(engine: &Engine, runner: &str) -> Figures {
    if runner == FLOOR { by_hand(engine).await } else { by_lakeorm(engine).await }
}

async fn by_lakeorm(engine: &Engine) -> Figures {
    let drv = engine.compiling().pool_size(1).build().unwrap();
    let db = Client::new(drv.clone());
    db.exec(table(engine)).await.unwrap();
    assert_eq!(query::<Three>(&db, drv.from_table(TABLE)).await.unwrap().len(), ROWS);
    let clock = Clock::start();
    let rows = query::<Three>(&db, drv.from_table(TABLE)).await.unwrap();
    let figures = clock.stop();
    assert_eq!(rows.len(), ROWS);
    figures
}

async fn by_hand(engine: &Engine) -> Figures {
    let raw = Raw::connect(engine, false, crate::windows::Windows::Own).await;
    let mut made = raw.query(&table(engine)).await;
    while raw::next(&mut made).await.is_some() {}
    assert_eq!(collected(&raw).await.len(), ROWS);
    let clock = Clock::start();
    let rows = collected(&raw).await;
    let figures = clock.stop();
    assert_eq!(rows.len(), ROWS);
    figures
}

async fn collected(raw: &Raw) -> Vec<Three> {
    let mut responses = raw.query(&format!("SELECT c7, c101, c199 FROM {TABLE}")).await;
    let mut rows = Vec::new();
    while let Some(data) = raw::next(&mut responses).await {
        for batch in raw::decoded(&data) {
            let [c7, c101, c199] = [0, 1, 2].map(|column| batch.column(column).as_primitive::<Int64Type>());
            let value = |column: &arrow_array::Int64Array, row| {
                assert!(column.is_valid(row));
                column.value(row)
            };
            rows.extend((0..batch.num_rows()).map(|row| Three {
                c7: value(c7, row),
                c101: value(c101, row),
                c199: value(c199, row),
            }));
        }
    }
    black_box(rows)
}
