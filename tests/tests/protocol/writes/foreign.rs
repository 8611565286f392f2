//! Writes over a driver that is none of ours: what it is handed, and what it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use chrono::{DateTime, Utc};
use futures::{FutureExt, StreamExt, stream};
use lakeorm::dialect::Delta;
use lakeorm::object_store::ObjectStore;
use lakeorm::object_store::memory::InMemory;
use lakeorm::{
    Backend, Client, Command, DirectIngest, Driver, Error, ErrorKind, ExecutionPlan, LakeTable, Merge,
    ServerError, StagedRows, Values, WritePath, open,
};

use super::columns;
use super::memory::{Memory, Reader, Told, backend, ingest_id, stored};
use crate::setup::{ids, numbers, soon};

#[derive(LakeTable)]
#[lake(table = "t")]
struct Row {
    #[lake(merge_key)]
    id: i64,
}

/// The driver as a program has it that chooses one at run time.
fn client(memory: &Memory) -> Client {
    let drv: Arc<dyn Driver> = Arc::new(memory.clone());
    open(drv, Delta::new(), Backend::none()).unwrap()
}

/// The one plan that was carried out, which has its rows with it.
fn direct(memory: &Memory) -> DirectIngest {
    let mut plans = memory.carried_out();
    assert_eq!(plans.len(), 1, "{plans:?}");
    match plans.pop() {
        Some(ExecutionPlan::DirectIngest(rows)) => rows,
        other => panic!("its rows were to travel with it: {other:?}"),
    }
}

#[tokio::test]
async fn a_driver_of_ones_own_is_handed_the_rows_of_an_insert_in_its_batches_and_the_id_of_the_write() {
    let memory = Memory::new(columns());
    let db = client(&memory);
    let rows = [1, 2, 3].map(|id| Row { id });
    let two = 2.try_into().unwrap();
    let written = soon(db.insert(&rows).batch_size(two).into_future()).await.unwrap();
    assert_eq!((written.rows(), written.path(), written.retries()), (3, WritePath::Direct, 0));
    assert_eq!(memory.told(), [Told::Rows, Told::Commit, Told::Removal]);
    let sent = direct(&memory);
    assert_eq!(sent.batches.iter().map(ids).collect::<Vec<_>>(), [vec![1, 2], vec![3]]);
    let begins = "INSERT INTO t (id, _ingest_id) SELECT s.id AS id, :ingest_id AS _ingest_id FROM ";
    assert_eq!(sent.statement.sql(), format!("{begins}{} AS s", sent.view));
    assert_eq!(ingest_id(sent.statement.arguments()), Some(written.ingest_id().to_string()));
    soon(db.close()).await.unwrap();
}

#[tokio::test]
async fn a_driver_of_ones_own_is_handed_a_merge_and_says_itself_whether_its_rows_are_there() {
    let memory = Memory::new(columns());
    let db = client(&memory);
    let rows = [1, 2].map(|id| Row { id });
    let mut paths = Vec::new();
    for _ in 0..2 {
        let written = soon(db.merge(&rows).idempotency_key("k").into_future()).await.unwrap();
        paths.push((written.path(), written.ingest_id()));
    }
    let id = paths[0].1;
    assert_eq!(paths, [(WritePath::Direct, id), (WritePath::AlreadyThere, id)]);
    assert_eq!(memory.told(), [Told::Rows, Told::Commit, Told::Removal]);
    let sent = direct(&memory);
    assert_eq!(sent.batches.iter().map(ids).collect::<Vec<_>>(), [vec![1, 2]]);
    let statement = sent.statement.sql();
    let begins = format!("MERGE INTO t AS t USING (SELECT * FROM {} AS r WHERE NOT EXISTS", sent.view);
    assert!(statement.starts_with(&begins) && statement.contains(" ON t.id = s.id "), "{statement}");
    assert_eq!(ingest_id(sent.statement.arguments()), Some(id.to_string()));
    let application = ("spark.databricks.delta.write.txnAppId".to_owned(), format!("lakeorm-{id}"));
    assert!(sent.statement.confs().contains(&application), "{:?}", sent.statement.confs());
    soon(db.close()).await.unwrap();
}

#[tokio::test]
async fn a_migration_creates_a_table_that_a_driver_of_ones_own_says_is_missing() {
    let memory = Memory::new(columns()).without_table();
    let db = client(&memory);
    let error = soon(db.insert(&[Row { id: 1 }]).into_future()).await.unwrap_err();
    assert!(error.is_table_not_found() && error.is_schema_mismatch(), "{error}");
    let migration = soon(db.migrate::<Row>().into_future()).await.unwrap();
    assert!(migration.is_created(), "{migration:?}");
    let executed = memory.executed();
    assert_eq!(executed.len(), 1, "{executed:?}");
    assert!(executed[0].starts_with("CREATE TABLE IF NOT EXISTS t (id BIGINT"), "{executed:?}");
    soon(db.insert(&[Row { id: 1 }]).into_future()).await.unwrap();
    soon(db.close()).await.unwrap();
}

#[tokio::test]
async fn a_conflict_of_a_driver_of_ones_own_is_sent_again_and_another_failure_is_not() {
    let memory = Memory::new(columns());
    let db = client(&memory);
    let refused = |said| Error::new(ErrorKind::Server, "the memory refused it").with_server(said);
    memory.fail(refused(ServerError::new("another was first").commit_conflict()));
    let written = soon(db.insert(&[Row { id: 1 }]).into_future()).await.unwrap();
    assert_eq!(written.retries(), 1);
    assert_eq!(direct(&memory).batches.iter().map(ids).collect::<Vec<_>>(), [vec![1]]);
    memory.fail(refused(ServerError::new("not here").permission_denied()));
    let error = soon(db.insert(&[Row { id: 1 }]).into_future()).await.unwrap_err();
    assert!(error.is_permission_denied() && !error.is_commit_conflict(), "{error}");
    assert_eq!(memory.carried_out().len(), 0);
    soon(db.close()).await.unwrap();
}

#[tokio::test]
async fn what_a_driver_may_have_written_is_not_written_again_unseen() {
    for kind in [ErrorKind::Unavailable, ErrorKind::SessionLost, ErrorKind::ClusterNotReady] {
        let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let memory = Memory::new(columns());
        let db = open(memory.clone(), Delta::new(), backend(Arc::clone(&objects))).unwrap();
        let lost = || Error::new(kind, "the answer was lost").not_retryable();
        memory.fail(lost());
        let error = soon(db.insert(&[Row { id: 1 }]).into_future()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
        assert!(error.to_string().contains("in the column _ingest_id of t"), "{error}");
        assert_eq!(memory.told(), [Told::Rows, Told::Commit, Told::Removal]);
        // A statement that may still run finds its files.
        memory.fail(lost());
        let error = soon(db.insert(&[Row { id: 1 }]).staged().into_future()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
        assert_ne!(stored(&objects).await, 0);
        assert_eq!(memory.carried_out().len(), 0);
        // With a key it is written again after a look, which finds nothing.
        memory.fail(lost());
        let insert = db.insert(&[Row { id: 1 }]).idempotency_key("k").into_future();
        let written = soon(insert).await.unwrap();
        assert_eq!((written.retries(), memory.carried_out().len()), (1, 1));
        soon(db.close()).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_driver_says_was_not_sent_is_written_again() {
    for kind in [ErrorKind::Unavailable, ErrorKind::SessionLost] {
        let memory = Memory::new(columns());
        let db = client(&memory);
        memory.fail(Error::new(kind, "nothing was sent"));
        soon(db.insert(&[Row { id: 1 }]).into_future()).await.unwrap();
        assert_eq!(memory.carried_out().len(), 1);
        soon(db.close()).await.unwrap();
    }
}

#[derive(LakeTable)]
#[lake(table = "t")]
struct Stamped {
    id: i64,
    #[lake(updated_at)]
    changed: DateTime<Utc>,
}

#[tokio::test]
async fn the_time_of_a_write_is_bound_and_its_column_is_not_among_the_rows() {
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("changed", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false),
        Field::new("_ingest_id", DataType::Utf8, true),
    ];
    let memory = Memory::new(RecordBatch::new_empty(Arc::new(Schema::new(fields))));
    let db = client(&memory);
    let rows = [Stamped { id: 1, changed: DateTime::UNIX_EPOCH }];
    soon(db.insert(&rows).into_future()).await.unwrap();
    let sent = direct(&memory);
    let names: Vec<String> =
        sent.batches[0].schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["id"]);
    let Values::Named(values) = sent.statement.arguments().values() else { panic!("values have names") };
    assert_eq!(values.keys().collect::<Vec<_>>(), ["ingest_id", "written_at"]);
    let statement = sent.statement.sql();
    let values = "s.id AS id, :written_at AS changed, :ingest_id AS _ingest_id";
    assert!(statement.contains(values), "{statement}");
    soon(db.close()).await.unwrap();
}

#[derive(LakeTable)]
#[lake(table = "t")]
struct Changed {
    #[lake(merge_key)]
    id: i64,
    note: String,
    size: i64,
    #[lake(updated_at)]
    changed: DateTime<Utc>,
}

/// A merge of this one row, and what follows its condition in the statement.
async fn merged(options: fn(Merge<'_, Changed>) -> Merge<'_, Changed>) -> String {
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("note", DataType::Utf8, false),
        Field::new("size", DataType::Int64, false),
        Field::new("changed", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false),
        Field::new("_ingest_id", DataType::Utf8, true),
    ];
    let memory = Memory::new(RecordBatch::new_empty(Arc::new(Schema::new(fields))));
    let db = client(&memory);
    let rows = [Changed { id: 1, note: "a".into(), size: 2, changed: DateTime::UNIX_EPOCH }];
    soon(options(db.merge(&rows)).into_future()).await.unwrap();
    soon(db.close()).await.unwrap();
    let statement = direct(&memory).statement.sql().to_owned();
    let (_, clauses) = statement.split_once(" ON t.id = s.id ").unwrap();
    clauses.to_owned()
}

#[tokio::test]
async fn a_merge_stamps_the_rows_that_it_updates_whichever_columns_it_names_and_inserts_unless_told_not_to() {
    let updates = "WHEN MATCHED THEN UPDATE SET";
    let stamps = "t.changed = :written_at, t._ingest_id = :ingest_id";
    let inserts = "WHEN NOT MATCHED THEN INSERT (id, note, size, changed, _ingest_id) \
                   VALUES (s.id, s.note, s.size, :written_at, :ingest_id)";
    let all = format!("{updates} t.note = s.note, t.size = s.size, {stamps}");
    assert_eq!(merged(|merge| merge).await, format!("{all} {inserts}"));
    assert_eq!(
        merged(|merge| merge.update(["note"])).await,
        format!("{updates} t.note = s.note, {stamps} {inserts}")
    );
    assert_eq!(merged(|merge| merge.update_only()).await, all);
    assert_eq!(
        merged(|merge| merge.insert_only()).await,
        format!("WHEN MATCHED AND false THEN DELETE {inserts}")
    );
}

#[tokio::test]
async fn a_driver_of_ones_own_gets_the_addresses_of_staged_rows_and_what_has_to_differ_in_them() {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let memory = Memory::new(columns());
    let db = open(memory.clone(), Delta::new(), backend(Arc::clone(&objects))).unwrap();
    let rows = [1, 2, 3].map(|id| Row { id });
    let one = 1.try_into().unwrap();
    let insert = soon(db.insert(&rows).staged().part_size(0).batch_size(one).into_future()).await.unwrap();
    let merge = soon(db.merge(&rows).staged().into_future()).await.unwrap();
    assert_eq!((insert.path(), merge.path()), (WritePath::Staged, WritePath::Staged));
    let plans = memory.carried_out();
    let [ExecutionPlan::StagedAppend(appended), ExecutionPlan::StagedMerge(merged)] = plans.as_slice() else {
        panic!("two plans with files: {plans:?}");
    };
    let names = |rows: &StagedRows| -> Vec<String> {
        rows.schema.fields().iter().map(|field| field.name.clone()).collect()
    };
    assert_eq!((appended.files.len(), appended.rows, names(appended)), (3, 3, vec!["id".to_owned()]));
    assert!(appended.distinct.is_empty());
    for (number, file) in appended.files.iter().enumerate() {
        assert!(file.starts_with("memory:///lake/staging/"), "{file}");
        assert!(file.ends_with(&format!("/part-0000{number}.parquet")), "{file}");
    }
    assert_eq!((merged.files.len(), merged.rows), (1, 3));
    assert_eq!(names(merged), ["id", "_lakeorm_row"]);
    assert_eq!(merged.distinct, ["id"]);
    assert_eq!(stored(&objects).await, 0, "files are removed by whoever made them");
    soon(db.close()).await.unwrap();
}

#[tokio::test]
async fn an_execution_that_is_aborted_or_dropped_has_its_rows_removed_and_its_statement_never_run() {
    for is_aborted in [true, false] {
        let memory = Memory::new(columns());
        let drv: Arc<dyn Driver> = Arc::new(memory.clone());
        let statement = Command::from("INSERT INTO t SELECT id, NULL FROM rows_to_write");
        let rows = DirectIngest::new(vec![numbers(0..3)], "rows_to_write", statement);
        let execution = soon(drv.execute(ExecutionPlan::DirectIngest(rows))).await.unwrap();
        assert_eq!(memory.told(), [Told::Rows]);
        if is_aborted {
            soon(execution.abort()).await.unwrap();
        } else {
            drop(execution);
            memory.wait_for(Told::Removal).await;
        }
        assert_eq!(memory.told(), [Told::Rows, Told::Removal]);
        assert!(memory.carried_out().is_empty());
    }
}

#[tokio::test]
async fn a_write_that_is_dropped_while_its_statement_runs_has_its_rows_removed() {
    let memory = Memory::stuck(columns());
    let db = client(&memory);
    tokio::select! {
        written = async { db.insert(&[Row { id: 1 }]).await } => panic!("its statement never ends: {written:?}"),
        () = memory.wait_for(Told::Commit) => {}
    }
    memory.wait_for(Told::Removal).await;
    assert_eq!(memory.told(), [Told::Rows, Told::Commit, Told::Removal]);
    assert!(memory.carried_out().is_empty());
    soon(db.close()).await.unwrap();
}

#[test]
fn files_outside_of_a_runtime_are_refused_before_they_are_stored() {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let memory = Memory::new(columns());
    let db = open(memory.clone(), Delta::new(), backend(Arc::clone(&objects))).unwrap();
    let rows = [Row { id: 1 }];
    let refused = db.insert(&rows).staged().into_future().now_or_never().unwrap();
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::NoRuntime);
    assert_eq!((memory.told(), stored(&objects).now_or_never()), (vec![], Some(0)));
}

#[derive(LakeTable)]
#[lake(table = "t")]
struct Text<'r> {
    text: &'r str,
}

#[tokio::test]
async fn large_rows_of_a_slice_end_a_staged_file_by_their_bytes() {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let fields = ["text", "_ingest_id"].map(|name| Field::new(name, DataType::Utf8, name != "text"));
    let memory = Memory::new(RecordBatch::new_empty(Arc::new(Schema::new(fields.to_vec()))));
    let db = open(memory.clone(), Delta::new(), backend(objects)).unwrap();
    let text = "x".repeat(100 << 10);
    let rows: Vec<Text<'_>> = (0..400).map(|_| Text { text: &text }).collect();
    let written = soon(db.insert(&rows).part_size(0).into_future()).await.unwrap();
    assert_eq!((written.rows(), written.path()), (400, WritePath::Staged));
    match memory.carried_out().pop() {
        // A file of no bytes is a batch, and one of about 8 MiB has 82 such rows.
        Some(ExecutionPlan::StagedAppend(staged)) => assert!(staged.files.len() >= 5, "{staged:?}"),
        other => panic!("its rows were to be staged: {other:?}"),
    }
    soon(db.close()).await.unwrap();
}

#[tokio::test]
async fn a_driver_that_takes_no_rows_is_found_out_before_one_is_encoded() {
    let drv: Arc<dyn Driver> = Arc::new(Reader(Memory::new(columns())));
    let db = open(drv, Delta::new(), Backend::none()).unwrap();
    let (rows, taken, told) = ([Row { id: 1 }], AtomicUsize::new(0), AtomicUsize::new(0));
    let streamed = stream::iter([Ok(Row { id: 1 })]).inspect(|_| _ = taken.fetch_add(1, Ordering::Relaxed));
    let count = |_| _ = told.fetch_add(1, Ordering::Relaxed);
    for refused in [
        soon(db.insert(&rows).on_progress(count).into_future()).await,
        soon(db.merge(&rows).direct().on_progress(count).into_future()).await,
        soon(db.insert_stream(streamed).on_progress(count).into_future()).await,
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.to_string(), "the driver \"memory\" does not support direct ingest");
    }
    // Whether there is a row, a stream says by its first.
    assert_eq!((taken.into_inner(), told.into_inner()), (1, 0));
    soon(db.close()).await.unwrap();
}

#[tokio::test]
async fn no_rows_are_written_by_a_driver_that_takes_none() {
    let db = open(Reader(Memory::new(columns())), Delta::new(), Backend::none()).unwrap();
    let none: [Row; 0] = [];
    for written in [
        soon(db.insert(&none).into_future()).await,
        soon(db.merge(&none).direct().into_future()).await,
        soon(db.insert_stream(stream::empty::<lakeorm::Result<Row>>()).into_future()).await,
    ] {
        assert_eq!(written.unwrap().path(), WritePath::Nothing);
    }
    soon(db.close()).await.unwrap();
}

#[tokio::test]
async fn a_driver_that_takes_no_rows_is_named_with_what_it_lacks_and_nothing_is_stored() {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let memory = Memory::new(columns());
    let drv: Arc<dyn Driver> = Arc::new(Reader(memory.clone()));
    let db = open(drv, Delta::new(), backend(Arc::clone(&objects))).unwrap();
    let rows = [Row { id: 1 }];
    for (refused, lacks) in [
        (soon(db.insert(&rows).into_future()).await, "direct ingest"),
        (soon(db.merge(&rows).into_future()).await, "direct ingest"),
        (soon(db.insert(&rows).staged().into_future()).await, "staged ingest"),
        (soon(db.merge(&rows).staged().into_future()).await, "staged ingest"),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        let told = error.to_string();
        assert!(told.contains("\"memory\"") && told.contains(lacks), "{told}");
    }
    assert_eq!((memory.told(), stored(&objects).await), (vec![], 0));
    soon(db.close()).await.unwrap();
}
