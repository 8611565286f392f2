//! Connections that live for the kernel and are dead: swallowed by something on the way, or ended for their pings.

use std::time::{Duration, Instant};

use h2::Reason;
use lakeorm::{Client, ErrorKind, query};
use lakeorm_tests::bare::{Answer, Bare, Conduct, Leave};
use lakeorm_tests::fake::{Fake, batch, execute, reattach_from};
use lakeorm_tests::proxy::{Fault, Faults, Proxy};
use spark_connect::{Channel, ChannelBuilder, RetryPolicy, Session};

use crate::setup::{all, next, numbers, select, soon};

const INTERVAL: Duration = Duration::from_millis(300);
const TIMEOUT: Duration = Duration::from_millis(200);

/// Far below what any other bound of the client's is.
const AT_ONCE: Duration = Duration::from_secs(9);

async fn behind(fake: &Fake) -> (Proxy, ChannelBuilder) {
    let proxy = Proxy::before(fake).await;
    let builder = Channel::builder(format!("sc://{}", proxy.address()).parse().unwrap());
    (proxy, builder)
}

#[tokio::test]
async fn a_result_goes_on_over_another_connection_when_its_own_is_dead() {
    let fake = Fake::start([
        execute().send(batch(&numbers(0..2))).stall("never"),
        reattach_from(Some("r1")).answer([numbers(2..4)]),
    ])
    .await;
    let (proxy, builder) = behind(&fake).await;
    let channel = builder.keepalive(INTERVAL, TIMEOUT).build().unwrap();
    let mut batches = select(&Session::new(&channel));
    assert_eq!(next(&mut batches).await, [0, 1]);
    proxy.now(Fault::Swallow);
    let begun = Instant::now();
    assert_eq!(all(batches).await.unwrap(), [2, 3]);
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert_eq!(proxy.connections(), 2);
    fake.finish_anywhere();
}

#[tokio::test]
async fn a_call_on_a_dead_connection_is_made_on_another() {
    let fake = Fake::start([]).await;
    let (proxy, builder) = behind(&fake).await;
    let session = Session::new(&builder.keepalive(INTERVAL, TIMEOUT).build().unwrap());
    soon(session.confs(["a"])).await.unwrap();
    proxy.now(Fault::Swallow);
    let begun = Instant::now();
    soon(session.confs(["a"])).await.unwrap();
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert!(session.channel().breaks() > 0);
    assert_eq!(proxy.connections(), 2);
    fake.finish_anywhere();
}

#[tokio::test]
async fn a_connection_on_which_a_call_timed_out_takes_no_other() {
    let fake = Fake::start([execute().answer([numbers(0..1)]), execute().answer([numbers(0..1)])]).await;
    let proxy = Proxy::before(&fake).await;
    let drv = lakeorm::spark::SparkDriver::remote(format!("sc://{}", proxy.address())).unwrap();
    let db = Client::new(drv.clone());
    let one = || drv.from_sql("SELECT id FROM t");
    soon(query::<(i64,)>(&db, one())).await.unwrap();
    proxy.now(Fault::Swallow);
    let bound = Duration::from_millis(1500);
    let error = soon(query::<(i64,)>(&db, one().timeout(bound))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    let begun = Instant::now();
    assert_eq!(soon(query::<(i64,)>(&db, one())).await.unwrap(), [(0,)]);
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    fake.finish_anywhere();
}

/// Two results of one connection: what is given up on it does not end what still comes.
#[tokio::test]
async fn what_comes_on_a_connection_that_takes_no_more_calls_still_comes() {
    let fake = Fake::start([
        execute().send(batch(&numbers(0..2))).stall("later").answer([numbers(2..4)]),
        execute().stall("never"),
    ])
    .await;
    let (proxy, builder) = behind(&fake).await;
    let channel = builder.build().unwrap();
    let session = Session::new(&channel);
    let mut first = select(&session);
    assert_eq!(next(&mut first).await, [0, 1]);
    let mut second = select(&session);
    let silent =
        tokio::time::timeout(Duration::from_millis(1500), futures::TryStreamExt::try_next(&mut second));
    assert!(silent.await.is_err());
    drop(second);
    soon(session.confs(["a"])).await.unwrap();
    assert_eq!(proxy.connections(), 2);
    fake.release("later");
    assert_eq!(all(first).await.unwrap(), [2, 3]);
    fake.finish_anywhere();
}

#[tokio::test]
async fn a_server_that_forbids_pings_is_not_pinged_again_and_the_call_succeeds() {
    let silence = 5 * (INTERVAL + TIMEOUT);
    for words in ["", "too_many_pings"] {
        let leave = Leave { last: 0, reason: Reason::ENHANCE_YOUR_CALM, words };
        let server =
            Bare::start([Conduct::Leave(leave), Conduct::AnswerAfter(silence, Answer::unset())]).await;
        let builder = Channel::builder(server.remote().parse().unwrap()).keepalive(INTERVAL, TIMEOUT);
        let session = Session::new(&builder.build().unwrap());
        // A connection that pings would be given up, again and again.
        soon(session.confs(["a"])).await.unwrap();
        assert_eq!(server.connections(), 2, "{words:?}");
    }
}

#[tokio::test]
async fn a_server_that_has_enough_of_something_else_is_pinged_on() {
    let leave = Leave { last: 0, reason: Reason::ENHANCE_YOUR_CALM, words: "too_many_resets" };
    let never = Conduct::AnswerAfter(Duration::from_secs(600), Answer::unset());
    let server = Bare::start([Conduct::Leave(leave), never, Conduct::Answer(Answer::unset())]).await;
    let builder = Channel::builder(server.remote().parse().unwrap()).keepalive(INTERVAL, TIMEOUT);
    let session = Session::new(&builder.build().unwrap());
    let begun = Instant::now();
    soon(session.confs(["a"])).await.unwrap();
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn without_pings_a_server_may_be_silent_for_long() {
    let server = Bare::start([Conduct::AnswerAfter(5 * (INTERVAL + TIMEOUT), Answer::unset())]).await;
    for remote in [server.remote(), format!("{}/;grpc_keepalive_enabled=false", server.remote())] {
        let builder = Channel::builder(remote.parse().unwrap());
        let builder =
            if remote.contains(';') { builder } else { builder.keepalive(INTERVAL, TIMEOUT).no_keepalive() };
        let before = server.connections();
        soon(Session::new(&builder.build().unwrap()).confs(["a"])).await.unwrap();
        assert_eq!(server.connections(), before + 1);
    }
}

/// A listener behind which nobody answers is told from a slow server before any call is sent.
#[tokio::test]
async fn a_host_that_never_answers_is_given_up_and_the_next_call_finds_it_again() {
    let fake = Fake::start([]).await;
    let proxy = Proxy::start(fake.authority().parse().unwrap(), Faults::none().after(0, Fault::Stall)).await;
    let remote = format!("sc://{}", proxy.address()).parse().unwrap();
    let builder = Channel::builder(remote).connect_timeout(Duration::from_millis(300));
    let policy = RetryPolicy { max_retries: 2, ..RetryPolicy::default() };
    let session = Session::new(&builder.retry_policy(policy).build().unwrap());
    let error = soon(session.confs(["a"])).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (spark_connect::ErrorKind::Timeout, true), "{error}");
    assert!(
        error.to_string().contains("nothing came from the server within 300ms (`connect_timeout`)"),
        "{error}"
    );
    proxy.release();
    soon(session.confs(["a"])).await.unwrap();
    fake.finish_anywhere();
}
