//! Reads results and makes small calls by `apache-spark-connect`. Its calls block on a runtime of its own and may not be
//! made by a task, so they have threads.

use std::env;
use std::hint::black_box;

use apache_spark_connect::{DataFrame, SparkSession};
use tokio::task::spawn_blocking;

#[path = "../../../../tests/src/bin/race/figures.rs"]
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
    let spark = spawn_blocking(session).await.unwrap();
    let words: Vec<String> = env::args().skip(1).collect();
    let figures = match words.as_slice() {
        [case, way, warm, sql, rows] if case == "result" => {
            let (way, warm, sql, rows) = (way.clone(), warm.clone(), sql.clone(), rows.parse().unwrap());
            spawn_blocking(move || result(&spark, &way, &warm, &sql, rows)).await.unwrap()
        }
        [case, tasks, sql] if case == "calls" => calls(spark, tasks.parse().unwrap(), sql.clone()).await,
        other => panic!("{other:?} is no case"),
    };
    figures::print(&figures);
}

fn session() -> SparkSession {
    SparkSession::builder().remote(&env::var("LAKEORM_REMOTE").unwrap()).get_or_create().unwrap()
}

fn result(spark: &SparkSession, way: &str, warm: &str, sql: &str, rows: usize) -> Figures {
    assert!(read(&spark.sql(warm).unwrap(), way, &mut Clock::start()) > 0);
    let mut clock = Clock::start();
    let found = read(&spark.sql(sql).unwrap(), way, &mut clock);
    let figures = clock.stop();
    assert_eq!(found, rows);
    figures
}

fn read(frame: &DataFrame, way: &str, clock: &mut Clock) -> usize {
    match way {
        "batches" => batches(frame),
        "structs" => structs(frame),
        // It fetches the next batch meanwhile.
        "iterator" => frame.to_local_iterator(true).unwrap().fold(0, |rows, row| {
            clock.saw_a_row();
            black_box(row.unwrap());
            rows + 1
        }),
        other => panic!("{other} is no way to read a result"),
    }
}

fn batches(frame: &DataFrame) -> usize {
    let batches = frame.collect_record_batches().unwrap();
    black_box(&batches).iter().map(|batch| batch.num_rows()).sum()
}

fn structs(frame: &DataFrame) -> usize {
    let mut rows: Vec<Row> = Vec::new();
    for batch in frame.collect_record_batches().unwrap() {
        rows.extend(serde_arrow::from_record_batch::<Vec<Row>>(&batch).unwrap());
    }
    black_box(&rows).len()
}

async fn calls(spark: SparkSession, tasks: usize, sql: String) -> Figures {
    load::run(tasks, move || {
        let (spark, sql) = (spark.clone(), sql.clone());
        async move {
            let call = spawn_blocking(move || batches(&spark.sql(&sql).unwrap()));
            assert_eq!(call.await.unwrap(), 1);
        }
    })
    .await
}
