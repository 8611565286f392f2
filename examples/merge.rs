//! Structs merged into a table by their key: rows that are there are updated, the others inserted, those marked
//! deleted.
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
use lakeorm::{Backend, Client, ErrorKind, LakeRow, LakeTable, query};

#[derive(Debug, LakeRow, LakeTable)]
#[lake(table = "merged_stock")]
struct Stock {
    #[lake(merge_key)]
    shop: String,
    #[lake(merge_key)]
    sku: i64,
    quantity: i32,
    gone: bool,
    #[lake(updated_at)]
    changed: DateTime<Utc>,
}

fn stock(shop: &str, sku: i64, quantity: i32) -> Stock {
    // The write sets the stamped column.
    Stock { shop: shop.into(), sku, quantity, gone: false, changed: DateTime::UNIX_EPOCH }
}

async fn show(db: &Client, what: &str) -> lakeorm::Result<Vec<Stock>> {
    println!("{what}");
    let found = query::<Stock>(db, "SELECT * FROM merged_stock ORDER BY shop, sku").await?;
    for Stock { shop, sku, quantity, .. } in &found {
        println!("  {shop} {sku}: {quantity}");
    }
    Ok(found)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = SparkDriver::builder_from_env()?.session_conf("spark.sql.session.timeZone", "UTC");
    // Sail takes the folder of its tables from each session. Spark has its own, and refuses this conf.
    if let Ok(warehouse) = env::var("LAKEORM_DEMO_WAREHOUSE") {
        builder = builder.session_conf("spark.sql.warehouse.dir", warehouse);
    }
    let db = lakeorm::open(builder.build()?, Delta::new(), Backend::none())?;
    db.migrate::<Stock>().await?;

    db.merge(&[stock("Leeds", 1, 10), stock("Leeds", 2, 20)]).await?;
    show(&db, "two rows that were not there").await?;

    db.merge(&[stock("Leeds", 2, 21), stock("York", 2, 30)]).await?;
    show(&db, "one of them changed, and one more").await?;

    let sold_out = Stock { gone: true, ..stock("Leeds", 1, 0) };
    db.merge(&[sold_out, stock("York", 2, 29)]).delete_where("gone").await?;
    let left = show(&db, "one deleted, and one changed").await?;

    // Which of the two is the newer nobody knows, so nothing is sent.
    let twice = db.merge(&[stock("Leeds", 3, 1), stock("Leeds", 3, 2)]).await;
    if let Err(error) = &twice {
        println!("{error}");
    }
    db.close().await?;

    let left: Vec<_> = left.iter().map(|row| (row.shop.as_str(), row.sku, row.quantity)).collect();
    assert_eq!(left, [("Leeds", 2, 21), ("York", 2, 29)]);
    assert!(twice.is_err_and(|error| error.kind() == ErrorKind::Encode));
    Ok(())
}
