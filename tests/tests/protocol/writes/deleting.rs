//! Rows that a merge deletes by a column of theirs.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use futures::stream;
use lakeorm::{Error, ErrorKind, LakeTable};
use lakeorm_tests::fake::{Fake, on};

use super::remembered::counts;
use super::{Row, client, dropped, merge, view};
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

#[derive(LakeTable)]
#[lake(table = "t")]
struct Dated {
    #[lake(merge_key)]
    id: i64,
    #[lake(created_at)]
    created: chrono::DateTime<chrono::Utc>,
    note: Option<String>,
}

/// What a merge is told by its struct and its options is wrong, whatever the table is.
#[tokio::test]
async fn a_merge_that_cannot_be_right_is_refused_before_anything_is_sent() {
    let fake = Fake::start([]).await;
    let db = client(&fake);
    let (rows, dated) = (flagged(), [Dated { id: 1, created: chrono::DateTime::UNIX_EPOCH, note: None }]);
    let lacks = |method: &str| {
        format!(
            "`{method}` names the column \"nota\", which the struct of the table t does not have; it has id, isGone, note"
        )
    };
    let refused: [(Result<_, Error>, String); 7] = [
        (
            db.merge(&[Row { id: 1 }]).await,
            "Row has no key to merge by: put `#[lake(merge_key)]` on a field".to_owned(),
        ),
        (db.merge(&rows).update(["note", "nota"]).await, lacks("update")),
        (db.merge(&rows).delete_where("nota").await, lacks("delete_where")),
        (
            db.merge(&rows).update(["ID"]).await,
            "the column \"ID\" is part of the merge key, which a merge does not change".to_owned(),
        ),
        (
            db.merge(&rows).delete_where("id").await,
            "the column \"id\" is part of the merge key, which a merge does not change".to_owned(),
        ),
        (
            db.merge(&dated).update(["note", "Created"]).await,
            "the column \"Created\" is set when a row is inserted, which a merge does not change".to_owned(),
        ),
        (
            db.merge(&rows).insert_only().update_only().await,
            "`insert_only` and `update_only` exclude each other: remove one of them".to_owned(),
        ),
    ];
    for (ended, expected) in refused {
        let error = ended.unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Config, expected));
    }
    assert!(fake.requests().is_empty());
    fake.finish();
}

#[tokio::test]
async fn a_stream_of_more_than_a_statement_takes_needs_a_backend() {
    let fake = Fake::start([]).await;
    let db = client(&fake);
    let row = || Flagged { id: 1, gone: false, note: Some("x".repeat(1 << 14)) };
    let rows = stream::iter((0..2_100).map(|_| Ok(row())));
    let error = soon(db.insert_stream(rows).into_future()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let expected = "the rows have more than 32 MiB, but the client has no staging backend: pass \
                    Backend::parse(\"s3://bucket/lake\") to lakeorm::open";
    assert!(error.to_string().starts_with(expected), "{error}");
    assert!(fake.requests().is_empty());
    fake.finish();
}

#[tokio::test]
async fn a_merge_that_only_inserts_takes_no_columns_to_update_in_whatever_order_it_is_told() {
    let fake = Fake::start([]).await;
    let db = client(&fake);
    let rows = flagged();
    for ended in [
        db.merge(&rows).insert_only().update(["note"]).await,
        db.merge(&rows).update(["note"]).insert_only().await,
    ] {
        let error = ended.unwrap_err();
        let told = "`insert_only` and `update` exclude each other: remove one of them";
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Config, told));
    }
    assert!(fake.requests().is_empty());
    fake.finish();
}
