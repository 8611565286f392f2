//! Writes whose answers, or whose sessions, are lost.

use std::time::Duration;

use lakeorm::dialect::{Delta, Iceberg};
use lakeorm::{
    Backend, Client, ErrorKind, IngestId, Result, WritePath, WriteProgress, Written, open, query_scalar,
};
use lakeorm_tests::fake::{Exchange, Failure, Fake, on};
use tokio::task::JoinHandle;

use super::remembered::counts;
use super::{
    Keyed, Row, at_once, client, conflict, cut, dropped, drops, found, ice, insert, look, lost, merge,
    statement, view,
};
use crate::observed::capture::{Capture, Told};
use crate::setup::{builder, driver, numbers, soon};

/// In snapshots and rows.
fn found_in_iceberg(rows: i64) -> Exchange {
    statement("SELECT 1 AS found FROM ice.t.snapshots").answer([numbers(0..rows)])
}

#[tokio::test]
async fn a_session_that_was_lost_before_a_write_is_replaced() {
    let script = [
        on("REFRESH TABLE ice.t").fail(lost()),
        ice::refresh(),
        ice::look(),
        view().answer([]),
        statement("INSERT INTO ice.t").answer([]),
        dropped(),
    ];
    let fake = Fake::start(script).await;
    let db = open(driver(&fake), Iceberg::new().catalog("ice"), Backend::none()).unwrap();
    let written = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
    assert_eq!((written.path(), written.retries()), (WritePath::Direct, 0));
    let sessions = fake.sessions("ExecutePlan");
    assert!(sessions[1..].iter().all(|id| *id == sessions[1] && *id != sessions[0]), "{sessions:?}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// As a server loses all of them that restarts.
#[tokio::test]
async fn a_write_replaces_the_lost_sessions_of_a_pool_and_stops_after_two_rounds() {
    for (losses, is_written) in [(3, true), (6, false)] {
        let query = || on("SELECT 7").stall("all").answer([numbers(7..8)]);
        let script = [query(), query(), query()].into_iter();
        let script = script.chain((0..losses).map(|_| on("REFRESH TABLE ice.t").fail(lost())));
        let rest = [ice::refresh(), ice::look(), view().answer([])];
        let rest = rest.into_iter().chain([statement("INSERT INTO ice.t").answer([]), dropped()]);
        let fake = Fake::start(script.chain(rest.filter(|_| is_written))).await;
        let drv = builder(&fake).pool_size(3).build().unwrap();
        let db = open(drv, Iceberg::new().catalog("ice"), Backend::none()).unwrap();
        let queries = || async { query_scalar::<i64>(&db, "SELECT 7").await };
        let released = async {
            fake.wait_for_nth("ExecutePlan", 3).await;
            fake.release("all");
        };
        let (first, second, third, ()) =
            soon(async { tokio::join!(queries(), queries(), queries(), released) }).await;
        assert_eq!([first, second, third].map(Result::unwrap), [7; 3]);
        assert_eq!(db.status().idle, 3);
        let written = soon(async { db.insert(&[Row { id: 1 }]).await }).await;
        match is_written {
            true => assert_eq!(written.unwrap().path(), WritePath::Direct),
            // The write is begun a second time, when no session of the pool is left.
            false => assert_eq!(written.unwrap_err().kind(), ErrorKind::SessionLost),
        }
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

/// There may be fewer sessions than writes that wait for each other.
#[tokio::test]
async fn a_write_that_waits_for_others_leaves_its_session_to_them() {
    let fake = Fake::start(conflicts_beside_a_query().into_iter().chain(written_again())).await;
    let (db, write, query) = beside_a_query(&fake, 1).await;
    fake.release("query");
    assert_eq!(soon(query).await.unwrap().unwrap(), 7);
    let written = soon(write).await.unwrap().unwrap();
    assert_eq!((written.path(), written.retries()), (WritePath::Direct, 1));
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// A write that conflicts, in the only session, which a query holds from then on.
fn conflicts_beside_a_query() -> [Exchange; 6] {
    [
        ice::refresh(),
        ice::look(),
        view().stall("rows").answer([]),
        statement("INSERT INTO ice.t").fail(conflict()),
        dropped(),
        on("SELECT 7").stall("query").answer([numbers(7..8)]),
    ]
}

/// Its next attempt, once the query is over.
fn written_again() -> [Exchange; 7] {
    let rows = on("SELECT 1 AS found FROM ice.t WHERE _ingest_id = :ingest_id LIMIT 1");
    [
        ice::refresh(),
        ice::refresh(),
        rows.whatever_values().answer([numbers(0..0)]),
        ice::look(),
        view().answer([]),
        statement("INSERT INTO ice.t").answer([]),
        dropped(),
    ]
}

/// Such a write with so many retries, as far as the query waits for its session. The query has to get it in time on a busy
/// machine too, and what waits behind it runs out of time.
async fn beside_a_query(
    fake: &Fake,
    retries: u32,
) -> (Client, JoinHandle<Result<Written>>, JoinHandle<Result<i64>>) {
    let drv = builder(fake).pool_size(1).acquire_timeout(Duration::from_secs(3)).build().unwrap();
    let db = open(drv, Iceberg::new().catalog("ice"), Backend::none()).unwrap();
    let write = tokio::spawn({
        let db = db.clone();
        async move { db.insert(&[Row { id: 1 }]).conflicts(at_once(retries)).await }
    });
    soon(fake.wait_for_nth("ExecutePlan", 3)).await;
    let query = tokio::spawn({
        let db = db.clone();
        async move { query_scalar::<i64>(&db, "SELECT 7").await }
    });
    while db.status().waiting == 0 {
        tokio::task::yield_now().await;
    }
    fake.release("rows");
    (db, write, query)
}

#[tokio::test]
async fn a_pool_without_a_session_for_a_look_counts_as_a_retry() {
    let fake = Fake::start(conflicts_beside_a_query().into_iter().chain(written_again())).await;
    let capture = Capture::start();
    let (db, write, query) = beside_a_query(&fake, 3).await;
    let looks_again = |told: &Told| told.fields.get("message").is_some_and(|text| text == "looking again");
    soon(async {
        while !capture.events().iter().any(looks_again) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    fake.release("query");
    assert_eq!(soon(query).await.unwrap().unwrap(), 7);
    let written = soon(write).await.unwrap().unwrap();
    assert_eq!((written.path(), written.retries()), (WritePath::Direct, 1));
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_write_that_found_no_session_for_its_last_look_says_so() {
    let fake = Fake::start(conflicts_beside_a_query()).await;
    let (db, write, query) = beside_a_query(&fake, 1).await;
    let error = soon(write).await.unwrap().unwrap_err();
    assert!(error.is_commit_conflict() && error.kind() == ErrorKind::Server, "{error}");
    let told = error.to_string();
    let begin = "the write was not tried again: no session was free to look for its rows in ice.t (";
    assert!(told.starts_with(begin), "{told}");
    assert!(told.contains("acquire_timeout"), "{told}");
    fake.release("query");
    assert_eq!(soon(query).await.unwrap().unwrap(), 7);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_conflicted_write_whose_driver_is_closed_says_so() {
    let fake = Fake::start(conflicts_beside_a_query()).await;
    let (db, write, query) = beside_a_query(&fake, 1).await;
    soon(fake.wait_for_nth("ExecutePlan", 6)).await;
    // The query has the session, and the look waits for it.
    while db.status().waiting == 0 {
        tokio::task::yield_now().await;
    }
    let (closed, written) = soon(async { tokio::join!(db.close(), write) }).await;
    closed.unwrap();
    let error = written.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
    assert!(error.is_commit_conflict() && !error.may_have_run() && !error.is_retryable(), "{error}");
    let begin = "the write was not tried again: its rows could not be looked for in ice.t (";
    assert!(error.to_string().starts_with(begin), "{error}");
    assert!(soon(query).await.unwrap().is_err());
    fake.finish_anywhere();
}

#[tokio::test]
async fn a_write_with_a_key_whose_session_is_lost_is_looked_for_in_another_and_repeated() {
    let script = [
        ice::refresh(),
        ice::look(),
        ice::refresh(),
        found_in_iceberg(0),
        view().answer([]),
        statement("MERGE INTO ice.t").fail(lost()),
        drops().fail(lost()),
        on("REFRESH TABLE ice.t").fail(lost()),
        ice::refresh(),
        ice::refresh(),
        found_in_iceberg(0),
        ice::look(),
        view().answer([]),
        statement("MERGE INTO ice.t").answer([]),
        dropped(),
    ];
    let fake = Fake::start(script).await;
    // With one place only the lost session has to go back before another is taken.
    let drv = builder(&fake).pool_size(1).build().unwrap();
    let db = open(drv, Iceberg::new().catalog("ice"), Backend::none()).unwrap();
    let merge = db.merge(&[Keyed { id: 1 }]).idempotency_key("k").conflicts(at_once(1)).into_future();
    let written = soon(merge).await.unwrap();
    assert_eq!((written.path(), written.retries()), (WritePath::Direct, 1));
    let sessions = fake.sessions("ExecutePlan");
    // The first look is where the statement was.
    assert!(sessions[..8].iter().all(|id| *id == sessions[0]), "{sessions:?}");
    assert!(sessions[8..].iter().all(|id| *id == sessions[8] && *id != sessions[0]), "{sessions:?}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn rows_that_another_write_with_the_key_committed_first_are_there_already() {
    let script = [look(), found(0), view().answer([]), merge().fail(conflict()), dropped(), found(1)];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let mut last = WriteProgress::default();
    let merge = db.merge(&[Keyed { id: 1 }]).idempotency_key("k").on_progress(|now| last = now);
    let written = soon(merge.into_future()).await.unwrap();
    assert_eq!((written.path(), written.retries()), (WritePath::AlreadyThere, 0));
    assert_eq!((last.rows_encoded, last.rows_committed), (1, 0));
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// The attempt whose answer was lost may have landed by then, and made the next one conflict.
#[tokio::test]
async fn rows_found_after_a_conflict_behind_an_answer_that_was_lost_are_those_of_the_write() {
    let script = [
        look(),
        found(0),
        view().answer([]),
        merge().reset(),
        cut(),
        dropped(),
        found(0),
        look(),
        view().answer([]),
        merge().fail(conflict()),
        dropped(),
        found(1),
    ];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let mut last = WriteProgress::default();
    let merge = db.merge(&[Keyed { id: 1 }]).idempotency_key("k").conflicts(at_once(1));
    let written = soon(merge.on_progress(|now| last = now).into_future()).await.unwrap();
    assert_eq!((written.path(), written.retries()), (WritePath::Direct, 1));
    assert_eq!((last.rows_encoded, last.rows_committed), (1, 1));
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_write_with_a_key_that_someone_stops_is_looked_for_and_not_sent_again() {
    let stopped = Failure::spark("OPERATION_CANCELED", "HY008");
    let script = [look(), found(0), view().answer([]), merge().fail(stopped), dropped(), found(0)];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let merge = db.merge(&[Keyed { id: 1 }]).idempotency_key("k").conflicts(at_once(3)).into_future();
    let error = soon(merge).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert!(error.to_string().contains(" in the column _ingest_id of t before you repeat it: "), "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// The first attempt may still land, whatever became of the second.
#[tokio::test]
async fn a_failure_behind_an_answer_that_was_lost_leaves_the_outcome_open() {
    let refused = Failure::spark("UNSUPPORTED_OPERATION", "42000");
    let script = [
        look(),
        found(0),
        view().answer([]),
        merge().reset(),
        cut(),
        dropped(),
        found(0),
        look(),
        view().fail(refused),
    ];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let merge = db.merge(&[Keyed { id: 1 }]).idempotency_key("k").conflicts(at_once(1)).into_future();
    let error = soon(merge).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert!(error.may_have_run() && !error.is_retryable());
    assert!(error.to_string().contains(" in the column _ingest_id of t before you repeat it: "), "{error}");
    assert_eq!(error.error_class(), Some("UNSUPPORTED_OPERATION"));
    assert_eq!(error.ingest_id(), Some(IngestId::of_key("k")));
    let origin = error.origin().and_then(|origin| origin.downcast_ref::<lakeorm::Error>()).unwrap();
    assert_eq!(origin.kind(), ErrorKind::Server);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn rows_that_do_not_get_there_behind_an_answer_that_was_lost_are_handed_over_again() {
    let script = [
        look(),
        found(0),
        view().answer([]),
        merge().reset(),
        cut(),
        dropped(),
        found(0),
        look(),
        view().fail(lost()),
        drops().fail(lost()),
        found(0),
        look(),
        view().answer([]),
        merge().answer([counts(0..1)]),
        dropped(),
    ];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let merge = db.merge(&[Keyed { id: 1 }]).idempotency_key("k").conflicts(at_once(2)).into_future();
    let written = soon(merge).await.unwrap();
    assert_eq!((written.path(), written.retries()), (WritePath::Direct, 2));
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_look_that_fails_is_taken_again_under_the_policy_of_the_write() {
    let fails = || {
        on("SELECT 1 AS found FROM t WHERE _ingest_id = :ingest_id LIMIT 1")
            .whatever_values()
            .fail(Failure::unavailable("starting"))
            .at_work()
            .interrupted()
    };
    for (failing, retries, kind) in [(1, 1, None), (2, 1, Some(ErrorKind::OutcomeUnknown))] {
        let script = [look(), view().answer([]), insert().fail(lost()), drops().fail(lost())];
        let looks = (0..failing).map(|_| fails()).chain((failing < 2).then(|| found(1)));
        let fake = Fake::start(script.into_iter().chain(looks)).await;
        let drv = builder(&fake).retry_policy(at_once(0)).build().unwrap();
        let db = open(drv, Delta::new(), Backend::none()).unwrap();
        let rows = [Row { id: 1 }];
        let written = soon(db.insert(&rows).conflicts(at_once(retries)).into_future()).await;
        assert_eq!(written.err().map(|error| error.kind()), kind);
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}
