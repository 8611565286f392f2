//! Delta tables that were made elsewhere, with a field inside of a struct that is NOT NULL.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use lakeorm::encode::EncodeError;
use lakeorm::{Error, ErrorKind, LakeTable, WritePath};
use lakeorm_tests::fake::{Exchange, Fake, on};

use super::remembered::counts;
use super::staged::{Disk, counted, no_key_twice};
use super::{dropped, found, merge, view};
use crate::setup::soon;

#[derive(LakeTable)]
#[lake(table = "t")]
struct Order {
    #[lake(merge_key)]
    id: i64,
    note: Option<String>,
    line: Option<Line>,
}

#[derive(LakeTable)]
struct Line {
    sku: String,
    qty: Option<i32>,
}

fn order(id: i64) -> Order {
    Order { id, note: None, line: Some(Line { sku: "a".to_owned(), qty: None }) }
}

fn look() -> Exchange {
    let line = vec![Field::new("sku", DataType::Utf8, false), Field::new("qty", DataType::Int32, true)];
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("note", DataType::Utf8, true),
        Field::new("line", DataType::Struct(line.into()), true),
        Field::new("_ingest_id", DataType::Utf8, true),
    ];
    on("SELECT * FROM t LIMIT 0").answer([RecordBatch::new_empty(Arc::new(Schema::new(fields)))])
}

fn check_named(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
    let origin = error.origin().and_then(|origin| origin.downcast_ref::<EncodeError>()).unwrap();
    assert_eq!((origin.row(), origin.field()), (Some(1), Some("line.sku")), "{error}");
    assert!(error.to_string().contains("the struct around it is None"), "{error}");
}

/// One engine names no row, and the other one writes what nobody can read.
#[tokio::test]
async fn a_struct_that_is_null_around_a_required_field_is_refused_with_its_row() {
    let disk = Disk::new("null_parents");
    let fake = Fake::start([look(), look(), look()]).await;
    let db = disk.client(&fake);
    let rows = [order(1), Order { line: None, ..order(2) }];
    for error in [
        soon(db.insert(&rows).into_future()).await.unwrap_err(),
        soon(db.insert(&rows).staged().into_future()).await.unwrap_err(),
        soon(db.merge(&rows).into_future()).await.unwrap_err(),
    ] {
        check_named(&error);
    }
    assert_eq!(disk.entries(), 0);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn files_are_not_merged_into_a_required_field_and_nothing_is_stored() {
    let disk = Disk::new("merged_nested");
    let fake = Fake::start([look(), look(), found(0)]).await;
    let db = disk.client(&fake);
    let rows = [order(1)];
    for error in [
        soon(db.merge(&rows).staged().into_future()).await.unwrap_err(),
        soon(db.insert(&rows).idempotency_key("k").staged().into_future()).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let told = error.to_string();
        assert!(
            told.starts_with("\"line.sku\" is NOT NULL in the table t, and Delta merges no rows from files")
        );
        assert!(told.contains("nothing was written. Call direct()"), "{told}");
    }
    assert_eq!(disk.entries(), 0);
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// Nor does any of them where the engine merges nothing into such a field.
#[tokio::test]
async fn direct_rows_are_recommended_only_where_the_engine_merges_them() {
    let disk = Disk::new("merged_nested_nowhere");
    let fake = Fake::builder().echoes_session_ids().script([look()]).start().await;
    let db = disk.client(&fake);
    let error = soon(db.merge(&[order(1)]).staged().into_future()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let told = error.to_string();
    assert!(told.ends_with("nothing was written. Make the field nullable in the table"), "{told}");
    assert_eq!(disk.entries(), 0);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[derive(LakeTable)]
#[lake(table = "t")]
struct Flagged {
    #[lake(merge_key)]
    id: i64,
    gone: bool,
    line: Option<Line>,
}

/// What a statement does not write the table does not see.
#[tokio::test]
async fn a_struct_that_is_null_is_merged_where_it_is_not_written() {
    let line = vec![Field::new("sku", DataType::Utf8, false), Field::new("qty", DataType::Int32, true)];
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("gone", DataType::Boolean, false),
        Field::new("line", DataType::Struct(line.into()), true),
        Field::new("_ingest_id", DataType::Utf8, true),
    ];
    let columns = RecordBatch::new_empty(Arc::new(Schema::new(fields)));
    let look_at_flagged = || on("SELECT * FROM t LIMIT 0").answer([columns.clone()]);
    let merged = || [view().answer([]), merge().answer([counts(0..1)]), dropped()];
    let script = [look()].into_iter().chain(merged()).chain([look_at_flagged()]).chain(merged());
    let fake = Fake::start(script.chain([look_at_flagged()])).await;
    let db = super::client(&fake);
    let rows = [Order { line: None, ..order(1) }];
    soon(db.merge(&rows).update_only().update(["note"]).into_future()).await.unwrap();
    let flagged = |id, gone| Flagged { id, gone, line: None };
    let gone = [flagged(1, true), flagged(2, true)];
    soon(db.merge(&gone).delete_where("gone").into_future()).await.unwrap();
    let rows = [flagged(1, true), flagged(2, false)];
    check_named(&soon(db.merge(&rows).delete_where("gone").into_future()).await.unwrap_err());
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[derive(LakeTable)]
#[lake(table = "t")]
struct Note {
    #[lake(merge_key)]
    line: Line,
    note: Option<String>,
}

/// A merge compares its key, and sets it in new rows alone.
#[tokio::test]
async fn files_are_merged_by_a_key_with_a_required_field_where_no_row_is_new() {
    let disk = Disk::new("merged_by_nested");
    let line = vec![Field::new("sku", DataType::Utf8, false), Field::new("qty", DataType::Int32, true)];
    let fields = vec![
        Field::new("line", DataType::Struct(line.into()), false),
        Field::new("note", DataType::Utf8, true),
        Field::new("_ingest_id", DataType::Utf8, true),
    ];
    let columns = RecordBatch::new_empty(Arc::new(Schema::new(fields)));
    let look = || on("SELECT * FROM t LIMIT 0").answer([columns.clone()]);
    let staged = [look(), look(), counted(1), no_key_twice(), view().answer([])];
    let merged = [merge().answer([counts(0..1)]), dropped()];
    let fake = Fake::start(staged.into_iter().chain(merged)).await;
    let db = disk.client(&fake);
    let rows = [Note { line: Line { sku: "a".to_owned(), qty: Some(1) }, note: None }];
    let written = soon(db.merge(&rows).staged().update_only().into_future()).await.unwrap();
    assert_eq!(written.path(), WritePath::Staged);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn files_are_merged_where_the_required_field_is_not_set() {
    let disk = Disk::new("merged_beside_nested");
    let staged = [look(), look(), counted(1), no_key_twice(), view().answer([])];
    let merged = [merge().answer([counts(0..1)]), dropped()];
    let fake = Fake::start(staged.into_iter().chain(merged)).await;
    let db = disk.client(&fake);
    let rows = [order(1)];
    let merge = db.merge(&rows).staged().update_only().update(["note"]);
    let written = soon(merge.into_future()).await.unwrap();
    assert_eq!(written.path(), WritePath::Staged);
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// In the files it may be NULL.
#[tokio::test]
async fn a_field_that_turned_not_null_while_rows_were_stored_is_a_mismatch() {
    let disk = Disk::new("nested_turned_not_null");
    let line = vec![Field::new("sku", DataType::Utf8, true), Field::new("qty", DataType::Int32, true)];
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("note", DataType::Utf8, true),
        Field::new("line", DataType::Struct(line.into()), true),
        Field::new("_ingest_id", DataType::Utf8, true),
    ];
    let before =
        on("SELECT * FROM t LIMIT 0").answer([RecordBatch::new_empty(Arc::new(Schema::new(fields)))]);
    let fake = Fake::start([before, look()]).await;
    let db = disk.client(&fake);
    let error = soon(db.insert(&[order(1)]).staged().into_future()).await.unwrap_err();
    assert_eq!((error.kind(), disk.entries()), (ErrorKind::SchemaMismatch, 0), "{error}");
    assert!(error.to_string().contains("it now takes fewer NULLs in the column \"line\""), "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}
