//! Structs into a table: make it, append to it, append once whatever is repeated, and read back.
//!
//! `SPARK_REMOTE` is the connection string of a server that writes Delta tables: Sail, or Spark with Delta. For Sail
//! `LAKEORM_DEMO_WAREHOUSE` has to be set too, to the absolute path of a folder for its tables.
//! `cargo xtask test examples` sets both.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::env;
use std::error::Error;

use chrono::{DateTime, Utc};
use lakeorm::dialect::Delta;
use lakeorm::spark::SparkDriver;
use lakeorm::{Backend, Decimal, LakeRow, LakeTable, WritePath, query};

#[derive(Debug, LakeRow, LakeTable)]
#[lake(table = "inserted_orders", comment = "what was bought")]
struct Order {
    #[lake(merge_key)]
    id: i64,
    #[lake(decimal(18, 2))]
    amount: Decimal,
    note: Option<String>,
    lines: Vec<Line>,
    #[lake(created_at)]
    placed: DateTime<Utc>,
}

#[derive(Debug, LakeRow, LakeTable)]
struct Line {
    sku: String,
    quantity: i32,
}

fn order(id: i64, amount: &str) -> Result<Order, Box<dyn Error>> {
    let lines = vec![Line { sku: "A-1".into(), quantity: 2 }];
    // The write sets the stamped column.
    Ok(Order { id, amount: amount.parse()?, note: None, lines, placed: DateTime::UNIX_EPOCH })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = SparkDriver::builder_from_env()?.session_conf("spark.sql.session.timeZone", "UTC");
    // Sail takes the folder of its tables from each session. Spark has its own, and refuses this conf.
    if let Ok(warehouse) = env::var("LAKEORM_DEMO_WAREHOUSE") {
        builder = builder.session_conf("spark.sql.warehouse.dir", warehouse);
    }
    let db = lakeorm::open(builder.build()?, Delta::new(), Backend::none())?;

    println!("{}", db.migrate::<Order>().await?);

    let orders = [order(1, "19.99")?, order(2, "5.00")?];
    let written = db.insert(&orders).await?;
    println!("{} rows, {}", written.rows(), written.path());

    // A job that is started again after half of it writes nothing twice.
    let mut attempts = Vec::new();
    for attempt in 1..=2 {
        let written = db.insert(&[order(3, "7.50")?]).idempotency_key("orders of 2026-11-26").await?;
        println!("attempt {attempt}: {}", written.path());
        attempts.push(written.path());
    }

    let found = query::<Order>(&db, "SELECT * FROM inserted_orders ORDER BY id").await?;
    for Order { id, amount, note, lines, placed } in &found {
        println!(
            "{id}: {amount}, {} lines, note {note:?}, stamped {}",
            lines.len(),
            *placed > DateTime::UNIX_EPOCH
        );
    }
    db.close().await?;

    assert_eq!((written.rows(), written.path()), (2, WritePath::Direct));
    // However often this program runs, the order with the key is there once.
    assert_eq!(attempts.last(), Some(&WritePath::AlreadyThere));
    assert_eq!(found.iter().filter(|order| order.id == 3).count(), 1);
    Ok(())
}
