//! A result of 200 responses, broken behind every one of them in every way.

use std::time::Duration;

use futures::TryStreamExt;
use lakeorm_tests::fake::{Code, Exchange, Failure, Fake, batch_at, complete, execute, reattach_from};
use spark_connect::{BatchStream, Channel, RetryPolicy, Session};

use crate::setup::{ids, numbers, select, soon};

const RESPONSES: i64 = 200;

/// The default without its waits.
fn at_once() -> RetryPolicy {
    RetryPolicy { initial_backoff: Duration::ZERO, ..RetryPolicy::default() }
}

fn sending(exchange: Exchange, from: i64, to: i64) -> Exchange {
    exchange.send_all((from..to).map(|id| batch_at(id, &numbers(id..id + 1))))
}

/// Takes the batches from number `from` to `to`, each of which must be the next.
async fn take(batches: &mut BatchStream, from: i64, to: i64) {
    for id in from..to {
        assert_eq!(ids(&batches.try_next().await.unwrap().expect("one more batch")), [id]);
    }
}

/// Breaks the result behind every number of responses, none and all of them included; prints the attempts.
async fn broken_everywhere(way: &str, broken: impl Fn(Exchange) -> Exchange) {
    let mut attempts = 0;
    for at in 0..=RESPONSES {
        let last = (at > 0).then(|| format!("r{at}"));
        let fake = Fake::start([
            broken(sending(execute(), 0, at)),
            sending(reattach_from(last.as_deref()), at, RESPONSES).send(complete()),
        ])
        .await;
        let channel =
            Channel::builder(fake.remote().parse().unwrap()).retry_policy(at_once()).build().unwrap();
        soon(async {
            let mut batches = select(&Session::new(&channel));
            // A reset throws away what has arrived and was not taken, so it has to wait for that.
            take(&mut batches, 0, at).await;
            fake.release("taken");
            take(&mut batches, at, RESPONSES).await;
            assert!(batches.try_next().await.unwrap().is_none(), "{way} behind {at}");
        })
        .await;
        attempts += fake.sent("ExecutePlan").len() + fake.sent("ReattachExecute").len();
        fake.finish();
    }
    println!("{way}: {attempts} attempts for {} results of {RESPONSES} responses", RESPONSES + 1);
    assert_eq!(attempts, 2 * 201, "{way}");
}

#[tokio::test]
async fn a_result_broken_by_a_clean_end_resumes_without_loss() {
    broken_everywhere("a clean end", Exchange::end).await;
}

#[tokio::test]
async fn a_result_broken_by_a_server_that_is_unavailable_resumes_without_loss() {
    broken_everywhere("UNAVAILABLE", |exchange| exchange.fail(Failure::unavailable("going down"))).await;
}

#[tokio::test]
async fn a_result_broken_by_a_reset_resumes_without_loss() {
    broken_everywhere("a reset", |exchange| exchange.stall("taken").reset()).await;
}

#[tokio::test]
async fn a_result_broken_by_a_newer_attachment_resumes_without_loss() {
    let disconnected = || Failure::spark("INVALID_CURSOR.DISCONNECTED", "HY109");
    broken_everywhere("INVALID_CURSOR.DISCONNECTED", |exchange| exchange.fail(disconnected())).await;
}

#[tokio::test]
async fn a_result_broken_by_a_deadline_resumes_without_loss() {
    broken_everywhere("a deadline", |exchange| {
        exchange.fail(Failure::status(Code::DeadlineExceeded, "too long"))
    })
    .await;
}
