//! Every flight out of New York in 2013: which carriers are late, and a stream over all of them.
//!
//! `cargo xtask demo` starts an engine, fetches the data and runs this.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, LakeRow, query, query_stream};

/// A carrier and how late it arrives.
#[derive(Debug, LakeRow)]
pub struct Carrier {
    pub carrier: String,
    pub name: String,
    pub flights: i64,
    #[lake(rename = "mean_arr_delay")]
    pub mean_delay: f64,
}

/// One flight. The table has nineteen columns; the server is asked for these eight.
#[derive(Debug, LakeRow)]
pub struct Flight {
    pub carrier: String,
    pub flight: i32,
    pub tailnum: Option<String>,
    pub origin: String,
    pub dest: String,
    pub distance: i32,
    pub dep_delay: Option<f64>,
    pub time_hour: DateTime<Utc>,
}

/// What one pass over all flights adds up to.
#[derive(Debug, Default, PartialEq)]
pub struct Totals {
    pub flights: u64,
    pub distance: i64,
    pub not_departed: u64,
}

/// Carriers by mean arrival delay on flights of at least `miles`, the most punctual first.
pub async fn carriers(db: &Client, drv: &SparkDriver, miles: i32) -> lakeorm::Result<Vec<Carrier>> {
    let sql = "SELECT f.carrier, a.name, count(f.arr_delay) AS flights, avg(f.arr_delay) AS mean_arr_delay \
               FROM flights f JOIN airlines a ON a.carrier = f.carrier \
               WHERE f.distance >= :miles AND f.arr_delay IS NOT NULL \
               GROUP BY f.carrier, a.name ORDER BY mean_arr_delay";
    query(db, drv.from_sql(sql).bind_named("miles", miles)).await
}

/// Streams every flight, holding one batch at a time.
pub async fn totals(db: &Client, drv: &SparkDriver) -> lakeorm::Result<Totals> {
    let mut totals = Totals::default();
    let mut flights = query_stream::<Flight>(db, drv.from_table("flights"));
    while let Some(flight) = flights.try_next().await? {
        totals.flights += 1;
        totals.distance += i64::from(flight.distance);
        totals.not_departed += u64::from(flight.dep_delay.is_none());
    }
    Ok(totals)
}

const TABLES: [(&str, &str); 4] = [
    ("airlines", "carrier STRING, name STRING"),
    ("airports", "faa STRING, name STRING, lat DOUBLE, lon DOUBLE, alt INT, tz INT, dst STRING, tzone STRING"),
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

/// Makes the four Delta tables under `warehouse` from the CSV files in `data`.
pub async fn load(drv: &SparkDriver, data: &Path, warehouse: &Path) -> Result<(), Box<dyn Error>> {
    for (table, columns) in TABLES {
        // A path in DDL cannot be a parameter, so it is checked instead.
        let csv = sql_path(&data.join(format!("{table}.csv")))?;
        let location = sql_path(&warehouse.join(table))?;
        let view = format!(
            "CREATE OR REPLACE TEMPORARY VIEW {table}_csv ({columns}) USING csv \
             OPTIONS (path '{csv}', header 'true', nullValue 'NA')"
        );
        let session = drv.exec(view);
        session.await?;
        let create =
            format!("CREATE TABLE {table} USING delta LOCATION '{location}' AS SELECT * FROM {table}_csv");
        drv.exec(create).await?;
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
