//! The bound of the pool: what keeps a slot, what gives it back, and what a caller waits for.

use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{FutureExt, TryStreamExt};
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, ErrorKind, query, query_stream};
use lakeorm_tests::fake::{Exchange, Failure, Fake, FakeBuilder, batch, complete, execute};
use lakeorm_tests::proxy::Proxy;
use spark_connect::{Channel, Relation, RetryPolicy, Session};

use crate::setup::{builder, numbers, soon};

fn one() -> Exchange {
    execute().send(batch(&numbers(0..1))).send(complete())
}

async fn is_answered(drv: &SparkDriver) {
    let db = Client::new(drv.clone());
    assert_eq!(soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap(), [(0,)]);
}

/// The first call of the first session is answered, and of those behind it so many are not.
fn away_for(fake: FakeBuilder, calls: usize) -> FakeBuilder {
    fake.answer_first(1, "Config").refuse_first(calls, "Config", Failure::unavailable("restarting"))
}

#[tokio::test]
async fn a_dropped_query_keeps_its_slot_until_the_server_has_stopped_it() {
    let fake =
        Fake::builder().hold("Interrupt", "stopping").script([execute().at_work(), one()]).start().await;
    let drv = builder(&fake).pool_size(1).acquire_timeout(Duration::from_millis(200)).build().unwrap();
    let db = Client::new(drv.clone());
    tokio::select! {
        rows = query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t")) => panic!("nothing was sent: {rows:?}"),
        _ = fake.wait_for("ExecutePlan") => {}
    }
    fake.wait_for("Interrupt").await;
    assert_eq!((drv.status().in_use, drv.status().idle), (1, 0));
    let error = soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PoolTimeout);
    assert_eq!(fake.sent("ExecutePlan").len(), 1);
    fake.release("stopping");
    is_answered(&drv).await;
    fake.finish();
}

#[tokio::test]
async fn a_stream_of_a_session_keeps_the_slot_of_the_session() {
    let fake = Fake::start([execute().send(batch(&numbers(0..1))).stall("reading").send(complete())]).await;
    let drv = builder(&fake).pool_size(1).build().unwrap();
    let session = soon(drv.session()).await.unwrap();
    let mut batches = session.query(&Relation::sql("SELECT id FROM t"));
    drop(session);
    assert!(soon(batches.try_next()).await.unwrap().is_some());
    assert_eq!((drv.status().in_use, fake.sent("ReleaseSession").len()), (1, 0));
    fake.release("reading");
    assert!(soon(batches.try_next()).await.unwrap().is_none());
    assert_eq!(drv.status().in_use, 0);
    fake.wait_for("ReleaseSession").await;
    fake.finish();
}

#[tokio::test]
async fn a_smaller_size_takes_no_session_away_that_is_in_use_and_a_larger_one_adds_slots() {
    let fake = Fake::start([one(), one()]).await;
    let drv = builder(&fake).pool_size(2).build().unwrap();
    let kept = soon(drv.session()).await.unwrap();
    let other = soon(drv.session()).await.unwrap();
    drv.resize(1);
    assert_eq!((drv.status().size, drv.status().in_use), (1, 2));
    let db = Client::new(kept.clone());
    assert_eq!(soon(query::<(i64,)>(&db, "SELECT 0")).await.unwrap(), [(0,)]);
    drop(other);
    assert_eq!(drv.status().in_use, 1);
    assert!(drv.session().now_or_never().is_none());
    drv.resize(2);
    is_answered(&drv).await;
    drop((kept, db));
    drv.resize(0);
    assert_eq!(drv.status().size, 1);
    fake.finish();
}

#[tokio::test]
async fn a_session_is_opened_at_a_later_attempt_where_the_server_has_answered_before() {
    let held = execute().send(batch(&numbers(0..3)));
    let fake = away_for(Fake::builder().script([held, one()]), 2).start().await;
    let drv = builder(&fake).pool_size(2).build().unwrap();
    let mut rows = query_stream::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
    is_answered(&drv).await;
    assert_eq!(fake.sent("Config").len(), 4);
    drop(rows);
    fake.finish();
}

/// The service behind it may have moved.
#[tokio::test]
async fn a_session_that_cannot_be_reached_is_replaced_by_the_factory() {
    // One more than are answered: the connection may be cut behind the request.
    let fake = Fake::start([one(), one(), one()]).await;
    let (old, new) = (Proxy::before(&fake).await, Proxy::before(&fake).await);
    let channel = |proxy: &Proxy| {
        let wait = Duration::from_millis(1);
        let policy = RetryPolicy { max_retries: 3, max_backoff: wait, ..RetryPolicy::default() };
        let remote = format!("sc://{}", proxy.address()).parse().unwrap();
        Channel::builder(remote).retry_policy(policy).build().unwrap()
    };
    let now = Arc::new(Mutex::new(channel(&old)));
    let known = Arc::clone(&now);
    let factory = move || {
        let session = Session::new(&known.lock().unwrap());
        async move { Ok(session) }
    };
    let drv = SparkDriver::factory_builder("moving", factory).pool_size(1).build().unwrap();
    is_answered(&drv).await;
    old.refuse();
    *now.lock().unwrap() = channel(&new);
    let db = Client::new(drv.clone());
    let error = soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    is_answered(&drv).await;
    assert_eq!(new.connections(), 1);
    fake.finish_anywhere();
}

#[tokio::test]
async fn a_server_that_has_never_answered_is_asked_once() {
    let fake = Fake::builder().refuse("Config", Failure::unavailable("wrong address")).start().await;
    let drv = builder(&fake).build().unwrap();
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 0"))).await.unwrap_err();
    assert_eq!((error.kind(), fake.sent("Config").len()), (ErrorKind::Connect, 1), "{error}");
    fake.finish();
}

#[tokio::test]
async fn the_error_of_an_opening_says_how_long_what_for_and_what_failed() {
    let held = execute().send(batch(&numbers(0..3)));
    let fake = away_for(Fake::builder().script([held]), usize::MAX).start().await;
    let drv = builder(&fake).pool_size(2).acquire_timeout(Duration::from_millis(400)).build().unwrap();
    let db = Client::new(drv.clone());
    let mut rows = query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
    let error = soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::PoolTimeout, true));
    let text = error.to_string();
    for part in [
        "waited 400ms (`acquire_timeout`) for a session to be opened: ",
        " of 2 in use, 0 idle, 0 waiting; the last attempt failed: cannot open a session: ",
        "restarting",
    ] {
        assert!(text.contains(part), "{text}");
    }
    drop(rows);
    fake.finish();
}

#[tokio::test]
async fn closing_that_was_dropped_is_finished_by_the_next_call() {
    let fake = Fake::builder().hold("ReleaseSession", "ending").script([one()]).start().await;
    let drv = builder(&fake).build().unwrap();
    is_answered(&drv).await;
    tokio::select! {
        closed = drv.close() => panic!("the server has not answered: {closed:?}"),
        _ = fake.wait_for("ReleaseSession") => {}
    }
    fake.release("ending");
    soon(drv.close()).await.unwrap();
    let released = fake.sessions("ReleaseSession");
    assert_eq!(released, vec![fake.sent("ExecutePlan")[0].session_id.clone(); 2]);
    soon(drv.close()).await.unwrap();
    assert_eq!(fake.sent("ReleaseSession").len(), 2);
    fake.finish();
}

#[tokio::test]
async fn closing_that_was_dropped_while_it_waited_for_a_query_hands_out_nothing_more() {
    let fake = Fake::start([execute().send(batch(&numbers(0..3))).interrupted()]).await;
    let drv = builder(&fake).build().unwrap();
    let db = Client::new(drv.clone());
    let mut rows = query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
    assert!(drv.close().now_or_never().is_none());
    let refused = soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Closed);
    drop(rows);
    soon(drv.close()).await.unwrap();
    assert_eq!((fake.sent("Interrupt").len(), fake.sent("ReleaseSession").len()), (1, 1));
    fake.finish();
}

#[tokio::test]
async fn the_query_timeout_of_the_driver_holds_unless_a_query_has_its_own() {
    const LIMIT: Duration = Duration::from_millis(300);
    let silent = || execute().send(batch(&numbers(0..1))).stall("silent").send(complete()).at_work();
    let fake = Fake::start([silent(), silent(), execute().stall("silent").send(complete()).at_work()]).await;
    let drv = builder(&fake).query_timeout(LIMIT).build().unwrap();
    let db = Client::new(drv.clone());
    let text = |what: &str, option: &str| {
        format!("the {what} did not end within 300ms ({option}); the server is told to stop it")
    };
    let error = soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Timeout, text("query", "query_timeout")));
    let own = drv.from_sql("SELECT 0").timeout(Duration::MAX);
    assert!(tokio::time::timeout(2 * LIMIT, query::<(i64,)>(&db, own)).await.is_err());
    let error = soon(drv.exec("DELETE FROM t").into_future()).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Timeout, text("statement", "query_timeout")));
    fake.finish_anywhere();
}

#[tokio::test]
async fn the_largest_and_smallest_numbers_are_taken() {
    let fake = Fake::start([one(), execute().send(complete()), one(), one()]).await;
    let drv = builder(&fake)
        .pool_size(usize::MAX)
        .acquire_timeout(Duration::MAX)
        .connect_timeout(Duration::MAX)
        .idle_timeout(Duration::MAX)
        .max_lifetime(Duration::MAX)
        .query_timeout(Duration::MAX)
        .build()
        .unwrap();
    let db = Client::new(drv.clone());
    let longest = drv.from_sql("SELECT 0").timeout(Duration::MAX);
    assert_eq!(soon(query::<(i64,)>(&db, longest)).await.unwrap(), [(0,)]);
    soon(drv.exec("DELETE FROM t").timeout(Duration::MAX).into_future()).await.unwrap();
    soon(drv.close()).await.unwrap();

    let none = Duration::ZERO;
    let drv = builder(&fake).pool_size(1).idle_timeout(none).max_lifetime(none).build().unwrap();
    is_answered(&drv).await;
    is_answered(&drv).await;
    let error = builder(&fake).pool_size(0).build().unwrap_err();
    assert_eq!((error.kind(), error.to_string().contains("`pool_size` is 0")), (ErrorKind::Config, true));
    fake.finish();
}

#[test]
fn outside_of_a_runtime_a_query_is_an_error() {
    let drv = SparkDriver::remote("sc://localhost:1").unwrap();
    let db = Client::new(drv.clone());
    let asked = query::<(i64,)>(&db, drv.from_sql("SELECT 0")).now_or_never();
    assert_eq!(asked.unwrap().unwrap_err().kind(), ErrorKind::NoRuntime);
    let asked = drv.exec("SELECT 0").into_future().now_or_never();
    assert_eq!(asked.unwrap().unwrap_err().kind(), ErrorKind::NoRuntime);
    let asked = drv.session().now_or_never();
    assert_eq!(asked.unwrap().unwrap_err().kind(), ErrorKind::NoRuntime);
}
