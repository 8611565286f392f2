//! How writes end that do not get through, and those that have nothing to write.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use futures::stream;
use lakeorm::dialect::Iceberg;
use lakeorm::encode::EncodeError;
use lakeorm::{Backend, ErrorKind, LakeTable, Result, WritePath, open};
use lakeorm_tests::fake::{Failure, Fake, on};
use tonic::Code;

use super::remembered::counts;
use super::{
    Row, at_once, client, conflict, cut, dropped, drops, found, insert, look, merge, plan_with, view,
};
use crate::setup::{driver, soon};

#[derive(LakeTable)]
#[lake(table = "t")]
struct Keyed {
    #[lake(merge_key)]
    id: i64,
}

#[tokio::test]
async fn a_write_that_takes_too_long_names_what_may_still_land() {
    let script = [look(), view().answer([]), insert().at_work().interrupted(), dropped()];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let rows = [Row { id: 1 }];
    let error = soon(db.insert(&rows).timeout(Duration::from_secs(1)).into_future()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.may_have_run() && !error.is_retryable());
    let told = error.to_string();
    assert!(told.starts_with("the write ") && told.contains(" may still commit: look for "), "{told}");
    assert!(told.contains(" in the column _ingest_id of t before you repeat it: "), "{told}");
    assert!(told.contains("did not end within 1s (timeout)"), "{told}");
    assert!(told.contains(&error.ingest_id().unwrap().to_string()), "{told}");
    fake.settled().await;
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// The view may be there all the same, and is taken away. The second is what a proxy says.
#[tokio::test]
async fn a_write_that_is_stopped_while_its_rows_are_sent_has_written_nothing() {
    for stopped in [Failure::spark("OPERATION_CANCELED", "HY008"), Failure::status(Code::Cancelled, "")] {
        let fake = Fake::start([look(), view().at_work().fail(stopped), dropped()]).await;
        let db = client(&fake);
        let error = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap_err();
        assert_eq!((error.kind(), error.ingest_id()), (ErrorKind::Cancelled, None), "{error}");
        assert!(!error.may_have_run(), "{error}");
        let told = "the write was stopped while its rows were being sent; nothing was written. Of the temporary view \
                    that should hold them: the statement was sent";
        assert!(error.to_string().starts_with(told), "{error}");
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

#[tokio::test]
async fn rows_whose_answer_is_lost_on_their_way_have_not_been_written() {
    // They are sent twice.
    let sent = || [look(), view().reset(), cut(), dropped()];
    let fake = Fake::start(sent().into_iter().chain(sent())).await;
    let db = client(&fake);
    let error = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::Unavailable, false), "{error}");
    let told = "the rows did not reach the engine; nothing was written. Of the temporary view that should hold them: ";
    assert!(error.to_string().starts_with(told), "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// As behind a proxy that repeats requests.
#[tokio::test]
async fn the_view_of_a_write_takes_the_place_of_one_of_its_name() {
    let made = plan_with("the view", true, &["CreateDataframeView", "replace: true"]);
    let fake = Fake::start([look(), made.answer([]), insert().answer([]), dropped()]).await;
    let db = client(&fake);
    soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_write_that_is_stopped_while_its_session_is_refreshed_asks_nothing_more() {
    let stopped = Failure::spark("OPERATION_CANCELED", "HY008");
    let fake = Fake::start([on("REFRESH TABLE t").fail(stopped)]).await;
    let db = open(driver(&fake), Iceberg::new(), Backend::none()).unwrap();
    let error = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::Cancelled, false), "{error}");
    let told = "the session was stopped while it refreshed the table";
    assert!(error.to_string().starts_with(told), "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn the_view_of_a_write_is_dropped_again_where_the_answer_was_lost() {
    let script = [look(), view().answer([]), insert().answer([]), drops().reset(), cut(), dropped()];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_merge_that_others_were_before_is_tried_again() {
    let script = [
        look(),
        view().answer([]),
        merge().fail(conflict()),
        dropped(),
        found(0),
        look(),
        view().answer([]),
        merge().answer([counts(0..1)]),
        dropped(),
    ];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let written = soon(db.merge(&[Keyed { id: 1 }]).conflicts(at_once(1)).into_future()).await.unwrap();
    assert_eq!((written.path(), written.retries()), (WritePath::Direct, 1));
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_merge_that_others_were_always_before_says_how_often() {
    let attempt = |_| [look(), view().answer([]), merge().fail(conflict()), dropped(), found(0)];
    let fake = Fake::start((0..3).flat_map(attempt)).await;
    let db = client(&fake);
    let merge = db.merge(&[Keyed { id: 1 }]).conflicts(at_once(2)).into_future();
    let error = soon(merge).await.unwrap_err();
    assert!(error.is_commit_conflict() && error.kind() == ErrorKind::Server, "{error}");
    assert_eq!(error.ingest_id(), None);
    let told = "gave up after 3 attempts: other writers kept committing to t first; allow more retries with \
                `.conflicts(policy)`, or write less often: ";
    assert!(error.to_string().starts_with(told), "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_conflict_after_which_nobody_can_look_tells_why() {
    let looks = on("SELECT 1 AS found FROM t WHERE _ingest_id = :ingest_id LIMIT 1").whatever_values();
    let refused = looks.fail(Failure::spark("INSUFFICIENT_PERMISSIONS", "42501"));
    let fake = Fake::start([look(), view().answer([]), merge().fail(conflict()), dropped(), refused]).await;
    let db = client(&fake);
    let error = soon(db.merge(&[Keyed { id: 1 }]).conflicts(at_once(1)).into_future()).await.unwrap_err();
    assert!(error.is_commit_conflict() && error.kind() == ErrorKind::Server, "{error}");
    let told = error.to_string();
    assert!(
        told.starts_with("the write was not tried again: its rows could not be looked for in t ("),
        "{told}"
    );
    assert!(told.contains("INSUFFICIENT_PERMISSIONS") && told.contains("DELTA_CONCURRENT_APPEND"), "{told}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

const ANALYSIS: &str = "org.apache.spark.sql.AnalysisException";

/// It may have come after the commit.
#[tokio::test]
async fn a_failure_without_a_condition_is_looked_for() {
    for (rows, kind) in [(1, None), (0, Some(ErrorKind::Server))] {
        let fails = insert().fail(Failure::sail(ANALYSIS, "External error: the disk is full"));
        let fake = Fake::start([look(), view().answer([]), fails, dropped(), found(rows)]).await;
        let db = client(&fake);
        let written = soon(async { db.insert(&[Row { id: 1 }]).await }).await;
        assert_eq!(written.as_ref().err().map(lakeorm::Error::kind), kind, "{written:?}");
        match written {
            Ok(written) => assert_eq!((written.path(), written.retries()), (WritePath::Direct, 0)),
            Err(error) => assert_eq!(error.ingest_id(), None),
        }
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

#[tokio::test]
async fn a_failure_without_a_condition_is_left_open_where_nobody_can_look() {
    let not_there = Failure::spark("TABLE_OR_VIEW_NOT_FOUND", "42P01");
    let broken = Failure::sail(ANALYSIS, "External error: the disk is full");
    for (failure, kind) in [(broken, ErrorKind::OutcomeUnknown), (not_there, ErrorKind::Server)] {
        let fails = insert().fail(Failure::sail(ANALYSIS, "External error: the disk is full"));
        let looks = on("SELECT 1 AS found FROM t WHERE _ingest_id = :ingest_id LIMIT 1").whatever_values();
        let script = [look(), view().answer([]), fails, dropped(), looks.fail(failure)];
        let fake = Fake::start(script).await;
        let db = client(&fake);
        let error = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.ingest_id().is_some(), kind == ErrorKind::OutcomeUnknown);
        assert!(error.to_string().contains("the disk is full"), "{error}");
        let is_told = error.to_string().contains("its rows could not be looked for in t (");
        assert_eq!(is_told, kind == ErrorKind::OutcomeUnknown, "{error}");
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

#[tokio::test]
async fn a_commit_that_nobody_can_judge_is_looked_for_or_left_open() {
    for words in
        ["External error: commit state unknown: no answer", "external error: Failed to commit table: 502"]
    {
        for (rows, kind) in [(1, None), (0, Some(ErrorKind::OutcomeUnknown))] {
            let fails = insert().fail(Failure::sail(ANALYSIS, words));
            let fake = Fake::start([look(), view().answer([]), fails, dropped(), found(rows)]).await;
            let db = client(&fake);
            let written = soon(async { db.insert(&[Row { id: 1 }]).await }).await;
            assert_eq!(written.as_ref().err().map(lakeorm::Error::kind), kind, "{written:?}");
            assert_eq!(written.err().is_some_and(|error| error.ingest_id().is_some()), kind.is_some());
            soon(db.close()).await.unwrap();
            fake.finish();
        }
    }
}

#[tokio::test]
async fn a_stream_with_a_key_is_written_once() {
    let script =
        [look(), found(0), view().answer([]), merge().answer([counts(0..1)]), dropped(), look(), found(1)];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    for path in [WritePath::Direct, WritePath::AlreadyThere] {
        let rows = stream::iter([Ok(Row { id: 1 })]);
        let written = soon(db.insert_stream(rows).idempotency_key("k").into_future()).await.unwrap();
        assert_eq!((written.path(), written.rows()), (path, 1));
    }
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_stream_that_fails_is_not_written_in_part() {
    let fake = Fake::start([]).await;
    let db = client(&fake);
    let rows = || stream::iter([Ok(Row { id: 1 }), Err(io::Error::other("the source is gone").into())]);
    let one = 1.try_into().unwrap();
    for insert in [db.insert_stream(rows()), db.insert_stream(rows()).direct().batch_size(one)] {
        let error = soon(insert.into_future()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        assert!(error.origin().is_some_and(|origin| origin.is::<io::Error>()));
    }
    assert!(fake.requests().is_empty());
    fake.finish();
}

#[tokio::test]
async fn a_stream_without_rows_asks_nothing() {
    let fake = Fake::start([]).await;
    let db = client(&fake);
    let rows = || stream::iter(Vec::<Result<Row>>::new());
    for insert in [db.insert_stream(rows()), db.insert_stream(rows()).idempotency_key("k")] {
        let written = soon(insert.into_future()).await.unwrap();
        assert_eq!((written.path(), written.rows()), (WritePath::Nothing, 0));
    }
    assert!(fake.requests().is_empty());
    fake.finish();
}

#[derive(LakeTable)]
#[lake(table = "t")]
struct Priced {
    #[lake(decimal(3, 2))]
    price: lakeorm::Decimal,
}

#[tokio::test]
async fn a_row_that_cannot_be_written_is_told_by_its_number_and_field() {
    let fake = Fake::start([]).await;
    let db = client(&fake);
    let rows = ["1.25", "100"].map(|price| Priced { price: price.parse().unwrap() });
    let error = soon(async { db.insert(&rows).await }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode);
    let origin = error.origin().and_then(|origin| origin.downcast_ref::<EncodeError>()).unwrap();
    assert_eq!((origin.row(), origin.field()), (Some(1), Some("price")));
    assert!(fake.requests().is_empty());
    fake.finish();
}

/// A row that no two threads may look at.
#[derive(LakeTable)]
#[lake(table = "t")]
struct Seen {
    id: i64,
    #[lake(skip)]
    _times: Cell<u32>,
}

#[tokio::test]
async fn rows_of_a_stream_need_not_be_shared_between_threads() {
    let script = [look(), view().answer([]), insert().answer([]), dropped()];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let write = tokio::spawn({
        let db = db.clone();
        async move { db.insert_stream(stream::iter([Ok(Seen { id: 1, _times: Cell::new(2) })])).await }
    });
    assert_eq!(soon(write).await.unwrap().unwrap().rows(), 1);
    soon(db.close()).await.unwrap();
    fake.finish();
}
