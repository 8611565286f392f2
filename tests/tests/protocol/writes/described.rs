//! What is asked of a table beside its columns.

use arrow_array::RecordBatch;
use lakeorm::dialect::{Delta, Iceberg};
use lakeorm::{Backend, ErrorKind, WritePath, open, query};
use lakeorm_tests::fake::{Exchange, Failure, Fake, on};
use tonic::Code;

use super::remembered::counts;
use super::{Keyed, Row, at_once, client, dropped, insert, look, merge, view};
use crate::setup::{driver, numbers, soon};

pub(super) fn describe() -> Exchange {
    on("DESCRIBE TABLE EXTENDED t")
}

/// What an engine tells of a table in this format.
pub(super) fn told(format: &str) -> RecordBatch {
    super::told(&[("id", "bigint"), ("# Detailed Table Information", ""), ("Provider", format)])
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

/// Its name may be another table's.
#[tokio::test]
async fn a_table_is_asked_again_after_a_statement_that_is_not_about_rows() {
    let write = || [view().answer([]), insert().answer([]), dropped()];
    let asked = || [look(), describe().answer([told("delta")])];
    let script = asked().into_iter().chain(write()).chain([on("DELETE FROM t").answer([]), look()]);
    let script = script.chain(write()).chain([on("USE b").answer([])]).chain(asked()).chain(write());
    let fake = Fake::start(script).await;
    let session = soon(driver(&fake).session()).await.unwrap();
    let db = open(session, Delta::new(), Backend::none()).unwrap();
    for statement in ["DELETE FROM t", "USE b", ""] {
        soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
        if !statement.is_empty() {
            soon(db.exec(statement).into_future()).await.unwrap();
        }
    }
    assert_eq!(fake.descriptions(), 0);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_table_is_asked_again_after_a_query_function_ran_such_a_statement() {
    let write = || [view().answer([]), insert().answer([]), dropped()];
    let asked = || [look(), describe().answer([told("delta")])];
    let script = asked().into_iter().chain(write()).chain([on("SELECT 7").answer([numbers(7..8)]), look()]);
    let script =
        script.chain(write()).chain([on("USE b").answer([numbers(0..0)])]).chain(asked()).chain(write());
    let fake = Fake::start(script).await;
    let session = soon(driver(&fake).session()).await.unwrap();
    let db = open(session, Delta::new(), Backend::none()).unwrap();
    for statement in ["SELECT 7", "USE b", ""] {
        soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
        if !statement.is_empty() {
            soon(query::<(i64,)>(&db, statement)).await.unwrap();
        }
    }
    assert_eq!(fake.descriptions(), 0);
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

/// It may have been dropped, and made again in another format.
#[tokio::test]
async fn a_table_is_asked_again_after_a_write_that_failed_or_did_not_find_it() {
    let asked = || [look(), describe().answer([told("delta")])];
    let write = || [view().answer([]), insert().answer([]), dropped()];
    let refused = insert().fail(Failure::spark("INSUFFICIENT_PERMISSIONS", "42501"));
    let missing = on("SELECT * FROM t LIMIT 0").fail(Failure::spark("TABLE_OR_VIEW_NOT_FOUND", "42P01"));
    for fails in [vec![look(), view().answer([]), refused, dropped()], vec![missing]] {
        let script = asked().into_iter().chain(write()).chain(fails).chain(asked()).chain(write());
        let fake = Fake::start(script).await;
        let db = client(&fake);
        for is_written in [true, false, true] {
            let ended = soon(async { db.insert(&[Row { id: 1 }]).await }).await;
            assert_eq!(ended.is_ok(), is_written, "{ended:?}");
        }
        soon(db.close()).await.unwrap();
        fake.finish();
    }
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

/// A failure that may not come again, which no engine means as an answer.
fn failed() -> Failure {
    Failure::spark("FAILED_READ_FILE.NO_HINT", "KD001")
}

/// What would refuse the merge may stand in what was not told.
#[tokio::test]
async fn a_merge_whose_table_could_not_be_described_is_an_error() {
    let fake = Fake::start([look(), describe().fail(failed())]).await;
    let db = client(&fake);
    let error = soon(db.merge(&[Keyed { id: 1 }]).into_future()).await.unwrap_err();
    assert_eq!((error.kind(), error.error_class()), (ErrorKind::Server, Some("FAILED_READ_FILE.NO_HINT")));
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// It is a merge, which may be into a table of the other format.
#[tokio::test]
async fn a_failure_to_describe_stops_an_insert_with_a_key() {
    for is_iceberg in [false, true] {
        let refresh = is_iceberg.then(|| on("REFRESH TABLE t").answer([]));
        let script = refresh.into_iter().chain([look(), describe().fail(failed())]);
        let fake = Fake::start(script).await;
        let db = match is_iceberg {
            true => open(driver(&fake), Iceberg::new(), Backend::none()).unwrap(),
            false => client(&fake),
        };
        let insert = db.insert(&[Keyed { id: 1 }]).idempotency_key("k").into_future();
        let error = soon(insert).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.error_class()),
            (ErrorKind::Server, Some("FAILED_READ_FILE.NO_HINT"))
        );
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

#[tokio::test]
async fn an_engine_that_does_not_describe_or_may_not_stops_no_merge() {
    for refused in [
        Failure::spark("UNSUPPORTED_FEATURE.TABLE_OPERATION", "0A000"),
        Failure::spark("PARSE_SYNTAX_ERROR", "42601"),
        Failure::spark("INSUFFICIENT_PERMISSIONS", "42501"),
    ] {
        let script = [look(), describe().fail(refused), view().answer([]), merge().answer([counts(0..1)])];
        let fake = Fake::start(script.into_iter().chain([dropped()])).await;
        let db = client(&fake);
        let written = soon(async { db.merge(&[Keyed { id: 1 }]).await }).await.unwrap();
        assert_eq!((written.rows(), written.path()), (1, WritePath::Direct));
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

#[tokio::test]
async fn a_failure_to_describe_stops_no_insert() {
    let script = [look(), describe().fail(failed()), view().answer([]), insert().answer([]), dropped()];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// As Sail shows it to who asks in the middle.
#[tokio::test]
async fn a_description_in_the_middle_of_anothers_commit_is_asked_for_again() {
    let words = "Missing commit file: expected version 12, found 13";
    let torn = Failure::sail("org.apache.spark.sql.AnalysisException", words);
    let fake =
        Fake::start([look(), describe().fail(torn), look(), describe().answer([told("iceberg")])]).await;
    let db = client(&fake);
    let rows = [Row { id: 1 }];
    let error = soon(db.insert(&rows).conflicts(at_once(1)).into_future()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "the format that was told in the end: {error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}
