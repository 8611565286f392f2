//! Addresses where no Spark Connect server answers, and tokens that are refused: one error, soon, that names
//! host and port and never the token.

use std::time::{Duration, Instant};

use lakeorm::spark::SparkDriver;
use lakeorm::{Client, ErrorKind, query};
use lakeorm_tests::fake::Fake;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::setup::{channel, every_text, soon};

const TOKEN: &str = "dapi-very-secret-0123456789";

/// What a driver says about the address, which has to come within a few times the deadline.
async fn told(port: u16, connect_timeout: Duration) -> lakeorm::Error {
    let remote = format!("sc://localhost:{port}/;token={TOKEN}");
    let drv = SparkDriver::builder(remote).connect_timeout(connect_timeout).build().unwrap();
    let begun = Instant::now();
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1"))).await.unwrap_err();
    assert!(begun.elapsed() < connect_timeout + Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(error.to_string().contains(&format!("localhost:{port}")), "{error}");
    assert!(!every_text(&error).contains(TOKEN), "the token is in the error");
    assert!(!format!("{drv:?}").contains(TOKEN), "the token is in the driver");
    error
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test]
async fn a_port_that_nothing_listens_on_is_a_connect_error_that_names_it() {
    let (listener, port) = listener().await;
    drop(listener);
    let error = told(port, Duration::from_secs(10)).await;
    assert_eq!(error.kind(), ErrorKind::Connect);
}

#[tokio::test]
async fn a_port_that_speaks_http_1_is_a_connect_error_that_names_it() {
    let (listener, port) = listener().await;
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 1024];
                if stream.read(&mut request).await.is_ok() {
                    let answer =
                        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                    stream.write_all(answer).await.unwrap();
                }
            });
        }
    });
    let error = told(port, Duration::from_secs(10)).await;
    assert_eq!(error.kind(), ErrorKind::Connect);
    server.abort();
}

#[tokio::test]
async fn a_port_that_speaks_anything_else_is_told_once_and_for_good() {
    for banner in [
        &b"<!DOCTYPE HTML>\n<html lang=\"en\">\n"[..],
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\0\0\0\x19\x80\x01\0\x03",
    ] {
        let (listener, port) = listener().await;
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut request = [0; 1024];
                    stream.write_all(banner).await.unwrap();
                    while stream.read(&mut request).await.is_ok_and(|read| read > 0) {}
                });
            }
        });
        let error = told(port, Duration::from_secs(10)).await;
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Connect, false), "{error}");
        assert!(error.to_string().contains("what answers there does not speak gRPC: give"), "{error}");
        server.abort();
    }
}

#[tokio::test]
async fn a_port_that_hangs_up_at_once_is_a_connect_error_that_names_it() {
    let (listener, port) = listener().await;
    let server = tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let error = told(port, Duration::from_secs(10)).await;
    assert_eq!(error.kind(), ErrorKind::Connect);
    server.abort();
}

#[tokio::test]
async fn a_port_that_accepts_and_says_nothing_is_retryable_and_named() {
    let (listener, port) = listener().await;
    let server = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    let error = told(port, Duration::from_millis(200)).await;
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Timeout, true));
    assert!(error.to_string().contains("connect_timeout"), "{error}");
    server.abort();
}

#[tokio::test]
async fn a_token_that_the_server_refuses_is_tried_once_and_shows_nowhere() {
    let fake = Fake::builder().token("another").start().await;
    let error = told(fake.port(), Duration::from_secs(10)).await;
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(!error.is_retryable());
    // The token is tried once: asking again would be refused again, and may lock an account.
    let asked = fake.requests();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    fake.finish();
}

#[tokio::test]
async fn a_missing_token_is_told_like_a_wrong_one() {
    let fake = Fake::builder().token("wanted").start().await;
    let session = spark_connect::Session::new(&channel(&fake.remote()));
    let error = soon(session.open(&Default::default())).await.unwrap_err();
    assert_eq!(error.kind(), spark_connect::ErrorKind::Unauthenticated);
    assert!(error.to_string().contains(&fake.authority()), "{error}");
    assert!(error.to_string().contains("Invalid authentication token"), "{error}");
    fake.finish();
}
