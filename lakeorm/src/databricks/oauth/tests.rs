use std::cell::RefCell;

use spark_connect::{Error, ErrorKind};

use super::*;

fn refusal(pause: Option<u64>) -> NoToken {
    match pause {
        Some(seconds) => NoToken::asking(Duration::from_secs(seconds)),
        None => NoToken::cannot_connect("host", &std::io::Error::other("no route")),
    }
}

/// The seconds at which attempts were made that all end alike, and the error.
async fn attempts(retries: u32, timeout: u64, pause: Option<u64>) -> (Vec<u64>, Error) {
    let (begun, made) = (Instant::now(), RefCell::new(Vec::new()));
    let error = retry(retries, Some(begun + Duration::from_secs(timeout)), "host", || async {
        made.borrow_mut().push(begun.elapsed().as_millis().try_into().unwrap());
        Err(refusal(pause))
    });
    let error = error.await.unwrap_err();
    (made.into_inner(), error)
}

#[tokio::test(start_paused = true)]
async fn retries_are_bounded_by_number_and_by_time() {
    let (made, error) = attempts(3, 30, None).await;
    assert_eq!((made, error.kind()), (vec![0, 500, 1500, 3500], ErrorKind::Connect));
    assert_eq!(error.to_string(), "cannot reach the token endpoint at host: no route");
    assert_eq!(attempts(100, 3, None).await.0, [0, 500, 1500]);
    assert_eq!(attempts(3, 30, Some(12)).await.0, [0, 12_000, 24_000]);
    assert_eq!(attempts(3, 30, Some(40)).await.0, [0]);
    assert_eq!(attempts(0, 30, None).await.0, [0]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_hangs_ends_with_the_time() {
    let begun = Instant::now();
    let hanging = retry(3, Some(begun + Duration::from_secs(30)), "host", std::future::pending);
    let error = hanging.await.unwrap_err();
    assert_eq!((error.kind(), begun.elapsed().as_secs()), (ErrorKind::Timeout, 30));
    assert_eq!(error.to_string(), "the token endpoint at host did not answer in time");
}

#[test]
fn a_secret_goes_to_encrypted_endpoints_and_to_this_host_only() {
    for endpoint in
        ["https://h.example.com/t", "http://localhost:9/t", "http://127.0.0.1:9/t", "http://[::1]:9/t"]
    {
        assert!(ClientCredentials::new(endpoint, "id", "secret").is_ok(), "{endpoint}");
    }
    for endpoint in [
        "http://h.example.com/t",
        "https://dose@h/t",
        "h.example.com",
        "",
        "ftp://localhost/t",
        "https://u:dose@h/t",
    ] {
        let error = ClientCredentials::new(endpoint, "id", "secret").unwrap_err();
        assert!(error.to_string().contains("is not an `https` URL") && !error.to_string().contains("dose"));
    }
    for (id, secret) in [("", "secret"), ("id", "")] {
        assert!(ClientCredentials::new("https://h/t", id, secret).is_err());
    }
}

/// Port 9 of this host refuses connections, or at worst says nothing that TLS could take for an answer.
#[tokio::test]
async fn an_encrypted_endpoint_is_asked_over_tls_without_a_provider_installed_for_the_process() {
    let tokens = ClientCredentials::new("https://127.0.0.1:9/t", "id", "dose-secret").unwrap().max_retries(0);
    let error = tokens.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    assert!(error.to_string().starts_with("cannot reach the token endpoint at 127.0.0.1: "), "{error}");
    assert!(!format!("{error} {error:?}").contains("dose-secret"));
}
