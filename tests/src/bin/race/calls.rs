//! Many small calls on one warm session.

use lakeorm::{Client, query, query_first};
use lakeorm_tests::engine::Engine;

use crate::figures::Figures;
use crate::load;
use crate::raw::{self, Raw};
use crate::windows::Windows;

/// `lakeorm` sends the same plan as the others, `lakeorm, first row` a limit around it.
pub(crate) const RUNNERS: [&str; 4] = ["raw", "raw, reattachable", "lakeorm", FIRST];

const FIRST: &str = "lakeorm, first row";

/// How many at once.
pub(crate) const TASKS: [usize; 3] = [1, 8, 32];

pub(crate) const SQL: &str = "SELECT 1 AS one";

/// So many tasks, each with one call under way.
pub(crate) async fn measured(engine: &Engine, runner: &str, tasks: usize) -> Figures {
    if runner.starts_with("lakeorm") {
        let db = Client::new(engine.builder().pool_size(tasks).build().unwrap());
        let first = runner == FIRST;
        return load::run(tasks, move || {
            let db = db.clone();
            async move {
                match first {
                    true => assert_eq!(query_first::<(i32,)>(&db, SQL).await.unwrap(), (1,)),
                    false => assert_eq!(query::<(i32,)>(&db, SQL).await.unwrap(), [(1,)]),
                }
            }
        })
        .await;
    }
    let raw = Raw::connect(engine, runner.contains("reattachable"), Windows::Own).await;
    load::run(tasks, move || {
        let raw = raw.clone();
        async move {
            let mut responses = raw.query(SQL).await;
            let mut rows = 0;
            while let Some(data) = raw::next(&mut responses).await {
                rows += raw::decoded(&data).map(|batch| batch.num_rows()).sum::<usize>();
            }
            assert_eq!(rows, 1);
        }
    })
    .await
}
