//! Frames: group, aggregate, join and rank by chaining, then read structs.
//!
//! `SPARK_REMOTE` is the connection string of a server; `cargo xtask engine up sail` prints one.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]
#![allow(dead_code, reason = "a row is printed, not read field by field")]

use lakeorm::spark::functions::{avg, col, count, row_number};
use lakeorm::spark::{JoinType, SparkDriver, Window};
use lakeorm::{Client, LakeRow, query};

#[derive(Debug, LakeRow)]
struct Carrier {
    name: String,
    minutes: f64,
    flights: i64,
}

#[derive(Debug, LakeRow)]
struct Longest {
    carrier: String,
    dest: String,
    distance: i32,
}

#[tokio::main]
async fn main() -> lakeorm::Result<()> {
    let drv = SparkDriver::builder_from_env()?.session_conf("spark.sql.session.timeZone", "UTC").build()?;
    let db = Client::new(drv.clone());

    let flights = drv.sql(
        "SELECT * FROM VALUES ('UA', 'SFO', 2586, 11.0D), ('UA', 'LAX', 2454, -4.0D), ('AA', 'MIA', 1096, 33.0D), \
         ('AA', 'DFW', 1389, CAST(NULL AS DOUBLE)), ('B6', 'BOS', 187, 2.0D) AS t(carrier, dest, distance, arr_delay)",
    );
    let airlines = drv.sql(
        "SELECT * FROM VALUES ('UA', 'United'), ('AA', 'American'), ('B6', 'JetBlue') AS t(carrier, name)",
    );

    let slow = flights
        .filter(col("distance").ge(500).and(col("arr_delay").is_not_null()))
        .join(&airlines, ["carrier"], JoinType::Inner)
        .group_by(["name"])
        .agg([avg("arr_delay").alias("minutes"), count("*").alias("flights")])
        .order_by([col("minutes").desc()]);
    for carrier in query::<Carrier>(&db, &slow).await? {
        println!("{carrier:?}");
    }

    let by_carrier = Window::partition_by(["carrier"]).order_by([col("distance").desc()]);
    let longest = flights
        .with_column("rank", row_number().over(by_carrier))
        .filter(col("rank").eq(1))
        .order_by(["carrier"]);
    for flight in query::<Longest>(&db, drv.from_dataframe(&longest)).await? {
        println!("{flight:?}");
    }
    print!("{}", longest.show().await?);
    db.close().await
}
