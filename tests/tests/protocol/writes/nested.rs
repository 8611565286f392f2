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
