//! Frames: group, aggregate, join and rank every flight out of New York in 2013 by chaining, then read structs.
//!
//! `SPARK_REMOTE` is the connection string of a server, which `cargo xtask engine up sail` prints, and
//! `LAKEORM_DEMO_DATA` the folder of `flights.csv` and `airlines.csv`. `cargo xtask test examples` gives both.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::env;
use std::error::Error;

use lakeorm::spark::functions::{avg, col, count, lit, max, nullif, row_number};
use lakeorm::spark::{DataFrame, JoinType, SparkDriver, Window};
use lakeorm::{Client, LakeRow, query};

/// A carrier and how late it arrives.
#[derive(Debug, LakeRow)]
pub(crate) struct Carrier {
    pub(crate) carrier: String,
    pub(crate) name: String,
    pub(crate) flights: i64,
    pub(crate) minutes: f64,
}

/// The farthest that a carrier flies to.
#[derive(Debug, LakeRow)]
pub(crate) struct Farthest {
    pub(crate) carrier: String,
    pub(crate) dest: String,
    pub(crate) distance: i32,
    pub(crate) flights: i64,
}

/// The columns of the file of flights, with the types of those that are used here.
const FLIGHTS: &str = "year month day dep_time sched_dep_time dep_delay arr_time sched_arr_time arr_delay:DOUBLE carrier:STRING \
                       flight tailnum origin dest:STRING air_time distance:INT hour minute time_hour";

/// A table of CSV, in which `NA` stands for a NULL: its columns that have a type.
fn table(drv: &SparkDriver, data: &str, name: &str, columns: &str) -> DataFrame {
    let names = columns.split_whitespace().map(|column| column.split_once(':').unwrap_or((column, "")));
    let texts: Vec<String> = names.clone().map(|(name, _)| format!("{name} STRING")).collect();
    let typed = names.filter(|(_, kind)| !kind.is_empty());
    let typed = typed.map(|(name, kind)| nullif(name, lit("NA")).cast(kind).alias(name));
    let reader = drv.read().option("header", "true").schema(texts.join(", "));
    reader.csv(format!("{data}/{name}.csv")).select(typed)
}

/// The flights and the airlines.
pub(crate) fn tables(drv: &SparkDriver, data: &str) -> (DataFrame, DataFrame) {
    (table(drv, data, "flights", FLIGHTS), table(drv, data, "airlines", "carrier:STRING name:STRING"))
}

/// Carriers by mean arrival delay on flights of at least `miles`, the most punctual first.
pub(crate) fn carriers(flights: &DataFrame, airlines: &DataFrame, miles: i32) -> DataFrame {
    flights
        .filter(col("distance").ge(miles).and(col("arr_delay").is_not_null()))
        .join(airlines, ["carrier"], JoinType::Inner)
        .group_by(["carrier", "name"])
        .agg([count("*").alias("flights"), avg("arr_delay").alias("minutes")])
        .order_by(["minutes"])
}

/// The farthest destination of each carrier.
pub(crate) fn farthest(flights: &DataFrame) -> DataFrame {
    let by_carrier = Window::partition_by(["carrier"]).order_by([col("distance").desc(), col("dest").asc()]);
    flights
        .group_by(["carrier", "dest"])
        .agg([max("distance").alias("distance"), count("*").alias("flights")])
        .with_column("rank", row_number().over(by_carrier))
        .filter(col("rank").eq(1))
        .order_by(["carrier"])
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let data = env::var("LAKEORM_DEMO_DATA")
        .map_err(|_| "LAKEORM_DEMO_DATA is not set: run `cargo xtask test examples`")?;
    let drv = SparkDriver::builder_from_env()?.session_conf("spark.sql.session.timeZone", "UTC").build()?;
    let db = Client::new(drv.clone());
    let (flights, airlines) = tables(&drv, &data);

    println!("carriers by mean arrival delay, flights of 500 miles or more");
    for Carrier { carrier, name, flights, minutes } in
        query::<Carrier>(&db, carriers(&flights, &airlines, 500)).await?
    {
        println!("{carrier:<8} {name:<28} {flights:>8} {minutes:>8.2}");
    }

    println!("\nthe farthest destination of each");
    let farthest = farthest(&flights);
    for Farthest { carrier, dest, distance, flights } in
        query::<Farthest>(&db, drv.from_dataframe(&farthest)).await?
    {
        println!("{carrier:<8} {dest:<28} {flights:>8} {distance:>8}");
    }

    println!("\nthe first rows as the server shows them");
    println!("{}", farthest.limit(3).show().await?.trim_end());
    db.close().await?;
    Ok(())
}
