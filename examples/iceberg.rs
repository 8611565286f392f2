//! An Iceberg table: make it, append to it, merge into it by its key, and read back.
//!
//! `SPARK_REMOTE` is the connection string of a server that writes Iceberg tables: Sail, or Spark with Iceberg. For
//! Sail `LAKEORM_DEMO_WAREHOUSE` has to be set too, to the absolute path of a folder for its tables.
//! `cargo xtask test examples` sets both. Leave it unset on Spark: the table is then made in the catalog `ice`, as
//! `cargo xtask engine up spark41` has one.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::env;
use std::error::Error;

use chrono::{DateTime, Utc};
use lakeorm::dialect::Iceberg;
use lakeorm::spark::SparkDriver;
use lakeorm::{Backend, Client, LakeRow, LakeTable, WritePath, query};

#[derive(Debug, LakeRow, LakeTable)]
#[lake(table = "iceberg_shop.stock")]
struct Stock {
    #[lake(merge_key)]
    sku: i64,
    quantity: i32,
    #[lake(updated_at)]
    changed: DateTime<Utc>,
}

fn stock(sku: i64, quantity: i32) -> Stock {
    // The write sets the stamped column.
    Stock { sku, quantity, changed: DateTime::UNIX_EPOCH }
}

/// The client, and the name of the table's database on its engine.
fn client() -> lakeorm::Result<(Client, &'static str)> {
    let builder = SparkDriver::builder_from_env()?.session_conf("spark.sql.session.timeZone", "UTC");
    if let Ok(warehouse) = env::var("LAKEORM_DEMO_WAREHOUSE") {
        // Sail takes the folder of its tables from each session, and keeps those of Iceberg among the others.
        let drv = builder.session_conf("spark.sql.warehouse.dir", warehouse).build()?;
        return Ok((lakeorm::open(drv, Iceberg::new(), Backend::none())?, "iceberg_shop"));
    }
    // Each session of Spark caches the state of an Iceberg table for half a minute. Without this conf a query in
    // another session of the pool may miss rows that were just written.
    let drv = builder.session_conf("spark.sql.catalog.ice.cache-enabled", "false").build()?;
    Ok((lakeorm::open(drv, Iceberg::new().catalog("ice"), Backend::none())?, "ice.iceberg_shop"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (db, database) = client()?;
    // A migration makes the table; its database has to be there.
    db.exec(format!("CREATE DATABASE IF NOT EXISTS {database}")).await?;
    println!("{}", db.migrate::<Stock>().await?);

    // The key lets the write be repeated: the rows are there once.
    let delivery = [stock(1, 10), stock(2, 20)];
    let written = db.insert(&delivery).idempotency_key("the first delivery").await?;
    println!("inserted: {} rows, {}", written.rows(), written.path());
    let again = db.insert(&delivery).idempotency_key("the first delivery").await?;
    println!("inserted again: {}", again.path());

    let merged = db.merge(&[stock(2, 21), stock(3, 30)]).await?;
    println!("merged: {} rows", merged.rows());

    // The name of the table with the dialect's catalog, for SQL of one's own.
    let table = db.table_name::<Stock>()?;
    let found = query::<Stock>(&db, format!("SELECT * FROM {table} ORDER BY sku")).await?;
    for Stock { sku, quantity, changed } in &found {
        println!("{sku}: {quantity}, stamped {}", *changed > DateTime::UNIX_EPOCH);
    }
    db.close().await?;

    assert_eq!(again.path(), WritePath::AlreadyThere);
    let found: Vec<_> = found.iter().map(|row| (row.sku, row.quantity)).collect();
    assert_eq!(found, [(1, 10), (2, 21), (3, 30)]);
    Ok(())
}
