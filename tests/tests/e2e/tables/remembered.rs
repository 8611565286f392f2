//! Keys of writes that the table itself remembers.

use futures::future::join_all;
use lakeorm::dialect::{Delta, Dialect, Iceberg};
use lakeorm::table::{TableDefinition, TableName};
use lakeorm::{
    Backend, Client, DataType, Driver, ErrorKind, IngestId, LakeRow, LakeTable, Result, WritePath, open,
    query, query_scalar,
};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;

use super::{DATABASE, clients, one_for_each_line, rows};

/// Whether a table of the format knows a write again of which no row is left.
fn remembers(format: Format) -> bool {
    Engine::from_env().has(match format {
        Format::Delta => Ability::RemembersKeys,
        Format::Iceberg { .. } => Ability::StampsSnapshots,
    })
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.written_over")]
struct WrittenOver {
    #[lake(merge_key)]
    id: i64,
    n: i64,
}

#[tokio::test]
async fn a_merge_whose_rows_were_written_over_is_known_by_tables_that_remember_keys_and_by_no_other() {
    for (format, db) in clients().await {
        db.migrate::<WrittenOver>().await.unwrap();
        let table = format.table("written.written_over");
        let both = |n| [WrittenOver { id: 1, n }, WrittenOver { id: 2, n }];
        let first = db.merge(&both(1)).idempotency_key("k").await.unwrap();
        db.merge(&both(2)).await.unwrap();
        let again = db.merge(&both(1)).idempotency_key("k").await.unwrap();
        let (path, left) = match remembers(format) {
            true => (WritePath::AlreadyThere, both(2)),
            false => (WritePath::Direct, both(1)),
        };
        assert_eq!((first.path(), again.path()), (WritePath::Direct, path), "{format:?}");
        assert_eq!(rows::<WrittenOver>(&db, &table, "id").await, left, "{format:?}");
        let other = db.merge(&both(3)).idempotency_key("another").await.unwrap();
        assert_eq!(other.path(), WritePath::Direct);
        assert_eq!(rows::<WrittenOver>(&db, &table, "id").await, both(3), "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.left_no_row")]
struct LeftNoRow {
    #[lake(merge_key)]
    id: i64,
    n: i64,
    gone: bool,
}

/// One that deletes, one that finds nothing to update, and one that finds nothing to insert, each done again after others
/// have written.
#[tokio::test]
async fn a_keyed_merge_that_leaves_no_row_is_known_by_tables_that_remember_keys_and_by_no_other() {
    for (format, db) in clients().await {
        db.migrate::<LeftNoRow>().await.unwrap();
        let table = format.table("written.left_no_row");
        let row = |id, n| LeftNoRow { id, n, gone: false };
        let gone = |id| [LeftNoRow { gone: true, ..row(id, 0) }];
        db.insert(&[row(1, 1), row(2, 1)]).await.unwrap();
        let (deleted, updated, inserted) = (gone(1), [row(3, 2)], [row(2, 2)]);
        let all = async || {
            let delete = db.merge(&deleted).delete_where("gone").idempotency_key("delete").await;
            let update = db.merge(&updated).update_only().idempotency_key("update").await;
            let insert = db.merge(&inserted).insert_only().idempotency_key("insert").await;
            [delete, update, insert].map(|written| written.unwrap().path())
        };
        assert_eq!(all().await, [WritePath::Direct; 3], "{format:?}");
        assert_eq!(rows::<LeftNoRow>(&db, &table, "id").await, [row(2, 1)], "{format:?}");
        db.merge(&gone(2)).delete_where("gone").await.unwrap();
        let others = [row(1, 3), row(3, 3)];
        db.insert(&others).await.unwrap();
        let (path, left) = match remembers(format) {
            true => (WritePath::AlreadyThere, others),
            false => (WritePath::Direct, [row(2, 2), row(3, 2)]),
        };
        assert_eq!(all().await, [path; 3], "{format:?}");
        assert_eq!(rows::<LeftNoRow>(&db, &table, "id").await, left, "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.appended_over")]
struct AppendedOver {
    #[lake(merge_key)]
    id: i64,
    n: i64,
}

#[tokio::test]
async fn an_insert_whose_rows_were_written_over_is_known_by_tables_that_remember_keys_and_by_no_other() {
    for (format, db) in one_for_each_line().await {
        db.migrate::<AppendedOver>().await.unwrap();
        let table = format.table("written.appended_over");
        let row = |n| AppendedOver { id: 1, n };
        db.insert(&[row(1)]).idempotency_key("k").await.unwrap();
        db.merge(&[row(2)]).await.unwrap();
        let again = db.insert(&[row(1)]).idempotency_key("k").await.unwrap();
        let (path, left) = match remembers(format) {
            true => (WritePath::AlreadyThere, vec![row(2)]),
            false => (WritePath::Direct, vec![row(1), row(2)]),
        };
        assert_eq!(again.path(), path, "{format:?}");
        assert_eq!(rows::<AppendedOver>(&db, &table, "n").await, left, "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.merged_at_once")]
struct MergedAtOnce {
    #[lake(merge_key)]
    id: i64,
    n: i64,
}

/// How many commits of a table are merges that wrote rows. On Iceberg one that finds the rows of the other in the table is
/// a commit too, of nothing.
async fn commits(db: &Client, format: Format, table: &str) -> usize {
    /// What a Delta table tells of one of its commits.
    #[derive(Debug, LakeRow)]
    struct Commit {
        operation: String,
    }

    if format == Format::Delta {
        let history = query::<Commit>(db, format!("DESCRIBE HISTORY {table}")).await.unwrap();
        return history.iter().filter(|commit| commit.operation == "MERGE").count();
    }
    let stamped = format!(
        "SELECT count(*) FROM {table}.snapshots WHERE summary['lakeorm-ingest-id'] = '{}' \
         AND summary['added-records'] > 0",
        IngestId::of_key("a")
    );
    query_scalar::<i64>(db, stamped).await.unwrap().try_into().unwrap()
}

#[tokio::test]
async fn merges_with_one_key_at_the_same_time_land_once() {
    let both = Engine::from_env().has(Ability::KeepsSessions);
    for (format, db) in if both { clients().await } else { one_for_each_line().await } {
        db.migrate::<MergedAtOnce>().await.unwrap();
        let table = format.table("written.merged_at_once");
        let batches: Vec<_> =
            (1..=3).map(|n| [MergedAtOnce { id: 0, n }, MergedAtOnce { id: 1, n }]).collect();
        let merges = batches.iter().map(|rows| db.merge(rows).idempotency_key("a").into_future());
        for written in join_all(merges).await {
            written.unwrap();
        }
        let found = rows::<MergedAtOnce>(&db, &table, "id").await;
        assert!(batches.iter().any(|rows| found == rows), "{format:?}: {found:?}");
        if remembers(format) {
            assert_eq!(commits(&db, format, &table).await, 1, "{format:?}");
        }
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.handed_on")]
struct HandedOn {
    #[lake(merge_key)]
    id: i64,
}

/// In a pool of one session, with a view in it by which it is known again.
#[tokio::test]
async fn a_session_is_handed_on_without_the_confs_of_a_write() {
    let engine = Engine::from_env();
    let drv = engine.builder().pool_size(1).build().unwrap();
    let db = open(drv.clone(), Delta::new(), Backend::none()).unwrap();
    db.exec(format!("CREATE DATABASE IF NOT EXISTS {DATABASE}")).await.unwrap();
    let migration = db.migrate::<HandedOn>().await.unwrap();
    assert!(migration.is_created(), "{migration}");
    let mark = "CREATE TEMPORARY VIEW handed_on AS SELECT 1 AS one";
    match Driver::lease(&drv).await.unwrap() {
        Some(leased) => Client::new(leased).exec(mark).await.unwrap(),
        None => db.exec(mark).await.unwrap(),
    };
    let row = [HandedOn { id: 1 }];
    for path in [WritePath::Direct, WritePath::AlreadyThere] {
        assert_eq!(db.merge(&row).idempotency_key("k").await.unwrap().path(), path);
    }
    // Nothing else is taken for a write of that key.
    db.insert(&row).await.unwrap();
    db.exec("INSERT INTO written.handed_on (id, _ingest_id) VALUES (1, NULL)").await.unwrap();
    let count: i64 = query_scalar(&db, "SELECT count(*) FROM written.handed_on").await.unwrap();
    assert_eq!(count, 3);
    if engine.has(Ability::RemembersKeys) {
        db.exec("ALTER TABLE written.handed_on ADD CONSTRAINT few CHECK (id < 10)").await.unwrap();
        let refused = db.merge(&[HandedOn { id: 10 }]).idempotency_key("refused").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Server, "{refused}");
    }
    let session = drv.session().await.unwrap();
    let marks: i64 = session.table("handed_on").count().await.unwrap().try_into().unwrap();
    assert_eq!(marks, 1, "it is the session of the writes");
    let confs =
        session.confs(["txnAppId", "txnVersion"].map(|name| format!("spark.databricks.delta.write.{name}")));
    assert!(confs.await.unwrap().is_empty());
    drop(session);
    db.exec("DROP TABLE written.handed_on").await.unwrap();
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.without_snapshots")]
struct WithoutSnapshots {
    #[lake(merge_key)]
    id: i64,
}

/// Iceberg's words for tables of any format.
#[derive(Debug)]
struct AnyFormat(Iceberg);

impl Dialect for AnyFormat {
    fn name(&self) -> &'static str {
        "any format"
    }

    fn create_table(&self, table: &TableDefinition) -> Result<Vec<String>> {
        self.0.create_table(table)
    }

    fn widens(&self, from: &DataType, to: &DataType) -> bool {
        self.0.widens(from, to)
    }

    fn idempotency_query(&self, table: &TableName) -> Option<String> {
        self.0.idempotency_query(table)
    }
}

/// As Delta's is, which takes any statement for a table of its own.
#[tokio::test]
async fn a_catalog_without_metadata_tables_leaves_it_to_the_rows() {
    let engine = Engine::from_env();
    let delta = Format::Delta.client(&engine);
    delta.exec(format!("CREATE DATABASE IF NOT EXISTS {DATABASE}")).await.unwrap();
    delta.migrate::<WithoutSnapshots>().await.unwrap();
    let db = open(engine.driver(), AnyFormat(Iceberg::new()), Backend::none()).unwrap();
    if !engine.has(Ability::SharedTables) {
        // The table is of the other driver's sessions.
        let error = db.merge(&[WithoutSnapshots { id: 1 }]).idempotency_key("k").await.unwrap_err();
        assert!(error.to_string().contains("without_snapshots"), "{error}");
        delta.exec("DROP TABLE written.without_snapshots").await.unwrap();
        return;
    }
    for path in [WritePath::Direct, WritePath::AlreadyThere] {
        let written = db.merge(&[WithoutSnapshots { id: 1 }]).idempotency_key("k").await.unwrap();
        assert_eq!(written.path(), path);
    }
    delta.exec("DROP TABLE written.without_snapshots").await.unwrap();
}
