//! A file of JSON lines into a table: read line by line, checked by the rules of the struct, staged as Parquet files
//! while lines come, and committed by one statement.
//!
//! `SPARK_REMOTE` is the connection string of a server on this machine that writes Delta tables: Sail, or Spark with
//! Delta. For Sail `LAKEORM_DEMO_WAREHOUSE` has to be set too, to the absolute path of a folder for its tables; the
//! files are then staged there, and in the system's folder for temporary files otherwise. `cargo xtask test examples`
//! sets both.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use garde::Validate;
use lakeorm::dialect::Delta;
use lakeorm::spark::SparkDriver;
use lakeorm::{Backend, ErrorKind, LakeRow, LakeTable, json_lines, query_first};
use serde::Deserialize;

#[derive(Debug, Deserialize, Validate, LakeRow, LakeTable)]
#[lake(table = "ingested_readings", validate)]
struct Reading {
    #[garde(length(min = 1))]
    sensor: String,
    #[garde(skip)]
    at: i64,
    #[garde(range(min = -90.0, max = 60.0))]
    degrees: f64,
}

/// Stands for a file: `BufReader::new(File::open(path).await?)`.
fn file(rows: i64) -> Result<String, std::fmt::Error> {
    let mut lines = String::new();
    for at in 0..rows {
        let degrees = (at % 400) as f64 / 10.0;
        writeln!(lines, r#"{{"sensor": "roof", "at": {at}, "degrees": {degrees}}}"#)?;
    }
    Ok(lines)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = SparkDriver::builder_from_env()?;
    let mut staging = env::temp_dir();
    // Sail takes the folder of its tables from each session. Spark has its own, and refuses this conf.
    if let Ok(warehouse) = env::var("LAKEORM_DEMO_WAREHOUSE") {
        builder = builder.session_conf("spark.sql.warehouse.dir", &warehouse);
        staging = warehouse.into();
    }
    // The server reads the files that are written here, so it has to see the same folder.
    let backend = Backend::parse(&format!("file://{}", staging.display()))?;
    let db = lakeorm::open(builder.build()?, Delta::new(), backend)?;
    db.migrate::<Reading>().await?;

    let file = file(100_000)?;
    let mut stored = 0;
    let written = db
        .insert_stream(json_lines::<Reading>(file.as_bytes()))
        .staged()
        .part_size(256 << 10)
        .idempotency_key("readings of 2026-11-26")
        .on_progress(|now| {
            if now.rows_staged > stored {
                stored = now.rows_staged;
                println!("{} rows read, {stored} of them stored", now.rows_encoded);
            }
        })
        .await?;
    println!("{} rows, {}", written.rows(), written.path());

    // A line that breaks a rule, or is no row, ends the write with its number; nothing is written.
    let mut wrong = "{\"sensor\": \"roof\", \"at\": 1, \"degrees\": 20.5}\n".repeat(3);
    wrong.push_str("{\"sensor\": \"\", \"at\": 2, \"degrees\": 200.0}\n");
    let refused = db.insert_stream(json_lines::<Reading>(wrong.as_bytes())).staged().await;
    if let Err(error) = &refused {
        println!("{error}");
    }

    let (rows, warmest) =
        query_first::<(i64, f64)>(&db, "SELECT count(*), max(degrees) FROM ingested_readings").await?;
    println!("{rows} rows, up to {warmest} degrees");

    // Files of programs that were killed; none is that old.
    println!("{} old files removed", db.cleanup_staging(Duration::from_secs(24 * 3600)).await?.files);
    db.close().await?;

    // However often this program runs, each line of the file is there once, and none of the other.
    assert_eq!((rows, warmest), (100_000, 39.9));
    assert!(refused.is_err_and(|error| error.kind() == ErrorKind::Encode));
    Ok(())
}
