//! A session that the connection string names: others may use it too.

use std::collections::BTreeSet;
use std::future::IntoFuture;
use std::time::Duration;

use futures::TryStreamExt;
use lakeorm::spark::{SparkDriver, SparkDriverBuilder, SparkSession};
use lakeorm::{Client, ErrorKind, query, query_stream};
use lakeorm_tests::fake::{Exchange, Failure, Fake, batch, complete, execute, on, reattach_from};
use spark_connect::Session;

use crate::setup::{A_MOMENT, all, builder, channel, later, next, numbers, select, soon};

/// How long a driver that is closed waits for what runs.
const CLOSE_BOUND: Duration = Duration::from_secs(5);

const ID: &str = "0e8f4a6e-31cb-4e0c-9d55-2c5d3c1f7a10";

/// A server on which nothing may end the session.
async fn keeping(script: impl IntoIterator<Item = Exchange>) -> Fake {
    Fake::builder().expects_no("ReleaseSession").script(script).start().await
}

fn named(fake: &Fake) -> SparkDriverBuilder {
    SparkDriver::builder(format!("{}/;session_id={ID}", fake.remote()))
}

fn one() -> Exchange {
    execute().send(batch(&numbers(0..1))).send(complete())
}

fn used_up() -> Failure {
    Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "08003")
}

#[tokio::test]
async fn it_outlives_every_thing_that_ends_a_session_of_the_pool() {
    let fake = keeping([execute().send(complete()), one(), one()]).await;
    let drv = named(&fake).pool_size(1).idle_timeout(Duration::ZERO).build().unwrap();
    let db = Client::new(drv.clone());
    soon(drv.exec("SET spark.sql.shuffle.partitions = 7").into_future()).await.unwrap();
    for _ in 0..2 {
        drop(soon(drv.session()).await.unwrap());
        assert_eq!(soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap(), [(0,)]);
    }
    soon(drv.close()).await.unwrap();
    let sessions: BTreeSet<String> = fake.requests().into_iter().map(|request| request.session_id).collect();
    assert_eq!(sessions, BTreeSet::from([ID.to_owned()]));
    fake.finish();
}

#[tokio::test]
async fn closing_stops_what_the_driver_runs_in_it_and_leaves_it() {
    let fake = keeping([execute().send(batch(&numbers(0..3))).interrupted()]).await;
    let drv = named(&fake).build().unwrap();
    let mut rows = query_stream::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
    soon(drv.close()).await.unwrap();
    assert_eq!(fake.sent("Interrupt").len(), 1);
    drop(rows);
    fake.finish();
}

/// The factory gives the driver a session that the application has a handle of.
#[tokio::test]
async fn the_applications_own_handle_goes_on_in_it_after_the_driver_was_closed() {
    let fake = keeping([execute().send(batch(&numbers(0..3))).interrupted(), one()]).await;
    let own = Session::new(&channel(&format!("{}/;session_id={ID}", fake.remote())));
    let given = own.clone();
    let factory = move || std::future::ready(Ok::<_, spark_connect::Error>(given.clone()));
    let drv = SparkDriver::factory_builder("orders", factory).build().unwrap();
    let mut rows = query_stream::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
    let (closed, ()) = soon(async { tokio::join!(drv.close(), later(CLOSE_BOUND)) }).await;
    closed.unwrap();
    assert_eq!(all(select(&own)).await.unwrap(), [0]);
    // What the driver ran has ended, though the server is silent.
    let error = soon(rows.try_collect::<Vec<_>>()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
    fake.finish();
}

#[tokio::test]
async fn what_closing_interrupts_in_it_is_closed_and_not_cancelled() {
    let cancelled = Failure::spark("OPERATION_CANCELED", "HY008");
    let running = execute().send(batch(&numbers(0..1))).stall("interrupted").fail(cancelled).interrupted();
    let fake = keeping([running]).await;
    let drv = named(&fake).build().unwrap();
    let mut rows = query_stream::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
    let interrupting = async {
        fake.wait_for("Interrupt").await;
        fake.release("interrupted");
    };
    let closing = async { tokio::join!(rows.try_next(), drv.close(), later(CLOSE_BOUND), interrupting) };
    let (read, closed, (), ()) = soon(closing).await;
    closed.unwrap();
    let error = read.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
    fake.finish();
}

#[tokio::test]
async fn what_the_application_runs_in_it_goes_on_when_a_driver_over_it_is_closed() {
    let own_result = execute().send(batch(&numbers(0..1))).stall("closed").send(batch(&numbers(1..3)));
    let of_driver = execute().send(batch(&numbers(0..3))).interrupted();
    let fake = keeping([own_result.send(complete()), of_driver]).await;
    let own = Session::new(&channel(&format!("{}/;session_id={ID}", fake.remote())));
    let mut kept = select(&own);
    assert_eq!(next(&mut kept).await, [0]);
    let given = own.clone();
    let factory = move || std::future::ready(Ok::<_, spark_connect::Error>(given.clone()));
    let drv = SparkDriver::factory_builder("orders", factory).build().unwrap();
    let mut rows = query_stream::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
    let (closed, ()) = soon(async { tokio::join!(drv.close(), later(CLOSE_BOUND)) }).await;
    closed.unwrap();
    assert_eq!(soon(rows.try_collect::<Vec<_>>()).await.unwrap_err().kind(), ErrorKind::Closed);
    fake.release("closed");
    assert_eq!(all(kept).await.unwrap(), [1, 2]);
    let interrupted: Vec<_> =
        fake.sent("Interrupt").into_iter().map(|request| request.operation_id).collect();
    assert_eq!(interrupted, [fake.sent("ExecutePlan")[1].operation_id.clone()]);
    fake.finish();
}

#[tokio::test]
async fn an_opening_that_fails_ends_it_no_more_than_one_that_was_made_to_be_shared() {
    let refusal = || Failure::spark("CANNOT_MODIFY_STATIC_CONFIG", "46110");
    for is_named in [true, false] {
        for conf_fails in [true, false] {
            let fake = match conf_fails {
                true => Fake::builder().refuse("Config", refusal()),
                false => Fake::builder().script([on("USE elsewhere").fail(refusal())]),
            };
            let fake = fake.expects_no("ReleaseSession").expects_no("Interrupt").start().await;
            let shared = Session::shared(&channel(&fake.remote()), ID.parse().unwrap());
            let factory = move || std::future::ready(Ok::<_, spark_connect::Error>(shared.clone()));
            let drv = if is_named { named(&fake) } else { SparkDriver::factory_builder("orders", factory) };
            let drv = drv.session_conf("spark.master", "local").session_statement("USE elsewhere");
            let drv = drv.build().unwrap();
            let error =
                soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 0"))).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Server, "{error}");
            soon(drv.close()).await.unwrap();
            assert_eq!(fake.sent("Config")[0].session_id, ID);
            fake.finish();
        }
    }
}

/// In a session of the pool alone it would run again in another one.
#[tokio::test]
async fn a_statement_of_the_pool_whose_answer_is_lost_is_not_run_again_in_it() {
    let unknown = Failure::spark("INVALID_HANDLE.OPERATION_NOT_FOUND", "HY000");
    let fake = keeping([on("USE elsewhere").reset(), reattach_from(None).fail(unknown)]).await;
    let drv = named(&fake).session_statement("USE elsewhere").build().unwrap();
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 0"))).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Server, false), "{error}");
    let told = "the outcome of `session_statement` number 1 is unknown, so it was not run again: look at";
    assert!(error.to_string().contains(told), "{error}");
    assert_eq!(fake.sent("ExecutePlan").len(), 1);
    soon(drv.close()).await.unwrap();
    fake.finish();
}

/// Both have one id, so only their handles tell them apart.
#[tokio::test]
async fn an_older_loss_says_nothing_about_the_session_of_the_same_name_that_was_opened_since() {
    let lost = || execute().fail(Failure::spark("INVALID_HANDLE.SESSION_CHANGED", "08003"));
    let running = execute().send(batch(&numbers(0..3))).interrupted();
    let fake = keeping([lost(), running, lost()]).await;
    let drv = named(&fake).pool_size(3).build().unwrap();
    let held = [soon(drv.session()).await.unwrap(), soon(drv.session()).await.unwrap()];
    let loses = |held: SparkSession| async move {
        let error = soon(query::<(i64,)>(&Client::new(held), "SELECT 0")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SessionLost, "{error}");
    };
    let [first, second] = held;
    loses(first).await;
    let mut rows = query_stream::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
    loses(second).await;
    // What runs in the later one is known, and is stopped.
    soon(drv.close()).await.unwrap();
    assert_eq!(fake.sent("Interrupt").len(), 1);
    drop(rows);
    fake.finish();
}

#[tokio::test]
async fn what_says_that_it_is_still_there_is_taken_back_when_the_driver_is_closed() {
    let fake =
        Fake::builder().echoes_session_ids().expects_no("ReleaseSession").script([one()]).start().await;
    let drv = named(&fake).build().unwrap();
    soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 0"))).await.unwrap();
    soon(drv.close()).await.unwrap();
    let confs = fake.sent("Config");
    let set: Vec<String> = confs.iter().flat_map(|request| request.confs_set().into_keys()).collect();
    let unset: Vec<String> = confs.iter().flat_map(|request| request.confs_unset().to_vec()).collect();
    assert_eq!((set.len(), &set), (1, &unset));
    fake.finish();
}

/// The application made it, and would take it for lost without.
#[tokio::test]
async fn what_says_that_a_shared_session_is_still_there_outlives_a_driver_over_it() {
    let fake = Fake::builder().echoes_session_ids().expects_no("ReleaseSession");
    let fake = fake.script([one(), one()]).start().await;
    let own = Session::shared(&channel(&fake.remote()), ID.parse().unwrap());
    let given = own.clone();
    let factory = move || std::future::ready(Ok::<_, spark_connect::Error>(given.clone()));
    let drv = SparkDriver::factory_builder("orders", factory).build().unwrap();
    soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 0"))).await.unwrap();
    soon(drv.close()).await.unwrap();
    later(A_MOMENT).await;
    assert_eq!(all(select(&own)).await.unwrap(), [0]);
    assert!(fake.sent("Config").iter().all(|request| request.confs_unset().is_empty()));
    fake.finish();
}

#[tokio::test]
async fn an_id_that_the_server_has_closed_for_good_is_not_tried_again_and_the_error_says_why() {
    let opening = Fake::builder().refuse("Config", used_up()).start().await;
    let running = keeping([execute().fail(used_up())]).await;
    for fake in [&opening, &running] {
        let drv = named(fake).build().unwrap();
        let error =
            soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 0"))).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::SessionLost, false), "{error}");
        assert!(
            error.to_string().contains("its id is used up: write another session_id, or none"),
            "{error}"
        );
        assert_eq!(fake.sent("Config").len(), 1);
    }
    opening.finish();
    running.finish();
}

#[tokio::test]
async fn a_session_of_the_pool_that_the_server_has_closed_is_replaced() {
    let fake = Fake::start([execute().fail(used_up()), one()]).await;
    let drv = builder(&fake).build().unwrap();
    let db = Client::new(drv.clone());
    assert_eq!(soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap(), [(0,)]);
    fake.finish();
}
