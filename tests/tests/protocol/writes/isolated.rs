//! Iceberg tables in which merges are not checked against rows that others insert meanwhile, and those whose commits may
//! go to a branch.

use lakeorm::dialect::Iceberg;
use lakeorm::{Backend, Client, ErrorKind, LakeTable, WritePath, Written, open};
use lakeorm_tests::fake::{Exchange, Fake, on};

use super::{dropped, ice, statement, told, view};
use crate::setup::{driver, numbers, soon};

#[derive(LakeTable)]
#[lake(table = "t")]
struct Row {
    #[lake(merge_key)]
    id: i64,
}

fn client(fake: &Fake) -> Client {
    open(driver(fake), Iceberg::new().catalog("ice"), Backend::none()).unwrap()
}

fn look() -> [Exchange; 2] {
    [ice::refresh(), ice::look()]
}

/// The description of a table with these properties.
fn describe(properties: &str) -> Exchange {
    let lines =
        [("# Detailed Table Information", ""), ("Provider", "iceberg"), ("Table Properties", properties)];
    on("DESCRIBE TABLE EXTENDED ice.t").answer([told(&lines)])
}

fn writes(begins: &'static str) -> [Exchange; 3] {
    [view().answer([]), statement(begins).answer([]), dropped()]
}

/// What is looked for in snapshots and rows.
fn nothing_found() -> [Exchange; 2] {
    [ice::refresh(), statement("SELECT 1 AS found FROM ice.t").answer([numbers(0..0)])]
}

fn type_of_id() -> Exchange {
    on("DESCRIBE TABLE ice.t _ingest_id").answer([numbers(0..0)])
}

const UNCHECKED: &str =
    "[format=iceberg/parquet,write.merge.isolation-level=SNAPSHOT,write.format.default=orc]";
const CHECKED: &str = "[format=iceberg/parquet,write.merge.isolation-level=serializable]";

#[tokio::test]
async fn a_merge_and_a_write_with_a_key_are_refused_where_none_of_them_is_checked_and_an_append_is_not() {
    let script = look().into_iter().chain([describe(UNCHECKED)]);
    let script = script.chain(look()).chain([describe(UNCHECKED)]);
    // That it is one of Iceberg's is known by now, and an append wants to know no more.
    let script = script.chain(look()).chain(writes("INSERT INTO ice.t (id, _ingest_id) SELECT"));
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let rows = [Row { id: 1 }];
    for error in [
        soon(async { db.merge(&rows).await }).await.unwrap_err(),
        soon(async { db.insert(&rows).idempotency_key("k").await }).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let told = error.to_string();
        assert!(
            told.starts_with("the table ice.t has the property write.merge.isolation-level = SNAPSHOT"),
            "{told}"
        );
        let set = "ALTER TABLE ice.t SET TBLPROPERTIES ('write.merge.isolation-level' = 'serializable')";
        assert!(told.contains("nothing was written") && told.ends_with(set), "{told}");
    }
    soon(async { db.insert(&rows).await }).await.unwrap();
    soon(db.close()).await.unwrap();
    assert_eq!(fake.descriptions(), 0);
    fake.finish();
}

#[tokio::test]
async fn a_table_whose_merges_are_checked_is_asked_for_it_once() {
    // With the property that says so, or without one.
    for properties in [CHECKED, "[format=iceberg/parquet]"] {
        let merge = || writes("MERGE INTO ice.t AS t USING");
        let script = look().into_iter().chain([describe(properties)]).chain(merge()).chain(look());
        let script = script.chain([type_of_id()]).chain(nothing_found()).chain(merge());
        let fake = Fake::start(script).await;
        let db = client(&fake);
        let rows = [Row { id: 1 }];
        soon(async { db.merge(&rows).await }).await.unwrap();
        soon(async { db.insert(&rows).idempotency_key("k").await }).await.unwrap();
        soon(db.close()).await.unwrap();
        assert_eq!(fake.descriptions(), 0);
        fake.finish();
    }
}

#[tokio::test]
async fn a_table_that_was_appended_to_is_asked_again_before_a_merge_if_its_merges_were_not_checked() {
    let append = || writes("INSERT INTO ice.t (id, _ingest_id) SELECT");
    let script = look().into_iter().chain([describe(UNCHECKED)]).chain(append());
    let script = script.chain(look()).chain([describe(CHECKED)]).chain(writes("MERGE INTO ice.t AS t USING"));
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let rows = [Row { id: 1 }];
    soon(async { db.insert(&rows).await }).await.unwrap();
    soon(async { db.merge(&rows).await }).await.unwrap();
    soon(db.close()).await.unwrap();
    assert_eq!(fake.descriptions(), 0);
    fake.finish();
}

/// No query shows its rows until it is published. The snapshots of branches are among those of the table too.
#[tokio::test]
async fn a_write_that_a_session_has_staged_is_found_by_its_key() {
    let looked = |rows| {
        let staged = "SELECT 1 AS found FROM ice.t.snapshots WHERE summary['wap.id'] IS NOT NULL AND \
                      summary['lakeorm-wap-ingest-id'] = :ingest_id UNION ALL SELECT 1 AS found FROM ice.t WHERE \
                      _ingest_id = :ingest_id LIMIT 1";
        [ice::refresh(), on(staged).whatever_values().answer([numbers(0..rows)])]
    };
    let branched = "[format=iceberg/parquet,write.wap.enabled=TRUE,write.format.default=orc]";
    let script = look().into_iter().chain([describe(branched), type_of_id()]).chain(looked(0));
    let script = script.chain(writes("MERGE INTO ice.t AS t USING"));
    // The second time that is known.
    let fake = Fake::start(script.chain(look()).chain(looked(1))).await;
    let db = client(&fake);
    let mut written = Vec::new();
    for _ in 0..2 {
        let insert = db.insert(&[Row { id: 1 }]).idempotency_key("k").into_future();
        written.push(soon(insert).await.unwrap());
    }
    assert_eq!(
        written.iter().map(Written::path).collect::<Vec<_>>(),
        [WritePath::Direct, WritePath::AlreadyThere]
    );
    let confs = fake.sent("Config").into_iter().flat_map(|request| request.confs_set());
    let ids: Vec<_> = confs.filter(|(conf, _)| conf.contains("ingest-id")).collect();
    let conf = "spark.sql.iceberg.snapshot-property.lakeorm-wap-ingest-id".to_owned();
    assert_eq!(ids, [(conf, written[0].ingest_id().to_string())]);
    soon(db.close()).await.unwrap();
    assert_eq!(fake.descriptions(), 0);
    fake.finish();
}
