//! The program that the README begins with: a table from a struct, rows into it, and the usual ways to read them. The
//! struct and what `main` does with its client are one text in both, as `cargo xtask tidy` checks.
//!
//! `SPARK_REMOTE` is the connection string of a server that writes Delta tables: Sail, or Spark with Delta. For Sail
//! `LAKEORM_DEMO_WAREHOUSE` has to be set too, to the absolute path of a folder for its tables.
//! `cargo xtask test examples` sets both.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]
#![allow(dead_code, reason = "a row is printed, not read field by field")]

use std::env;

use futures::TryStreamExt;
use lakeorm::dialect::Delta;
use lakeorm::spark::SparkDriver;
use lakeorm::spark::functions::{col, count};
use lakeorm::{Backend, LakeRow, LakeTable, query, query_first, query_stream};

#[derive(Debug, LakeRow, LakeTable)]
#[lake(table = "users")]
struct User {
    #[lake(merge_key)]
    id: i64,
    email: String,
    #[lake(rename = "country_code")]
    country: Option<String>,
}

#[tokio::main]
async fn main() -> lakeorm::Result<()> {
    let drv = driver()?;
    let db = lakeorm::open(drv.clone(), Delta::new(), Backend::none())?;

    // Creates the table, or adds missing columns. One of them is `_ingest_id`, by which a write finds its rows again.
    db.migrate::<User>().evolve().await?;

    // Rows whose merge key exists are updated and the others inserted, in one atomic statement; `insert` only appends.
    // Repeating the write with the same idempotency key changes nothing, as long as the table still shows that key.
    let ada = User { id: 7, email: "ada@example.com".to_owned(), country: Some("UK".to_owned()) };
    let grace = User { id: 8, email: "grace@example.com".to_owned(), country: None };
    db.merge(&[ada, grace]).idempotency_key("the first users").await?;

    // A value is bound: it never becomes part of the statement.
    let british = db.sql("SELECT * FROM users WHERE country_code = ?").bind("UK");
    let users: Vec<User> = query(&db, british).await?;

    // The first row. The server is asked for one only.
    let one = db.sql("SELECT * FROM users WHERE id = :id").bind_named("id", 7_i64);
    let user: User = query_first(&db, one).await?;

    // Rows one by one, in constant memory. The server is asked for the struct's columns only.
    let mut rows = query_stream::<User>(&db, db.table("users"));
    while let Some(user) = rows.try_next().await? {
        println!("{} {}", user.id, user.email);
    }

    // A data frame, chained as in PySpark, is read like any other source.
    let by_country = drv
        .table("users")
        .filter(col("email").like("%@example.com"))
        .group_by(["country_code"])
        .agg([count("*").alias("users")]);
    let counts: Vec<(Option<String>, i64)> = query(&db, &by_country).await?;

    db.exec("DELETE FROM users WHERE email = ?").bind("o'brien@example.com").await?;
    println!("{user:?}, {} British users, {counts:?}", users.len());
    db.close().await
}

fn driver() -> lakeorm::Result<SparkDriver> {
    let builder = SparkDriver::builder_from_env()?.session_conf("spark.sql.session.timeZone", "UTC");
    // Sail takes the folder of its tables from each session. Spark has its own, and refuses this conf.
    match env::var("LAKEORM_DEMO_WAREHOUSE") {
        Ok(warehouse) => builder.session_conf("spark.sql.warehouse.dir", warehouse).build(),
        Err(_) => builder.build(),
    }
}
