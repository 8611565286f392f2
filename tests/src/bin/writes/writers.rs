//! Eight writers that merge the same rows for a minute.

use std::time::{Duration, Instant};

use lakeorm::{LakeTable, query_first};
use lakeorm_tests::engine::{Ability, Engine};

use crate::{figure, tables};

const WRITERS: i64 = 8;
const TIME: Duration = Duration::from_secs(60);

/// Rows 1 to 4 are every writer's; each merge brings one of its own beside them.
#[derive(LakeTable)]
#[lake(table = "contended_for_long")]
struct Contended {
    #[lake(merge_key)]
    id: i64,
    writer: i64,
    merge: i64,
}

/// Each merge that succeeded is in the table once, and none is there that did not.
pub(crate) async fn writers(engine: &Engine) {
    for format in tables::formats(engine) {
        let columns = "id BIGINT, writer BIGINT, merge BIGINT";
        let (db, table) = tables::client(engine, format, "contended_for_long", columns).await;
        let shared = |writer: i64, merge: i64| (1..=4).map(move |id| Contended { id, writer, merge });
        db.merge(&shared(0, 0).collect::<Vec<_>>()).await.unwrap();
        let begun = Instant::now();
        let mut tasks = Vec::new();
        for writer in 1..=WRITERS {
            let db = match engine.has(Ability::SharedTables) {
                true => tables::client(engine, format, "contended_for_long", columns).await.0,
                false => db.clone(),
            };
            tasks.push(tokio::spawn(async move {
                let (mut merges, mut retries, mut refused) = (0, 0, 0);
                while begun.elapsed() < TIME {
                    let own = Contended { id: (writer << 32) + merges, writer, merge: merges };
                    let rows: Vec<_> = shared(writer, merges).chain([own]).collect();
                    match db.merge(&rows).await {
                        Ok(written) => {
                            merges += 1;
                            retries += u64::from(written.retries());
                        }
                        Err(error) if error.is_commit_conflict() => refused += 1,
                        Err(error) => panic!("{error}"),
                    }
                }
                (writer * merges, merges, retries, refused)
            }));
        }
        let (mut sum, mut merges, mut retries, mut refused) = (0, 0, 0, 0);
        for task in tasks {
            let done = task.await.unwrap();
            (sum, merges) = (sum + done.0, merges + done.1);
            (retries, refused) = (retries + done.2, refused + done.3);
        }
        figure(
            format!("{WRITERS} writers, {}", format.name()),
            format!(
                "{merges} merges in {:.0?}, {retries} conflicts retried, {refused} given up",
                begun.elapsed()
            ),
        );
        let own = format!("SELECT count(*), sum(writer), count(DISTINCT id) FROM {table} WHERE id > 4");
        assert_eq!(query_first::<(i64, i64, i64)>(&db, own).await.unwrap(), (merges, sum, merges));
        assert_eq!(tables::count(&db, &table).await, merges + 4);
        // One merge wrote all of them last, and it is one that succeeded.
        let shared = format!(
            "SELECT count(*), count(DISTINCT writer), count(DISTINCT `merge`), max(writer), max(`merge`) FROM {table} \
             WHERE id <= 4"
        );
        let (rows, writers, numbers, writer, merge) =
            query_first::<(i64, i64, i64, i64, i64)>(&db, shared).await.unwrap();
        assert_eq!((rows, writers, numbers), (4, 1, 1));
        let own =
            format!("SELECT count(*) FROM {table} WHERE id > 4 AND writer = {writer} AND `merge` = {merge}");
        assert_eq!(query_first::<(i64,)>(&db, own).await.unwrap(), (1,));
        assert!(merges > WRITERS, "they stood in each other's way");
    }
}
