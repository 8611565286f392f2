//! A session that the connection string names: others may use it too.

use std::collections::BTreeSet;
use std::future::IntoFuture;
use std::time::Duration;

use futures::TryStreamExt;
use lakeorm::spark::{SparkDriver, SparkDriverBuilder, SparkSession};
use lakeorm::{Client, ErrorKind, query, query_stream};
use lakeorm_tests::fake::{Exchange, Failure, Fake, batch, complete, execute};
use spark_connect::Session;

use crate::setup::{all, builder, channel, later, numbers, select, soon};

/// How long a driver that is closed waits for what runs.
const CLOSE_BOUND: Duration = Duration::from_secs(5);

const ID: &str = "0e8f4a6e-31cb-4e0c-9d55-2c5d3c1f7a10";

fn named(fake: &Fake) -> SparkDriverBuilder {
    SparkDriver::builder(&format!("{}/;session_id={ID}", fake.remote()))
}

fn one() -> Exchange {
    execute().send(batch(&numbers(0..1))).send(complete())
}

fn used_up() -> Failure {
    Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "08003")
}

#[tokio::test]
async fn it_outlives_every_thing_that_ends_a_session_of_the_pool() {
    let fake = Fake::start([execute().send(complete()), one(), one()]).await;
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
    assert_eq!(fake.sent("ReleaseSession").len(), 0);
    fake.finish();
}

#[tokio::test]
async fn closing_stops_what_the_driver_runs_in_it_and_leaves_it() {
    let fake = Fake::start([execute().send(batch(&numbers(0..3))).interrupted()]).await;
    let drv = named(&fake).build().unwrap();
    let mut rows = query_stream::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
    soon(drv.close()).await.unwrap();
    assert_eq!(fake.sent("Interrupt").len(), 1);
    assert_eq!(fake.sent("ReleaseSession").len(), 0);
    drop(rows);
    fake.finish();
}

/// The factory gives the driver a session that the application has a handle of.
#[tokio::test]
async fn the_applications_own_handle_goes_on_in_it_after_the_driver_was_closed() {
    let fake = Fake::start([execute().send(batch(&numbers(0..3))).interrupted(), one()]).await;
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
    let running = execute().send(batch(&numbers(0..1))).stall("interrupted").fail(cancelled);
    let fake = Fake::start([running]).await;
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

/// Both have one id, so only their handles tell them apart.
#[tokio::test]
async fn an_older_loss_says_nothing_about_the_session_of_the_same_name_that_was_opened_since() {
    let lost = || execute().fail(Failure::spark("INVALID_HANDLE.SESSION_CHANGED", "08003"));
    let running = execute().send(batch(&numbers(0..3))).interrupted();
    let fake = Fake::start([lost(), running, lost()]).await;
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
    let fake = Fake::builder().echoes_session_ids().script([one()]).start().await;
    let drv = named(&fake).build().unwrap();
    soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 0"))).await.unwrap();
    soon(drv.close()).await.unwrap();
    let confs = fake.sent("Config");
    let set: Vec<String> = confs.iter().flat_map(|request| request.confs_set().into_keys()).collect();
    let unset: Vec<String> = confs.iter().flat_map(|request| request.confs_unset().to_vec()).collect();
    assert_eq!((set.len(), &set), (1, &unset));
    fake.finish();
}

#[tokio::test]
async fn an_id_that_the_server_has_closed_for_good_is_not_tried_again_and_the_error_says_why() {
    let opening = Fake::builder().refuse("Config", used_up()).start().await;
    let running = Fake::start([execute().fail(used_up())]).await;
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
