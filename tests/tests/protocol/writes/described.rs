//! What is asked of a table beside its columns.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use lakeorm::{ErrorKind, WritePath};
use lakeorm_tests::fake::{Exchange, Failure, Fake, on};
use tonic::Code;

use super::{Row, client, dropped, insert, look, view};
use crate::setup::soon;

pub(super) fn describe() -> Exchange {
    on("DESCRIBE TABLE EXTENDED t")
}

/// What an engine tells of a table in this format.
pub(super) fn told(format: &str) -> RecordBatch {
    let column = |texts: [&str; 3]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
    let columns = [
        ("col_name", column(["id", "# Detailed Table Information", "Provider"])),
        ("data_type", column(["bigint", "", format])),
        ("comment", column(["", "", ""])),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

#[tokio::test]
async fn a_table_is_asked_for_its_format_before_the_first_write_alone() {
    let asked =
        [look(), describe().answer([told("delta")]), view().answer([]), insert().answer([]), dropped()];
    let known = [look(), view().answer([]), insert().answer([]), dropped()];
    let fake = Fake::start(asked.into_iter().chain(known)).await;
    let db = client(&fake);
    for _ in 0..2 {
        soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
    }
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// A failure that passes may be why it was not told.
#[tokio::test]
async fn a_format_that_was_not_told_is_asked_for_at_each_write() {
    let write = || [look(), view().answer([]), insert().answer([]), dropped()];
    let fake = Fake::start(write().into_iter().chain(write())).await;
    let db = client(&fake);
    for _ in 0..2 {
        soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
    }
    assert_eq!(fake.descriptions(), 2);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_table_of_another_format_is_refused_before_a_row_is_sent() {
    let fake = Fake::start([look(), describe().answer([told("iceberg")])]).await;
    let db = client(&fake);
    let error = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    assert!(
        error.to_string().contains("the table t has the format iceberg, but the client writes Delta"),
        "{error}"
    );
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_description_that_the_engine_does_not_have_or_give_stops_no_write() {
    for refused in [
        Failure::spark("UNSUPPORTED_FEATURE.TABLE_OPERATION", "0A000"),
        Failure::spark("INSUFFICIENT_PERMISSIONS", "42501"),
        Failure::status(Code::PermissionDenied, "the user may not describe"),
    ] {
        let script = [look(), describe().fail(refused), view().answer([]), insert().answer([]), dropped()];
        let fake = Fake::start(script).await;
        let db = client(&fake);
        let written = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
        assert_eq!((written.rows(), written.path()), (1, WritePath::Direct));
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}
