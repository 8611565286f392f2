//! One driver on several Tokio runtimes, as a `static` one under `#[tokio::test]`, and on none.

use std::future::Future;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use futures::{FutureExt, TryStreamExt};
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, RowStream, query, query_stream};
use lakeorm_tests::fake::{Exchange, Fake, batch, complete, execute, reattach_from};
use spark_connect::{Channel, ErrorKind, Session};
use tokio::runtime::{Builder, Runtime};

use crate::setup::{all, next, numbers, select, soon};

/// Far below what any retry or timeout of the client's takes.
const AT_ONCE: Duration = Duration::from_secs(5);

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

const RUNTIMES: [fn() -> Runtime; 2] = [current_thread, multi_thread];

fn at_once<T>(runtime: &Runtime, future: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let output = runtime.block_on(soon(future));
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    output
}

fn whole() -> Exchange {
    execute().send(batch(&numbers(0..3))).send(complete())
}

/// A server on a runtime of its own, which outlives those of the client.
fn started(script: impl IntoIterator<Item = Exchange>) -> (Runtime, Fake) {
    let server = multi_thread();
    let fake = server.block_on(Fake::start(script));
    (server, fake)
}

async fn rows(drv: &SparkDriver) -> Vec<(i64,)> {
    query(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t")).await.unwrap()
}

fn one_slot(fake: &Fake) -> SparkDriver {
    SparkDriver::builder(fake.remote()).pool_size(1).build().unwrap()
}

/// A query that has given its first row on this runtime.
fn begun(runtime: &Runtime, drv: &SparkDriver) -> RowStream<(i64,)> {
    let mut running = query_stream::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t"));
    assert_eq!(at_once(runtime, running.try_next()).unwrap(), Some((0,)));
    running
}

#[test]
fn a_driver_works_on_every_runtime_whether_those_before_have_ended_or_stand_still() {
    for first in RUNTIMES {
        for second in RUNTIMES {
            for ends in [true, false] {
                let (_server, fake) = started([whole(), whole(), whole()]);
                let drv = SparkDriver::remote(fake.remote()).unwrap();
                let before = first();
                assert_eq!(at_once(&before, rows(&drv)), [(0,), (1,), (2,)]);
                let before = (!ends).then_some(before);
                let after = second();
                for _ in 0..2 {
                    assert_eq!(at_once(&after, rows(&drv)), [(0,), (1,), (2,)]);
                }
                at_once(&after, drv.close()).unwrap();
                drop(before);
                fake.finish();
            }
        }
    }
}

#[test]
fn a_static_driver_is_made_and_used_by_tests_of_many_runtimes() {
    static DRIVER: OnceLock<SparkDriver> = OnceLock::new();
    let (_server, fake) = started((0..8).map(|_| whole()));
    let drv = || DRIVER.get_or_init(|| SparkDriver::remote(fake.remote()).unwrap()).clone();
    for number in 0..8 {
        assert_eq!(at_once(&RUNTIMES[number % 2](), rows(&drv())).len(), 3);
    }
    fake.finish();
}

#[test]
fn a_result_whose_runtime_has_ended_is_one_error_at_once() {
    for first in RUNTIMES {
        for second in RUNTIMES {
            let (_server, fake) = started([execute().send(batch(&numbers(0..2))).stall("never").at_work()]);
            let channel = Channel::builder(fake.remote().parse().unwrap()).build().unwrap();
            let before = first();
            let mut batches = select(&Session::new(&channel));
            assert_eq!(before.block_on(next(&mut batches)), [0, 1]);
            drop(before);
            let after = second();
            let error = at_once(&after, batches.try_next()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NoRuntime, "{error}");
            assert!(error.to_string().contains("runtime that the call began on has ended"), "{error}");
            assert!(at_once(&after, batches.try_next()).unwrap().is_none());
            at_once(&after, channel.drained());
            fake.finish_anywhere();
        }
    }
}

/// Polled once, so that everything that waits belongs to the first runtime.
#[test]
fn a_result_that_was_being_waited_for_when_its_runtime_ended_is_one_error_at_once() {
    let (_server, fake) = started([execute().send(batch(&numbers(0..2))).stall("never").at_work()]);
    let channel = Channel::builder(fake.remote().parse().unwrap()).build().unwrap();
    let mut batches = select(&Session::new(&channel));
    current_thread().block_on(async {
        assert_eq!(next(&mut batches).await, [0, 1]);
        let waiting = tokio::time::timeout(Duration::from_millis(50), batches.try_next());
        assert!(waiting.await.is_err());
    });
    let error = at_once(&current_thread(), batches.try_next()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoRuntime, "{error}");
    fake.finish_anywhere();
}

/// Nobody tells the server to stop it.
#[test]
fn a_session_in_which_a_query_was_dropped_as_its_runtime_ended_is_replaced() {
    let (_server, fake) = started([execute().send(batch(&numbers(0..2))).stall("never").at_work(), whole()]);
    let drv = one_slot(&fake);
    let client = current_thread();
    let running = begun(&client, &drv);
    client.block_on(async { drop(running) });
    drop(client);
    let client = current_thread();
    assert_eq!(at_once(&client, rows(&drv)), [(0,), (1,), (2,)]);
    let sent = fake.sent("ExecutePlan");
    assert_ne!(sent[0].session_id, sent[1].session_id);
    let released = at_once(&client, fake.wait_for("ReleaseSession"));
    assert_eq!(released.session_id, sent[0].session_id);
    fake.finish_anywhere();
}

/// Between two calls of `block_on`, as a program without async code has it. The runtime may never run again, so the query
/// has given its slot back by then.
#[test]
fn a_query_dropped_outside_of_tokio_is_stopped_once_its_runtime_runs_again() {
    let (_server, fake) =
        started([execute().send(batch(&numbers(0..2))).stall("never").interrupted(), whole()]);
    let drv = one_slot(&fake);
    let client = current_thread();
    drop(begun(&client, &drv));
    assert_eq!(at_once(&client, rows(&drv)), [(0,), (1,), (2,)]);
    let sent = fake.sent("ExecutePlan");
    let stopped = at_once(&client, fake.wait_for("Interrupt"));
    assert_eq!(stopped.operation_id, sent[0].operation_id);
    assert_ne!(sent[0].session_id, sent[1].session_id);
    fake.finish_anywhere();
}

#[test]
fn a_query_dropped_outside_of_tokio_keeps_no_slot_for_a_runtime_that_stands_still() {
    let (_server, fake) = started([execute().send(batch(&numbers(0..2))).stall("never").at_work(), whole()]);
    let drv = one_slot(&fake);
    let (still, client) = (current_thread(), current_thread());
    drop(begun(&still, &drv));
    assert_eq!(at_once(&client, rows(&drv)), [(0,), (1,), (2,)]);
    // The end of its session stops it.
    let released = at_once(&client, fake.wait_for("ReleaseSession"));
    assert_eq!(released.session_id, fake.sent("ExecutePlan")[0].session_id);
    drop(still);
    fake.finish_anywhere();
}

fn drop_on_a_thread(running: RowStream<(i64,)>) {
    std::thread::spawn(move || drop(running)).join().unwrap();
}

fn drop_on_a_runtime_that_ends(running: RowStream<(i64,)>) {
    multi_thread().block_on(async { drop(running) });
}

fn drop_on_a_runtime_of_one_thread_that_ends(running: RowStream<(i64,)>) {
    current_thread().block_on(async { drop(running) });
}

fn drop_with_its_task(running: RowStream<(i64,)>) {
    let runtime = multi_thread();
    drop(runtime.spawn(async move {
        let _running = running;
        std::future::pending::<()>().await;
    }));
}

#[test]
fn a_query_is_stopped_by_the_runtime_that_it_ran_on_wherever_it_is_dropped() {
    let ways: [fn(RowStream<(i64,)>); 4] = [
        drop_on_a_thread,
        drop_on_a_runtime_that_ends,
        drop_on_a_runtime_of_one_thread_that_ends,
        drop_with_its_task,
    ];
    for way in ways {
        let (_server, fake) = started([execute().send(batch(&numbers(0..2))).stall("never").interrupted()]);
        let drv = one_slot(&fake);
        let client = multi_thread();
        way(begun(&client, &drv));
        let stopped = at_once(&client, fake.wait_for("Interrupt"));
        assert_eq!(stopped.operation_id, fake.sent("ExecutePlan")[0].operation_id);
        fake.finish_anywhere();
    }
}

#[test]
fn a_query_dropped_on_a_runtime_that_stands_still_is_stopped_by_another() {
    let (_server, fake) = started([whole(), execute().at_work(), whole()]);
    let drv = one_slot(&fake);
    let (client, still) = (multi_thread(), current_thread());
    assert_eq!(at_once(&client, rows(&drv)).len(), 3);
    let dropped = async {
        tokio::select! {
            found = rows(&drv) => panic!("nothing was sent: {found:?}"),
            _ = fake.wait_for_nth("ExecutePlan", 2) => {}
        }
    };
    at_once(&still, dropped);
    // The slot is free again, or this one would wait in vain.
    assert_eq!(at_once(&client, rows(&drv)).len(), 3);
    let sent = fake.sent("ExecutePlan");
    assert_eq!(fake.sent("Interrupt")[0].operation_id, sent[1].operation_id);
    drop(still);
    fake.finish_anywhere();
}

#[test]
fn a_result_whose_runtime_stands_still_goes_on_on_the_next() {
    let (_server, fake) = started([
        execute().send(batch(&numbers(0..2))).stall("never").at_work(),
        reattach_from(Some("r1")).send(batch(&numbers(2..4))).send(complete()),
    ]);
    let channel = Channel::builder(fake.remote().parse().unwrap()).build().unwrap();
    let before = current_thread();
    let mut batches = select(&Session::new(&channel));
    assert_eq!(before.block_on(next(&mut batches)), [0, 1]);
    assert_eq!(at_once(&multi_thread(), all(batches)).unwrap(), [2, 3]);
    fake.finish_anywhere();
}

#[test]
fn on_a_runtime_that_was_shut_down_there_is_an_error_that_says_so() {
    for runtime in RUNTIMES {
        let (_server, fake) = started([whole()]);
        let drv = SparkDriver::remote(fake.remote()).unwrap();
        let client = runtime();
        let handle = client.handle().clone();
        assert_eq!(at_once(&client, rows(&drv)), [(0,), (1,), (2,)]);
        drop(client);
        let db = Client::new(drv.clone());
        let asked = query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
        let error = handle.block_on(asked).unwrap_err();
        assert_eq!(error.kind(), lakeorm::ErrorKind::NoRuntime, "{error}");
        assert!(error.to_string().contains("was shut down"), "{error}");
        fake.finish_anywhere();
    }
}

#[test]
fn closing_outside_of_tokio_does_not_wait_for_a_result_that_is_held() {
    let (_server, fake) = started([execute().send(batch(&numbers(0..2))).stall("never").at_work()]);
    let drv = SparkDriver::remote(fake.remote()).unwrap();
    let client = current_thread();
    let mut held = query_stream::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t"));
    assert_eq!(at_once(&client, held.try_next()).unwrap(), Some((0,)));
    assert!(drv.close().now_or_never().is_some());
    fake.finish_anywhere();
}

#[test]
fn outside_of_tokio_and_without_timers_or_io_there_is_an_error_that_says_so() {
    let (_server, fake) = started([]);
    let drv = SparkDriver::remote(fake.remote()).unwrap();
    let db = Client::new(drv.clone());
    let asked = || query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
    let bare =
        |build: fn(&mut Builder) -> &mut Builder| build(&mut Builder::new_current_thread()).build().unwrap();
    let errors = [
        ("outside of a Tokio runtime", asked().now_or_never().expect("an answer at once")),
        ("enable_all()", bare(|builder| builder).block_on(asked())),
        ("enable_all()", bare(|builder| builder.enable_io()).block_on(asked())),
        ("enable_all()", bare(|builder| builder.enable_time()).block_on(asked())),
    ];
    for (told, result) in errors {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), lakeorm::ErrorKind::NoRuntime, "{error}");
        assert!(error.to_string().contains(told), "{error}");
    }
    fake.finish();
}
