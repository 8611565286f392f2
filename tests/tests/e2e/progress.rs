//! How far the engine says that a query or a statement is.

use std::sync::{Arc, Mutex};

use lakeorm::{Client, Progress, query};
use lakeorm_tests::engine::{Engine, EngineName};

type Heard = Arc<Mutex<Vec<Progress>>>;

fn listener() -> (Heard, impl Fn(&Progress) + Send + Sync + 'static) {
    let heard = Heard::default();
    let writing = Arc::clone(&heard);
    (heard, move |progress: &Progress| writing.lock().unwrap().push(progress.clone()))
}

/// On Spark the last progress is that of the whole operation, which is over; no two in a row are the same. Sail says
/// nothing.
fn is_told(engine: &Engine, heard: &Heard, tasks: u64) {
    let heard = heard.lock().unwrap();
    if engine.name == EngineName::Sail {
        assert_eq!(*heard, []);
        return;
    }
    println!("told {} times, last {:?}", heard.len(), heard.last());
    let last = heard.last().unwrap();
    assert!(last.stages.iter().map(|stage| stage.tasks).sum::<u64>() >= tasks, "{last:?}");
    assert!(last.stages.iter().all(|stage| stage.completed_tasks == stage.tasks && stage.done), "{last:?}");
    assert_eq!(last.in_flight_tasks, 0);
    assert!(heard.windows(2).all(|two| two[0] != two[1]), "{heard:?}");
}

#[tokio::test]
async fn a_query_is_told_until_its_last_task() {
    let engine = Engine::from_env();
    let drv = engine.driver();
    let (heard, listen) = listener();
    let sql = "SELECT id % 7, sum(id) FROM range(0, 1000000, 1, 4) GROUP BY 1 ORDER BY 1";
    let rows = query::<(i64, i64)>(&Client::new(drv.clone()), drv.from_sql(sql).on_progress(listen)).await;
    assert_eq!(rows.unwrap().len(), 7);
    is_told(&engine, &heard, 5);
}

#[tokio::test]
async fn a_statement_is_told_until_its_last_task() {
    let engine = Engine::from_env();
    let drv = engine.driver();
    let table = engine.unique("told");
    let (heard, listen) = listener();
    let format = engine.table_format();
    let sql = format!("CREATE TABLE {table} {format} AS SELECT id FROM range(0, 100000, 1, 4)");
    drv.exec(sql).on_progress(listen).await.unwrap();
    is_told(&engine, &heard, 4);
}
