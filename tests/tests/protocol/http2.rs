//! What HTTP/2 allows a server to do to a call: reset it, end the connection under it, take none or few at once.

use std::time::Duration;

use h2::Reason;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, query};
use lakeorm_tests::bare::{Answer, Bare, Conduct, Leave};
use lakeorm_tests::fake::{batch, complete, sql_result};
use lakeorm_tests::trace::Trace;
use spark_connect::{Channel, ErrorKind, RetryPolicy, Session, Sql};

use crate::setup::{all, error_of, every_text, numbers, select, soon};

fn session(server: &Bare) -> Session {
    session_at(&server.remote())
}

fn session_at(remote: &str) -> Session {
    let wait = Duration::from_millis(1);
    let policy =
        RetryPolicy { max_retries: 3, initial_backoff: wait, max_backoff: wait, ..RetryPolicy::default() };
    let channel = Channel::builder(remote.parse().unwrap()).retry_policy(policy).build().unwrap();
    Session::new(&channel)
}

/// `REFUSED_STREAM` should say that nothing was done, but proxies such as HAProxy say it also of a call that they had
/// passed on. A `GOAWAY` says nothing of what is not behind its last stream.
#[tokio::test]
async fn a_statement_whose_stream_or_connection_ends_is_sent_once_whatever_the_reason() {
    const REASONS: [Reason; 6] = [
        Reason::REFUSED_STREAM,
        Reason::ENHANCE_YOUR_CALM,
        Reason::CANCEL,
        Reason::NO_ERROR,
        Reason::INTERNAL_ERROR,
        Reason::PROTOCOL_ERROR,
    ];
    for conduct in REASONS.into_iter().flat_map(|reason| [Conduct::Reset(reason), Conduct::GoAway(reason)]) {
        let server = Bare::start([conduct.clone()]).await;
        let session = session(&server);
        let error = soon(session.command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{conduct:?}: {error}");
        assert!(error.may_have_run() && !error.is_retryable(), "{conduct:?}");
        assert_eq!(server.count("ExecutePlan"), 1, "{conduct:?}");
        let error = error_of(select(&session)).await;
        assert!(!error.to_string().contains("does not speak"), "{conduct:?}: {error}");
    }
}

const NOT_PROCESSED: Conduct = Conduct::Leave(Leave { last: 0, reason: Reason::NO_ERROR, words: "" });

fn executing(answer: Answer) -> Conduct {
    Conduct::Named(vec![("ExecutePlan", answer)])
}

#[tokio::test]
async fn a_statement_behind_the_last_stream_of_a_connection_is_sent_once_more() {
    let done = [sql_result(None).with_response_id("r1"), complete().with_response_id("r2")];
    let done = done.map(|response| response.encode());
    let server = Bare::start([NOT_PROCESSED, executing(Answer::messages(done))]).await;
    soon(session(&server).command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap();
    assert_eq!((server.connections(), server.count("ExecutePlan")), (2, 1));

    let server = Bare::start([NOT_PROCESSED]).await;
    let error = soon(session(&server).command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true), "{error}");
    assert!(!error.may_have_run() && server.connections() == 2, "{}", server.connections());
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("has not processed the call"), "{cause}");
}

/// A gateway may repeat the headers of any call as it ends the connection.
#[tokio::test]
async fn of_what_a_server_says_as_it_ends_a_connection_the_reason_alone_is_told() {
    const REASONS: [Reason; 3] = [Reason::NO_ERROR, Reason::INADEQUATE_SECURITY, Reason::ENHANCE_YOUR_CALM];
    let mut ends = 0;
    for (last, reason) in [0, 1].into_iter().flat_map(|last| REASONS.map(|reason| (last, reason))) {
        let words = "goodbye, Bearer s3cret-of-a-call and s3cret-of-a-header";
        let server = Bare::start([Conduct::Leave(Leave { last, reason, words })]).await;
        // With a token `127.0.0.1` would want TLS.
        let remote = server.remote().replace("127.0.0.1", "localhost");
        let remote = format!("{remote}/;token=s3cret-of-a-call;x-key=s3cret-of-a-header");
        let trace = Trace::start();
        let session = session_at(&remote);
        for error in [
            soon(session.command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap_err(),
            error_of(select(&session)).await,
            soon(session.confs(["a"])).await.unwrap_err(),
        ] {
            let text = every_text(&error);
            assert!(!text.contains("s3cret") && !text.contains("goodbye"), "{last} {reason:?}: {text}");
            if last == 0 && reason != Reason::INADEQUATE_SECURITY {
                let told = format!("the server closed the connection ({reason:?})");
                assert!(text.contains(&told), "{last} {reason:?}: {text}");
            }
        }
        let logged = trace.text();
        let ours: Vec<&str> = logged.lines().filter(|line| line.contains(" spark_connect::")).collect();
        ends += ours.iter().filter(|line| line.contains("the connection ended")).count();
        assert_eq!(ours.iter().find(|line| line.contains("s3cret")), None, "{last} {reason:?}");
    }
    assert!(ends > 0, "nothing was logged of a connection that ended, so nothing is proved");
}

#[tokio::test]
async fn a_query_behind_the_last_stream_of_a_connection_is_sent_as_often_as_the_policy_says() {
    let rows = [batch(&numbers(0..2)).with_response_id("r1"), complete().with_response_id("r2")];
    let rows = rows.map(|response| response.encode());
    let server = Bare::start([NOT_PROCESSED, NOT_PROCESSED, executing(Answer::messages(rows))]).await;
    assert_eq!(all(select(&session(&server))).await.unwrap(), [0, 1]);
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn a_server_that_ends_every_connection_at_once_is_asked_as_often_as_the_policy_says() {
    let server = Bare::start([Conduct::EndAtOnce]).await;
    let session = session(&server);
    let error = soon(session.command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap_err();
    assert!(!error.may_have_run(), "nothing was sent: {error}");
    assert_eq!((error.kind(), server.calls().len()), (ErrorKind::Connect, 0), "{error}");
    // Four attempts of at most three connections each.
    assert!(server.connections() <= 12, "{}", server.connections());
}

/// As behind a proxy that allows one call at a time: a result that is read slowly must not keep the others, and what stops
/// it, from the server.
#[tokio::test]
async fn a_call_that_the_server_does_not_take_beside_others_gets_a_connection_of_its_own() {
    for most in [1, 2] {
        let server = Bare::start([Conduct::Hold { calls: most, bytes: 65_535 }]).await;
        let session = session(&server);
        let channel = session.channel().clone();
        let mut waiting = Vec::new();
        for number in 1..=5 {
            waiting.push(tokio::spawn({
                let session = session.clone();
                async move { session.confs(["a"]).await }
            }));
            soon(server.called(number)).await;
        }
        assert_eq!(server.connections(), 5_usize.div_ceil(most as usize), "{most} at once");
        for call in &waiting {
            call.abort();
        }
        for call in waiting {
            assert!(soon(call).await.unwrap_err().is_cancelled());
        }
        // Connections that nobody needs any more are closed, and the one that is left is no break for its sessions.
        let one_more = tokio::spawn(async move { session.confs(["a"]).await });
        soon(server.called(6)).await;
        soon(server.closed(server.connections() - 1)).await;
        assert_eq!(server.connections(), 5_usize.div_ceil(most as usize), "{most} at once");
        assert_eq!(channel.breaks(), 0, "{most} at once");
        one_more.abort();
    }
}

/// All of them wait for the first connection, of which each could take it for its own.
#[tokio::test]
async fn a_crowd_that_waits_for_a_connection_gets_as_many_as_it_needs() {
    for most in [1, 2] {
        let server = Bare::start([Conduct::Hold { calls: most, bytes: 65_535 }]).await;
        let session = session(&server);
        let call = || {
            tokio::spawn({
                let session = session.clone();
                async move { session.confs(["a"]).await }
            })
        };
        let waiting: Vec<_> = (0..5).map(|_| call()).collect();
        soon(server.called(5)).await;
        assert_eq!(server.connections(), 5_usize.div_ceil(most as usize), "{most} at once");
        waiting.into_iter().for_each(|call| call.abort());
    }
}

#[tokio::test]
async fn a_server_that_takes_no_call_or_no_bytes_is_given_up_in_time() {
    for conduct in [Conduct::Hold { calls: 0, bytes: 65_535 }, Conduct::Hold { calls: 100, bytes: 0 }] {
        let server = Bare::start([conduct.clone()]).await;
        let builder = SparkDriver::builder(server.remote()).connect_timeout(Duration::from_millis(300));
        let drv = builder.build().unwrap();
        let db = Client::new(drv.clone());
        let asked = query::<(i64,)>(&db, drv.from_sql("SELECT 1"));
        let error = soon(asked).await.unwrap_err();
        assert!(error.to_string().contains("connect_timeout"), "{conduct:?}: {error}");
        assert!(server.connections() <= 2, "{conduct:?}: {}", server.connections());
        soon(drv.close()).await.unwrap();
    }
}
