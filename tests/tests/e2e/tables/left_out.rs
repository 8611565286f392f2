//! Rows of a struct that has no field for some columns of its table.

use futures::future::join_all;
use lakeorm::{Client, LakeRow, LakeTable, query, query_scalar};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;

use super::{clients, rows};

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.left_out")]
struct LeftOut {
    id: i64,
}

/// What a table tells of one of its commits.
#[derive(Debug, LakeRow)]
struct Commit {
    operation: String,
}

/// How rows got into the table, where it tells and the engine fills columns in tables of the format.
async fn commits(db: &Client, format: Format, table: &str) -> Option<Vec<String>> {
    let engine = Engine::from_env();
    let told = match format {
        Format::Delta if engine.has(Ability::SharedTables) => format!("DESCRIBE HISTORY {table}"),
        Format::Iceberg { catalog: Some(_) } if engine.has(Ability::FunctionsOf(4, 1)) => {
            format!("SELECT operation FROM {table}.snapshots")
        }
        _ => return None,
    };
    let told = query::<Commit>(db, told).await.unwrap().into_iter().map(|commit| commit.operation);
    Some(told.filter(|operation| operation != "CREATE TABLE").collect())
}

/// One row comes first, for the first commits to an empty Iceberg table on Sail.
#[tokio::test]
async fn rows_without_values_for_every_column_are_appended_beside_each_other() {
    for (format, db) in clients().await {
        let table = format.table("written.left_out");
        let columns = "id BIGINT NOT NULL, more STRING, _ingest_id STRING, parts ARRAY<INT>";
        db.exec(format!("CREATE TABLE {table} ({columns}) USING {}", format.name())).await.unwrap();
        db.insert(&[LeftOut { id: 0 }]).await.unwrap();
        let batches: Vec<_> = (1..=3).map(|id| [LeftOut { id }]).collect();
        let written = join_all(batches.iter().map(|rows| db.insert(rows).into_future())).await;
        let retries: u32 = written.into_iter().map(|written| written.unwrap().retries()).sum();
        let found = rows::<LeftOut>(&db, &format!("(SELECT id FROM {table})"), "id").await;
        assert_eq!(found, (0..=3).map(|id| LeftOut { id }).collect::<Vec<_>>(), "{format:?}");
        let filled = format!("SELECT count(*) FROM {table} WHERE more IS NOT NULL OR parts IS NOT NULL");
        assert_eq!(query_scalar::<i64>(&db, filled).await.unwrap(), 0, "{format:?}");
        if let Some(commits) = commits(&db, format, &table).await {
            let append = if format == Format::Delta { "WRITE" } else { "append" };
            assert_eq!((commits, retries), (vec![append.to_owned(); 4], 0), "{format:?}");
        }
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}
