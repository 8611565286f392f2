//! Every flight out of New York in 2013: which carriers are late, and a stream over all of them.
//!
//! `cargo xtask demo` starts an engine, fetches the data and runs this.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, LakeRow, query, query_stream};

/// A carrier and how late it arrives.
#[derive(Debug, LakeRow)]
pub(crate) struct Carrier {
    pub(crate) carrier: String,
    pub(crate) name: String,
    pub(crate) flights: i64,
    #[lake(rename = "mean_arr_delay")]
    pub(crate) mean_delay: f64,
}

/// One flight. The table has nineteen columns; the server is asked for these eight.
#[derive(Debug, LakeRow)]
pub(crate) struct Flight {
    pub(crate) carrier: String,
    pub(crate) flight: i32,
    pub(crate) tailnum: Option<String>,
    pub(crate) origin: String,
    pub(crate) dest: String,
    pub(crate) distance: i32,
    pub(crate) dep_delay: Option<f64>,
    pub(crate) time_hour: DateTime<Utc>,
}

/// The sums of one pass over all flights.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) flights: u64,
    pub(crate) distance: i64,
    pub(crate) not_departed: u64,
    pub(crate) longest: Option<Flight>,
}

/// Carriers by mean arrival delay on flights of at least `miles`, the most punctual first.
pub(crate) async fn carriers(db: &Client, drv: &SparkDriver, miles: i32) -> lakeorm::Result<Vec<Carrier>> {
    let sql = "SELECT f.carrier, a.name, count(f.arr_delay) AS flights, avg(f.arr_delay) AS mean_arr_delay \
               FROM flights f JOIN airlines a ON a.carrier = f.carrier \
               WHERE f.distance >= :miles AND f.arr_delay IS NOT NULL \
               GROUP BY f.carrier, a.name ORDER BY mean_arr_delay";
    query(db, drv.from_sql(sql).bind_named("miles", miles)).await
}

/// Streams every flight, holding one batch at a time.
pub(crate) async fn totals(db: &Client, drv: &SparkDriver) -> lakeorm::Result<Totals> {
    let mut totals = Totals::default();
    let mut flights = query_stream::<Flight>(db, drv.from_table("flights"));
    while let Some(flight) = flights.try_next().await? {
        totals.flights += 1;
        totals.distance += i64::from(flight.distance);
        totals.not_departed += u64::from(flight.dep_delay.is_none());
        if totals.longest.as_ref().is_none_or(|longest| longest.distance < flight.distance) {
            totals.longest = Some(flight);
        }
    }
    Ok(totals)
}

/// The tables with their columns, as `name TYPE`.
const TABLES: [(&str, &str); 4] = [
    ("airlines", "carrier STRING, name STRING"),
    (
        "airports",
        "faa STRING, name STRING, lat DOUBLE, lon DOUBLE, alt INT, tz INT, dst STRING, tzone STRING",
    ),
    (
        "planes",
        "tailnum STRING, year INT, type STRING, manufacturer STRING, model STRING, engines INT, seats INT, \
         speed INT, engine STRING",
    ),
    (
        "flights",
        "year INT, month INT, day INT, dep_time INT, sched_dep_time INT, dep_delay DOUBLE, arr_time INT, \
         sched_arr_time INT, arr_delay DOUBLE, carrier STRING, flight INT, tailnum STRING, origin STRING, \
         dest STRING, air_time DOUBLE, distance INT, hour INT, minute INT, time_hour TIMESTAMP",
    ),
];

/// Makes the four Delta tables under `warehouse` from the CSV files in `data`, in which `NA` stands for a NULL.
pub(crate) async fn load(drv: &SparkDriver, data: &Path, warehouse: &Path) -> Result<(), Box<dyn Error>> {
    for (table, columns) in TABLES {
        // LOCATION takes a bound value if it is a plain constant; here the path is part of the SQL, and is checked.
        let csv = sql_path(&data.join(format!("{table}.csv")))?;
        let location = sql_path(&warehouse.join(table))?;
        let (mut texts, mut typed) = (Vec::new(), Vec::new());
        for column in columns.split(", ") {
            let (name, kind) = column.split_once(' ').ok_or("a column without a type")?;
            texts.push(format!("{name} STRING"));
            typed.push(format!("CAST(NULLIF({name}, 'NA') AS {kind}) AS {name}"));
        }
        let (texts, typed) = (texts.join(", "), typed.join(", "));
        drv.exec(format!(
            "CREATE TABLE {table}_csv ({texts}) USING csv OPTIONS (header 'true') LOCATION '{csv}'"
        ))
        .await?;
        drv.exec(format!(
            "CREATE TABLE {table} USING delta LOCATION '{location}' AS SELECT {typed} FROM {table}_csv"
        ))
        .await?;
    }
    Ok(())
}

fn sql_path(path: &Path) -> Result<String, Box<dyn Error>> {
    let path = std::path::absolute(path)?;
    match path.to_str() {
        Some(text) if !text.contains(['\'', '\\']) => Ok(text.to_owned()),
        _ => Err(format!("{} cannot stand in SQL: move it to a path without quotes", path.display()).into()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (data, warehouse) = (folder("LAKEORM_DEMO_DATA")?, folder("LAKEORM_DEMO_WAREHOUSE")?);
    let drv = SparkDriver::builder_from_env()?.session_conf("spark.sql.session.timeZone", "UTC").build()?;
    let db = Client::new(drv.clone());
    load(&drv, &data, &warehouse).await?;

    println!("carriers by mean arrival delay, flights of 500 miles or more");
    println!("{:<8} {:<28} {:>8} {:>8}", "carrier", "name", "flights", "minutes");
    for Carrier { carrier, name, flights, mean_delay } in carriers(&db, &drv, 500).await? {
        println!("{carrier:<8} {name:<28} {flights:>8} {mean_delay:>8.2}");
    }

    let begun = Instant::now();
    let Totals { flights, distance, not_departed, longest } = totals(&db, &drv).await?;
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "\n{flights} flights streamed in {seconds:.2} s, {:.0} rows per second",
        flights as f64 / seconds
    );
    println!("{distance} miles in all, {not_departed} flights never left");
    if let Some(Flight { carrier, flight, tailnum, origin, dest, time_hour, .. }) = longest {
        let plane = tailnum.as_deref().unwrap_or("an unknown plane");
        println!("the longest: {carrier} {flight} with {plane} from {origin} to {dest}, {time_hour}");
    }
    if let Some(peak) = peak_memory() {
        println!("peak memory of this process: {peak}");
    }
    drv.close().await?;
    Ok(())
}

fn folder(variable: &str) -> Result<PathBuf, Box<dyn Error>> {
    let folder =
        env::var_os(variable).ok_or_else(|| format!("{variable} is not set: run `cargo xtask demo`"))?;
    Ok(folder.into())
}

/// The peak memory, which only Linux tells.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim();
    let kib: f64 = peak.strip_suffix(" kB")?.parse().ok()?;
    Some(format!("{:.1} MiB", kib / 1024.0))
}
