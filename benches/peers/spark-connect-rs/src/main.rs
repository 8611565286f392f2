//! Reads results and makes small calls by `spark-connect-rs`. It sends each query twice: as a command, which answers with a
//! plan, and that plan; and it copies the batches of a result into one.

use std::env;
use std::hint::black_box;

use spark_connect_rs::{SparkSession, SparkSessionBuilder};

#[path = "../../../../tests/src/bin/race/figures.rs"]
#[allow(dead_code, reason = "a result is there as a whole, so nothing of it is seen before")]
mod figures;
#[path = "../../../../tests/src/bin/race/load.rs"]
mod load;
#[path = "../../../../tests/src/peak.rs"]
mod peak;
#[path = "../../src/row.rs"]
mod row;

use figures::{Clock, Figures};
use peak::peak_megabytes;
use row::Row;

/// One measurement, as the program that keeps the rounds asks for it.
#[tokio::main]
async fn main() {
    let remote = env::var("LAKEORM_REMOTE").unwrap();
    let spark = SparkSessionBuilder::remote(&remote).build().await.unwrap();
    let words: Vec<String> = env::args().skip(1).collect();
    let figures = match words.as_slice() {
        [case, way, warm, sql, rows] if case == "result" => {
            result(&spark, way, warm, sql, rows.parse().unwrap()).await
        }
        [case, tasks, sql] if case == "calls" => calls(spark, tasks.parse().unwrap(), sql.clone()).await,
        other => panic!("{other:?} is no case"),
    };
    figures::print(&figures);
}

async fn result(spark: &SparkSession, way: &str, warm: &str, sql: &str, rows: usize) -> Figures {
    assert!(read(spark, way, warm).await > 0);
    let clock = Clock::start();
    let found = read(spark, way, sql).await;
    let figures = clock.stop();
    assert_eq!(found, rows);
    figures
}

async fn read(spark: &SparkSession, way: &str, sql: &str) -> usize {
    let batch = spark.sql(sql).await.unwrap().collect().await.unwrap();
    match way {
        "batches" => black_box(&batch).num_rows(),
        "structs" => {
            let rows: Vec<Row> = serde_arrow::from_record_batch(&batch).unwrap();
            black_box(&rows).len()
        }
        other => panic!("{other} is no way to read a result"),
    }
}

async fn calls(spark: SparkSession, tasks: usize, sql: String) -> Figures {
    load::run(tasks, move || {
        let (spark, sql) = (spark.clone(), sql.clone());
        async move { assert_eq!(read(&spark, "batches", &sql).await, 1) }
    })
    .await
}
