//! Many results under one cut: each goes on, whatever the number beside it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::TryStreamExt;
use futures::future::join_all;
use lakeorm_tests::fake::{Exchange, Failure, Fake, batch, complete, execute, progress, reattach_from};
use spark_connect::{Channel, ErrorKind, Session, Timer};

use crate::setup::{counted, ids, kind_of, next, numbers, select, soon};

#[tokio::test]
async fn any_number_of_results_survives_one_cut() {
    for streams in [8, 20, 65, 100, 500] {
        let begun = || execute().send(batch(&numbers(0..2))).stall("cut");
        let mut script: Vec<Exchange> = (1..streams).map(|_| begun()).collect();
        script.push(begun().reset());
        // The server is back only after some attempts of each.
        script.extend((0..streams).map(|_| reattach_from(Some("r1")).fail(Failure::unavailable("not yet"))));
        let rest = || reattach_from(Some("r1")).send(batch(&numbers(2..4))).send(complete());
        script.extend((0..streams).map(|_| rest()));
        let fake = Fake::start(script).await;
        let timer = Timer::new(|wait| Box::pin(tokio::time::sleep(wait)), || 1.0);
        let channel = Channel::builder(fake.remote().parse().unwrap()).timer(timer).build().unwrap();
        let mut results: Vec<_> = (0..streams).map(|_| select(&Session::new(&channel))).collect();
        for result in &mut results {
            assert_eq!(next(result).await, [0, 1]);
        }
        fake.release("cut");
        let rest = join_all(results.into_iter().map(|result| result.try_collect::<Vec<_>>()));
        for batches in soon(rest).await {
            let rows: Vec<i64> = batches.unwrap().iter().flat_map(ids).collect();
            assert_eq!(rows, counted(2..4), "{streams}");
        }
        assert_eq!(fake.sent("ExecutePlan").len(), streams);
        fake.finish();
    }
}

/// Waits that are told and not waited for.
fn told() -> (Timer, Arc<Mutex<Vec<Duration>>>) {
    let waits = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&waits);
    let timer = Timer::new(
        move |wait| {
            told.lock().unwrap().push(wait);
            Box::pin(async {})
        },
        || 1.0,
    );
    (timer, waits)
}

#[tokio::test]
async fn a_server_that_sends_progress_and_ends_is_asked_more_and_more_slowly_and_then_given_up() {
    let behind = |number: usize| reattach_from(Some(&format!("r{number}")));
    let mut script = vec![execute().send(progress()).end()];
    script.extend((1..=16).map(|number| behind(number).send(progress()).end()));
    let fake = Fake::start(script).await;
    let (timer, waits) = told();
    let channel = Channel::builder(fake.remote().parse().unwrap()).timer(timer).build().unwrap();
    assert_eq!(kind_of(select(&Session::new(&channel))).await, ErrorKind::Unavailable);
    let waits = waits.lock().unwrap();
    assert_eq!(waits.len(), 15);
    assert!(waits.iter().sum::<Duration>() > Duration::from_secs(600), "{waits:?}");
    fake.finish();
}
