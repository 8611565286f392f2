mod environment;
mod parts;
mod refusals;
mod shown;

use std::time::Duration;

use super::*;

const ID: &str = "0a6e9d3c-5b7f-4c1e-9a1d-2f3b4c5d6e7f";

/// Every part of a remote, as text that a table can hold.
#[derive(Debug, PartialEq)]
struct Parts {
    host: &'static str,
    port: u16,
    tls: bool,
    bearer: Option<&'static str>,
    user_id: Option<&'static str>,
    user_agent: &'static str,
    session_id: Option<&'static str>,
    max_message_size: usize,
    /// Milliseconds between pings, milliseconds to wait, and whether to ping while idle.
    keepalive: Option<(u64, u64, bool)>,
    headers: &'static [(&'static str, &'static str)],
}

const PLAIN: Parts = Parts {
    host: "h",
    port: 15002,
    tls: false,
    bearer: None,
    user_id: None,
    user_agent: "lakeorm",
    session_id: None,
    max_message_size: 134_217_728,
    keepalive: None,
    headers: &[],
};

fn parse(text: &str) -> Remote {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refusal(text: &str) -> RemoteError {
    text.parse::<Remote>().expect_err(text)
}

fn headers(remote: &Remote) -> Vec<(&str, &str)> {
    remote.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect()
}

fn bearer(remote: &Remote) -> Option<String> {
    remote.token().map(|token| token.bearer().to_str().unwrap().to_owned())
}

fn assert_parts(text: &str, expected: &Parts) {
    let remote = parse(text);
    assert_eq!(remote.host(), expected.host, "host of {text}");
    assert_eq!(remote.port(), expected.port, "port of {text}");
    assert_eq!(remote.uses_tls(), expected.tls, "TLS of {text}");
    assert_eq!(bearer(&remote).as_deref(), expected.bearer, "token of {text}");
    assert_eq!(remote.user_id(), expected.user_id, "user of {text}");
    assert_eq!(remote.user_agent(), expected.user_agent, "agent of {text}");
    let id = remote.session_id().map(|id| id.to_string());
    assert_eq!(id.as_deref(), expected.session_id, "session of {text}");
    assert_eq!(remote.max_message_size(), expected.max_message_size, "message size of {text}");
    let keepalive = expected.keepalive.map(|(interval, timeout, while_idle)| Keepalive {
        interval: Duration::from_millis(interval),
        timeout: Duration::from_millis(timeout),
        while_idle,
    });
    assert_eq!(remote.keepalive(), keepalive, "keepalive of {text}");
    assert_eq!(headers(&remote), expected.headers, "headers of {text}");
}
