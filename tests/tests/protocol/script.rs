//! The fake server itself: a script that is not followed fails the test.

use lakeorm_tests::fake::{Fake, batch, complete, execute, reattach_from};

use crate::given::{all, counted, kind_of, next, numbers, select, session};

#[tokio::test]
#[should_panic(expected = "ReattachExecute behind r7 (exchange 1) was never asked")]
async fn an_exchange_that_nobody_asked_for_fails_the_test() {
    let fake = Fake::start([reattach_from(Some("r7")).send(complete())]).await;
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "ExecutePlan (exchange 1) has 2 steps that nobody waited for")]
async fn steps_that_nobody_waited_for_fail_the_test() {
    let script = [execute().send(batch(&numbers(0..1))).stall("never").answer([numbers(1..2)])];
    let fake = Fake::start(script).await;
    next(&mut select(&session(&fake))).await;
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "ExecutePlan came where the script expects nothing more")]
async fn a_request_that_nobody_expects_fails_the_test() {
    let fake = Fake::start([]).await;
    kind_of(select(&session(&fake))).await;
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "ExecutePlan came where the script expects ExecutePlan (a plan with a command)")]
async fn a_request_of_another_shape_fails_the_test() {
    let command = execute().when("a plan with a command", |request| request.is_command());
    let fake = Fake::start([command]).await;
    kind_of(select(&session(&fake))).await;
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "without Fake::finish")]
async fn a_test_that_forgets_to_compare_fails() {
    drop(Fake::start([]).await);
}

#[tokio::test]
async fn a_delay_and_a_stall_only_cost_time() {
    let fake = Fake::start([execute()
        .delay(std::time::Duration::from_millis(1))
        .send(batch(&numbers(0..1)))
        .stall("go")
        .answer([numbers(1..2)])])
    .await;
    fake.release("go");
    assert_eq!(all(select(&session(&fake))).await.unwrap(), counted(0..2));
    fake.finish();
}
