//! Tables that others change while rows are on their way to them.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use lakeorm::dialect::Delta;
use lakeorm::{Backend, ErrorKind, IngestId, LakeTable, WritePath, open};
use lakeorm_tests::fake::{Exchange, Failure, Fake, on};

use super::described::{describe, told};
use super::staged::{Disk, counted};
use super::{Keyed, Row, at_once, client, cut, dropped, found, insert, later, look, merge, statement, view};
use crate::setup::{builder, soon};

/// A look at the table, once the type of its column is another.
fn look_at_changed() -> Exchange {
    let fields =
        vec![Field::new("id", DataType::Utf8, false), Field::new("_ingest_id", DataType::Utf8, true)];
    on("SELECT * FROM t LIMIT 0").answer([RecordBatch::new_empty(Arc::new(Schema::new(fields)))])
}

#[tokio::test]
async fn a_table_that_changed_before_the_next_attempt_is_a_mismatch() {
    for changed in [
        Failure::spark("DELTA_METADATA_CHANGED", "2D521"),
        Failure::spark("DELTA_SCHEMA_CHANGE_SINCE_ANALYSIS", "KD007"),
    ] {
        let attempt = [look(), view().answer([]), merge().fail(changed), dropped(), found(0)];
        let fake = Fake::start(attempt.into_iter().chain([look_at_changed()])).await;
        let db = client(&fake);
        let merge = db.merge(&[Keyed { id: 1 }]).conflicts(at_once(3)).into_future();
        let error = soon(merge).await.unwrap_err();
        assert_eq!((error.kind(), error.ingest_id()), (ErrorKind::SchemaMismatch, None), "{error}");
        let told = error.to_string();
        assert!(told.contains("the column \"id\" is STRING in the table and BIGINT in the struct"), "{told}");
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

/// The first attempt may still land.
#[tokio::test]
async fn a_table_changed_after_a_lost_answer_leaves_the_outcome_open() {
    let script = [look(), found(0), view().answer([]), merge().reset(), cut(), dropped(), found(0)];
    let fake = Fake::start(script.into_iter().chain([look_at_changed()])).await;
    let db = client(&fake);
    let merge = db.merge(&[Keyed { id: 1 }]).idempotency_key("k").conflicts(at_once(1)).into_future();
    let error = soon(merge).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert_eq!(error.ingest_id(), Some(IngestId::of_key("k")));
    let origin = error.origin().and_then(|origin| origin.downcast_ref::<lakeorm::Error>()).unwrap();
    assert_eq!(origin.kind(), ErrorKind::SchemaMismatch);
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// In the session that has the rows: there may be no other one.
#[tokio::test]
async fn a_table_is_compared_again_after_rows_took_long_to_hand_over() {
    for is_changed in [true, false] {
        let handed_over = [look(), view().stall("rows").answer([])];
        let rest = match is_changed {
            true => vec![look_at_changed(), dropped()],
            false => vec![look(), insert().answer([]), dropped()],
        };
        let fake = Fake::start(handed_over.into_iter().chain(rest)).await;
        let drv = builder(&fake).pool_size(1).build().unwrap();
        let db = open(drv, Delta::new(), Backend::none()).unwrap();
        let write = tokio::spawn({
            let db = db.clone();
            async move { db.insert(&[Row { id: 1 }]).await }
        });
        soon(fake.wait_for_nth("ExecutePlan", 2)).await;
        later(Duration::from_secs(6)).await;
        fake.release("rows");
        let written = soon(write).await.unwrap();
        match is_changed {
            true => assert_eq!(written.unwrap_err().kind(), ErrorKind::SchemaMismatch),
            false => assert_eq!(written.unwrap().path(), WritePath::Direct),
        }
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

#[derive(LakeTable)]
#[lake(table = "t")]
struct Coded {
    #[lake(merge_key)]
    code: String,
}

fn look_at_codes() -> Exchange {
    let fields =
        vec![Field::new("code", DataType::Utf8, false), Field::new("_ingest_id", DataType::Utf8, true)];
    on("SELECT * FROM t LIMIT 0").answer([RecordBatch::new_empty(Arc::new(Schema::new(fields)))])
}

const TYPE_OF_CODE: &str = "DESCRIBE TABLE t code";

/// What Spark tells of the merge key.
fn typed(data_type: &str) -> Exchange {
    on(TYPE_OF_CODE).answer([type_told(data_type)])
}

/// What Spark tells of one column.
fn type_told(data_type: &str) -> RecordBatch {
    let column = |texts: [&str; 3]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
    let told = [
        ("info_name", column(["col_name", "data_type", "comment"])),
        ("info_value", column(["code", data_type, "NULL"])),
    ];
    RecordBatch::try_from_iter(told).unwrap()
}

/// Taken for a column that is no CHAR, each merge would insert its row again.
#[tokio::test]
async fn a_type_of_a_merge_key_that_was_not_told_is_asked_for_again() {
    let denied = Failure::spark("INSUFFICIENT_PERMISSIONS", "42501");
    let failed = Failure::spark("FAILED_READ_FILE.NO_HINT", "KD001");
    let first = [look_at_codes(), describe().answer([told("delta")]), on(TYPE_OF_CODE).fail(failed)];
    let merged = [view().answer([]), merge().answer([]), dropped()];
    let second = [look_at_codes(), on(TYPE_OF_CODE).fail(denied)].into_iter().chain(merged);
    let third = [look_at_codes(), typed("char(3)")];
    let fake = Fake::start(first.into_iter().chain(second).chain(third)).await;
    let db = client(&fake);
    let rows = [Coded { code: "ab".to_owned() }];
    let mut ended = Vec::new();
    for _ in 0..3 {
        let merged = soon(async { db.merge(&rows).await }).await;
        ended.push(merged.map(|written| written.rows()).map_err(|error| error.kind()));
    }
    assert_eq!(ended, [Err(ErrorKind::Server), Ok(1), Err(ErrorKind::Unsupported)]);
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// Two merges, of which the first alone asks for the type of the key.
async fn merged_twice(type_of_code: Exchange) {
    let merges = || [view().answer([]), merge().answer([]), dropped()];
    let asked = [look_at_codes(), describe().answer([told("delta")]), type_of_code];
    let script = asked.into_iter().chain(merges()).chain([look_at_codes()]).chain(merges());
    let fake = Fake::start(script).await;
    let db = client(&fake);
    for _ in 0..2 {
        let rows = [Coded { code: "ab".to_owned() }];
        soon(async { db.merge(&rows).await }).await.unwrap();
    }
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// As Sail's, which knows no such statement.
#[tokio::test]
async fn an_engine_without_types_of_single_columns_is_asked_once() {
    merged_twice(on(TYPE_OF_CODE).fail(Failure::spark("UNSUPPORTED_FEATURE", "0A000"))).await;
}

/// The refusal of a merge by a key of this type, as the engine tells it.
async fn refused_merge(data_type: &str) -> String {
    let fake = Fake::start([look_at_codes(), describe().answer([told("delta")]), typed(data_type)]).await;
    let db = client(&fake);
    let rows = [Coded { code: "ab".to_owned() }];
    let error = soon(async { db.merge(&rows).await }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    soon(db.close()).await.unwrap();
    fake.finish();
    error.to_string()
}

#[tokio::test]
async fn a_merge_key_that_the_engine_pads_is_refused() {
    let told = refused_merge("char(3)").await;
    assert!(
        told.starts_with("the merge key \"code\" of the table t is char(3), and the engine pads"),
        "{told}"
    );
    assert!(told.contains("nothing was written. Make the column a STRING"), "{told}");
}

#[tokio::test]
async fn the_type_of_a_merge_key_is_asked_for_once() {
    merged_twice(typed("varchar(3)")).await;
}

#[tokio::test]
async fn a_merge_key_with_a_collation_is_refused() {
    let told = refused_merge("string collate UTF8_LCASE").await;
    let begins =
        "the merge key \"code\" of the table t is string collate UTF8_LCASE, and the engine compares no";
    assert!(told.starts_with(begins), "{told}");
    assert!(told.contains("nothing was written. Make the column a STRING without COLLATE"), "{told}");
}

const TYPE_OF_ID: &str = "DESCRIBE TABLE t _ingest_id";

#[tokio::test]
async fn a_key_is_refused_where_the_column_of_ids_does_not_keep_them() {
    for data_type in ["char(40)", "varchar(20)"] {
        let type_of_id = on(TYPE_OF_ID).answer([type_told(data_type)]);
        let asked = [look(), describe().answer([told("delta")])].into_iter();
        // An insert without a key does not count on it.
        let inserted = [look(), view().answer([]), insert().answer([]), dropped()];
        let fake = Fake::start(asked.chain([type_of_id]).chain(inserted)).await;
        let db = client(&fake);
        let rows = [Row { id: 1 }];
        let error = soon(db.insert(&rows).idempotency_key("k").into_future()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let told = error.to_string();
        let begins = format!("the column \"_ingest_id\" of the table t is {data_type}, which does not keep");
        assert!(told.starts_with(&begins) && told.ends_with("Make the column a STRING"), "{told}");
        soon(async { db.insert(&rows).await }).await.unwrap();
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

/// The engine refuses what does not fit, so that a failure here stops nothing. The next write is told.
#[tokio::test]
async fn a_type_of_the_ids_that_failed_to_be_told_is_asked_for_again() {
    let failed = on(TYPE_OF_ID).fail(Failure::spark("FAILED_READ_FILE.NO_HINT", "KD001"));
    let merged = [view().answer([]), merge().answer([]), dropped()];
    let asked = [look(), describe().answer([told("delta")]), failed, found(0)];
    let again = [look(), on(TYPE_OF_ID).answer([type_told("char(40)")])];
    let fake = Fake::start(asked.into_iter().chain(merged).chain(again)).await;
    let db = client(&fake);
    let rows = [Row { id: 1 }];
    soon(db.insert(&rows).idempotency_key("k").into_future()).await.unwrap();
    let error = soon(db.insert(&rows).idempotency_key("k").into_future()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[derive(LakeTable)]
#[lake(table = "t")]
struct Noted {
    id: i64,
    note: Option<String>,
}

/// A look at a table whose column may be NULL or not.
fn look_at_notes(is_nullable: bool) -> Exchange {
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("note", DataType::Utf8, is_nullable),
        Field::new("_ingest_id", DataType::Utf8, true),
    ];
    on("SELECT * FROM t LIMIT 0").answer([RecordBatch::new_empty(Arc::new(Schema::new(fields)))])
}

/// Rows in files are checked as they are stored, which may take hours.
#[tokio::test]
async fn a_column_that_turned_not_null_while_rows_were_stored_is_a_mismatch() {
    let disk = Disk::new("turned_not_null");
    let script = [look_at_notes(true), look_at_notes(false), look_at_notes(false), look_at_notes(false)];
    let written = statement("INSERT INTO t (id, note, _ingest_id) SELECT").answer([]);
    let fake =
        Fake::start(script.into_iter().chain([counted(1), view().answer([]), written, dropped()])).await;
    let db = disk.client(&fake);
    let rows = [Noted { id: 1, note: Some("x".to_owned()) }];
    let error = soon(db.insert(&rows).staged().into_future()).await.unwrap_err();
    assert_eq!((error.kind(), disk.entries()), (ErrorKind::SchemaMismatch, 0), "{error}");
    let told = "the table t changed while rows of Noted were stored: it now takes fewer NULLs in the column \"note\", for \
                which they were not checked: write them again";
    assert_eq!(error.to_string(), told);
    // It was NOT NULL when these were checked.
    soon(db.insert(&rows).staged().into_future()).await.unwrap();
    soon(db.close()).await.unwrap();
    fake.finish();
}
