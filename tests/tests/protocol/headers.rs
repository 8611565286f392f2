//! Headers and trailers that no server should send: an error each, never a panic, and what can be read of them is read.

use lakeorm_tests::bare::{Answer, Bare, Conduct, Headers};
use spark_connect::{Error, ErrorKind, RetryPolicy, Session};

use crate::setup::{all, select, soon};

/// `INTERNAL`, so that nothing is tried again.
fn failing(rest: &[(&'static str, &[u8])]) -> Headers {
    let status = [("grpc-status", &b"13"[..])];
    status.iter().chain(rest).map(|(name, value)| (*name, value.to_vec())).collect()
}

/// What a unary call and a query say of these headers, in a trailers-only response, behind a head, and behind a head
/// and a piece of a body.
async fn told(headers: &Headers) -> Vec<Error> {
    let behind =
        |body: &[u8]| Answer { body: body.to_vec(), trailers: Some(headers.clone()), ..Answer::default() };
    let only = Answer { head: headers.clone(), ..Answer::default() };
    let mut errors = Vec::new();
    for answer in [only, behind(b""), behind(&[0, 0, 0, 0, 0])] {
        let server = Bare::start([Conduct::Answer(answer)]).await;
        let builder = spark_connect::Channel::builder(server.remote().parse().unwrap());
        let policy = RetryPolicy { max_retries: 1, ..RetryPolicy::default() };
        let session = Session::new(&builder.retry_policy(policy).build().unwrap());
        errors.push(soon(session.confs(["a"])).await.unwrap_err());
        errors.push(soon(session.open(&Default::default())).await.unwrap_err());
        errors.push(all(select(&session)).await.unwrap_err());
    }
    errors
}

#[tokio::test]
async fn details_that_are_no_base64_are_an_error_and_no_panic() {
    for details in [
        &b"AAA=,AAA="[..],
        b"!",
        b"A",
        b"",
        b",",
        b"AAA=AAA=",
        b"\xff\xfe\x80",
        b"CgYIDBICaGk=,!",
        b"////////////////////////////////////////",
    ] {
        for error in told(&failing(&[("grpc-status-details-bin", details)])).await {
            assert_eq!(error.kind(), ErrorKind::Server, "{details:?}: {error}");
        }
    }
}

#[tokio::test]
async fn details_given_twice_are_an_error_and_no_panic() {
    let twice = [("grpc-status-details-bin", &b"!"[..]), ("grpc-status-details-bin", b"AAA=")];
    for error in told(&failing(&twice)).await {
        assert_eq!(error.kind(), ErrorKind::Server, "{error}");
    }
}

/// A server that joins two values, or pads wrongly, still says what went wrong.
#[tokio::test]
async fn details_are_read_where_they_can_be() {
    use tonic_types::{ErrorDetails, StatusExt};
    let metadata = [("errorClass".to_owned(), "TABLE_OR_VIEW_NOT_FOUND".to_owned())];
    let details = ErrorDetails::with_error_info("reason", "domain", metadata);
    let status = tonic::Status::with_error_details(tonic::Code::Internal, "no table", details);
    let encoded = {
        let mut headers = http::HeaderMap::new();
        status.add_header(&mut headers).unwrap();
        headers["grpc-status-details-bin"].as_bytes().to_vec()
    };
    let joined = [&encoded[..], b",", &encoded].concat();
    let padded = [&encoded[..], &b"==="[..(4 - encoded.len() % 4) % 4]].concat();
    for written in [encoded, joined, padded] {
        for error in told(&failing(&[("grpc-status-details-bin", &written)])).await {
            let class = error.server().and_then(|server| server.error_class());
            assert_eq!(class, Some("TABLE_OR_VIEW_NOT_FOUND"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_message_that_is_no_text_keeps_what_of_it_is() {
    for (written, read) in [
        (&b"plain"[..], "plain"),
        (b"%C3%A9t%C3%A9", "\u{e9}t\u{e9}"),
        (b"half %ff of it", "half \u{fffd} of it"),
        (b"100%", "100%"),
        (b"%", "%"),
        (b"raw \xff byte", "raw \u{fffd} byte"),
    ] {
        for error in told(&failing(&[("grpc-message", written)])).await {
            let message = error.server().map(|server| server.message());
            assert_eq!(message, Some(read), "{error}");
        }
    }
}

#[tokio::test]
async fn a_status_or_an_encoding_that_nobody_knows_is_an_error() {
    for headers in [
        vec![("grpc-status", b"".to_vec())],
        vec![("grpc-status", b"99".to_vec())],
        vec![("grpc-status", b"-1".to_vec())],
        vec![("grpc-status", b"13\xff".to_vec())],
        vec![("grpc-status", b"13".to_vec()), ("grpc-status", b"0".to_vec())],
        vec![("grpc-encoding", b"\xff".to_vec()), ("grpc-status", b"13".to_vec())],
        vec![("grpc-encoding", b"zip".to_vec()), ("grpc-status", b"13".to_vec())],
        vec![("x-trace-bin", b"!,!".to_vec()), ("grpc-status", b"13".to_vec())],
    ] {
        assert_eq!(told(&headers).await.len(), 9, "{headers:?}");
    }
}
