//! Servers whose connection lives and that no longer send anything, as one whose result thread has died.

use std::time::{Duration, Instant};

use futures::TryStreamExt;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, ErrorKind, query, query_stream};
use lakeorm_tests::engine::Engine;

use crate::{figure, server};

const TIMEOUT: Duration = Duration::from_secs(3);

/// The server's process is stopped and goes on later; meanwhile only the client's own clock can end a wait.
pub(crate) async fn silence(engine: &Engine) {
    let drv = engine.builder().pool_size(1).build().unwrap();
    before_the_first_row(&drv).await;
    in_the_middle_of_a_result(&drv).await;
    in_the_middle_of_a_statement(engine, &drv).await;
}

async fn before_the_first_row(drv: &SparkDriver) {
    let db = Client::new(drv.clone());
    assert_eq!(one(drv).await, 1);
    server::signal("STOP");
    let begun = Instant::now();
    let end = query::<(i32,)>(&db, drv.from_sql("SELECT 1").timeout(TIMEOUT)).await;
    told("a silent server, before the first row", begun, &end.unwrap_err());
    server::signal("CONT");
    assert_eq!(one(drv).await, 1);
}

async fn in_the_middle_of_a_result(drv: &SparkDriver) {
    let db = Client::new(drv.clone());
    let source = drv.from_sql("SELECT id FROM range(0, 200000000, 1, 200)").timeout(TIMEOUT);
    let begun = Instant::now();
    let mut rows = query_stream::<(i64,)>(&db, source);
    assert!(rows.try_next().await.unwrap().is_some());
    server::signal("STOP");
    let error = loop {
        match rows.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a result without its rest"),
            Err(error) => break error,
        }
    };
    told("a silent server, in the middle of a result", begun, &error);
    server::signal("CONT");
    assert_eq!(one(drv).await, 1);
}

async fn in_the_middle_of_a_statement(engine: &Engine, drv: &SparkDriver) {
    let name = engine.unique("silent");
    drv.exec(format!("CREATE TABLE {name} (id BIGINT) {}", engine.table_format())).await.unwrap();
    let insert =
        format!("INSERT INTO {name} SELECT sum((id * 31) % 1000003) FROM range(0, 100000000000, 1, 4)");
    let stop = tokio::task::spawn_blocking(|| {
        std::thread::sleep(Duration::from_millis(700));
        server::signal("STOP");
    });
    let begun = Instant::now();
    let end = drv.exec(insert).timeout(TIMEOUT).await;
    stop.await.unwrap();
    told("a silent server, in the middle of an INSERT", begun, &end.unwrap_err());
    server::signal("CONT");
    let rows = query::<(i64,)>(&Client::new(drv.clone()), drv.from_table(&name)).await.unwrap();
    assert_eq!(rows, [], "the statement was stopped");
}

async fn one(drv: &SparkDriver) -> i32 {
    query::<(i32,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1")).await.unwrap()[0].0
}

fn told(case: &str, begun: Instant, error: &lakeorm::Error) {
    let after = begun.elapsed();
    figure(case, format!("{:?}: {error} after {after:.1?}", error.kind()));
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(after < TIMEOUT + Duration::from_millis(500), "{after:?}");
}
