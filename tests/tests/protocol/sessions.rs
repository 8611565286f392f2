//! The sessions of a driver's pool.

use std::collections::BTreeSet;
use std::future::IntoFuture;
use std::time::Duration;

use futures::TryStreamExt;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, ErrorKind, RowStream, query, query_stream};
use lakeorm_tests::fake::{Code, Exchange, Failure, Fake, batch, complete, execute, on, reattach_from};
use lakeorm_tests::proxy::{Fault, Proxy};
use spark_connect::{Channel, Relation, RetryPolicy, Session};
use uuid::Uuid;

use crate::setup::{
    all, builder, channel, driver, error_of, every_text, later, next, numbers, select, session, soon,
};

/// How long a driver that is closed waits for what runs.
const CLOSE_BOUND: Duration = Duration::from_secs(5);

/// A query that may be interrupted.
fn running() -> Exchange {
    execute().send(batch(&numbers(0..3))).at_work()
}

/// A query that has given its first row and holds its slot.
async fn begun(db: &Client, drv: &SparkDriver) -> RowStream<(i64,)> {
    let mut rows = query_stream::<(i64,)>(db, drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
    rows
}

fn sessions(fake: &Fake) -> BTreeSet<String> {
    sessions_of(fake, "ExecutePlan")
}

/// The sessions that a call was made for.
fn sessions_of(fake: &Fake, rpc: &str) -> BTreeSet<String> {
    fake.sessions(rpc).into_iter().collect()
}

#[tokio::test]
async fn each_slot_has_a_session_of_its_own() {
    let fake = Fake::start([running(), running(), running()]).await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let held = [begun(&db, &drv).await, begun(&db, &drv).await, begun(&db, &drv).await];
    assert_eq!(sessions(&fake).len(), 3);
    drop(held);
    soon(drv.close()).await.unwrap();
    assert_eq!(sessions_of(&fake, "ReleaseSession"), sessions(&fake));
    fake.finish();
}

#[tokio::test]
async fn all_slots_share_one_session_where_tables_live_in_the_session() {
    let fake = Fake::builder().echoes_session_ids().script([running(), running(), running()]).start().await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let held = [begun(&db, &drv).await, begun(&db, &drv).await, begun(&db, &drv).await];
    assert_eq!(sessions(&fake).len(), 1);
    drop(held);
    soon(drv.close()).await.unwrap();
    assert_eq!(fake.sent("ReleaseSession").len(), 1);
    fake.finish();
}

#[tokio::test]
async fn a_session_that_the_connection_string_names_is_used_in_every_slot() {
    const ID: &str = "0e8f4a6e-31cb-4e0c-9d55-2c5d3c1f7a10";
    let fake = Fake::start([running(), running()]).await;
    let drv = SparkDriver::remote(format!("{}/;session_id={ID}", fake.remote())).unwrap();
    let db = Client::new(drv.clone());
    let held = [begun(&db, &drv).await, begun(&db, &drv).await];
    assert_eq!(sessions(&fake), BTreeSet::from([ID.to_owned()]));
    drop(held);
    fake.finish();
}

#[tokio::test]
async fn a_session_is_used_again_once_it_is_free() {
    let done = || execute().answer([numbers(0..1)]);
    let fake = Fake::start([done(), done()]).await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    for _ in 0..2 {
        assert_eq!(soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap(), [(0,)]);
    }
    assert_eq!((sessions(&fake).len(), fake.sent("Config").len()), (1, 1));
    fake.finish();
}

#[tokio::test]
async fn there_are_no_more_sessions_than_slots_and_waiting_has_a_deadline() {
    let fake = Fake::start([running(), running()]).await;
    let drv = builder(&fake).pool_size(2).acquire_timeout(Duration::from_millis(500)).build().unwrap();
    let db = Client::new(drv.clone());
    let held = [begun(&db, &drv).await, begun(&db, &drv).await];
    let error = soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PoolTimeout);
    assert!(error.is_timeout() && error.to_string().contains("for a free session: 2 of 2 in use"), "{error}");
    assert_eq!(fake.sent("ExecutePlan").len(), 2);
    drop(held);
    fake.finish();
}

#[tokio::test]
async fn a_conf_that_the_server_refuses_is_the_error_of_each_query_and_holds_no_slot() {
    let refusal = Failure::spark("CANNOT_MODIFY_STATIC_CONFIG", "46110").parameter("key", "spark.master");
    let fake = Fake::builder().refuse("Config", refusal).start().await;
    let drv = builder(&fake).pool_size(1).session_conf("spark.master", "local").build().unwrap();
    let db = Client::new(drv.clone());
    for _ in 0..2 {
        let error = soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server);
        assert_eq!(error.message_parameters().get("key").map(String::as_str), Some("spark.master"));
    }
    assert_eq!(fake.sent("Config").len(), 2);
    // The server looked at the conf in a session, which would stay there.
    soon(drv.close()).await.unwrap();
    let released = sessions_of(&fake, "ReleaseSession");
    assert_eq!((released.len(), released), (2, sessions_of(&fake, "Config")));
    fake.finish();
}

/// It may be a proxy's.
#[tokio::test]
async fn a_failure_that_mentions_no_conf_and_has_no_condition_is_not_laid_to_a_conf() {
    let fake = Fake::builder().refuse("Config", Failure::internal("upstream error")).start().await;
    let drv = builder(&fake).session_conf("spark.sql.session.timeZone", "UTC").build().unwrap();
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 0"))).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("upstream error") && !text.contains("timeZone"), "{text}");
    fake.finish();
}

#[tokio::test]
async fn closing_waits_for_the_release_of_a_session_that_was_replaced_before() {
    let fake = Fake::start([execute().send(complete())]).await;
    let drv = builder(&fake).pool_size(1).build().unwrap();
    soon(drv.exec("USE elsewhere").into_future()).await.unwrap();
    soon(drv.close()).await.unwrap();
    assert_eq!(fake.sent("ReleaseSession").len(), 1);
    fake.finish();
}

#[tokio::test]
async fn a_session_whose_statements_fail_is_ended_on_the_server() {
    let fake = Fake::start([execute().fail(Failure::spark("PARSE_SYNTAX_ERROR", "42601"))]).await;
    let drv = builder(&fake).session_statement("SELEC").build().unwrap();
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1"))).await.unwrap_err();
    assert!(
        error.to_string().starts_with("cannot open a session: `session_statement` number 1 failed"),
        "{error}"
    );
    soon(drv.close()).await.unwrap();
    assert_eq!(fake.sent("ReleaseSession").len(), 1);
    fake.finish();
}

#[tokio::test]
async fn a_session_whose_statement_lost_its_answer_is_replaced_by_another() {
    let unknown = Failure::spark("INVALID_HANDLE.OPERATION_NOT_FOUND", "HY000");
    let script = [
        on("USE elsewhere").reset(),
        reattach_from(None).fail(unknown),
        on("USE elsewhere").answer([]),
        on("SELECT 0").answer([numbers(0..1)]),
    ];
    let fake = Fake::start(script).await;
    let drv = builder(&fake).session_statement("USE elsewhere").build().unwrap();
    let rows = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 0"))).await.unwrap();
    assert_eq!(rows, [(0,)]);
    let sent = fake.sent("ExecutePlan");
    assert!(sent[0].session_id != sent[1].session_id && sent[1].session_id == sent[2].session_id);
    soon(drv.close()).await.unwrap();
    assert_eq!(sessions_of(&fake, "ReleaseSession"), sessions(&fake));
    fake.finish();
}

/// Its rows are there whatever becomes of the session.
#[tokio::test]
async fn a_statement_of_the_pool_that_outlives_its_session_is_sent_once() {
    for statement in ["INSERT INTO opened VALUES (1)", "BEGIN INSERT INTO opened VALUES (1); END"] {
        let unknown = Failure::spark("INVALID_HANDLE.OPERATION_NOT_FOUND", "HY000");
        let fake = Fake::start([on(statement).reset(), reattach_from(None).fail(unknown)]).await;
        let drv = builder(&fake).session_statement(statement).build().unwrap();
        let error =
            soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 0"))).await.unwrap_err();
        // Nothing of the query was sent.
        let facts = (error.kind(), error.is_retryable(), error.may_have_run());
        assert_eq!(facts, (ErrorKind::Server, false, false), "{error}");
        let told = "the outcome of `session_statement` number 1 is unknown, so it was not run again: look at";
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(fake.sent("ExecutePlan").len(), 1);
        soon(drv.close()).await.unwrap();
        fake.finish();
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_statement_of_the_pool_says_nothing_of_the_callers_own() {
    let fake = Fake::start([on("USE elsewhere").at_work().reset()]).await;
    let (none, statement) = (RetryPolicy::none(), "USE elsewhere");
    let drv = builder(&fake).retry_policy(none).session_statement(statement).build().unwrap();
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 0"))).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true), "{error}");
    assert_eq!((error.may_have_run(), error.operation_id()), (false, None), "{error}");
    assert!(error.to_string().contains("`session_statement` number 1 failed"), "{error}");
    soon(drv.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn what_runs_on_a_server_that_is_away_ends_with_the_close_of_its_driver() {
    let fake = Fake::start([running()]).await;
    let proxy = Proxy::before(&fake).await;
    let drv = SparkDriver::remote(format!("sc://{}", proxy.address())).unwrap();
    let mut rows = begun(&Client::new(drv.clone()), &drv).await;
    proxy.refuse();
    proxy.now(Fault::Cut);
    let reading = async move {
        loop {
            if let Err(error) = rows.try_next().await {
                return error;
            }
        }
    };
    tokio::time::pause();
    let (error, closed) = soon(async { tokio::join!(reading, drv.close()) }).await;
    closed.unwrap();
    assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
    assert!(error.to_string().contains("the pool of sessions was closed while this ran"), "{error}");
    fake.finish();
}

/// Reads to the end of the rows.
async fn ended(mut rows: RowStream<(i64,)>) -> lakeorm::Result<()> {
    while rows.try_next().await?.is_some() {}
    Ok(())
}

/// Closes the driver, whose wait for what runs takes no time.
async fn close(drv: &SparkDriver) {
    let (closed, ()) = tokio::join!(drv.close(), later(CLOSE_BOUND));
    closed.unwrap();
}

/// Sail answers that it has ended a session, and runs on in it.
#[tokio::test]
async fn what_the_end_of_a_session_leaves_running_ends_with_its_driver() {
    for is_sail in [true, false] {
        let fake = Fake::builder().script([running()]);
        let fake = if is_sail { fake.echoes_session_ids() } else { fake }.start().await;
        let drv = driver(&fake);
        let rows = begun(&Client::new(drv.clone()), &drv).await;
        let (read, ()) = soon(async { tokio::join!(ended(rows), close(&drv)) }).await;
        let error = read.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
        let mut rpcs: Vec<&str> = fake.requests().iter().map(|request| request.rpc).collect();
        rpcs.retain(|rpc| ["Interrupt", "ReleaseSession"].contains(rpc));
        let expected: &[&str] = if is_sail { &["Interrupt", "ReleaseSession"] } else { &["ReleaseSession"] };
        assert!(rpcs.starts_with(expected), "{rpcs:?}");
        fake.finish();
    }
}

#[tokio::test]
async fn what_a_driver_interrupts_as_it_closes_is_closed_and_not_cancelled() {
    let unknown = Failure::sail("java.lang.IllegalArgumentException", "operation not found: 1");
    let running = execute().send(batch(&numbers(0..3))).interrupted();
    let script = [running.stall("interrupted").end(), reattach_from(None).fail(unknown)];
    let fake = Fake::builder().echoes_session_ids().script(script).start().await;
    let drv = driver(&fake);
    let rows = begun(&Client::new(drv.clone()), &drv).await;
    let interrupting = async {
        fake.wait_for("Interrupt").await;
        fake.release("interrupted");
    };
    let (read, (), ()) = soon(async { tokio::join!(ended(rows), close(&drv), interrupting) }).await;
    let error = read.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
    fake.finish();
}

/// Sail runs it inside of the call that brings it.
#[tokio::test]
async fn a_statement_that_its_driver_cuts_off_may_have_run() {
    const INSERT: &str = "INSERT INTO t SELECT 1";
    let script = [on(INSERT).begin_at("never").interrupted()];
    let fake = Fake::builder().echoes_session_ids().script(script).start().await;
    let drv = driver(&fake);
    let closing = async {
        fake.wait_for("ExecutePlan").await;
        close(&drv).await;
    };
    let (written, ()) = soon(async { tokio::join!(drv.exec(INSERT).into_future(), closing) }).await;
    let error = written.unwrap_err();
    assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::OutcomeUnknown, true), "{error}");
    let told = every_text(&error);
    assert!(told.contains("the pool of sessions was closed while this ran"), "{told}");
    fake.finish_anywhere();
}

/// Sail would make it anew, without its confs and views.
#[tokio::test]
async fn no_plan_goes_into_a_session_that_closing_has_ended() {
    let fake = Fake::builder().echoes_session_ids().hold("ReleaseSession", "released").start().await;
    let drv = driver(&fake);
    let held = soon(drv.session()).await.unwrap();
    let asking = async {
        fake.wait_for("ReleaseSession").await;
        let error = error_of(held.query(&Relation::sql("SELECT id FROM t"))).await;
        fake.release("released");
        error
    };
    let (error, ()) = soon(async { tokio::join!(asking, close(&drv)) }).await;
    let facts = (error.kind(), error.may_have_run());
    assert_eq!(facts, (spark_connect::ErrorKind::Closed, false), "{error}");
    let told = error.to_string();
    assert!(told.contains("the pool of sessions was closed") && !told.contains("while this ran"), "{told}");
    assert_eq!(fake.sent("ExecutePlan").len(), 0);
    fake.finish();
}

#[tokio::test]
async fn two_calls_that_close_a_driver_end_each_session_once() {
    let fake = Fake::start([execute().answer([numbers(0..1)])]).await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    assert_eq!(soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap(), [(0,)]);
    let (first, second) = soon(async { tokio::join!(drv.close(), drv.close()) }).await;
    first.and(second).unwrap();
    soon(drv.close()).await.unwrap();
    assert_eq!(fake.sent("ReleaseSession").len(), 1);
    fake.finish();
}

/// Sail would go on with it.
#[tokio::test]
async fn the_release_of_a_session_interrupts_what_its_end_leaves_running() {
    let cancelled = Failure::spark("OPERATION_CANCELED", "HY008");
    let script = [running().stall("interrupted").fail(cancelled)];
    let fake = Fake::builder().echoes_session_ids().script(script).start().await;
    let session = session(&fake);
    let mut batches = select(&session);
    assert_eq!(next(&mut batches).await, [0, 1, 2]);
    let reading = async {
        fake.wait_for("Interrupt").await;
        fake.release("interrupted");
        error_of(batches).await
    };
    let (error, released) = soon(async { tokio::join!(reading, session.release()) }).await;
    released.unwrap();
    assert_eq!(error.kind(), spark_connect::ErrorKind::Cancelled, "{error}");
    let rpcs: Vec<&str> = fake.requests().iter().map(|request| request.rpc).collect();
    let at = |rpc: &str| rpcs.iter().position(|found| *found == rpc);
    assert!(at("Interrupt").is_some() && at("Interrupt") < at("ReleaseSession"), "{rpcs:?}");
    fake.finish();
}

#[tokio::test]
async fn closing_a_driver_leaves_running_what_another_runs_in_a_shared_session() {
    let fake = Fake::start([running(), running()]).await;
    let session = Session::shared(&channel(&fake.remote()), Uuid::new_v4());
    let in_session = || {
        let shared = session.clone();
        let factory = move || std::future::ready(Ok::<_, spark_connect::Error>(shared.clone()));
        SparkDriver::factory_builder("orders", factory).build().unwrap()
    };
    let (closing, other) = (in_session(), in_session());
    let stopped = begun(&Client::new(closing.clone()), &closing).await;
    let kept = begun(&Client::new(other.clone()), &other).await;
    soon(close(&closing)).await;
    let interrupted: Vec<_> =
        fake.sent("Interrupt").into_iter().map(|request| request.operation_id).collect();
    assert_eq!(interrupted, [fake.sent("ExecutePlan")[0].operation_id.clone()]);
    drop((stopped, kept));
    fake.finish();
}

/// The application made it, and goes on with it after the driver.
#[tokio::test]
async fn a_shared_session_is_used_on_though_its_driver_could_not_leave_it() {
    let fake = Fake::start([running(), execute().answer([numbers(0..1)])]).await;
    let proxy = Proxy::before(&fake).await;
    let remote = format!("sc://{}", proxy.address());
    let channel =
        Channel::builder(remote.parse().unwrap()).retry_policy(RetryPolicy::none()).build().unwrap();
    let session = Session::shared(&channel, Uuid::new_v4());
    let shared = session.clone();
    let factory = move || std::future::ready(Ok::<_, spark_connect::Error>(shared.clone()));
    let drv = SparkDriver::factory_builder("orders", factory).build().unwrap();
    let rows = begun(&Client::new(drv.clone()), &drv).await;
    proxy.refuse();
    proxy.now(Fault::Cut);
    soon(async {
        while session.channel().is_connected() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    soon(drv.close()).await.unwrap();
    drop(rows);
    soon(session.channel().drained()).await;
    proxy.admit().await;
    assert_eq!(all(select(&session)).await.unwrap(), [0]);
    fake.finish();
}

#[tokio::test]
async fn a_session_of_which_nothing_can_be_learnt_is_ended_at_once() {
    let refusal = Failure::status(Code::PermissionDenied, "not for you");
    let fake = Fake::builder().echoes_session_ids().refuse("AnalyzePlan", refusal).start().await;
    let drv = driver(&fake);
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    let released = fake.wait_for("ReleaseSession").await;
    assert_eq!(released.session_id, fake.sent("Config")[0].session_id);
    soon(drv.close()).await.unwrap();
    assert_eq!(fake.sent("ReleaseSession").len(), 1);
    fake.finish();
}

#[tokio::test]
async fn a_session_whose_first_call_is_given_up_is_ended() {
    let fake =
        Fake::builder().answer_first(1, "Config").hold("Config", "second").script([running()]).start().await;
    let drv = builder(&fake).pool_size(2).acquire_timeout(Duration::from_secs(1)).build().unwrap();
    let db = Client::new(drv.clone());
    let held = begun(&db, &drv).await;
    let error = soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PoolTimeout, "{error}");
    let released = fake.wait_for("ReleaseSession").await;
    assert_eq!(released.session_id, fake.sent("Config")[1].session_id);
    drop(held);
    fake.finish();
}

#[tokio::test]
async fn a_session_whose_opening_outlasts_the_end_of_its_pool_is_ended_and_not_handed_out() {
    let fake = Fake::builder().hold("Config", "opening").start().await;
    let drv = driver(&fake);
    let opening = tokio::spawn({
        let drv = drv.clone();
        async move { drv.session().await.map(drop) }
    });
    fake.wait_for("Config").await;
    soon(drv.close()).await.unwrap();
    fake.release("opening");
    assert_eq!(soon(opening).await.unwrap().unwrap_err().kind(), ErrorKind::Closed);
    let released = fake.wait_for("ReleaseSession").await;
    assert_eq!(released.session_id, fake.sent("Config")[0].session_id);
    fake.finish();
}

#[tokio::test]
async fn no_statement_of_the_pool_is_sent_once_the_pool_has_ended() {
    let fake = Fake::builder().hold("Config", "opening").start().await;
    let drv = builder(&fake).session_statement("USE elsewhere").build().unwrap();
    let opening = tokio::spawn({
        let drv = drv.clone();
        async move { drv.session().await.map(drop) }
    });
    fake.wait_for("Config").await;
    soon(close(&drv)).await;
    fake.release("opening");
    assert_eq!(soon(opening).await.unwrap().unwrap_err().kind(), ErrorKind::Closed);
    fake.wait_for("ReleaseSession").await;
    fake.finish();
}

#[tokio::test]
async fn a_session_whose_statements_outlast_the_end_of_its_pool_is_ended_and_not_handed_out() {
    let fake = Fake::start([on("USE elsewhere").stall("opening").send(complete())]).await;
    let drv = builder(&fake).session_statement("USE elsewhere").build().unwrap();
    let opening = tokio::spawn({
        let drv = drv.clone();
        async move { drv.session().await.map(drop) }
    });
    fake.wait_for("ExecutePlan").await;
    soon(close(&drv)).await;
    assert_eq!(fake.sent("ReleaseSession").len(), 0);
    fake.release("opening");
    assert_eq!(soon(opening).await.unwrap().unwrap_err().kind(), ErrorKind::Closed);
    let released = fake.wait_for("ReleaseSession").await;
    assert_eq!(released.session_id, fake.sent("ExecutePlan")[0].session_id);
    fake.finish();
}

/// Its tables go with it.
#[tokio::test]
async fn a_session_that_holds_tables_is_ended_by_nothing_but_the_close_of_its_driver() {
    let one = || execute().answer([numbers(0..1)]);
    let refusal = Failure::internal("no interrupts today");
    let fake = Fake::builder().echoes_session_ids().refuse("Interrupt", refusal);
    let fake = fake.script([one(), one(), running(), one()]).start().await;
    let drv = builder(&fake).pool_size(1).idle_timeout(Duration::ZERO).max_lifetime(Duration::ZERO);
    let drv = drv.build().unwrap();
    let db = Client::new(drv.clone());
    // One that was lent may have been changed.
    let lent = soon(drv.session()).await.unwrap();
    let channel = lent.channel().clone();
    drop(lent);
    for _ in 0..2 {
        assert_eq!(soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap(), [(0,)]);
    }
    // What was dropped may run on in it.
    drop(begun(&db, &drv).await);
    assert_eq!(soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap(), [(0,)]);
    soon(channel.drained()).await;
    assert_eq!((sessions(&fake).len(), fake.sent("ReleaseSession").len()), (1, 0));
    soon(drv.close()).await.unwrap();
    assert_eq!(sessions_of(&fake, "ReleaseSession"), sessions(&fake));
    fake.finish();
}

#[tokio::test]
async fn what_a_server_answers_to_the_end_of_a_session_is_its_end_and_no_answer_is_not() {
    let answers = [
        (Failure::spark("INTERNAL_ERROR", "XX000"), 1),
        (Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "HY000"), 1),
        (Failure::unavailable("away"), 2),
    ];
    for (refusal, calls) in answers {
        let fake = Fake::builder().script([running()]).refuse_first(1, "ReleaseSession", refusal);
        let fake = fake.start().await;
        let drv = builder(&fake).retry_policy(RetryPolicy::none()).build().unwrap();
        let rows = begun(&Client::new(drv.clone()), &drv).await;
        let (read, ()) = soon(async { tokio::join!(ended(rows), close(&drv)) }).await;
        let error = read.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
        soon(drv.close()).await.unwrap();
        assert_eq!(fake.sent("ReleaseSession").len(), calls);
        fake.finish();
    }
}

#[tokio::test]
async fn a_session_that_is_dropped_with_its_query_ends_after_the_query() {
    let fake = Fake::start([execute().at_work()]).await;
    let drv = builder(&fake).pool_size(1).build().unwrap();
    let session = soon(drv.session()).await.unwrap();
    let mut batches = session.query(&Relation::sql("SELECT id FROM t"));
    tokio::select! {
        batch = batches.try_next() => panic!("nothing was sent: {batch:?}"),
        _ = fake.wait_for("ExecutePlan") => {}
    }
    drop((batches, session));
    fake.wait_for("ReleaseSession").await;
    let rpcs: Vec<&str> = fake.requests().iter().map(|request| request.rpc).collect();
    let at = |rpc: &str| rpcs.iter().position(|found| *found == rpc).unwrap();
    assert!(at("Interrupt") < at("ReleaseSession"), "{rpcs:?}");
    fake.finish();
}
