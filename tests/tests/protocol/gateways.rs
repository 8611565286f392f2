//! What answers where no Spark Connect server does: pages of gateways, cut streams, errors too large for HTTP/2.

use std::time::Duration;

use lakeorm::spark::SparkDriver;
use lakeorm::{Client, query};
use lakeorm_tests::bare::{Answer, Bare, Conduct};
use spark_connect::{Channel, Error, ErrorKind, RetryPolicy, Session, Sql};

use crate::setup::{every_text, kind_of, select, soon};

fn page(status: u16) -> Conduct {
    Conduct::Answer(Answer {
        status: Some(status),
        head: vec![("content-type", b"text/html; charset=utf-8".to_vec())],
        body: b"<html><body>The gateway's own words</body></html>".to_vec(),
        trailers: Some(vec![]),
        ..Answer::default()
    })
}

fn session(server: &Bare) -> Session {
    let policy = RetryPolicy {
        max_retries: 2,
        initial_backoff: Duration::from_millis(1),
        max_backoff: Duration::from_millis(1),
        ..RetryPolicy::default()
    };
    let channel = Channel::builder(server.remote().parse().unwrap()).retry_policy(policy).build().unwrap();
    Session::new(&channel)
}

async fn insert(server: &Bare) -> Error {
    soon(session(server).command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap_err()
}

#[tokio::test]
async fn a_page_in_answer_to_a_statement_leaves_open_whether_it_ran_and_it_is_not_sent_again() {
    for status in [408, 429, 500, 502, 503, 504, 400, 404, 200, 302] {
        let server = Bare::start([page(status)]).await;
        let error = insert(&server).await;
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{status}: {error}");
        assert!(error.may_have_run());
        assert_eq!(server.count("ExecutePlan"), 1, "{status}");
        let text = every_text(&error);
        assert!(text.contains(&status.to_string()) && text.contains("text/html"), "{status}: {text}");
        assert!(!text.contains("The gateway's own words"));
    }
}

#[tokio::test]
async fn a_page_in_answer_to_a_query_is_asked_past_where_that_may_help() {
    for (status, kind, tried) in [
        (429, ErrorKind::Unavailable, true),
        (502, ErrorKind::Unavailable, true),
        (503, ErrorKind::Unavailable, true),
        (504, ErrorKind::Unavailable, true),
        (401, ErrorKind::Unauthenticated, false),
        (403, ErrorKind::Unauthenticated, false),
        (404, ErrorKind::Protocol, false),
        (200, ErrorKind::Protocol, false),
    ] {
        let server = Bare::start([page(status)]).await;
        assert_eq!(kind_of(select(&session(&server))).await, kind, "{status}");
        let asked = server.calls().iter().filter(|call| !call.ends_with("/ReleaseExecute")).count();
        assert_eq!(asked > 1, tried, "{status}");
    }
}

#[tokio::test]
async fn an_error_that_is_too_large_for_http2_is_recognised_and_the_call_is_not_made_again() {
    for (size, trailers_only) in
        [(70 * 1024, false), (70 * 1024, true), (900 * 1024, false), (900 * 1024, true)]
    {
        let words = vec![("grpc-message", vec![b'x'; size]), ("grpc-status", b"13".to_vec())];
        let answer = match trailers_only {
            true => Answer { head: words, ..Answer::default() },
            false => Answer { trailers: Some(words), ..Answer::default() },
        };
        let server = Bare::start([Conduct::Answer(answer)]).await;
        let error = soon(session(&server).confs(["a"])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{size} {trailers_only}: {}", every_text(&error));
        assert!(error.to_string().contains("64 KiB"), "{error}");
        assert_eq!(server.calls().len(), 1, "{size} {trailers_only}");
        assert_eq!(kind_of(select(&session(&server))).await, ErrorKind::TooLarge, "{size} {trailers_only}");
        let error = insert(&server).await;
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{size} {trailers_only}: {error}");
        assert_eq!(server.count("ExecutePlan"), 2);
    }
}

#[tokio::test]
async fn a_stream_without_a_status_at_its_end_was_cut_and_is_taken_up() {
    let server = Bare::start([Conduct::Answer(Answer { trailers: None, ..Answer::default() })]).await;
    let error = insert(&server).await;
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert_eq!(server.count("ExecutePlan"), 1);
    assert!(server.count("ReattachExecute") > 0);
}

/// A proxy ends what it cannot go on with as if all were well.
#[tokio::test]
async fn an_answer_that_ends_well_without_its_message_was_cut_and_is_asked_for_again() {
    let status = vec![("grpc-status", b"0".to_vec())];
    let head_alone = Answer { head: status.clone(), ..Answer::default() };
    let half = Answer { body: vec![0, 0, 0, 0, 9, 1], trailers: Some(status), ..Answer::default() };
    for answer in [Answer::messages::<&[u8]>([]), head_alone, half] {
        let server = Bare::start([Conduct::Answer(answer)]).await;
        let error = soon(session(&server).confs(["a"])).await.unwrap_err();
        assert_eq!((error.kind(), server.count("Config")), (ErrorKind::Unavailable, 3), "{error}");
        assert!(error.to_string().contains("the answer ended before its message did"), "{error}");
    }
}

#[tokio::test]
async fn a_stream_that_ends_well_in_the_middle_of_a_message_was_cut_and_is_taken_up() {
    let trailers = Some(vec![("grpc-status", b"0".to_vec())]);
    let half = Answer { body: vec![0, 0, 0, 0, 9, 1], trailers, ..Answer::default() };
    let server = Bare::start([Conduct::Answer(half)]).await;
    let error = insert(&server).await;
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert!(server.count("ExecutePlan") == 1 && server.count("ReattachExecute") > 0, "{:?}", server.calls());
    assert_eq!(kind_of(select(&session(&server))).await, ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_gateway_that_answers_a_first_connection_is_told_from_another_service() {
    for (status, told) in [(503, "HTTP 503"), (404, "does not speak Spark Connect")] {
        let server = Bare::start([page(status)]).await;
        let drv = SparkDriver::remote(server.remote()).unwrap();
        let error =
            soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1"))).await.unwrap_err();
        assert_eq!(error.kind(), lakeorm::ErrorKind::Connect, "{status}: {error}");
        assert!(error.to_string().contains(told), "{status}: {error}");
        assert_eq!(error.is_retryable(), status == 503, "{status}: {error}");
    }
}
