//! Reads results and makes small calls by `spark-connect`, which gives threads to the calls of `apache-spark-connect` itself.

use std::env;
use std::hint::black_box;

use spark_connect::SparkSession;

#[path = "../../../../tests/src/bin/race/figures.rs"]
#[allow(dead_code, reason = "a result is there as a whole, so nothing of it is seen before")]
mod figures;
#[path = "../../../../tests/src/bin/race/load.rs"]
mod load;
#[path = "../../../../tests/src/peak.rs"]
mod peak;
#[path = "../row.rs"]
mod row;

use figures::{Clock, Figures};
use peak::peak_megabytes;
use row::Row;

/// One measurement, as the program that keeps the rounds asks for it.
#[tokio::main]
async fn main() {
    let remote = env::var("LAKEORM_REMOTE").unwrap();
    let spark = SparkSession::builder().remote(&remote).get_or_create().await.unwrap();
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
    match way {
        "batches" => batches(spark, sql).await,
        "structs" => structs(spark, sql).await,
        other => panic!("{other} is no way to read a result"),
    }
}

async fn batches(spark: &SparkSession, sql: &str) -> usize {
    let batches = spark.query(sql).execute().await.unwrap();
    black_box(&batches).iter().map(|batch| batch.num_rows()).sum()
}

async fn structs(spark: &SparkSession, sql: &str) -> usize {
    let mut rows: Vec<Row> = Vec::new();
    for batch in spark.query(sql).execute().await.unwrap() {
        rows.extend(serde_arrow::from_record_batch::<Vec<Row>>(&batch).unwrap());
    }
    black_box(&rows).len()
}

async fn calls(spark: SparkSession, tasks: usize, sql: String) -> Figures {
    load::run(tasks, move || {
        let (spark, sql) = (spark.clone(), sql.clone());
        async move { assert_eq!(batches(&spark, &sql).await, 1) }
    })
    .await
}
