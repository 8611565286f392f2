//! HTTP proxies: which servers are reached through one, what it is told, and what an error says.

use std::time::{Duration, Instant};

use lakeorm_tests::fake::{Fake, execute};
use lakeorm_tests::tls::{Authority, Front, TlsFront, Valid};
use lakeorm_tests::trace::Trace;
use lakeorm_tests::tunnel::{Answer, Asked, HttpProxy};
use spark_connect::{Channel, ChannelBuilder, ErrorKind, Remote, Session, Tls};
use tokio::net::TcpListener;

use crate::setup::{all, counted, every_text, numbers, select, soon};

/// A name that no DNS knows, so that only the proxy can lead there.
const HOST: &str = "spark.invalid";

/// A fake server, TLS before it, and a proxy that leads there.
struct Way {
    fake: Fake,
    _front: TlsFront,
    proxy: HttpProxy,
    tls: Tls,
}

impl Way {
    async fn start() -> Self {
        let authority = Authority::new("ours");
        let identity = authority.issue(&[HOST], Valid::Now);
        let fake = Fake::start([execute().answer([numbers(0..3)])]).await;
        let front = TlsFront::start(fake.authority().parse().unwrap(), Front::showing(&identity)).await;
        let proxy = HttpProxy::start(Answer::To(front.address())).await;
        let tls = Tls::new().ca(authority.pem()).system_roots(false);
        Self { fake, _front: front, proxy, tls }
    }
}

fn over_tls() -> Remote {
    format!("sc://{HOST}/;use_ssl=true").parse().unwrap()
}

fn session(builder: ChannelBuilder) -> Session {
    Session::new(&builder.build().unwrap())
}

/// A remote in an environment that holds only these variables.
fn among(remote: Remote, variables: &[(&str, &str)]) -> Remote {
    let lookup =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    remote.with_lookup(lookup).unwrap()
}

#[tokio::test]
async fn a_server_over_tls_is_reached_through_the_proxy_by_its_name() {
    let way = Way::start().await;
    let url = format!("http://{}", way.proxy.address());
    let session = session(Channel::builder(over_tls()).proxy(url).tls(way.tls));
    assert_eq!(all(select(&session)).await.unwrap(), counted(0..3));
    let asked = Asked { line: format!("CONNECT {HOST}:15002 HTTP/1.1"), proxy_authorization: None };
    assert_eq!(way.proxy.asked(), [asked]);
    way.fake.finish();
}

#[tokio::test]
async fn user_and_password_go_to_the_proxy_and_show_nowhere() {
    let trace = Trace::start();
    let way = Way::start().await;
    let url = format!("http://ada:s3cret%40word@{}", way.proxy.address());
    let builder = Channel::builder(among(over_tls(), &[("HTTPS_PROXY", &url)])).tls(way.tls);
    let shown = format!("{builder:?} {:?}", Channel::builder(over_tls()).proxy(&url));
    let session = session(builder);
    assert_eq!(all(select(&session)).await.unwrap(), counted(0..3));
    // `ada:s3cret@word` in base64.
    let expected = "YWRhOnMzY3JldEB3b3Jk";
    assert_eq!(way.proxy.asked()[0].proxy_authorization, Some(format!("Basic {expected}")));
    for secret in ["s3cret", expected] {
        assert!(!shown.contains(secret), "{shown}");
    }
    trace.assert_holds_none_of(&["s3cret", expected]);
    way.fake.finish();
}

#[tokio::test]
async fn the_environment_names_a_proxy_for_tls_and_what_is_left_out_of_it() {
    let here = "http://127.0.0.1:9";
    let plain: Remote = format!("sc://{HOST}").parse().unwrap();
    let proxied = |remote: Remote, variables: &[(&str, &str)]| {
        // The first thing that a channel through a proxy says is that it cannot reach the proxy.
        let session = session(Channel::builder(among(remote, variables)));
        async move {
            let error = soon(session.open(&Default::default())).await.unwrap_err();
            let told = error.to_string();
            let is_proxied = told.contains("cannot connect to the proxy 127.0.0.1:9");
            // Nor is there a host of this name.
            let is_direct = told.contains(HOST) && !told.contains("proxy");
            assert!(error.kind() == ErrorKind::Connect && (is_proxied || is_direct), "{told}");
            is_proxied
        }
    };
    assert!(proxied(over_tls(), &[("HTTPS_PROXY", here)]).await);
    assert!(proxied(over_tls(), &[("https_proxy", here)]).await);
    assert!(proxied(over_tls(), &[("HTTPS_PROXY", "127.0.0.1:9")]).await);
    assert!(proxied(over_tls(), &[("HTTPS_PROXY", here), ("https_proxy", "http://127.0.0.1:10")]).await);
    assert!(
        proxied(over_tls(), &[("HTTPS_PROXY", here), ("NO_PROXY", "example.com, notspark.invalid")]).await
    );
    assert!(!proxied(plain, &[("HTTPS_PROXY", here)]).await);
    assert!(!proxied(over_tls(), &[("HTTP_PROXY", here), ("ALL_PROXY", here), ("HTTPS_PROXY", "")]).await);
    for list in ["spark.invalid:443", "*.invalid:443", "*.another.invalid"] {
        assert!(proxied(over_tls(), &[("HTTPS_PROXY", here), ("NO_PROXY", list)]).await, "{list}");
    }
    for list in [HOST, "invalid", ".invalid", "*.invalid", "spark.invalid:15002", "a, spark.invalid ,b", "*"]
    {
        assert!(!proxied(over_tls(), &[("HTTPS_PROXY", here), ("NO_PROXY", list)]).await, "{list}");
        assert!(!proxied(over_tls(), &[("HTTPS_PROXY", here), ("no_proxy", list)]).await, "{list}");
    }
}

#[tokio::test]
async fn networks_and_this_machine_are_left_out() {
    // A proxy of a kind that is refused shows without a connection whether there would be one.
    let proxied = |host: &str, list: &str| {
        let remote = format!("sc://{host}/;use_ssl=true").parse().unwrap();
        let variables = [("HTTPS_PROXY", "socks5://127.0.0.1:9"), ("NO_PROXY", list)];
        Channel::builder(among(remote, &variables)).build().is_err()
    };
    assert!(proxied("10.1.2.3", ""));
    assert!(proxied("10.1.2.3", "10.2.0.0/16"));
    assert!(!proxied("10.1.2.3", "10.1.0.0/16"));
    assert!(!proxied("10.1.2.3", "10.1.2.3"));
    assert!(proxied("[2001:db8::1]", "2001:db9::/32"));
    assert!(!proxied("[2001:db8::1]", "2001:db8::/32"));
    for host in ["localhost", "127.0.0.1", "127.8.8.8", "[::1]"] {
        assert!(!proxied(host, ""), "{host}");
    }
}

#[tokio::test]
async fn the_builder_overrules_the_environment() {
    let way = Way::start().await;
    let url = format!("http://{}", way.proxy.address());
    let remote = among(over_tls(), &[("HTTPS_PROXY", "http://127.0.0.1:9"), ("NO_PROXY", "*")]);
    let through = session(Channel::builder(remote.clone()).proxy(url).tls(way.tls.clone()));
    soon(through.confs(["a"])).await.unwrap();
    assert_eq!(way.proxy.asked().len(), 1);

    let direct = session(Channel::builder(remote).no_proxy().tls(way.tls));
    let error = soon(direct.open(&Default::default())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(!error.to_string().contains("proxy"), "{error}");
    assert_eq!(way.proxy.asked().len(), 1);
    way.fake.finish_anywhere();
}

#[tokio::test]
async fn a_refusal_of_the_proxy_is_told_at_once_with_its_status() {
    for (status, credentials, told) in [
        ("407 Proxy Authentication Required", "", "give it a user and password in its URL"),
        (
            "407 Proxy Authentication Required",
            "ada:s3cret@",
            "it does not accept the user and password in its URL",
        ),
        ("403 Forbidden", "", "403 Forbidden"),
        ("302 Found", "", "302 Found"),
    ] {
        let proxy = HttpProxy::start(Answer::Refuse(status)).await;
        let url = format!("http://{credentials}{}", proxy.address());
        let session = session(Channel::builder(over_tls()).proxy(url));
        let begun = Instant::now();
        let error = soon(session.confs(["a"])).await.unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        assert_eq!(error.kind(), ErrorKind::Connect);
        let begin = format!(
            "cannot connect to {HOST}:15002: the proxy {} refused to connect to {HOST}:15002 with {status}",
            proxy.address()
        );
        assert!(error.to_string().starts_with(&begin), "{error}");
        assert!(error.to_string().contains(told), "{error}");
        assert!(!every_text(&error).contains("s3cret"), "{error:?}");
        assert_eq!(proxy.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_or_goes_away_is_named() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let gone = listener.local_addr().unwrap();
    drop(listener);
    let rude = HttpProxy::start(Answer::HangUp).await;
    for (address, told) in [
        (gone, format!("cannot connect to the proxy {gone}")),
        (rude.address(), format!("the proxy {} ended the connection before it answered", rude.address())),
    ] {
        let session = session(Channel::builder(over_tls()).proxy(format!("http://{address}")));
        let error = soon(session.open(&Default::default())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
        assert!(error.to_string().starts_with(&format!("cannot connect to {HOST}:15002: {told}")), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_behind_its_proxy_is_waited_for() {
    let proxy = HttpProxy::start(Answer::Refuse("503 Service Unavailable")).await;
    let policy = spark_connect::RetryPolicy {
        max_retries: 2,
        initial_backoff: Duration::from_millis(1),
        ..Default::default()
    };
    let builder = Channel::builder(over_tls()).proxy(format!("http://{}", proxy.address()));
    let session = session(builder.retry_policy(policy));
    let error = soon(session.confs(["a"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().ends_with("with 503 Service Unavailable"), "{error}");
    assert_eq!(proxy.asked().len(), 3);
}

#[tokio::test]
async fn a_proxy_that_cannot_be_one_is_refused_without_its_password() {
    for (url, told) in [
        ("socks5://ada:s3cret@h:1", "names a proxy of the kind `socks5`, which is not supported"),
        ("https://ada:s3cret@h:1", "names a proxy of the kind `https`, which is not supported"),
        ("ftp://ada:s3cret@h:1", "is not the URL of a proxy"),
        ("http://ada:s3 cret@h:1", "is not the URL of a proxy"),
        ("", "is not the URL of a proxy"),
    ] {
        let error = Channel::builder(over_tls()).proxy(url).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOption);
        assert_eq!(error.to_string(), format!("the option `proxy` {told}: write `http://host:port`"));
        assert!(!every_text(&error).contains("s3"), "{error:?}");
        if !url.is_empty() {
            let remote = among(over_tls(), &[("https_proxy", url)]);
            let error = Channel::builder(remote).build().unwrap_err();
            assert_eq!(error.to_string(), format!("https_proxy {told}: write `http://host:port`"));
        }
    }
}

#[tokio::test]
async fn a_token_does_not_go_through_a_proxy_in_the_clear() {
    let proxy = HttpProxy::start(Answer::HangUp).await;
    let url = format!("http://{}", proxy.address());
    let remote: Remote = "sc://localhost/;token=s3cret".parse().unwrap();
    let error = Channel::builder(remote).proxy(&url).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRemote);
    let told = format!(
        "the token for localhost:15002 would go through the proxy {} in the clear: add `use_ssl=true`, or connect \
         without a proxy",
        proxy.address()
    );
    assert_eq!(error.to_string(), told);
}
