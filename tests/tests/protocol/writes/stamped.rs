//! Writes with a key to Iceberg tables, whose snapshots have the ingest id.

use std::time::Duration;

use lakeorm::dialect::Iceberg;
use lakeorm::spark::SparkDriver;
use lakeorm::{Backend, Client, Driver, LakeTable, Result, WritePath, Written, open};
use lakeorm_tests::fake::{Exchange, Failure, Fake, on};
use uuid::Uuid;

use super::ice::{look, refresh};
use super::{columns, dropped, later, statement, view};
use crate::setup::{driver, numbers, soon};

const PROPERTY: &str = "spark.sql.iceberg.snapshot-property.lakeorm-ingest-id";
const ROWS: &str = "SELECT 1 AS found FROM ice.t WHERE _ingest_id = :ingest_id LIMIT 1";
const BOTH: &str = "SELECT 1 AS found FROM ice.t.snapshots WHERE summary['lakeorm-ingest-id'] = :ingest_id \
                    UNION ALL SELECT 1 AS found FROM ice.t WHERE _ingest_id = :ingest_id LIMIT 1";

#[derive(LakeTable)]
#[lake(table = "t")]
struct Row {
    #[lake(merge_key)]
    id: i64,
}

fn client(drv: impl Driver) -> Client {
    open(drv, Iceberg::new().catalog("ice"), Backend::none()).unwrap()
}

async fn merged(db: &Client) -> Result<Written> {
    soon(db.merge(&[Row { id: 1 }]).idempotency_key("k").into_future()).await
}

fn found(query: &str) -> Exchange {
    on(query).whatever_values()
}

fn merge() -> Exchange {
    statement("MERGE INTO ice.t AS t USING")
}

/// The ids that snapshots were to have, and how often that was taken back.
fn stamped(fake: &Fake) -> (Vec<String>, usize) {
    let confs = fake.sent("Config");
    let set = confs.iter().filter_map(|request| request.confs_set().get(PROPERTY).cloned());
    (set.collect(), confs.iter().filter(|request| request.confs_unset() == [PROPERTY]).count())
}

#[tokio::test]
async fn a_table_is_asked_for_its_snapshots_and_its_rows_at_once() {
    for (rows, path) in [(1, WritePath::AlreadyThere), (0, WritePath::Direct)] {
        let mut script = vec![refresh(), look(), refresh(), found(BOTH).answer([numbers(0..rows)])];
        if path == WritePath::Direct {
            script.extend([view().answer([]), merge().answer([]), dropped()]);
        }
        let fake = Fake::start(script).await;
        let db = client(driver(&fake));
        let written = merged(&db).await.unwrap();
        assert_eq!(written.path(), path);
        let id = written.ingest_id().to_string();
        let expected = if path == WritePath::Direct { (vec![id], 1) } else { (vec![], 0) };
        assert_eq!(stamped(&fake), expected);
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

/// What has a key counts on one state of the table for its look and its statement.
#[tokio::test]
async fn a_session_whose_rows_took_long_is_refreshed_unless_the_write_has_a_key() {
    for has_key in [false, true] {
        let looked_for = has_key.then(|| [refresh(), found(BOTH).answer([numbers(0..0)])]);
        let refreshed = (!has_key).then(refresh);
        let statement = if has_key { merge() } else { statement("INSERT INTO ice.t (") };
        let script = [refresh(), look()].into_iter().chain(looked_for.into_iter().flatten());
        let script = script.chain([view().stall("rows").answer([])]).chain(refreshed);
        let fake = Fake::start(script.chain([look(), statement.answer([]), dropped()])).await;
        let db = client(driver(&fake));
        let write = tokio::spawn({
            let db = db.clone();
            async move {
                let rows = [Row { id: 1 }];
                let insert = db.insert(&rows);
                if has_key { insert.idempotency_key("k").await } else { insert.await }
            }
        });
        soon(fake.wait_for_nth("ExecutePlan", if has_key { 5 } else { 3 })).await;
        later(Duration::from_secs(6)).await;
        fake.release("rows");
        assert_eq!(soon(write).await.unwrap().unwrap().path(), WritePath::Direct);
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

/// The rows of the other one may all have been written over by then.
#[tokio::test]
async fn what_came_first_of_two_with_one_key_is_found_by_the_other() {
    let conflict =
        Failure::internal("Found conflicting files that can contain records matching true: [a.parquet]")
            .java_classes(&["org.apache.iceberg.exceptions.ValidationException"]);
    let script = [
        refresh(),
        look(),
        refresh(),
        found(BOTH).answer([numbers(0..0)]),
        view().answer([]),
        merge().fail(conflict),
        dropped(),
        refresh(),
        found(BOTH).answer([numbers(0..1)]),
    ];
    let fake = Fake::start(script).await;
    let db = client(driver(&fake));
    let written = merged(&db).await.unwrap();
    assert_eq!(stamped(&fake), (vec![written.ingest_id().to_string()], 1));
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn where_snapshots_are_no_table_rows_alone_are_asked_for() {
    for (class, state) in [
        ("TABLE_OR_VIEW_NOT_FOUND", "42P01"),
        ("REQUIRES_SINGLE_PART_NAMESPACE", "42K05"),
        ("UNSUPPORTED_FEATURE", "0A000"),
    ] {
        let script = [
            refresh(),
            look(),
            refresh(),
            found(BOTH).fail(Failure::spark(class, state)),
            found(ROWS).answer([numbers(0..0)]),
            view().answer([]),
            merge().answer([]),
            dropped(),
        ];
        let fake = Fake::start(script).await;
        let db = client(driver(&fake));
        assert_eq!(merged(&db).await.unwrap().path(), WritePath::Direct, "{class}");
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

/// It would be a guess that nothing is there.
#[tokio::test]
async fn snapshots_that_may_not_be_read_are_the_callers_error_and_nothing_is_written() {
    let denied = Failure::spark("INSUFFICIENT_PERMISSIONS", "42501");
    let fake = Fake::start([refresh(), look(), refresh(), found(BOTH).fail(denied)]).await;
    let db = client(driver(&fake));
    let error = merged(&db).await.unwrap_err();
    assert!(error.is_permission_denied(), "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// A merge that looks for its rows, and stamps nothing.
fn merged_by_rows_alone() -> [Exchange; 7] {
    [
        refresh(),
        look(),
        refresh(),
        found(ROWS).answer([numbers(0..0)]),
        view().answer([]),
        merge().answer([]),
        dropped(),
    ]
}

/// In one of the caller's own nothing is stamped, and what others have stamped is not asked for.
#[tokio::test]
async fn a_session_of_the_callers_own_knows_rows_alone() {
    let fake = Fake::start(merged_by_rows_alone()).await;
    let db = client(soon(driver(&fake).session()).await.unwrap());
    merged(&db).await.unwrap();
    assert_eq!(stamped(&fake), (vec![], 0));
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// Nobody would have stamped anything.
#[tokio::test]
async fn a_server_whose_formats_read_no_confs_is_asked_for_rows_alone() {
    let rows = statement("SELECT 1 AS found FROM ice.t WHERE");
    let script = [look(), rows.answer([numbers(0..1)])];
    let fake = Fake::builder().echoes_session_ids().script(script).start().await;
    let db = client(driver(&fake));
    assert_eq!(merged(&db).await.unwrap().path(), WritePath::AlreadyThere);
    assert_eq!(stamped(&fake), (vec![], 0));
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[derive(LakeTable)]
#[lake(table = "db.t.branch_audit")]
struct Audited {
    #[lake(merge_key)]
    id: i64,
}

/// The snapshots of a branch are told with those of its table, into which the same write may be due.
#[tokio::test]
async fn a_write_to_a_branch_is_neither_stamped_nor_looked_for_in_snapshots() {
    let refresh = || on("REFRESH TABLE ice.db.t.branch_audit").answer([]);
    let rows = "SELECT 1 AS found FROM ice.db.t.branch_audit WHERE _ingest_id = :ingest_id LIMIT 1";
    let script = [
        refresh(),
        on("SELECT * FROM ice.db.t.branch_audit LIMIT 0").answer([columns()]),
        refresh(),
        found(rows).answer([numbers(0..0)]),
        view().answer([]),
        statement("MERGE INTO ice.db.t.branch_audit AS t USING").answer([]),
        dropped(),
    ];
    let fake = Fake::start(script).await;
    let db = client(driver(&fake));
    let merge = db.merge(&[Audited { id: 1 }]).idempotency_key("k").into_future();
    assert_eq!(soon(merge).await.unwrap().path(), WritePath::Direct);
    assert_eq!(stamped(&fake), (vec![], 0));
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// Others may write in it at the same time.
#[tokio::test]
async fn no_snapshot_is_stamped_in_a_session_that_the_connection_string_names() {
    let fake = Fake::start(merged_by_rows_alone()).await;
    let remote = format!("{}/;session_id={}", fake.remote(), Uuid::new_v4());
    let db = client(SparkDriver::remote(remote).unwrap());
    merged(&db).await.unwrap();
    assert_eq!(stamped(&fake), (vec![], 0));
    soon(db.close()).await.unwrap();
    fake.finish();
}
