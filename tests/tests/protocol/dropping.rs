//! What is dropped stops, on the server too, and its slot of the pool is free again.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::TryStreamExt;
use lakeorm::{Client, ErrorKind, query, query_stream};
use lakeorm_tests::fake::{Failure, Fake, batch, execute, planning, progress, reattach_from};
use lakeorm_tests::wakes::dropped_after;
use spark_connect::{ErrorKind as SparkKind, Session, Sql};

use crate::setup::{builder, error_of, next, numbers, select, session, soon};

/// The release of exactly this operation.
async fn is_stopped_and_released(fake: &Fake, operation: &str) {
    assert_eq!(fake.wait_for("Interrupt").await.operation_id.as_deref(), Some(operation));
    let release = fake.wait_for("ReleaseExecute").await;
    assert_eq!(release.operation_id.as_deref(), Some(operation));
    assert_eq!(release.released_until(), Some(None));
}

fn the_operation(fake: &Fake) -> String {
    fake.sent("ExecutePlan")[0].operation_id.clone().expect("an operation id")
}

#[tokio::test]
async fn a_dropped_stream_interrupts_its_own_operation_and_frees_its_slot() {
    let fake =
        Fake::start([execute().send(batch(&numbers(0..3))).interrupted(), execute().answer([numbers(7..8)])])
            .await;
    let drv = builder(&fake).pool_size(1).build().unwrap();
    let db = Client::new(drv.clone());
    let mut rows = query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
    drop(rows);
    is_stopped_and_released(&fake, &the_operation(&fake)).await;
    assert_eq!(soon(query::<(i64,)>(&db, drv.from_sql("SELECT 7"))).await.unwrap(), [(7,)]);
    assert_eq!(fake.sent("Interrupt").len(), 1);
    fake.finish();
}

#[tokio::test]
async fn a_query_dropped_before_its_first_response_is_stopped_and_frees_its_slot() {
    let fake = Fake::start([execute().at_work(), execute().answer([numbers(7..8)])]).await;
    let drv = builder(&fake).pool_size(1).build().unwrap();
    let db = Client::new(drv.clone());
    tokio::select! {
        rows = query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t")) => panic!("nothing was sent: {rows:?}"),
        _ = fake.wait_for("ExecutePlan") => {}
    }
    is_stopped_and_released(&fake, &the_operation(&fake)).await;
    assert_eq!(soon(query::<(i64,)>(&db, drv.from_sql("SELECT 7"))).await.unwrap(), [(7,)]);
    fake.finish();
}

/// What a server does whose result thread has died: the connection lives, and nothing comes any more.
#[tokio::test]
async fn the_clients_own_deadline_ends_the_wait_for_a_silent_server_and_says_so() {
    let silent = || execute().send(batch(&numbers(0..3))).stall("silent").interrupted();
    let fake = Fake::start([silent(), execute().answer([numbers(7..8)])]).await;
    let drv = builder(&fake).pool_size(1).build().unwrap();
    let db = Client::new(drv.clone());
    let source = drv.from_sql("SELECT id FROM t").timeout(Duration::from_millis(300));
    let error = soon(query::<(i64,)>(&db, source)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(
        error.to_string(),
        "the query did not end within 300ms (timeout); the server is told to stop it"
    );
    is_stopped_and_released(&fake, &the_operation(&fake)).await;
    assert_eq!(soon(query::<(i64,)>(&db, drv.from_sql("SELECT 7"))).await.unwrap(), [(7,)]);
    fake.release("silent");
    fake.finish();
}

#[tokio::test]
async fn an_interrupt_waits_until_the_server_shows_that_it_has_planned() {
    let planned = reattach_from(None).send(planning()).stall("planning").send(progress());
    let fake = Fake::start([execute().interrupted(), planned]).await;
    let session = session(&fake);
    let statement = Sql::new("INSERT INTO t SELECT * FROM s");
    tokio::select! {
        outcome = session.command(&statement) => panic!("nothing was sent: {outcome:?}"),
        _ = fake.wait_for("ExecutePlan") => {}
    }
    fake.wait_for("ReattachExecute").await;
    assert_eq!(fake.sent("Interrupt").len(), 0);
    fake.release("planning");
    is_stopped_and_released(&fake, &the_operation(&fake)).await;
    fake.finish();
}

#[tokio::test]
async fn a_session_whose_conf_stays_changed_is_not_handed_on() {
    // The conf is read and set, and not put back.
    let refused = Failure::spark("CANNOT_MODIFY_CONFIG", "46110");
    let fake = Fake::builder()
        .answer_first(3, "Config")
        .refuse_first(1, "Config", refused)
        .script([execute().at_work(), execute().answer([numbers(7..8)])])
        .start()
        .await;
    let drv = builder(&fake).pool_size(1).build().unwrap();
    let db = Client::new(drv.clone());
    tokio::select! {
        rows = query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t")) => panic!("nothing was sent: {rows:?}"),
        _ = fake.wait_for("ExecutePlan") => {}
    }
    assert_eq!(soon(query::<(i64,)>(&db, drv.from_sql("SELECT 7"))).await.unwrap(), [(7,)]);
    let sent = fake.sent("ExecutePlan");
    assert_ne!(sent[0].session_id, sent[1].session_id);
    fake.finish();
}

/// An interrupt that comes while Spark plans is lost, though Spark says that it interrupted something.
#[tokio::test]
async fn a_session_is_handed_on_where_nothing_of_a_dropped_query_can_run_on_in_it() {
    let unknown = || Failure::spark("INVALID_HANDLE.OPERATION_NOT_FOUND", "HY000");
    let (planned, unplanned) = (true, false);
    for (is_planned, nothing_runs, is_refused, is_handed_on) in [
        (planned, false, false, true),
        (planned, true, false, true),
        (planned, false, true, false),
        (unplanned, false, false, false),
        (unplanned, true, false, true),
    ] {
        let mut script = match is_planned {
            true => vec![execute().at_work()],
            false => vec![execute().interrupted()],
        };
        let looks = if is_planned { 0 } else { 3 };
        script.extend((0..looks).map(|_| reattach_from(None).fail(unknown())));
        script.push(execute().answer([numbers(7..8)]));
        let mut fake = Fake::builder().script(script);
        if nothing_runs {
            fake = fake.has_nothing_to_interrupt();
        }
        if is_refused {
            fake = fake.refuse("Interrupt", Failure::internal("no interrupts today"));
        }
        let fake = fake.start().await;
        let drv = builder(&fake).pool_size(1).build().unwrap();
        let db = Client::new(drv.clone());
        tokio::select! {
            rows = query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t")) => panic!("nothing was sent: {rows:?}"),
            _ = fake.wait_for("ExecutePlan") => {}
        }
        assert_eq!(soon(query::<(i64,)>(&db, drv.from_sql("SELECT 7"))).await.unwrap(), [(7,)]);
        let sent = fake.sent("ExecutePlan");
        let case = format!("planned {is_planned}, nothing runs {nothing_runs}, refused {is_refused}");
        assert_eq!(sent[0].session_id == sent[1].session_id, is_handed_on, "{case}");
        fake.settled().await;
        fake.finish();
    }
}

/// Spark 3.5 is made to cancel the jobs of an operation whose end was not seen.
#[tokio::test]
async fn an_error_of_a_proxy_is_not_the_end_of_an_interrupted_operation() {
    let cancelling = || {
        let class = ["java.lang.IndexOutOfBoundsException"];
        let fails = Failure::internal("Expected Relation to be set, but is empty.").java_classes(&class);
        execute().when("no relation", |request| request.statement().is_none()).fail(fails)
    };
    let ended = reattach_from(None).fail(Failure::internal("upstream error"));
    let mut script = vec![execute().interrupted().released(), ended];
    script.extend((0..4).map(|_| cancelling()));
    let fake = Fake::builder().names_no_sessions().script(script).start().await;
    let session = session(&fake);
    soon(session.set_confs([("k", "v")])).await.unwrap();
    abandon(&session, &fake).await;
    assert_eq!(fake.sent("ExecutePlan").len(), 5);
    fake.finish();
}

/// Drops a query while the server plans it, and waits for what follows in the background.
async fn abandon(session: &Session, fake: &Fake) {
    let mut batches = select(session);
    tokio::select! {
        batch = batches.try_next() => panic!("nothing was sent: {batch:?}"),
        _ = fake.wait_for("ExecutePlan") => {}
    }
    drop(batches);
    soon(session.channel().drained()).await;
}

/// The conf that is changed for the wait is what it was before, whether it was set or not.
#[tokio::test]
async fn an_abandoned_query_leaves_no_conf_behind() {
    const KEY: &str = "spark.connect.progress.reportInterval";
    for before in [Some("3s"), None] {
        let fake = Fake::builder().script([execute().at_work()]);
        let fake = before.into_iter().fold(fake, |fake, value| fake.conf(KEY, value)).start().await;
        let session = session(&fake);
        session.spark_version().await.unwrap();
        abandon(&session, &fake).await;
        assert_eq!(fake.sent("Config").len(), 3);
        assert_eq!(session.confs([KEY]).await.unwrap().get(KEY).map(String::as_str), before);
        fake.finish();
    }
}

#[tokio::test]
async fn a_dropped_statement_is_interrupted() {
    let fake = Fake::start([execute().at_work()]).await;
    let session = session(&fake);
    let statement = Sql::new("INSERT INTO t SELECT * FROM s");
    tokio::select! {
        outcome = session.command(&statement) => panic!("nothing was sent: {outcome:?}"),
        _ = fake.wait_for("ExecutePlan") => {}
    }
    is_stopped_and_released(&fake, &the_operation(&fake)).await;
    fake.finish();
}

#[tokio::test]
async fn a_stream_that_was_read_to_its_end_is_released_and_not_interrupted() {
    let fake = Fake::start([execute().answer([numbers(0..3)])]).await;
    let session = session(&fake);
    let mut batches = select(&session);
    assert_eq!(next(&mut batches).await, [0, 1, 2]);
    assert!(soon(batches.try_next()).await.unwrap().is_none());
    drop(batches);
    soon(session.channel().drained()).await;
    assert_eq!((fake.sent("ReleaseExecute").len(), fake.sent("Interrupt").len()), (1, 0));
    fake.finish();
}

#[tokio::test]
async fn an_operation_that_breaks_the_protocol_is_told_to_stop() {
    let wrong = batch(&numbers(0..3)).with_row_count(4);
    let fake = Fake::start([execute().send(wrong).interrupted()]).await;
    assert_eq!(error_of(select(&session(&fake))).await.kind(), SparkKind::Protocol);
    is_stopped_and_released(&fake, &the_operation(&fake)).await;
    fake.finish();
}

#[tokio::test]
async fn rows_that_do_not_fit_stop_the_query() {
    let fake =
        Fake::start([execute().send(batch(&numbers(0..3))).interrupted(), execute().answer([numbers(7..8)])])
            .await;
    let drv = builder(&fake).pool_size(1).build().unwrap();
    let db = Client::new(drv.clone());
    let error = soon(query::<(String,)>(&db, drv.from_sql("SELECT id FROM t"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    is_stopped_and_released(&fake, &the_operation(&fake)).await;
    assert_eq!(soon(query::<(i64,)>(&db, drv.from_sql("SELECT 7"))).await.unwrap(), [(7,)]);
    fake.finish();
}

#[tokio::test]
async fn closing_waits_for_what_is_still_to_be_sent_and_releases_the_sessions() {
    let fake = Fake::start([execute().send(batch(&numbers(0..3))).interrupted()]).await;
    let drv = builder(&fake).build().unwrap();
    let db = Client::new(drv.clone());
    let mut rows = query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
    drop(rows);
    soon(drv.close()).await.unwrap();
    let rpcs: Vec<&str> = fake.requests().iter().map(|request| request.rpc).collect();
    assert_eq!(rpcs, ["Config", "ExecutePlan", "Interrupt", "ReleaseExecute", "ReleaseSession"]);
    let error = soon(query::<(i64,)>(&db, drv.from_sql("SELECT 1"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    fake.finish();
}

/// Sail says the one of a session that the client itself has ended, and Spark 3.5 the other of what ran in it.
#[tokio::test]
async fn a_stream_that_closing_ends_is_closed_and_no_lost_session() {
    let message = "session 0a6e9d3c-5b7f-4c1e-9a1d-2f3b4c5d6e7f is not running";
    let lost = Failure::sail("java.lang.IllegalArgumentException", message);
    let unknown = Failure::spark("INVALID_HANDLE.OPERATION_NOT_FOUND", "HY000");
    let running = || execute().send(batch(&numbers(0..1))).stall("closed");
    for script in [vec![running().fail(lost)], vec![running().end(), reattach_from(Some("r1")).fail(unknown)]]
    {
        let fake = Fake::start(script).await;
        let drv = builder(&fake).build().unwrap();
        let source = drv.from_sql("SELECT id FROM t");
        let mut rows = query_stream::<(i64,)>(&Client::new(drv.clone()), source);
        assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
        let ending = async {
            fake.wait_for("ReleaseSession").await;
            fake.release("closed");
        };
        let (read, closed, ()) = soon(async { tokio::join!(rows.try_next(), drv.close(), ending) }).await;
        closed.unwrap();
        let error = read.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Closed, false), "{error}");
        assert!(error.to_string().contains("the pool of sessions was closed while this ran"), "{error}");
        fake.finish();
    }
}

/// The end of its session stops it, long before the client would interrupt it.
#[tokio::test]
async fn a_dropped_query_that_is_still_planned_does_not_keep_its_session_from_being_released() {
    let planned = reattach_from(None).send(planning()).stall("planning");
    let fake = Fake::start([execute(), planned]).await;
    let drv = builder(&fake).build().unwrap();
    let db = Client::new(drv.clone());
    tokio::select! {
        rows = query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t")) => panic!("nothing was sent: {rows:?}"),
        _ = fake.wait_for("ExecutePlan") => {}
    }
    fake.wait_for("ReattachExecute").await;
    soon(drv.close()).await.unwrap();
    let released = fake.sent("ReleaseSession");
    assert_eq!(released.len(), 1);
    assert_eq!(released[0].session_id, fake.sent("ExecutePlan")[0].session_id);
    assert_eq!(fake.sent("Interrupt").len(), 0);
    fake.finish_anywhere();
}

#[tokio::test]
async fn a_query_dropped_at_any_await_stops_and_gives_its_slot_back() {
    let mut ended = false;
    for wakes in 0.. {
        let answer = || execute().answer([numbers(0..3), numbers(3..5)]).at_work();
        let fake = Fake::start([answer(), answer()]).await;
        let drv = builder(&fake).pool_size(1).build().unwrap();
        let db = Client::new(drv.clone());
        ended = soon(dropped_after(wakes, query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t")))).await;
        // The slot is free, or this one would wait in vain.
        let rows = soon(query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"))).await.unwrap();
        assert_eq!(rows, [(0,), (1,), (2,), (3,), (4,)], "after {wakes} wakes");
        soon(drv.close()).await.unwrap();
        let executed = operations(&fake, "ExecutePlan");
        let released = operations(&fake, "ReleaseExecute");
        assert!(executed.is_subset(&released), "after {wakes} wakes: {executed:?} but {released:?}");
        let begun = !ended && executed.len() == 2;
        if begun {
            assert!(operations(&fake, "Interrupt").contains(&the_operation(&fake)), "after {wakes} wakes");
        }
        fake.finish_anywhere();
        if ended {
            break;
        }
    }
    assert!(ended);
}

pub(crate) fn operations(fake: &Fake, rpc: &str) -> BTreeSet<String> {
    fake.sent(rpc).into_iter().filter_map(|request| request.operation_id).collect()
}
