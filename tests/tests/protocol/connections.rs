//! Sessions on several connections: each keeps to its own.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use lakeorm_tests::fake::{Exchange, Fake, batch, complete, execute, reattach_from};
use lakeorm_tests::proxy::Proxy;
use spark_connect::{Channel, ErrorKind, Session};

use crate::setup::{all, next, numbers, select, soon};

async fn spread(fake: &Fake, connections: usize) -> (Channel, Proxy) {
    let proxy = Proxy::before(fake).await;
    let remote = format!("sc://{}", proxy.address()).parse().unwrap();
    (Channel::builder(remote).connections(connections).build().unwrap(), proxy)
}

#[tokio::test]
async fn sessions_are_spread_over_the_connections_and_keep_to_theirs() {
    for (connections, used) in [(1, 1), (3, 3)] {
        let fake = Fake::start([]).await;
        let (channel, proxy) = spread(&fake, connections).await;
        let sessions: Vec<Session> = (0..6).map(|_| Session::new(&channel)).collect();
        for _ in 0..3 {
            for session in &sessions {
                soon(session.confs(["a"])).await.unwrap();
            }
        }
        assert_eq!(proxy.connections(), used);
        fake.finish();
    }
}

#[test]
fn a_channel_of_no_connection_or_of_too_many_is_refused() {
    for connections in [0, 65_536, usize::MAX] {
        let builder = Channel::builder("sc://localhost".parse().unwrap()).connections(connections);
        let error = builder.build().unwrap_err();
        let expected = format!("`connections` is {connections}: give it from 1 to 65535");
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::InvalidOption, expected));
    }
}

#[tokio::test]
async fn a_new_session_takes_the_connection_that_an_old_one_left() {
    let fake = Fake::start([]).await;
    let (channel, proxy) = spread(&fake, 2).await;
    let stays = Session::new(&channel);
    soon(stays.confs(["a"])).await.unwrap();
    for _ in 0..4 {
        let session = Session::new(&channel);
        soon(session.confs(["a"])).await.unwrap();
    }
    let newest = Session::new(&channel);
    drop(stays);
    let beside = Session::new(&channel);
    for session in [&newest, &beside] {
        soon(session.confs(["a"])).await.unwrap();
    }
    assert_eq!(proxy.connections(), 2);
    fake.finish();
}

#[tokio::test]
async fn a_break_counts_for_the_sessions_of_its_connection_and_for_the_whole_channel() {
    let fake = Fake::start([
        execute().send(batch(&numbers(0..2))).stall("taken").reset(),
        reattach_from(Some("r1")).answer([numbers(2..4)]),
    ])
    .await;
    let (channel, _proxy) = spread(&fake, 2).await;
    let (broken, whole) = (Session::new(&channel), Session::new(&channel));
    soon(whole.confs(["a"])).await.unwrap();
    let mut batches = select(&broken);
    assert_eq!(next(&mut batches).await, [0, 1]);
    fake.release("taken");
    assert_eq!(all(batches).await.unwrap(), [2, 3]);
    let breaks = [broken.channel().breaks(), whole.channel().breaks(), channel.breaks()];
    assert_eq!(breaks[1], 0);
    assert!(breaks[0] > 0 && breaks[2] == breaks[0], "{breaks:?}");
    fake.finish();
}

/// HTTP/2 of the client's own ends a connection on which frames came for too many streams that it had given up; the
/// end of a stream comes a little after the result is complete.
#[tokio::test]
async fn a_connection_lives_through_thousands_of_queries_read_to_their_end_or_not() {
    const QUERIES: usize = 1200;
    let whole = || execute().answer([numbers(0..1)]).delay(Duration::from_millis(1)).end();
    let dropped =
        || execute().send(batch(&numbers(0..1))).delay(Duration::from_millis(1)).send(complete()).at_work();
    for (exchange, is_whole) in [(whole as fn() -> Exchange, true), (dropped, false)] {
        let fake = Fake::start((0..QUERIES).map(|_| exchange())).await;
        let (channel, proxy) = spread(&fake, 1).await;
        let session = Session::new(&channel);
        stream::iter(0..QUERIES)
            .for_each_concurrent(16, |_| async {
                let mut batches = select(&session);
                assert_eq!(next(&mut batches).await, [0]);
                if is_whole {
                    assert!(soon(batches.try_next()).await.unwrap().is_none());
                }
            })
            .await;
        soon(channel.drained()).await;
        assert_eq!((proxy.connections(), channel.breaks()), (1, 0));
        fake.finish_anywhere();
    }
}

/// A backend that restarts, on a channel that has had an answer before: the address is right, and opening is safe to
/// repeat.
#[tokio::test]
async fn a_second_session_opens_while_its_backend_restarts() {
    for in_the_middle in [false, true] {
        let fake = Fake::builder().answer_first(1, "Config").hold("Config", "restart").start().await;
        let (channel, proxy) = spread(&fake, 1).await;
        let confs = BTreeMap::new();
        soon(Session::new(&channel).open(&confs)).await.unwrap();
        let second = Session::new(&channel);
        let restart = async {
            if in_the_middle {
                fake.wait_for_nth("Config", 2).await;
            }
            proxy.refuse();
            // One break may be the end of the connection, so the client has met the closed port with the second.
            while channel.breaks() < 2 {
                tokio::task::yield_now().await;
            }
            fake.release("restart");
            proxy.admit().await;
        };
        let ((), opened) = soon(async { tokio::join!(restart, second.open(&confs)) }).await;
        opened.unwrap();
        assert!(proxy.connections() >= 2);
        fake.finish_anywhere();
    }
    // A channel that nobody has answered yet tells at once.
    let fake = Fake::start([]).await;
    let (channel, proxy) = spread(&fake, 1).await;
    proxy.refuse();
    let error = soon(Session::new(&channel).open(&BTreeMap::new())).await.unwrap_err();
    assert_eq!((error.kind(), channel.breaks()), (ErrorKind::Connect, 1), "{error}");
    fake.finish();
}
