//! How far the engine says that a query or a statement is.

use std::sync::{Arc, Mutex};

use futures::TryStreamExt;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, Progress, StageProgress, query, query_batches};
use lakeorm_tests::engine::{Ability, Engine};

type Heard = Arc<Mutex<Vec<Progress>>>;

fn listener() -> (Heard, impl Fn(&Progress) + Send + Sync + 'static) {
    let heard = Heard::default();
    let writing = Arc::clone(&heard);
    (heard, move |progress: &Progress| writing.lock().unwrap().push(progress.clone()))
}

/// A driver whose server says often how far it is, so that a query of a second is long enough to be told of.
fn talkative(engine: &Engine) -> SparkDriver {
    engine.compiling().session_conf("spark.connect.progress.reportInterval", "50ms").build().unwrap()
}

/// What the engine said, each time something new; some say nothing.
fn told(engine: &Engine, heard: &Heard) -> Vec<Progress> {
    let heard = heard.lock().unwrap().clone();
    println!("told {} times, last {:?}", heard.len(), heard.last());
    assert_eq!(heard.is_empty(), !engine.has(Ability::Progress), "{heard:?}");
    assert!(heard.windows(2).all(|two| two[0] != two[1]), "{heard:?}");
    heard
}

/// One stage. Its last tasks may end unsaid: the server tells of a task a little after its rows.
#[tokio::test]
async fn a_query_is_told_how_many_of_its_tasks_have_ended() {
    let engine = Engine::from_env();
    let drv = talkative(&engine);
    let (heard, listen) = listener();
    let sql = "SELECT id + 1 AS id FROM range(0, 4000000, 1, 4)";
    let mut batches = query_batches(&Client::new(drv.clone()), drv.from_sql(sql).on_progress(listen));
    let mut rows = 0;
    while let Some(batch) = batches.try_next().await.unwrap() {
        rows += batch.num_rows();
    }
    assert_eq!(rows, 4_000_000);
    let told = told(&engine, &heard);
    let ended = told.iter().flat_map(|said| &said.stages).map(|stage| (stage.tasks, stage.completed_tasks));
    let ended: Vec<_> = ended.collect();
    assert!(ended.iter().all(|(tasks, ended)| *tasks == 4 && *ended <= 4), "{ended:?}");
    assert!(ended.is_sorted(), "{ended:?}");
    let has_ended = ended.last().is_some_and(|(_, ended)| *ended > 0);
    assert_eq!(has_ended, engine.has(Ability::Progress), "{ended:?}");
}

/// The stages of an aggregation run one after the other; those that Spark plans again and skips stay unfinished.
#[tokio::test]
async fn a_query_of_several_stages_is_told_of_each() {
    let engine = Engine::from_env();
    let drv = talkative(&engine);
    let (heard, listen) = listener();
    let sql = "SELECT id % 7, sum(id) FROM range(0, 50000000, 1, 4) GROUP BY 1 ORDER BY 1";
    let rows = query::<(i64, i64)>(&Client::new(drv.clone()), drv.from_sql(sql).on_progress(listen)).await;
    assert_eq!(rows.unwrap().len(), 7);
    if let Some(last) = told(&engine, &heard).last() {
        let is_whole = |stage: &StageProgress| stage.done && (stage.tasks, stage.completed_tasks) == (4, 4);
        assert!(last.stages.iter().any(is_whole), "{last:?}");
        assert!(last.stages.iter().all(|stage| stage.completed_tasks <= stage.tasks), "{last:?}");
        assert!(last.stages.len() > 1, "{last:?}");
    }
}

#[tokio::test]
async fn a_statement_is_told_of_too() {
    let engine = Engine::from_env();
    let drv = talkative(&engine);
    let table = engine.unique("told");
    let (heard, listen) = listener();
    let format = engine.table_format();
    let sql = format!("CREATE TABLE {table} {format} AS SELECT id FROM range(0, 3000000, 1, 4)");
    drv.exec(sql).on_progress(listen).await.unwrap();
    let most = told(&engine, &heard).into_iter().flat_map(|said| said.stages).map(|stage| stage.tasks).max();
    assert_eq!(most.is_some_and(|tasks| tasks >= 4), engine.has(Ability::Progress), "{most:?}");
}
