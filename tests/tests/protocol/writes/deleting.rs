//! Rows that a merge deletes by a column of theirs.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use lakeorm::{ErrorKind, LakeTable};
use lakeorm_tests::fake::{Fake, on};

use super::remembered::counts;
use super::{client, dropped, merge, view};
use crate::setup::soon;

#[derive(LakeTable)]
#[lake(table = "t")]
struct Flagged {
    #[lake(merge_key)]
    id: i64,
    #[lake(rename = "isGone")]
    gone: bool,
    note: Option<String>,
}

fn flagged() -> [Flagged; 1] {
    [Flagged { id: 1, gone: true, note: None }]
}

/// A server may tell `ISGONE` from `isGone`, and the rows have the one of the struct.
#[tokio::test]
async fn the_column_to_delete_by_is_spelled_as_in_the_struct_however_the_caller_spells_it() {
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("isGone", DataType::Boolean, false),
        Field::new("note", DataType::Utf8, true),
        Field::new("_ingest_id", DataType::Utf8, true),
    ];
    let columns = RecordBatch::new_empty(Arc::new(Schema::new(fields)));
    let look = on("SELECT * FROM t LIMIT 0").answer([columns]);
    let deletes = merge().when("the struct's own name", |request| {
        let sent = request.statement().unwrap_or_default().text;
        sent.contains(" WHEN MATCHED AND s.isGone THEN DELETE ") && !sent.contains("ISGONE")
    });
    let fake = Fake::start([look, view().answer([]), deletes.answer([counts(0..1)]), dropped()]).await;
    let db = client(&fake);
    soon(async { db.merge(&flagged()).delete_where("ISGONE").await }).await.unwrap();
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_column_to_delete_by_that_is_no_boolean_is_refused_before_anything_is_sent() {
    let fake = Fake::start([]).await;
    let db = client(&fake);
    let error = soon(async { db.merge(&flagged()).delete_where("NOTE").await }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let expected =
        "delete_where takes a BOOLEAN, and the column \"note\" of the table t is STRING in the struct";
    assert_eq!(error.to_string(), expected);
    assert!(fake.requests().is_empty());
    fake.finish();
}
