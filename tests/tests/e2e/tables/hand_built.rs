//! Plans that are made by hand, of each kind: committed they write their rows, and aborted or dropped they leave nothing behind.

use std::path::{Path, PathBuf};

use lakeorm::encode::record_batch;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, Command, DirectIngest, ExecutionPlan, LakeRow, LakeTable, Schema, StagedRows};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::files;

use super::executed::{views, wait_for_no_views};
use super::staged::{Staging, count};
use super::{one_or_all, rows};

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Row {
    id: i64,
    text: String,
}

/// A row of the plan of this kind.
fn row(id: i64, plan: &str) -> Row {
    Row { id, text: format!("{plan} {id}") }
}

const PLANS: [&str; 4] = ["sql", "direct", "append", "merge"];

/// A plan of this kind, which writes two rows: those of the next ids, but for a merge, whose first is there.
fn plan(kind: &str, table: &str, files: &[PathBuf]) -> ExecutionPlan {
    let view = format!("lakeorm_by_hand_{kind}");
    let columns = "(id, text) SELECT s.id AS id, s.text AS text FROM";
    let addresses: Vec<String> = files.iter().map(|file| format!("file://{}", file.display())).collect();
    let schema: Schema = "id BIGINT, text STRING, _lakeorm_row BIGINT".parse().unwrap();
    let staged = |statement: String| StagedRows::new(addresses, schema, 2, &view, Command::from(statement));
    match kind {
        "sql" => {
            let rows = "SELECT 1L AS id, 'sql 1' AS text UNION ALL SELECT 2L AS id, :text AS text";
            let statement = Command::from(format!("INSERT INTO {table} {columns} ({rows}) AS s"));
            ExecutionPlan::Sql(statement.bind_named("text", "sql 2"))
        }
        "direct" => {
            let batch = record_batch(&[row(3, kind), row(4, kind)]).unwrap();
            let statement = Command::from(format!("INSERT INTO {table} {columns} {view} AS s"));
            ExecutionPlan::DirectIngest(DirectIngest::new(vec![batch], &view, statement))
        }
        "append" => ExecutionPlan::StagedAppend(staged(format!("INSERT INTO {table} {columns} {view} AS s"))),
        _ => {
            let merge = format!(
                "MERGE INTO {table} AS t USING {view} AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET t.text = s.text \
                 WHEN NOT MATCHED THEN INSERT (id, text) VALUES (s.id, s.text)"
            );
            ExecutionPlan::StagedMerge(staged(merge).distinct(vec!["id".into()]))
        }
    }
}

/// Has the engine write the rows that a plan reads from files.
async fn files_of(drv: &SparkDriver, kind: &str, directory: &Path) -> Vec<PathBuf> {
    let first = match kind {
        "append" => 5,
        "merge" => 6,
        _ => return Vec::new(),
    };
    let [row, next] = [0, 1].map(|at| format!("({}L, '{kind} {}', {at}L)", first + at, first + at));
    let rows = drv.sql(format!("SELECT * FROM VALUES {row}, {next} AS t(id, text, _lakeorm_row)"));
    let directory = directory.join(kind);
    rows.write().format("parquet").save(directory.display().to_string()).await.unwrap();
    let is_parquet = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "parquet");
    files(&directory).into_iter().filter(is_parquet).collect()
}

#[tokio::test]
async fn plans_of_every_kind_write_when_they_are_committed_and_leave_nothing_when_they_are_not() {
    let staging = Staging::new("by_hand");
    let format = one_or_all(1)[0];
    let confs = Engine::from_env().builder().session_conf("spark.sql.catalog.ice.cache-enabled", "false");
    // One session, so that whoever asks it waits for what is taken away behind a drop.
    let drv = confs.pool_size(1).build().unwrap();
    let (db, table) = (Client::new(drv.clone()), format.table("written.by_hand"));
    db.exec(format!("CREATE DATABASE IF NOT EXISTS {}", format.table("written"))).await.unwrap();
    db.exec(format!("CREATE TABLE {table} (id BIGINT, text STRING) USING {}", format.name())).await.unwrap();
    let mut landed = 0;
    for kind in PLANS {
        let staged = files_of(&drv, kind, &staging.directory).await;
        drv.execute(plan(kind, &table, &staged)).await.unwrap().abort().await.unwrap();
        drop(drv.execute(plan(kind, &table, &staged)).await.unwrap());
        wait_for_no_views(&drv, kind).await;
        assert_eq!(count(&db, &table).await, landed, "{kind}");
        drv.execute(plan(kind, &table, &staged)).await.unwrap().commit().await.unwrap();
        assert_eq!(views(&drv).await, [""; 0], "{kind}");
        landed += if kind == "merge" { 1 } else { 2 };
        assert!(staged.iter().all(|file| file.exists()), "{kind}: the files are the caller's");
    }
    let kinds = ["sql", "sql", "direct", "direct", "append", "merge", "merge"];
    let expected: Vec<Row> = (1..).zip(kinds).map(|(id, kind)| row(id, kind)).collect();
    assert_eq!(rows::<Row>(&db, &table, "id").await, expected);
    db.exec(format!("DROP TABLE {table}")).await.unwrap();
}
